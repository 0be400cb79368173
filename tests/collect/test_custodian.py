"""Who works on a bundle: named, with versions, and with no secret in the arguments."""

import json
import os
import platform
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from forensics.collect.custodian import custodian
from forensics.evidence.custody import Custody
from forensics.system.signing import CannotSign
from tests.collect.repositories import Repo

ADDRESS = "postgres://app:hunter2x@db/shop"


def test_an_address_is_masked_as_a_whole_and_its_password_everywhere() -> None:
    """Also where somebody wrote it into the ticket."""
    given = ("collect", "--database-url", ADDRESS, f"--database-url={ADDRESS}", "--at", "hunter2x")
    made = custodian(Custody(arguments=given, ticket="it is hunter2x"), [ADDRESS])
    assert made.arguments == (
        *("collect", "--database-url", "***", "--database-url=***", "--at", "***"),
    )
    assert made.sign_off.ticket == "it is ***"


def test_it_knows_account_computer_and_versions() -> None:
    """By which one can tell later what ran."""
    made = custodian(Custody(operator="Ada"), [])
    assert made.operator.name == "Ada"
    assert made.operator.account == pwd.getpwuid(os.geteuid()).pw_name
    assert made.operator.host == platform.node()
    assert dict(made.software)["Python"] == platform.python_version()
    assert {"forensics", "msgspec", "psycopg"} <= dict(made.software).keys()


def test_a_key_that_is_not_there_is_told_before_anything_is_collected(tmp_path: Path) -> None:
    """Nobody waits for a signature that never comes."""
    with pytest.raises(CannotSign, match="there is no key"):
        custodian(Custody(sign=tmp_path / "key"), [])


@pytest.mark.slow
def test_the_command_line_logs_what_it_was_given(tmp_path: Path) -> None:
    """Names, sign-off and arguments, in the first entry of the log."""
    repo = Repo(tmp_path / "shop")
    journal = {"version": "7", "dialect": "postgresql", "entries": []}
    repo.commit("start", {"package.json": "{}", "drizzle/meta/_journal.json": json.dumps(journal)})
    told = ("--operator", "Ada", "--ticket", "OPS-7", "--approver", "Eve", "--edition", "internal")
    line = [sys.executable, "-m", "forensics", "collect", str(repo.top), "--no-input", *told]
    done = subprocess.run(
        [*line, "--output", "out"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    entry = json.loads((tmp_path / "out/bundle/custody/0001-collected.json").read_bytes())
    assert entry["operator"]["name"] == "Ada"
    assert entry["sign_off"] == {
        "ticket": "OPS-7",
        "approver": "Eve",
        "implementer": "",
        "edition": "internal",
    }
    assert entry["arguments"][:1] == ["collect"] and "OPS-7" in entry["arguments"]
    refused = subprocess.run(
        [*line, "--timestamp", "http://127.0.0.1:9", "--offline"], capture_output=True, check=False
    )
    assert refused.returncode == 2 and b"--offline" in refused.stderr
