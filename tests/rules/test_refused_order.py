"""A migration that the tool refuses gets a version behind the last applied one."""

import pytest

from forensics.facts import History, Migration
from forensics.model import Outcome
from forensics.rules._refused_order import later_paths


@pytest.mark.parametrize(
    ("last", "then"),
    [
        ("20260131235959", "20260201000000"),
        ("0009", "0010"),
        ("2024111111", "2024111112"),
        ("99991231235959", "99991231235960"),
    ],
)
def test_the_next_version_is_a_second_or_a_number_later(last: str, then: str) -> None:
    """At the end of the calendar there is no next second; a date with a number is no time."""
    early = Migration(position=0, index=None, key="0001", path="m/0001_a.sql", stamp=None)
    folder = History(path="m", evidence="e1", outcome=Outcome.COLLECTED, migrations=(early,))
    assert later_paths([early], last, folder) == {"m/0001_a.sql": f"m/{then}_a.sql"}
