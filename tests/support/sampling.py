"""What `make test` leaves to `make lab-full`, so that it takes minutes.

With `@pytest.mark.sample(3)` every third case of a test runs by day; `start=1` begins with the second.
With `@pytest.mark.night` a test runs at night only.
"""

import os
from collections import Counter
from collections.abc import Sequence

import pytest

FULL = "LAB_FULL"
"""The environment variable that asks for everything."""


def everything(config: pytest.Config) -> bool:
    """Whether nothing is left out: at night, and for whoever names tests."""
    named = config.option.keyword or any("::" in argument for argument in config.args)
    return bool(os.environ.get(FULL) or named)


def split(items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The tests of the day, and those of the night."""
    day: list[pytest.Item] = []
    night: list[pytest.Item] = []
    seen: Counter[str] = Counter()
    for item in items:
        (day if _by_day(item, seen) else night).append(item)
    return day, night


def _by_day(item: pytest.Item, seen: Counter[str]) -> bool:
    if item.get_closest_marker("night"):
        return False
    sample = item.get_closest_marker("sample")
    if sample is None:
        return True
    test, _, _ = item.nodeid.partition("[")
    number, seen[test] = seen[test], seen[test] + 1
    return bool(number % sample.args[0] == sample.kwargs.get("start", 0))
