"""The output folder holds what was asked for, whole, and nothing of an earlier run."""

import json
import os
from pathlib import Path

import msgspec
import pytest

from forensics.errors import ForensicsError
from forensics.model import Report
from forensics.render import FORMATS, fix_files, write_report
from forensics.render import pdf as pdf_module
from forensics.render._document import Report as Document
from forensics.render._document import document
from forensics.render.json import report_json, report_schema
from forensics.render.pdf import PdfUnavailable
from tests.render.samples import healthy, hostile, incident
from tests.support.schema import count_described

FIXES = {"fix.patch", "fix.sql", "rollback.sql", "commit-message.txt"}


def names(folder: Path) -> set[str]:
    """The files in a folder."""
    return {path.name for path in folder.iterdir()}


def test_formats_and_fixes_are_written(tmp_path: Path) -> None:
    """The formats asked for, the files of the fix, and no other file."""
    written = write_report(incident(), tmp_path, ("json", "md"))
    assert (
        {path.name for path in written} == names(tmp_path) == FIXES | {"report.md", "report.json"}
    )
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in written)


def test_files_of_an_earlier_run_go(tmp_path: Path) -> None:
    """A healthy report leaves no fix behind, and no format that was not asked for."""
    write_report(incident(), tmp_path, ("md", "html"))
    (tmp_path / "notes.txt").write_text("mine")
    write_report(healthy(), tmp_path, ("md",))
    assert names(tmp_path) == {"report.md", "notes.txt"}


UNSEEN = "\x7f\x85\x9b\u00ad\u200b\u202e\u2066\u2028\ufeff\U000e0041"


@pytest.mark.slow
def test_no_file_has_a_character_that_does_not_show(tmp_path: Path) -> None:
    """Neither in what people read nor in JSON, which means the same with escapes."""
    formats = tuple(name for name in FORMATS if name != "pdf")
    for path in write_report(hostile(f"a{UNSEEN}z"), tmp_path, formats):
        if path.name in ("fix.patch", "fix.sql", "rollback.sql"):
            continue  # there the very bytes count
        text = path.read_text(encoding="utf-8")
        found = {it for it in UNSEEN if it in text}
        assert found == set(), path.name
    document = json.loads((tmp_path / "report.json").read_bytes())
    assert document["case"]["title"].endswith(f"a{UNSEEN}z")


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """The message names what there is."""
    with pytest.raises(ForensicsError, match=r"docx.*md, html"):
        write_report(incident(), tmp_path, ("md", "docx"))
    assert names(tmp_path) == set()


@pytest.mark.slow
def test_without_pango_all_else_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The problem is told, or raised with what was written."""

    def fail(report: Report, *, bundle: bytes | None) -> bytes:
        raise PdfUnavailable("The PDF needs a library that is not here: libpango.")

    monkeypatch.setattr(pdf_module, "report_pdf", fail)
    told: list[str] = []
    written = write_report(incident(), tmp_path, FORMATS, on_problem=told.append)
    assert told == ["The PDF needs a library that is not here: libpango."]
    assert {path.name for path in written} == names(tmp_path)
    with pytest.raises(PdfUnavailable) as raised:
        write_report(incident(), tmp_path, FORMATS)
    assert raised.value.written == written


def test_a_link_in_the_folder_is_replaced_not_followed(tmp_path: Path) -> None:
    """Writing goes through a new file and a rename."""
    target = tmp_path / "target"
    target.write_text("precious")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "report.md").symlink_to(target)
    write_report(healthy(), folder, ("md",))
    assert target.read_text() == "precious"


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error while writing is one clear line, and no half file."""
    (tmp_path / "report.md").write_text("old")

    def full(source: str, target: str, **folders: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ForensicsError, match=r"report\.md could not be written: No space left"):
        write_report(healthy(), tmp_path, ("md",))
    assert names(tmp_path) == {"report.md"}
    assert (tmp_path / "report.md").read_text() == "old"


def test_alternatives_are_in_no_file() -> None:
    """fix.patch and fix.sql are the recommended way alone."""
    texts = fix_files(incident())
    assert set(texts) == FIXES
    assert "drizzle.config.ts" not in texts["fix.patch"]
    assert "0005_auth_columns.sql" in texts["fix.patch"]
    assert texts["fix.sql"].startswith("-- Fixes: ")


@pytest.mark.slow
def test_text_that_is_no_unicode_is_written_all_the_same(tmp_path: Path) -> None:
    """Half a surrogate pair and NUL, from names that are not UTF-8, do not stop a report."""
    report = msgspec.structs.replace(incident(), summary="a\udcffb\0c", data="")
    write_report(report, tmp_path, ("md", "html", "json"))
    assert json.loads((tmp_path / "report.json").read_bytes())["summary"] == "a\ufffdb\ufffdc"


@pytest.mark.parametrize("sample", [incident, healthy, hostile])
def test_json_is_the_report_and_nothing_else(sample: object) -> None:
    """It decodes to the same document, strictly."""
    report = sample()  # type: ignore[operator]
    assert msgspec.json.decode(report_json(report), type=Document) == document(report)


def test_json_leaves_nothing_out() -> None:
    """Each field is one of the document, but data, part of the summary, and those of pictures."""
    left = set(Report.__struct_fields__) - set(Document.__struct_fields__)
    assert left == {"data", "data_evidence", "migrations", "snapshots"}
    assert set(Document.__struct_fields__) - set(Report.__struct_fields__) == {"schema_version"}
    report = incident()
    assert document(report).summary == f"{report.summary}\n\n{report.data}"
    assert [row.after for row in document(report).verification] == ["PASS"] * 5


def test_json_has_the_shape_of_the_contract() -> None:
    """Names, nesting and enumerated words of schema version 2."""
    data = json.loads(report_json(incident()))
    assert list(data) == [
        *("schema_version", "case", "summary", "commands", "issues", "refuted", "unanswered"),
        *(
            "limitations",
            "experiments",
            "do_not_run",
            "timeline",
            "history",
            "files_changed",
            "database_changes",
        ),
        *("verification", "lessons", "commit_messages", "evidence"),
        "environments",
    ]
    assert data["schema_version"] == 2
    assert "statement" in data["commands"][0]
    issue = data["issues"][0]
    assert (issue["role"], issue["severity"], issue["origin"]) == ("primary", "critical", None)
    assert {"safety", "steps", "needed"} <= set(issue["fix"])
    assert [step["type"] for step in issue["fix"]["steps"]] == ["rename-table", "move-table"]
    assert data["commands"][3]["outcome"] == "asks"
    assert {"id", "kind", "locator", "outcome", "sha256"} <= set(data["evidence"][0])


def test_the_schema_describes_what_is_written() -> None:
    """Every object of a report has the properties of its definition, and no others."""
    schema = report_schema()
    assert count_described(json.loads(report_json(incident())), schema, schema) > 100
