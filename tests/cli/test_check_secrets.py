"""`check` prints what it found in files, and never a secret that stands in them."""

import json
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from forensics.cli import cli
from forensics.redaction.redactor import MASK, Redactor
from forensics.system.safe_folder import SafeFolder
from tests.build import JOURNAL, journal, project
from tests.redaction.corpus import plain

SECRET = plain(7)
TAGS = ("0000_a", f"0001_PGPASSWORD={SECRET}")
FORMATS = ("text", "json", "sarif", "junit", "github")


def checked(top: Path, output_format: str, indent: int | None) -> str:
    """What `check` prints of a project whose list names a file that is not there."""
    listed = json.dumps(json.loads(journal(*TAGS)), indent=indent)
    files = project(*TAGS, **{JOURNAL: listed, f"drizzle/{TAGS[1]}.sql": None})
    for path, text in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    answer = CliRunner().invoke(cli, ["check", str(top), "--format", output_format])
    assert answer.exit_code == 1
    return answer.output


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("output_format", FORMATS)
def test_no_format_prints_a_secret_of_a_file(
    output_format: str, indent: int | None, tmp_path: Path
) -> None:
    """The migration is named all the same, with the mark in the place of the secret."""
    printed = checked(tmp_path, output_format, indent)
    assert SECRET not in printed
    assert f"0001_PGPASSWORD={MASK}" in printed


def test_nothing_is_written_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not even what is masked: the bundle is in memory alone."""

    def refuse(*_: object) -> None:
        raise AssertionError("check wrote to a disk")

    for name in ("made", "write"):
        monkeypatch.setattr(SafeFolder, name, refuse)
    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    assert "missing-migration-file" in checked(tmp_path, "text", 2)


def test_without_masking_it_would_be_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """So the test above can fail."""
    monkeypatch.setattr(Redactor, "_spans", lambda *_: ())
    assert SECRET in checked(tmp_path, "text", 2)
