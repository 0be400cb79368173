"""Where no content stands: paths, branches and keys of JSON are freed of secrets too."""

import json
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.evidence.kinds import EvidenceKind
from forensics.model.words import field_names
from forensics.redaction.redactor import Redactor
from forensics.redaction.scan import Scan
from tests.collect.repositories import Repo
from tests.redaction.test_in_bundles import FILES, texts

SECRETS = ("Tr0ub4dor&3-of-us", "correcthorsebattery")
"""One with signs, and one that could be a word."""


def address(secret: str) -> str:
    """Of a database that nobody answers for: what is known of it is its password."""
    from urllib.parse import quote

    return f"postgresql://app:{quote(secret, safe='')}@127.0.0.1:1/shop"


@pytest.mark.slow
@pytest.mark.parametrize("secret", SECRETS)
def test_a_password_in_a_path_and_a_branch_is_written_nowhere(tmp_path: Path, secret: str) -> None:
    """And the file is found again under its masked name, by every later step."""
    repo = Repo(tmp_path / "project")
    stray = f"drizzle/0002_{secret}.sql"
    repo.git("checkout", "-q", "-b", f"fix/{secret}")
    repo.commit("begin", {**FILES, stray: 'CREATE TABLE "late" ("id" integer);'})
    out = tmp_path / "out"
    done = pipeline.investigate(
        repo.top,
        output=out,
        formats=["md", "html", "json", "sarif"],
        scratch=False,
        database_url=address(secret),
    )
    assert [path for path, text in texts(out) if secret in text or secret in path.name] == []
    masked = {it.locator for it in done.bundle.of_kind(EvidenceKind.FILE) if "0002_" in it.locator}
    [path] = masked
    assert path.startswith("drizzle/0002_***") and path.endswith(".sql")
    assert [it.subject for it in done.report.issues if it.rule == "unlisted-migration-file"] == [
        path
    ]
    branch = done.bundle.manifest.project.branch
    assert branch is not None and branch.startswith("fix/***")
    assert pipeline.verify(out).verdict.holds


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_as_a_key_of_json_is_masked_and_fields_of_ours_stay(secret: str) -> None:
    """Keys are names of tables and columns, or fields."""
    scan = Scan(Redactor(known=(secret,)), fields=field_names())
    data = json.dumps({"tables": {secret: {"name": "a"}, "b": 1}, "locator": secret}).encode()
    masked = scan.json(data, "a value")
    assert secret.encode() not in masked
    assert json.loads(masked) == {"tables": {"***": {"name": "a"}, "b": 1}, "locator": "***"}


def test_a_password_that_is_also_a_field_of_ours_breaks_nothing() -> None:
    """Who chose `payload_sha256` as a password must still get a bundle that can be read."""
    scan = Scan(Redactor(known=("payload_sha256",)), fields=field_names())
    assert json.loads(scan.json(b'{"payload_sha256": "payload_sha256"}', "x")) == {
        "payload_sha256": "***"
    }


def test_a_short_password_does_not_change_names(tmp_path: Path) -> None:
    """It may well be the name of the database, as every table that begins with it."""
    scan = Scan(Redactor(known=("orders",)), fields=field_names())
    assert scan.name("drizzle/0001_orders.sql", "a path") == "drizzle/0001_orders.sql"
