"""Every reader of hostile input takes what fuzzing found once, and a few new inputs each time."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from tests.build import journal, snapshot
from tests.fuzz.more_targets import SQLITE
from tests.fuzz.odd import changed
from tests.fuzz.target import TABLE
from tests.fuzz.targets import TARGETS

SNAPSHOT = json.loads(snapshot(1, tables=TABLE))
JOURNAL = json.loads(journal("0000_a", "0001_b"))

SEEDS: tuple[tuple[str, object], ...] = (
    # A path that ends in a slash is that of no file, and had no name to show.
    ("address", "file:*/?mode=ro#x"),
    # A byte that is no UTF-8, as the environment may have it.
    ("address", "host=h user=\udcff"),
    # Half a surrogate as a name: JavaScript takes it, and our decoder stopped.
    ("snapshot", json.dumps(changed(SNAPSHOT, [0], "rename", "\ud800"))),
    # The same as the name of a migration: the report as data could not be written.
    ("journal", json.dumps(changed(JOURNAL, [14, 0, 13], "set", "\ud800"))),
    # A statement of the schema with a byte that is not UTF-8, which the message quotes.
    ("sqlite", SQLITE.replace(b"hash text NOT NULL", b"hash text NOT \x80NUL")),
)


@pytest.mark.parametrize(("name", "value"), SEEDS)
def test_what_was_found_is_taken(name: str, value: object) -> None:
    """Each of these broke something once."""
    TARGETS[name].check(value)


@pytest.mark.sample(2, start=1)
@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_a_few_inputs_are_taken(name: str) -> None:
    """The same ones in each run, so that nobody's change fails by chance; `make fuzz` takes others."""
    target = TARGETS[name]
    checks = list(HealthCheck)

    @settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=checks)
    @given(target.strategy)
    def check(value: object) -> None:
        target.check(value)

    check()
