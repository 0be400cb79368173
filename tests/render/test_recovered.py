"""What recovery found is written where nothing can escape, and told in a line or as JSON."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from forensics.facts import Recovered, RecoveryVerdict
from forensics.render.recovered import render_recovered, write_recovered
from tests.build import digest

FOUND = Recovered(
    position=1,
    tag="0001_b",
    path="drizzle/0001_b.sql",
    verdict=RecoveryVerdict.PROVEN,
    recorded=digest("A;"),
    sha256=digest("A;"),
    text="A;",
    source="the copy dist/0001_b.sql",
    tried=("the git history: nothing",),
)
LOST = replace(
    FOUND, tag="0002_c", verdict=RecoveryVerdict.NOT_FOUND, text=None, sha256=None, source=""
)


def test_json_is_that_of_the_contract(tmp_path: Path) -> None:
    """A list, in order, with the file below the output folder."""
    answers = write_recovered([FOUND, LOST], tmp_path)
    told = json.loads(render_recovered(answers, tmp_path, "json"))
    assert told == [
        {
            "tag": "0001_b",
            "verdict": "proven",
            "sha256": digest("A;"),
            "source": "the copy dist/0001_b.sql",
            "file": "recovered/0001_b.sql",
            "tried": ["the git history: nothing"],
        },
        {
            "tag": "0002_c",
            "verdict": "not-found",
            "sha256": None,
            "source": "",
            "file": None,
            "tried": ["the git history: nothing"],
        },
    ]
    assert (tmp_path / "recovered/0001_b.sql").read_bytes() == b"A;"


def test_a_line_says_what_it_is_and_where(tmp_path: Path) -> None:
    """The proof under it; and where nothing was found, what was tried and who to ask."""
    text = render_recovered(write_recovered([FOUND, LOST], tmp_path), tmp_path, "text")
    first, proof, second, *rest = text.splitlines()
    assert first.startswith("0001_b proven: the copy dist/0001_b.sql -> ")
    assert digest("A;") in proof
    assert second == "0002_c not-found"
    assert rest[0] == "  tried without success: the git history: nothing"
    assert "the machine from which it was applied" in rest[1]


@pytest.mark.parametrize(
    "tag", ["../../etc/x", "/etc/x", "..", "a/b", "CON\x00", "\x1b[31mred", "x" * 999]
)
def test_no_tag_leaves_the_folder(tmp_path: Path, tag: str) -> None:
    """A journal can name anything."""
    ((_, answer),) = write_recovered([replace(FOUND, tag=tag)], tmp_path)
    assert answer.file is not None
    written = tmp_path / answer.file
    assert written.parent == tmp_path / "recovered"
    assert written.is_file()
    assert "\x1b" not in render_recovered([(replace(FOUND, tag=tag), answer)], tmp_path, "text")


def test_equal_tags_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """Two folders of a monorepo may both have one."""
    answers = write_recovered([FOUND, replace(FOUND, text="B;")], tmp_path)
    assert [answer.file for _, answer in answers] == [
        "recovered/0001_b.sql",
        "recovered/0001_b-2.sql",
    ]
    assert (tmp_path / "recovered/0001_b.sql").read_bytes() == b"A;"


def test_what_an_earlier_run_found_does_not_stay(tmp_path: Path) -> None:
    """Nobody takes yesterday's file for today's."""
    write_recovered([FOUND], tmp_path)
    write_recovered([], tmp_path)
    assert not (tmp_path / "recovered").exists()


def test_masked_bytes_are_left_to_git(tmp_path: Path) -> None:
    """The command that prints them stands there instead of a file."""
    masked = replace(FOUND, text=None, command=("git", "cat-file", "blob", "abc"))
    answers = write_recovered([masked], tmp_path)
    assert "`git cat-file blob abc` prints the original" in render_recovered(
        answers, tmp_path, "text"
    )
    assert answers[0][1].file is None
