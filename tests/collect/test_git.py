"""Git commands that run beside other work."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from forensics.collect.git import Git


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """In a directory of ours."""
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path)], check=True)
    return Git(tmp_path, 30)


def test_the_answer_is_the_same_as_without_other_work(git: Git) -> None:
    """Also of a command that fails."""
    for command in (("hash-object", "--stdin"), ("cat-file", "-p", "HEAD")):
        with git.meanwhile(*command, stdin=b"x") as answer:
            assert git.ask("rev-parse", "--git-dir").whole
            assert answer() == git.ask(*command, stdin=b"x")


@pytest.mark.slow
def test_what_nobody_waits_for_is_ended_with_its_children(git: Git, tmp_path: Path) -> None:
    """Where the other work fails, the answer is of no use."""
    began, start = tmp_path / "began", time.monotonic()
    shell = f"alias.sleeps=!echo $$ > {began}.part; mv {began}.part {began}; exec sleep 77"
    with pytest.raises(ValueError, match="elsewhere"), git.meanwhile("-c", shell, "sleeps"):
        while not began.exists():
            time.sleep(0.01)
        raise ValueError("elsewhere")
    with pytest.raises(ProcessLookupError):
        while True:  # init takes it away; the limit of the command would be 30 s
            os.kill(int(began.read_text()), 0)
            time.sleep(0.01)
            assert time.monotonic() - start < 20
