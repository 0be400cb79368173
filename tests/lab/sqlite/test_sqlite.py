"""The real kit still does on SQLite what was measured; the model is held against that elsewhere."""

from __future__ import annotations

import json

import pytest

from tests.lab.kits import kit_modules
from tests.lab.sqlite.observe import KIT, OBSERVED, Seen, measure

pytestmark = pytest.mark.lab

SEEN: dict[str, dict[str, Seen]] = json.loads(OBSERVED.read_text(encoding="utf-8"))
REAL = (
    "two statements stand together",
    "a file holds a comment",
    "a rebuild without an action",
)
"""Measured again in every run, with libsql: one of each kind of end."""


@pytest.mark.parametrize("name", REAL)
def test_the_real_kit_still_does_what_was_measured(name: str) -> None:
    """With the driver that needs no compiler."""
    assert measure(name, "libsql", kit_modules(KIT)) == SEEN["libsql"][name]
