"""The model of `migrate` on SQLite says what the real kit did, cell by cell, with two drivers."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from forensics.adapters.drizzle.commands.on_sqlite import piece_effect
from forensics.facts import Facts, Opener, PieceEffect
from forensics.model import CommandOutcome, CommandState
from tests.build import tool
from tests.lab.sqlite.cells import CELLS, PACKAGES, build, rows_of
from tests.lab.sqlite.observe import OBSERVED, Seen
from tests.support.sqlite_project import investigated

SEEN: dict[str, dict[str, Seen]] = json.loads(OBSERVED.read_text(encoding="utf-8"))
COMPILER = " - should this be a string literal in single-quotes?"
"""What newer releases of SQLite add to an error, and to the quotes in it."""


def predicted(name: str, driver: str, folder: Path) -> CommandState:
    """What the model says, where it may count rows."""
    build(name, driver, folder)
    report = investigated(folder, probe_rows=True)
    return next(it for it in report.commands if it.command == "migrate")


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("driver", PACKAGES)
@pytest.mark.parametrize("name", CELLS)
def test_the_model_says_what_the_kit_did(name: str, driver: str, tmp_path: Path) -> None:
    """Exit code, the driver's error, and whether rows are lost."""
    seen, told = SEEN[driver][name], predicted(name, driver, tmp_path)
    assert told.outcome is not CommandOutcome.UNKNOWN
    assert told.exit_code == seen["exit_code"]
    assert (told.outcome is CommandOutcome.BLOCKED) is not seen["says_success"]
    assert plain(told.error.text if told.error else "") == plain(seen["error"])
    before = rows_of(tmp_path)
    lost = any(seen["rows"].get(it, 0) < number for it, number in before.items())
    assert told.destructive is lost


def plain(error: str) -> str:
    """Without what a release of SQLite, or of drizzle-orm, spells otherwise."""
    return error.replace(COMPILER, "").replace('"', "").replace("./", "")


def test_every_cell_was_measured() -> None:
    """With both drivers."""
    assert {driver: set(cells) for driver, cells in SEEN.items()} == {
        driver: set(CELLS) for driver in PACKAGES
    }


def test_a_missing_file_is_the_cause_and_not_an_empty_part(tmp_path: Path) -> None:
    """In experiments something stands for the file; that must not be a fault of its own."""
    build("a file is missing", "libsql", tmp_path)
    issues = {it.rule: it.role for it in investigated(tmp_path).issues}
    assert issues == {"missing-migration-file": "primary", "missing-snapshot": "latent"}


def test_a_file_whose_only_statement_fails_has_no_empty_part(tmp_path: Path) -> None:
    """In experiments the statement is left out, and a driver fails at a file without one."""
    build("one is pending", "libsql", tmp_path)
    with closing(sqlite3.connect(tmp_path / "app.sqlite")) as opened:
        opened.execute("ALTER TABLE users ADD phone blob")
    assert "missing-statement-breakpoint" not in {it.rule for it in investigated(tmp_path).issues}


@pytest.mark.parametrize(
    ("drivers", "effect"),
    [
        ("libsql", PieceEffect.SKIPS),
        ("node-sqlite bun-sqlite", PieceEffect.SKIPS),
        ("better-sqlite3", PieceEffect.FAILS),
        ("node-sqlite better-sqlite3", PieceEffect.UNKNOWN),
        ("", PieceEffect.UNKNOWN),
    ],
)
def test_what_becomes_of_two_statements_depends_on_the_drivers(
    drivers: str, effect: PieceEffect
) -> None:
    """As seen of each; a part without a statement fails with all of them."""
    openers = tuple(Opener(name=it, where="a", enforces=None) for it in drivers.split())
    facts = Facts(tool=tool(openers=openers))
    assert piece_effect(facts, "SELECT 1; SELECT 2;") is effect
    assert piece_effect(facts, "-- nothing") is PieceEffect.FAILS
    assert piece_effect(facts, "SELECT 1; -- done") is None
