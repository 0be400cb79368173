"""Temporary folders go with their run, and where it was killed, with the next one."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from forensics.system.temporary import temporary_folder

# The child says where its folder is, and waits to be killed.
CHILD = """
import time
from forensics.system.temporary import temporary_folder
with temporary_folder("test") as folder:
    (folder / "file").touch()
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go in these tests."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_gone_afterwards_also_after_an_error() -> None:
    """And nobody else may look into it."""
    with temporary_folder("test") as folder:
        assert folder.stat().st_mode & 0o077 == 0
    with pytest.raises(ZeroDivisionError), temporary_folder("test") as other:
        raise ZeroDivisionError
    assert not folder.exists() and not other.exists()


def test_the_next_run_removes_what_a_killed_one_left(base: Path) -> None:
    """SIGKILL leaves no time to; a run that goes on keeps its own."""
    with temporary_folder("test") as ours:
        child = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        folder = Path(child.stdout.readline().strip())
        with temporary_folder("test"):
            assert folder.exists() and ours.exists()
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        child.stdout.close()
        assert folder.exists()
        with temporary_folder("test"):
            assert not folder.exists() and ours.exists()
    assert list(base.iterdir()) == []


def test_an_empty_one_is_removed_once_it_is_not_just_made(base: Path) -> None:
    """A run may be killed before it holds its lock; what holds anything is left alone."""
    young, old, used, other = (
        base / f"forensics-{name}" for name in ("test-young", "test-old", "test-used", "other-old")
    )
    for folder in (young, old, used, other):
        folder.mkdir()
    (used / "file").touch()
    for folder in (old, used, other):
        os.utime(folder, (1, 1))
    with temporary_folder("test"):
        assert [folder.exists() for folder in (young, old, used, other)] == [
            True,
            False,
            True,
            True,
        ]


def test_what_lies_in_a_repository_is_no_folder_of_ours(base: Path) -> None:
    """Where temporary files go into one, a folder of that name may be part of the project."""
    (base / "forensics-test-x").mkdir()
    (base / "forensics-test-x").chmod(0o755)
    (base / "forensics-test-x" / "lock").touch()
    with temporary_folder("test"):
        assert (base / "forensics-test-x" / "lock").exists()
