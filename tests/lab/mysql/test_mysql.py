"""The real kit still does on MariaDB what was measured; the model is held against that elsewhere."""

import json

import pytest

from forensics.scratch.mariadb import MariaDb
from tests.lab.kits import kit_modules
from tests.lab.mysql.observe import KIT, OBSERVED, Seen, measure

pytestmark = pytest.mark.lab

SEEN: dict[str, Seen] = json.loads(OBSERVED.read_text(encoding="utf-8"))
REAL = ("duplicates stop it", "two statements stand together", "a file holds a comment")
"""Measured again in every run: one of each kind of end."""


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", REAL)
def test_the_real_kit_still_does_what_was_measured(name: str, mariadb: MariaDb) -> None:
    """Over mysql2, on the server's socket."""
    seen = measure(name, mariadb, kit_modules(KIT))
    assert json.loads(json.dumps(seen)) == SEEN[name]
