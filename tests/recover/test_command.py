"""`forensics recover` as its user runs it: what it prints, what it writes, and how it ends."""

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import run
from tests.recover.lost import LOST, Lost


@pytest.fixture
def lost(tmp_path: Path) -> Lost:
    """A project that lacks a migration which the kit wrote."""
    return Lost(tmp_path)


def test_a_reconstruction_is_written_and_called_one(lost: Lost, tmp_path: Path) -> None:
    """Without a database there is no hash, so nothing is proven."""
    out = tmp_path / "out"
    done = run("recover", str(lost.repo.top), "--output", str(out), "--quiet")
    assert done.returncode == 0
    assert done.stdout.startswith("0001_second reconstructed: the snapshots before and after it")
    assert "reconstructed; checked: " in done.stdout
    assert (out / "recovered/0001_second.sql").read_text(encoding="utf-8") == lost.original


@pytest.mark.slow
def test_one_tag_can_be_asked_for_by_name_or_file(lost: Lost, tmp_path: Path) -> None:
    """JSON on stdout, and nothing else."""
    arguments = ("--output", str(tmp_path / "out"), "--format", "json")
    for tag in ("0001_second", LOST):
        done = run("recover", str(lost.repo.top), tag, *arguments)
        (told,) = json.loads(done.stdout)
        assert (told["tag"], told["verdict"]) == ("0001_second", "reconstructed")
    done = run("recover", str(lost.repo.top), "0000_first", *arguments)
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
    assert "Nothing to recover" in done.stderr


@pytest.mark.slow
def test_an_unknown_tag_is_one_clear_line(lost: Lost, tmp_path: Path) -> None:
    """With those that there are."""
    done = run("recover", str(lost.repo.top), "nope", "--output", str(tmp_path / "out"), "--quiet")
    assert done.returncode == 2
    assert "No migration 'nope' is listed" in done.stderr
    assert "0001_second" in done.stderr
