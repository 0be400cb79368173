"""The scripts of a fix on a real MariaDB: once, taken back, and stopped by each of their guards."""

from collections.abc import Iterator
from itertools import count

import pytest
from msgspec.structs import replace

from forensics.dialects import dialect_named
from forensics.dialects.base import ScriptOptions
from forensics.model import Step, TableName
from forensics.scratch.mariadb import MariaDb
from tests.dialects.sqlite import test_fix_script as on_sqlite
from tests.support.mysql_project import ran

pytestmark = pytest.mark.slow

TABLE = TableName(schema="", table="__drizzle_migrations")
SET = replace(on_sqlite.SET, table=TABLE)
ADD = replace(on_sqlite.ADD, table=TABLE)
RENAME = replace(on_sqlite.RENAME, table=TABLE)
MAKE = replace(
    on_sqlite.MAKE,
    table=TableName(schema="", table="made"),
    columns=tuple(replace(it, definition="text") for it in on_sqlite.MAKE.columns),
)
_AS_VIEW = (
    "RENAME TABLE __drizzle_migrations TO t; CREATE VIEW __drizzle_migrations AS SELECT * FROM t;"
)
_TRIGGER = "CREATE TRIGGER t AFTER UPDATE ON __drizzle_migrations FOR EACH ROW SET @x = 1;"
_ONE_MORE = "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 1);"
ALONE = (
    (SET, "is a table", _AS_VIEW),
    (SET, "has no trigger", _TRIGGER),
    (SET, "has the row that is meant once", "UPDATE __drizzle_migrations SET created_at = 6;"),
    (ADD, "is a table", _AS_VIEW),
    (ADD, "has no trigger", _TRIGGER),
    (ADD, "has 2 rows", _ONE_MORE),
    (ADD, "records none of them", "UPDATE __drizzle_migrations SET created_at = 9 WHERE id = 1;"),
    (RENAME, "is a table", _AS_VIEW),
    (RENAME, "has no trigger", _TRIGGER),
    (RENAME, "has 2 rows", _ONE_MORE),
    (RENAME, "nothing is called retired", "CREATE TABLE retired (id int);"),
    (MAKE, "nothing is called made", "CREATE TABLE made (hash text, created_at text);"),
)
"""A step, a guard of it, and what breaks just what it guards."""
_numbers = count()


@pytest.fixture
def shop(mariadb: MariaDb) -> Iterator[str]:
    """A database of two rows, by name."""
    name = f"guarded_{next(_numbers)}"
    mariadb.create_database(name)
    mariadb.execute(
        "CREATE TABLE __drizzle_migrations (id serial PRIMARY KEY, hash text, created_at bigint)",
        "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('a', 3), ('b', 5)",
        database=name,
    )
    yield name
    mariadb.execute(f"DROP DATABASE {name}")


def held(server: MariaDb, name: str) -> list[object]:
    """Every table with its rows."""
    tables = sorted(str(row[0]) for row in server.execute("SHOW TABLES", database=name))
    return [(it, server.execute(f"SELECT * FROM `{it}`", database=name)) for it in tables]


@pytest.mark.sample(2)
@pytest.mark.parametrize(("step", "guard", "broken"), ALONE)
def test_each_guard_stops_the_script(
    mariadb: MariaDb, shop: str, step: Step, guard: str, broken: str
) -> None:
    """It says which one did, and nothing is changed although the client goes on."""
    assert not ran(mariadb, shop, broken)
    before = held(mariadb, shop)
    script = dialect_named("mysql").fix_script((step,), ScriptOptions(database=shop))
    assert script is not None and guard in ran(mariadb, shop, script, "--force")
    assert held(mariadb, shop) == before


def test_a_script_for_another_database_changes_nothing(mariadb: MariaDb, shop: str) -> None:
    """Its name is the first that is asked."""
    before = held(mariadb, shop)
    script = dialect_named("mysql").fix_script((SET,), ScriptOptions(database="other"))
    assert script is not None and "this is the database other" in ran(mariadb, shop, script)
    assert held(mariadb, shop) == before


@pytest.mark.parametrize("step", [SET, ADD, RENAME, MAKE])
def test_a_step_runs_once_and_is_taken_back(mariadb: MariaDb, shop: str, step: Step) -> None:
    """A second run changes nothing."""
    dialect, before = dialect_named("mysql"), held(mariadb, shop)
    script = dialect.fix_script((step,), ScriptOptions(database=shop)) or ""
    undo = dialect.undo_script((step,), ScriptOptions(database=shop)) or ""
    assert not ran(mariadb, shop, script)
    after = held(mariadb, shop)
    assert after != before and "Stopped" in ran(mariadb, shop, script)
    assert held(mariadb, shop) == after
    assert not ran(mariadb, shop, undo) and held(mariadb, shop) == before


@pytest.mark.parametrize("step", [ADD, MAKE])
def test_what_was_added_is_not_taken_back_where_more_came(
    mariadb: MariaDb, shop: str, step: Step
) -> None:
    """Rows of others would go with it."""
    dialect = dialect_named("mysql")
    assert not ran(mariadb, shop, dialect.fix_script((step,), ScriptOptions(database=shop)) or "")
    table = "made" if step is MAKE else TABLE.table
    assert not ran(mariadb, shop, f"INSERT INTO {table} (hash, created_at) VALUES ('x', 1);")
    before = held(mariadb, shop)
    undo = dialect.undo_script((step,), ScriptOptions(database=shop)) or ""
    assert "has " in ran(mariadb, shop, undo)
    assert held(mariadb, shop) == before
