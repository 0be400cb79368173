"""The scripts of a fix do just what is meant, once, and can be taken back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from forensics.dialects import dialect_named
from forensics.model import InsertRows, NewColumn, NewRow, RenameTable, TableName, UpdateRow

TABLE = TableName(schema="main", table="__drizzle_migrations")
SET = UpdateRow(table=TABLE, column="created_at", before=5, after=7, where=(("hash", "b"),))
ADD = InsertRows(
    table=TABLE,
    rows=(NewRow(key="0002_c", cells=(("hash", "it's\n\u202e"), ("created_at", 9))),),
    identity=("hash", "created_at"),
    held=2,
)
RENAME = RenameTable(table=TABLE, to="retired", rows=2)
MAKE = InsertRows(
    table=TableName(schema="main", table="made"),
    rows=ADD.rows,
    identity=ADD.identity,
    held=None,
    columns=(
        NewColumn(name="hash", type="text", definition="text NOT NULL"),
        NewColumn(name="created_at", type="numeric", definition="numeric"),
    ),
)
STEPS = (SET, ADD, RENAME, MAKE)


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """Two rows, without ids."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        opened.executescript(
            'CREATE TABLE "__drizzle_migrations" (id SERIAL PRIMARY KEY, hash text, created_at '
            "numeric); INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('a', 3), "
            "('b', 5);"
        )
        yield opened


def ran(database: sqlite3.Connection, script: str | None) -> None:
    """As the shell runs it, which rolls back when it stops."""
    assert script is not None and script.isascii() and ".bail on" in script
    try:
        database.executescript(script.replace(".bail on\n", ""))
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")


def held(database: sqlite3.Connection) -> list[str]:
    """Everything that is in it."""
    return [it for it in database.iterdump() if "TRANSACTION" not in it]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_runs_once_and_is_taken_back(database: sqlite3.Connection, step: object) -> None:
    """A second run changes nothing and says why."""
    dialect, before = dialect_named("sqlite"), held(database)
    script, undo = dialect.fix_script((step,)), dialect.undo_script((step,))  # type: ignore[arg-type]
    ran(database, script)
    after = held(database)
    assert after != before
    with pytest.raises(sqlite3.IntegrityError, match="Nothing was changed"):
        ran(database, script)
    assert held(database) == after
    ran(database, undo)
    assert sorted(held(database)) == sorted(before)


def test_a_table_with_a_trigger_is_refused(database: sqlite3.Connection) -> None:
    """It would run what nobody has read."""
    database.execute("CREATE TRIGGER t AFTER UPDATE ON __drizzle_migrations BEGIN SELECT 1; END")
    before = held(database)
    with pytest.raises(sqlite3.IntegrityError):
        ran(database, dialect_named("sqlite").fix_script((SET,)))
    assert held(database) == before


def test_no_row_is_addressed_by_an_id() -> None:
    """They are NULL in all of them."""
    script = dialect_named("sqlite").fix_script((SET, ADD)) or ""
    assert '"id"' not in script


# --- Each guard by itself -------------------------------------------------------------------------

_AS_VIEW = (
    "ALTER TABLE __drizzle_migrations RENAME TO t; CREATE VIEW __drizzle_migrations AS SELECT * "
    "FROM t"
)
_TRIGGER = "CREATE TRIGGER t AFTER UPDATE ON __drizzle_migrations BEGIN SELECT 1; END"
_ONE_MORE = "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 1)"
_SAME_TIME = "UPDATE __drizzle_migrations SET created_at = 9 WHERE hash = 'a'"
ALONE = (
    (SET, "is a table", _AS_VIEW),
    (SET, "has no trigger", _TRIGGER),
    (SET, "the row that is meant once", "UPDATE __drizzle_migrations SET created_at = 6"),
    (
        SET,
        "the row that is meant once",
        "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('b', 5)",
    ),
    (ADD, "is a table", _AS_VIEW),
    (ADD, "has no trigger", _TRIGGER),
    (ADD, "has 2 rows", _ONE_MORE),
    (ADD, "records none of them yet", _SAME_TIME),
    (RENAME, "is a table", _AS_VIEW),
    (RENAME, "has no trigger", _TRIGGER),
    (RENAME, "has 2 rows", _ONE_MORE),
    (RENAME, "nothing is called", "CREATE TABLE retired (id integer)"),
    (MAKE, "nothing is called", "CREATE TABLE made (hash text, created_at numeric)"),
)
"""A step, a guard of it, and what breaks just what it guards."""


@pytest.mark.parametrize(("step", "guard", "broken"), ALONE)
def test_each_guard_stops_the_script_by_itself(
    database: sqlite3.Connection, step: object, guard: str, broken: str
) -> None:
    """Without the other guards it is the only one that can; a script without it has no such line."""
    script = dialect_named("sqlite").fix_script((step,)) or ""  # type: ignore[arg-type]
    database.executescript(broken)
    before = held(database)
    guards = [it for it in script.splitlines() if it.startswith("INSERT INTO temp.forensics_guard")]
    others = {it for it in guards if guard not in it}
    assert len(guards) - len(others) == 1
    alone = "\n".join(it for it in script.splitlines() if it not in others)
    with pytest.raises(sqlite3.IntegrityError, match="Nothing was changed"):
        ran(database, alone)
    assert held(database) == before


@pytest.mark.parametrize("step", [ADD, MAKE])
def test_what_was_added_is_not_taken_back_where_more_came(
    database: sqlite3.Connection, step: InsertRows
) -> None:
    """Rows of others would go with it."""
    dialect = dialect_named("sqlite")
    ran(database, dialect.fix_script((step,)))
    database.execute(f"INSERT INTO {step.table.table} (hash, created_at) VALUES ('x', 1)")
    before = held(database)
    with pytest.raises(sqlite3.IntegrityError, match="Nothing was changed"):
        ran(database, dialect.undo_script((step,)))
    assert held(database) == before
