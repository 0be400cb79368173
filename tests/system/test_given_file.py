"""A file that the user names may be a pipe or a device: nothing hangs, nothing is read forever."""

import os
import subprocess
from pathlib import Path

import pytest

from forensics import limits
from forensics.system.given_file import read_given


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    """Up to the limit, and not one byte more."""
    (file := tmp_path / "file").write_bytes(b"x" * 1000)
    assert read_given(file, 1000) == b"x" * 1000
    with pytest.raises(OSError, match="more than 999 bytes"):
        read_given(file, 999)


def test_a_pipe_is_read_until_its_writer_ends(tmp_path: Path) -> None:
    """So `<(command)` of a shell works; one that wrote nothing is empty."""
    for said in ("one\ntwo\n", ""):
        with subprocess.Popen(["printf", said], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert read_given(Path(f"/dev/fd/{child.stdout.fileno()}")) == said.encode()


@pytest.mark.parametrize("written", [None, b"half"])
def test_a_pipe_without_an_end_is_given_up(
    written: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody writes to it, or somebody does not end."""
    monkeypatch.setattr(limits, "PIPE_SECONDS", 0.2)
    os.mkfifo(pipe := tmp_path / "pipe")
    keeper = os.open(pipe, os.O_RDWR) if written is not None else None
    if keeper is not None:
        os.write(keeper, written or b"")
    with pytest.raises(TimeoutError, match="nobody ends writing to it"):
        read_given(pipe)


def test_devices_and_folders_are_refused(tmp_path: Path) -> None:
    """One never ends, the other is no text."""
    with pytest.raises(OSError, match="neither a file nor a pipe"):
        read_given(Path("/dev/zero"))
    with pytest.raises(IsADirectoryError):
        read_given(tmp_path)
