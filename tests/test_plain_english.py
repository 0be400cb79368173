"""What people read is plain English: a lint for the patterns that engineers stumble over."""

import pytest

from tests.plain_english import PATTERNS, QUOTED, matches, places, strings
from tests.support.sources import MODULES


@pytest.mark.slow
def test_nothing_that_people_read_has_such_a_pattern() -> None:
    """`python -m tests.plain_english` names each place."""
    assert [str(place) for place in places()] == []


@pytest.mark.slow
def test_every_quoted_string_is_still_there() -> None:
    """One that is gone would let its words come back."""
    assert {text for path in MODULES for _, text in strings(path)} >= QUOTED
    assert all(list(matches(text)) for text in QUOTED)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("A file that is no snapshot lies there", "no-for-not"),
        ("a reconstruction, held against the snapshots", "archaic"),
        ("what brought it in", "archaic"),
        ("What the row is of", "archaic"),
        ("the stamp of the row", "own-word"),
        ("the kit prints it", "own-word"),
        ("Known: this one: that it fails", "colon-chain"),
        ("| Command | It prints |", "bare-heading"),
        ("nothing here is not known", "double-negative"),
        ("part of the evidence could not be had", "passive"),
        ("three faults were found", "two-names"),
    ],
)
def test_each_pattern_is_found(text: str, pattern: str) -> None:
    """One example for each."""
    assert pattern in {name for name, _, _ in matches(text)}


@pytest.mark.parametrize(
    "text",
    [
        "There is no snapshot, and there are no rows.",
        "It is no longer needed.",
        "Set the timestamp of the row.",
        "drizzle-kit prints it, and `--kit FOLDER` names one.",
        "`the stamp: of: a fault`, and\n```\nthe kit besides\n```\n",
        "At 10:20:30 UTC: three issues.",
        "## Not this\n\nA table that is empty.",
    ],
)
def test_ordinary_sentences_are_left_alone(text: str) -> None:
    """Code is no prose, either."""
    assert list(matches(text)) == []


def test_every_pattern_has_an_example() -> None:
    """A pattern that finds nothing would never be missed."""
    assert len(PATTERNS) == 8
