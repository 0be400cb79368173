"""Lines for the shell do what the step says, whatever a file is called."""

import os
import subprocess
from pathlib import Path

import pytest

from forensics.model import DeleteFile, RunCommand, WriteFile
from forensics.render._steps import quoted, shell_line

NAMES = (
    *("a b", "$(touch ran)", "`touch ran`", "; touch ran;", "&& touch ran", "| touch ran", "> ran"),
    *(
        "'",
        '"',
        "\\",
        "'; touch ran; '",
        "*",
        "?[a]",
        "{a,b}",
        "~",
        "!x",
        "#x",
        "-rf",
        "--help",
        "$HOME",
    ),
    *(
        "a\nb",
        "\n touch ran",
        "\t",
        "\x1b[31m",
        "\u202ex",
        "it's\n$(touch ran)",
        "\\n\n\\",
        "\udcff",
        "é",
    ),
)


def ran(script: str, place: Path) -> bytes:
    """What bash prints of it; the trap, a file that a name would make, is not sprung."""
    done = subprocess.run(
        ["bash", "-c", os.fsencode(script)], cwd=place, capture_output=True, check=True
    )
    assert not (place / "ran").exists(), script
    return done.stdout


def test_a_word_is_that_word(tmp_path: Path) -> None:
    """And stands on one line, so that nothing of it is a line of its own."""
    words = [quoted(name) for name in NAMES]
    assert not any("\n" in word for word in words)
    said = ran(f"printf '%s\\0' -- {' '.join(words)}", tmp_path).split(b"\0")
    assert said[1:-1] == [os.fsencode(name) for name in NAMES]


@pytest.mark.parametrize("name", [it for it in NAMES if "/" not in it])
def test_a_step_is_done_to_the_file_that_it_names(name: str, tmp_path: Path) -> None:
    """Deleted, made empty, or given to a command: that one and no other."""
    (tmp_path / "other").write_text("")
    (tmp_path / name).write_text("")
    ran(shell_line(DeleteFile(path=name)), tmp_path)
    assert os.listdir(tmp_path) == ["other"]
    ran(shell_line(RunCommand(argv=("touch", "--", name), why="")), tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted(["other", name])


def test_an_empty_file_is_made(tmp_path: Path) -> None:
    """No patch can do that."""
    ran(shell_line(WriteFile(path="$(touch ran)", before=None, after="")), tmp_path)
    assert os.listdir(tmp_path) == ["$(touch ran)"]
