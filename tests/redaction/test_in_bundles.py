"""From a project to its bundle and its report: no secret is written, and no verdict changes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from forensics import pipeline
from forensics.collect.scanned_writer import ScannedWriter
from forensics.evidence.bundle import Bundle
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.redactions import redactions
from forensics.facts import LiveSchema, LiveTable
from forensics.model import Outcome, Project, TableName
from forensics.redaction.redactor import MASK, Redactor
from forensics.redaction.scan import Scan, SecretLeft
from forensics.render.files import write_report
from tests.build import CONFIG, JOURNAL, journal, snapshot
from tests.collect.repositories import Repo
from tests.redaction.corpus import LIKE_A_TOKEN, LIKE_STRIPE, Planted, planted
from tests.render.samples import incident

TAGS = ("0000_passwords", f"0001_{LIKE_STRIPE}")
CERTAIN = "gh" + "p_" + "a1B2" * 9
HOME = "/home/ada.l/shop"


def column(name: str) -> dict[str, object]:
    """A column of text in a snapshot."""
    return {"name": name, "type": "text", "primaryKey": False, "notNull": True}


def table(name: str, *columns: str) -> dict[str, object]:
    """A table of a snapshot."""
    parts = ("indexes", "foreignKeys", "compositePrimaryKeys", "uniqueConstraints", "policies")
    return {
        "name": name,
        "schema": "",
        "columns": {each: column(each) for each in columns},
        **{part: {} for part in (*parts, "checkConstraints")},
        "isRLSEnabled": False,
    }


FIRST = {"public.passwords": table("passwords", "password", "token")}
SECOND = {**FIRST, f"public.{LIKE_A_TOKEN}": table(LIKE_A_TOKEN, "api_key", LIKE_STRIPE)}
FILES: dict[str, str | None] = {
    "drizzle.config.ts": CONFIG,
    JOURNAL: journal(*TAGS),
    f"drizzle/{TAGS[0]}.sql": (
        'CREATE TABLE "passwords" (\n\t"password" text NOT NULL,\n\t"token" text NOT NULL\n);\n'
    ),
    f"drizzle/{TAGS[1]}.sql": (
        f'CREATE TABLE "{LIKE_A_TOKEN}" (\n\t"api_key" text NOT NULL,\n'
        f'\t"{LIKE_STRIPE}" text NOT NULL\n);\n'
    ),
    "drizzle/meta/0000_snapshot.json": snapshot(0, tables=FIRST),
    "drizzle/meta/0001_snapshot.json": snapshot(1, tables=SECOND),
}


def texts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_text(encoding="utf-8", errors="replace")


def written_with(tmp_path: Path, files: dict[str, str], **options: object) -> list[str]:
    """All that an investigation of a project with these files writes."""
    repo = Repo(tmp_path / "project")
    repo.commit(options.pop("subject", "begin"), {**FILES, **files})  # type: ignore[arg-type]
    out = tmp_path / "out"
    pipeline.investigate(
        repo.top,
        output=out,
        formats=["md", "html", "json", "sarif"],
        scratch=False,
        **options,  # type: ignore[arg-type]
    )
    return [text for _, text in texts(out)]


def test_a_healthy_project_full_of_names_like_secrets_stays_healthy(tmp_path: Path) -> None:
    """Tables, columns and files that are called like tokens are evidence in every member."""
    repo = Repo(tmp_path / "project")
    repo.commit("begin", FILES)
    done = pipeline.investigate(repo.top, output=tmp_path / "out", formats=["json"], scratch=False)
    assert done.report.issues == ()
    assert redactions(done.bundle) == ()
    for path, text in FILES.items():
        item = done.bundle.find(EvidenceKind.FILE, path)
        if item is not None and item.content is not None:
            assert done.bundle.content(item) == str(text).encode()


@pytest.mark.slow
def test_a_fault_in_such_a_project_is_told_with_its_names(tmp_path: Path) -> None:
    """The report is looked at again before it is written, and the names of evidence stay."""
    repo = Repo(tmp_path / "project")
    lost = f"drizzle/{TAGS[1]}.sql"
    repo.commit("begin", {path: text for path, text in FILES.items() if path != lost})
    out = tmp_path / "out"
    done = pipeline.investigate(repo.top, output=out, formats=["md", "html", "json"], scratch=False)
    assert {issue.rule for issue in done.report.issues} == {"missing-migration-file"}
    for name in ("report.md", "report.html", "report.json"):
        assert LIKE_STRIPE in (out / name).read_text().replace("\\_", "_")


MIGRATIONS = [it for it in planted() if it.file in ("", "0001_roles.sql")]


@pytest.mark.slow
def test_no_secret_of_the_corpus_is_written_in_any_file(tmp_path: Path) -> None:
    """In migrations, in captured output, in commit messages, in the config; in all outputs."""
    sql = {f"drizzle/{n}.sql": it.text for n, it in enumerate(MIGRATIONS) if it.file}
    said = "\n\n".join(it.text for it in MIGRATIONS if not it.file and "BEGIN" not in it.text)
    tags = [path.removeprefix("drizzle/").removesuffix(".sql") for path in sql]
    outputs = written_with(
        tmp_path,
        {**sql, JOURNAL: journal(*TAGS, *tags)},
        symptoms=[("out.txt", f"$ drizzle-kit migrate\n{said}\n[exit 1]")],
        subject=f"use {CERTAIN} for now",
    )
    assert len(outputs) > len(sql)
    leaks = [
        it.id
        for it in MIGRATIONS
        for secret in it.secrets
        if any(secret in text for text in outputs) and "BEGIN" not in it.text
    ]
    assert leaks == []
    assert not any(CERTAIN in text for text in outputs)


def test_what_was_masked_is_told_in_the_bundle_and_the_report(tmp_path: Path) -> None:
    """By file, line and pattern; one sentence in the report counts them."""
    repo = Repo(tmp_path / "project")
    secret = "hunter2" + "secret"
    path = f"drizzle/{TAGS[0]}.sql"
    repo.commit("begin", {**FILES, path: f"{FILES[path]}\nALTER ROLE a PASSWORD '{secret}';\n"})
    done = pipeline.investigate(repo.top, output=tmp_path / "out", formats=["md"], scratch=False)
    told = [(it.place, it.line, it.rule) for it in redactions(done.bundle)]
    assert (path, 6, "sql-password-literal") in told
    assert any("masked" in sentence for sentence in done.report.limitations)
    assert not any(secret in text for _, text in texts(tmp_path / "out"))


def test_two_collections_give_the_same_secret_the_same_token(tmp_path: Path) -> None:
    """So a bundle of before can be compared with one of after."""
    repo = Repo(tmp_path / "project")
    path = f"drizzle/{TAGS[0]}.sql"
    repo.commit("begin", {**FILES, path: "ALTER ROLE a PASSWORD 'hunter2secret';\n"})
    contents = []
    for name in ("one", "two"):
        bundle = pipeline.collect(repo.top, output=tmp_path / name)
        item = bundle.find(EvidenceKind.FILE, path)
        assert item is not None
        contents.append(bundle.content(item))
    assert contents[0] == contents[1]
    assert b"'***'" not in (contents[0] or b"")


# --- The last look --------------------------------------------------------------------------------


def sealed(writer: ScannedWriter) -> Bundle:
    """The bundle of what was recorded."""
    return writer.seal(Project(root="", head=None, branch=None), datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def writer(tmp_path: Path) -> ScannedWriter:
    """A writer that knows one password."""
    return ScannedWriter(tmp_path / "bundle", Redactor(["Kn0wn!secret"], key=b"k"))


def test_what_a_collector_missed_is_masked_before_it_is_written(writer: ScannedWriter) -> None:
    """A token in a value of ours, the known password in a file, a home folder in a note."""
    value = LiveSchema(evidence="", extensions=(), schemas=("public",))
    writer.add_value(EvidenceKind.CATALOGUE, "db", {"why": f"it said {CERTAIN}", "n": 1})
    data = b"it is Kn0wn!secret here"
    digest = sha256(data).hexdigest()
    writer.add(EvidenceKind.FILE, "a.txt", data=data, digest=digest)
    writer.add_value(EvidenceKind.DATABASE, "db", value, note=f"{HOME}/x was not read")
    bundle = sealed(writer)
    everything = "".join(text for _, text in texts(bundle.folder))
    assert CERTAIN not in everything
    assert "Kn0wn!secret" not in everything
    assert "ada.l" not in everything


def test_json_stays_json_where_a_secret_is_taken_out_of_it(writer: ScannedWriter) -> None:
    """A key that has no end would swallow the rest of the member."""
    begin = "-----BEGIN " + "PRIVATE KEY-----\nMIIE"
    writer.add_value(EvidenceKind.CATALOGUE, "db", {"a": begin, "b": ["x", "y"], "c": 3})
    bundle = sealed(writer)
    item = bundle.find(EvidenceKind.CATALOGUE, "db")
    assert item is not None
    value = json.loads(bundle.content(item) or b"")
    assert (value["b"], value["c"]) == (["x", "y"], 3)
    assert "MIIE" not in value["a"]


def test_names_in_a_catalogue_stay_also_where_they_are_like_tokens(writer: ScannedWriter) -> None:
    """No file names this table, so nothing but its place says that it is a name."""
    found = LiveTable(name=TableName(schema="public", table=CERTAIN), columns=())
    schema = LiveSchema(evidence="", tables=(found,))
    writer.add_value(EvidenceKind.CATALOGUE, "db", schema)
    bundle = sealed(writer)
    item = bundle.find(EvidenceKind.CATALOGUE, "db")
    assert item is not None
    assert bundle.value(item, LiveSchema) == schema


class Blind(Redactor):
    """Masks nothing of what it finds."""

    def _token(self, secret: str) -> str:
        return secret + " "


def test_content_that_keeps_its_secret_is_withheld(tmp_path: Path) -> None:
    """Fail closed: what cannot be masked is not written, and the bundle says which kind it was."""
    writer = ScannedWriter(tmp_path / "bundle", Blind())
    writer.add(EvidenceKind.FILE, "a.txt", data=f"it is {CERTAIN}".encode())
    bundle = sealed(writer)
    (item,) = bundle.manifest.items
    assert (item.outcome, item.content) == (Outcome.FAILED, None)
    assert item.note.startswith("withheld: a.txt would have had a secret in it (github")
    assert not any(CERTAIN in text for _, text in texts(bundle.folder))


def test_a_report_with_a_secret_in_it_is_written_without(tmp_path: Path) -> None:
    """Whatever brought it into the report: it goes from each format."""
    report = incident()
    worse = replace(report, summary=f"{report.summary} It is {CERTAIN}.")
    written = write_report(worse, tmp_path / "out", ["md", "html", "json", "sarif"])
    assert {path.name for path in written} >= {"report.md", "report.html", "fix.sql"}
    assert not any(CERTAIN in path.read_text() for path in written)


def test_a_scan_that_cannot_mask_writes_nothing(tmp_path: Path) -> None:
    """The files of the fix and each format are left out, and the reason names no secret."""
    with pytest.raises(SecretLeft) as raised:
        Scan(Blind()).text(f"it is {CERTAIN}", "report.md")
    assert CERTAIN not in str(raised.value)


ECHOED = [it for it in planted() if it.id.startswith("address") and "\n" not in it.text]


@pytest.mark.parametrize("it", [it for it in ECHOED if not it.file], ids=lambda it: it.id)
def test_an_option_echoed_in_an_error_is_masked(
    it: Planted, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was given in the wrong place may be an address with its password."""
    from forensics.cli import main

    monkeypatch.setattr("sys.argv", ["forensics", "explain", it.text])
    with pytest.raises(SystemExit):
        main()
    shown = capsys.readouterr()
    assert MASK in shown.err
    assert not any(secret in shown.out + shown.err for secret in it.secrets)
