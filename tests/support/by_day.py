"""A sample by day of what takes long; `make lab-full` tries all of it."""

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
FULL = "LAB_FULL"
"""The environment variable that asks for everything."""


def by_day(items: Iterable[T], every: int) -> list[T]:
    """Every so many items, beginning with the first; all of them at night."""
    return [*items][:: 1 if os.environ.get(FULL) else every]
