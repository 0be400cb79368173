"""The guarded SQL, applied to a real PostgreSQL: it does what it says, once, and takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import msgspec
import pglast
import pglast.keywords
import psycopg
import pytest

from forensics.dialects.base import UnsafeName
from forensics.dialects.postgres.fix_script import quoting
from forensics.model import (
    DatabaseStep,
    InsertRows,
    MoveTable,
    NewColumn,
    NewRow,
    RenameTable,
    Seen,
    SeenTable,
    SeenThing,
    TableName,
    UpdateRow,
)
from forensics.render.sql import CannotGuard, acting_sql, comment, fix_sql, rollback_sql
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.build import new_row, record, set_hash, set_stamp

pytestmark = pytest.mark.slow

TRACKING = "__drizzle_migrations"
READ = TableName(schema="drizzle", table=TRACKING)
HELD = TableName(schema="public", table=TRACKING)
NEWEST = 1700000000005
RETIRE = RenameTable(
    table=READ,
    to=f"{TRACKING}_retired",
    rows=0,
    sequence=f"{TRACKING}_id_seq",
    primary_key=f"{TRACKING}_pkey",
)
MOVE = MoveTable(table=HELD, to_schema="drizzle", rows=6, newest=("created_at", NEWEST))
SET_HASH = set_hash(HELD, NEWEST, "hash 5", "new 'hash'\n5")

MISSING = tuple(new_row(f"000{number}_x", f"hash {number}", NEWEST + number) for number in (6, 7))
RECORD = record(HELD, *MISSING, held=6)
MAKE = record(TableName(schema="elsewhere", table=TRACKING), *MISSING, held=None, owner="app")

LAYOUT = """
    SELECT n.nspname, c.relname, c.relkind::text, c.oid::int, pg_get_userbyid(c.relowner)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2
"""
SCHEMAS = (
    "SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1"
)
HOSTILE_NAMES = (
    "quote\"and'other",
    "line\nfeed; DROP TABLE victim;--",
    "$$ $forensics$ $forensics_0$",
    "-- comment */ /*",
    "\\! touch /tmp/owned \\",
    "right\u202eleft",
    "ü" * 31 + "x",
    "x" * 63,
    "%s %I {} %",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Start one server for all tests of this file."""
    with throw_away_postgres() as running:
        running.execute("CREATE ROLE app LOGIN; CREATE TABLE template_made ()")
        yield running


_numbers = count()


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """The incident's two tables, owned by the role that migrates, in a database of their own."""
    name = f"incident_{next(_numbers)}"
    server.create_database(name, owner="app")
    made = Database(server, name)
    made.run("GRANT ALL ON SCHEMA public TO app; SET ROLE app; CREATE SCHEMA drizzle")
    for schema in ("public", "drizzle"):
        made.run(f"SET ROLE app; {tracking_table(schema)}")
    made.run(
        f"INSERT INTO public.{TRACKING} (id, hash, created_at)"
        " SELECT 13 + n, 'hash ' || n, 1700000000000 + n FROM generate_series(0, 5) AS n;"
        f"SELECT setval('public.{TRACKING}_id_seq', 18);"
        f"SELECT nextval('drizzle.{TRACKING}_id_seq')"
    )
    yield made
    server.drop_database(name)


def tracking_table(schema: str) -> str:
    """The statement with which drizzle-orm makes its table."""
    return (
        f"CREATE TABLE {schema}.{TRACKING}"
        " (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)"
    )


class Database:
    """One database, and what its state is."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name

    def run(self, sql: str) -> list[tuple[object, ...]]:
        """Run a script as one query."""
        return self.server.execute(sql, database=self.name)

    def refuses(self, sql: str, reason: str) -> None:
        """The script fails for the reason given, and changes nothing."""
        before = self.state()
        with pytest.raises(psycopg.Error, match=reason) as raised:
            self.run(sql)
        assert "probably already applied" in str(raised.value)
        assert self.state() == before

    def state(self) -> object:
        """Every relation with its oid and owner, all rows, the sequences, the schemas."""
        tables = self.run(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname !~ '^(pg_|information_schema)'"
        )
        rows = {str(table): self.run(f"TABLE {table}") for (table,) in tables}
        sequences = self.run(
            "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"
        )
        return rows, sequences, self.run(LAYOUT), self.run(SCHEMAS)


def test_the_rows_come_to_where_the_tool_reads_them(database: Database) -> None:
    """After fix.sql the six rows stand in schema drizzle with ids, hashes, owner and sequence."""
    held = f"SELECT 'public.{TRACKING}'::regclass::oid::int"
    oid = database.run(held)
    rows = database.run(f"TABLE public.{TRACKING}")
    database.run(fix_sql((RETIRE, MOVE)))
    assert database.run(f"TABLE drizzle.{TRACKING}") == rows
    assert database.run(held.replace("public", "drizzle")) == oid
    assert database.run(f"SELECT nextval('drizzle.{TRACKING}_id_seq')") == [(19,)]
    assert database.run(f"SELECT to_regclass('public.{TRACKING}')") == [(None,)]
    database.run(f"SET ROLE app; INSERT INTO drizzle.{TRACKING} (hash, created_at) VALUES ('x', 1)")


def test_it_refuses_any_other_database(database: Database) -> None:
    """A database of the same shape is not the one that was examined; forwards and backwards."""
    for script in (fix_sql, rollback_sql):
        database.refuses(script((RETIRE, MOVE), database="clinic"), "not the database clinic")
    database.run(fix_sql((RETIRE, MOVE), database=database.name))
    database.run(rollback_sql((RETIRE, MOVE), database=database.name))


@pytest.mark.parametrize("steps", [(RETIRE, MOVE), (SET_HASH,), (RECORD,), (MAKE,)])
def test_what_acts_is_told_without_its_guards(steps: tuple[DatabaseStep, ...]) -> None:
    """Each statement of the short form stands in the script, in the same order."""
    script, end = " ".join(fix_sql(steps).split()), 0
    statements = [line for line in acting_sql(steps).split(";\n") if line.strip()]
    assert statements
    for statement in statements:
        lines = [it for it in statement.splitlines() if not it.startswith("--")]
        end = script.index(" ".join(" ".join(lines).split()), end)
    assert "RAISE" not in acting_sql(steps)


def test_all_guards_stand_in_one_block_before_the_first_step(database: Database) -> None:
    """About a third of the lines that one block per step took; the steps stand as plain SQL."""
    for render, first in ((fix_sql, "1. Rename"), (rollback_sql, "1. Move")):
        script = render((RETIRE, MOVE), database=database.name)
        guards, steps = script.split(f"-- {first}")
        assert guards.count("\nDO $") == 1 and len(guards.splitlines()) < 95
        assert "RAISE EXCEPTION" not in steps
    assert fix_sql((RETIRE, MOVE)).count("\nDO $") == 1


@pytest.mark.parametrize("wrong", [{"rows": 7}, {"newest": ("created_at", NEWEST)}, {}])
def test_rows_that_a_step_changes_are_checked_again_before_the_next(
    database: Database, wrong: dict[str, object]
) -> None:
    """What an earlier step did is no reason to refuse; anything else is, and undoes that step."""
    database.run("DROP TABLE drizzle.__drizzle_migrations")
    right = {"rows": 8, "newest": ("created_at", NEWEST + 7)}
    steps = (SET_HASH, RECORD, msgspec.structs.replace(MOVE, **(right | wrong)))
    rows = database.run(f"TABLE public.{TRACKING}")
    if wrong:
        with pytest.raises(psycopg.Error, match="is not"):
            database.run(fix_sql(steps))
    else:
        database.run(fix_sql(steps))
        assert database.run(f"SELECT count(*) FROM drizzle.{TRACKING}") == [(8,)]
        database.run(rollback_sql(steps))
    assert database.run(f"TABLE public.{TRACKING}") == rows


def test_rollback_restores_the_exact_state(database: Database) -> None:
    """The inverse gives back names, oids, owners, rows and sequences, one by one."""
    before = database.state()
    database.run(fix_sql((RETIRE, MOVE)))
    assert database.state() != before
    database.run(rollback_sql((RETIRE, MOVE)))
    assert database.state() == before


def test_a_second_run_says_that_it_was_applied(database: Database) -> None:
    """Neither script can be applied twice."""
    database.run(fix_sql((RETIRE, MOVE)))
    database.refuses(fix_sql((RETIRE, MOVE)), f"there is no table public.{TRACKING}")
    database.run(rollback_sql((RETIRE, MOVE)))
    database.refuses(rollback_sql((RETIRE, MOVE)), f"there is no table drizzle.{TRACKING}_retired")


def test_it_refuses_when_a_row_was_added(database: Database) -> None:
    """A migration that ran since the evidence was collected stops the fix."""
    database.run(f"INSERT INTO public.{TRACKING} (hash, created_at) VALUES ('new', 1)")
    database.refuses(fix_sql((RETIRE, MOVE)), "is not 6 but 7")


def test_it_refuses_when_the_newest_stamp_changed(database: Database) -> None:
    """The right number of rows is not enough."""
    database.run(f"UPDATE public.{TRACKING} SET created_at = 1 WHERE created_at = {NEWEST}")
    database.refuses(fix_sql((RETIRE, MOVE)), f"is not {NEWEST}")


def test_it_refuses_when_the_empty_table_was_filled(database: Database) -> None:
    """A table is only retired as long as it is empty."""
    database.run(f"INSERT INTO drizzle.{TRACKING} (hash) VALUES ('x')")
    database.refuses(fix_sql((RETIRE, MOVE)), "is not 0 but 1")


def test_it_refuses_when_a_name_is_missing(database: Database) -> None:
    """PostgreSQL would refuse, too, but not say whether anything was changed."""
    database.run(f"ALTER SEQUENCE drizzle.{TRACKING}_id_seq RENAME TO other")
    database.refuses(fix_sql((RETIRE, MOVE)), f"there is no drizzle.{TRACKING}_id_seq")


@pytest.mark.parametrize("made", ["TABLE {}_retired ()", "SEQUENCE {}_id_seq_retired"])
def test_it_refuses_when_a_name_is_taken(database: Database, made: str) -> None:
    """No existing relation is in the way of a new name."""
    database.run(f"CREATE {made.format(f'drizzle.{TRACKING}')}")
    database.refuses(fix_sql((RETIRE, MOVE)), "exists already")


def test_it_refuses_a_view_in_the_place_of_the_table(database: Database) -> None:
    """A planted view would run its owner's code with the rights of whoever repairs."""
    database.run(
        f"ALTER TABLE public.{TRACKING} RENAME TO kept;"
        f"CREATE VIEW public.{TRACKING} AS SELECT id, hash, created_at / 0 AS created_at"
        " FROM public.kept"
    )
    database.refuses(fix_sql((RETIRE, MOVE)), "is not an ordinary table")


def test_it_does_not_wait_for_ever(database: Database) -> None:
    """A lock that somebody holds ends the script after five seconds at most."""
    with psycopg.connect(database.server.url(database.name)) as other:
        other.execute(f"SELECT * FROM public.{TRACKING}")
        script = fix_sql((MOVE,)).replace("'5s'", "'50ms'")
        assert script != fix_sql((MOVE,))
        with pytest.raises(psycopg.errors.LockNotAvailable):
            database.run(script)


def test_a_shadowed_function_is_not_called(database: Database) -> None:
    """What a role planted in public is out of reach: the search path is empty."""
    database.run(
        "CREATE FUNCTION public.to_regclass(text) RETURNS regclass LANGUAGE sql"
        " AS 'SELECT NULL::regclass';"
        "ALTER DATABASE " + database.name + " SET search_path = public, pg_catalog"
    )
    database.run(fix_sql((RETIRE, MOVE)))
    assert database.run(f"SELECT count(*) FROM drizzle.{TRACKING}") == [(6,)]


def test_a_missing_schema_is_made_for_the_owner_and_unmade(database: Database) -> None:
    """Where the tool never ran, the fix makes its schema; rollback removes what the fix made."""
    database.run("DROP TABLE drizzle.__drizzle_migrations; DROP SCHEMA drizzle")
    before = database.state()
    database.run(fix_sql((MOVE,)))
    owner = "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'drizzle'"
    assert database.run(owner) == [("app",)]
    database.run(rollback_sql((MOVE,)))
    assert database.state() == before


def test_a_schema_that_was_there_stays(database: Database) -> None:
    """Rollback drops no schema that the fix did not make."""
    database.run("DROP TABLE drizzle.__drizzle_migrations")
    database.run(fix_sql((MOVE,)))
    database.run(rollback_sql((MOVE,)))
    assert database.run("SELECT 1 FROM pg_namespace WHERE nspname = 'drizzle'") == [(1,)]


def test_a_hash_is_set_only_over_the_old_one(database: Database) -> None:
    """The row is found by stamp and old hash; a second run finds none, rollback restores it."""
    before = database.state()
    database.run(fix_sql((SET_HASH,)))
    newest = f"SELECT hash FROM public.{TRACKING} WHERE created_at = {NEWEST}"
    assert database.run(newest) == [(SET_HASH.after,)]
    database.refuses(fix_sql((SET_HASH,)), "is not 1 but 0")
    database.run(rollback_sql((SET_HASH,)))
    assert database.state() == before


@pytest.mark.parametrize("old", [None, NEWEST // 1000])
def test_a_stamp_is_set_only_over_the_old_one(database: Database, old: int | None) -> None:
    """The row is found by hash and old stamp, also where that is NULL; rollback restores it."""
    stamp = set_stamp(HELD, "hash 5", old, NEWEST)
    database.run(f"UPDATE public.{TRACKING} SET created_at = {old or 'NULL'} WHERE hash = 'hash 5'")
    before = database.state()
    database.run(fix_sql((stamp,)))
    held = f"SELECT created_at FROM public.{TRACKING} WHERE hash = 'hash 5'"
    assert database.run(held) == [(NEWEST,)]
    database.refuses(fix_sql((stamp,)), "is not 1 but 0")
    database.run(rollback_sql((stamp,)))
    assert database.state() == before


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_only_names(database: Database, name: str) -> None:
    """Quotes, line feeds, dollar quotes, comments and 63 bytes: fix and rollback work as ever."""
    quoted = '"' + name.replace('"', '""') + '"'
    database.run(
        f"CREATE SCHEMA {quoted}; CREATE TABLE {quoted}.{quoted} (id int, created_at bigint);"
        f"INSERT INTO {quoted}.{quoted} VALUES (1, 7); CREATE TABLE public.victim ()"
    )
    table = TableName(schema=name, table=name)
    steps: tuple[DatabaseStep, ...] = (
        MoveTable(table=table, to_schema="public", rows=1, newest=("created_at", 7)),
        RenameTable(table=TableName(schema="public", table=name), to="plain", rows=1),
    )
    before = database.state()
    database.run(fix_sql(steps, [name]))
    assert database.run("SELECT id FROM public.plain") == [(1,)]
    database.run(rollback_sql(steps, [name]))
    assert database.state() == before


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_script_is_exactly_the_intended_statements(name: str) -> None:
    """PostgreSQL's own parser finds one transaction, with the guards and the two changes."""
    table = TableName(schema=name, table=name)
    steps: tuple[DatabaseStep, ...] = (
        RenameTable(table=table, to="y", rows=0, sequence=name, primary_key=name),
        MoveTable(table=table, to_schema=name, rows=0, newest=None),
        set_hash(table, 1, name, name),
    )
    thing = SeenThing(kind=name, name=name, sha256=name)
    seen = Seen(
        tables=(SeenTable(table=table, owner=name, schema_owner=name, things=(thing,)),),
        event_triggers=(thing,),
    )
    script = fix_sql(steps, [name, f"{name}\n{name}"], seen=seen)
    kinds = [type(statement.stmt).__name__ for statement in pglast.parse_sql(script)]
    assert kinds == [
        *("TransactionStmt", "VariableSetStmt", "VariableSetStmt", "VariableSetStmt"),
        *("DoStmt", "RenameStmt", "RenameStmt", "RenameStmt"),
        *("AlterObjectSchemaStmt", "DoStmt", "TransactionStmt"),
    ]
    assert script.isascii() and "CASCADE" not in script


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\0"])
def test_no_text_leaves_the_comment_that_it_stands_in(end: str) -> None:
    """A comment ends with its line; what a report says may have any line break."""
    script = comment(f"one{end}DROP TABLE x;{end}\\! touch ran", "two")
    assert [line[:3] for line in script.split("\n")] == ["-- ", "-- "]
    assert script.isascii() and script.replace("\n", "").isprintable()
    assert len(pglast.parse_sql(f"{script}\nSELECT 1;")) == 1


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_no_line_starts_a_command_of_psql(name: str) -> None:
    """No backslash begins a line, and no header leaves its comment (CVE-2025-8714, 8715)."""
    table = TableName(schema=name, table=name)
    script = fix_sql((MoveTable(table=table, to_schema="x", rows=0, newest=None),), [name])
    assert not [line for line in script.splitlines() if line.lstrip().startswith("\\")]
    header = script.split("BEGIN ISOLATION")[0].splitlines()
    assert all(line.startswith("--") for line in header if line)


@pytest.mark.parametrize("name", ["", "x" * 64, "ü" * 32, "a\0b"])
def test_an_impossible_name_is_refused(name: str) -> None:
    """What PostgreSQL would cut or refuse never becomes SQL."""
    with pytest.raises(UnsafeName):
        fix_sql((MoveTable(table=HELD, to_schema=name, rows=0, newest=None),))


def test_long_names_are_cut_without_clash(database: Database) -> None:
    """Names of 63 bytes that differ at the end only get different retired names."""
    base = "t" * 56
    database.run(
        f"CREATE TABLE public.{base} (id int CONSTRAINT {base}_pkey_1 PRIMARY KEY);"
        f"CREATE SEQUENCE public.{base}_pkey_2"
    )
    table = TableName(schema="public", table=base)
    step = RenameTable(
        table=table,
        to="t_old",
        rows=0,
        sequence=f"{base}_pkey_2",
        primary_key=f"{base}_pkey_1",
    )
    before = database.state()
    database.run(fix_sql((step,)))
    database.run(rollback_sql((step,)))
    assert database.state() == before


def test_no_steps_make_no_script() -> None:
    """A fix of files alone has no fix.sql."""
    assert fix_sql(()) == rollback_sql(()) == ""


# --- Rows that are missing -----------------------------------------------------------------------


def test_missing_rows_are_added_as_the_migrator_would(database: Database) -> None:
    """In the order of the list, with ids of the table's own sequence."""
    database.run(fix_sql((RECORD,)))
    rows = database.run(f"SELECT id, hash, created_at FROM public.{TRACKING} ORDER BY id OFFSET 6")
    assert rows == [(19, "hash 6", NEWEST + 6), (20, "hash 7", NEWEST + 7)]
    database.refuses(fix_sql((RECORD,)), "is not 6 but 8")


def test_rows_that_were_added_are_removed_again(database: Database) -> None:
    """Those and no others; ids that were handed out stay handed out."""
    rows = database.run(f"TABLE public.{TRACKING}")
    database.run(fix_sql((RECORD,)))
    database.run(rollback_sql((RECORD,)))
    assert database.run(f"TABLE public.{TRACKING}") == rows
    database.refuses(rollback_sql((RECORD,)), "is not 8 but 6")


@pytest.mark.parametrize("same", [f"('other', {NEWEST + 7})", "('hash 6', 1)"])
def test_a_migration_that_was_recorded_since_is_not_recorded_twice(
    database: Database, same: str
) -> None:
    """Neither by its stamp nor by its hash, though the number of rows is the expected one."""
    database.run(f"DELETE FROM public.{TRACKING} WHERE id = 13")
    database.run(f"INSERT INTO public.{TRACKING} (hash, created_at) VALUES {same}")
    database.refuses(fix_sql((RECORD,)), "records one of these migrations already")


def test_a_table_that_is_gone_is_made_in_the_tools_own_shape(database: Database) -> None:
    """With its schema, for the role that owns the other tables; rollback leaves nothing of it."""
    before = database.state()
    database.run(fix_sql((MAKE,)))
    columns = (
        "SELECT attname::text, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute"
        " WHERE attrelid = '{}'::regclass AND attnum > 0 ORDER BY attnum"
    )
    made, own = (database.run(columns.format(it)) for it in (MAKE.table, HELD))
    assert made == own
    assert ("elsewhere", "app") in database.run(SCHEMAS)
    database.run(
        f"SET ROLE app; INSERT INTO {MAKE.table} (hash, created_at) VALUES ('later', {NEWEST + 8})"
    )
    database.refuses(fix_sql((MAKE,)), "exists already")
    database.refuses(rollback_sql((MAKE,)), "is not 2 but 3")
    database.run(f"DELETE FROM {MAKE.table} WHERE hash = 'later'")
    database.run(rollback_sql((MAKE,)))
    assert database.state() == before


def test_hostile_tags_and_hashes_stay_text(database: Database) -> None:
    """A tag stands in a comment only, a hash in a literal."""
    for text in HOSTILE_NAMES:
        row = new_row(text, text, NEWEST + 9)
        step = record(HELD, row, held=6)
        assert fix_sql((step,)).isascii()
        database.run(fix_sql((step,)))
        assert database.run(f"SELECT hash FROM public.{TRACKING} OFFSET 6") == [(text,)]
        database.run(rollback_sql((step,)))


def test_a_change_that_cannot_be_guarded_is_an_error_and_no_empty_script() -> None:
    """An empty file would read as "nothing to do"."""
    for render in (fix_sql, rollback_sql):
        with pytest.raises(CannotGuard, match="No guarded script can be written for singlestore"):
            render((SET_HASH,), dialect="singlestore")


# --- Another tool ---------------------------------------------------------------------------------

NAMED = (
    NewColumn(name="migration name", type="text", definition="text PRIMARY KEY"),
    NewColumn(name="order", type="text", definition="text"),
    NewColumn(name="steps", type="integer", definition="integer NOT NULL"),
)
"""Columns that need quotes, and one that every row has alike."""


def shipped(*keys: str, held: int | None) -> InsertRows:
    """Rows of a tool that knows migrations by name."""
    cells = {key: (("migration name", key), ("order", f"sum {key}"), ("steps", 1)) for key in keys}
    return InsertRows(
        table=TableName(schema="ship", table="applied"),
        rows=tuple(NewRow(key=key, cells=cells[key]) for key in keys),
        identity=("migration name",),
        held=held,
        columns=NAMED if held is None else (),
    )


def test_rows_of_any_tool_are_recorded_in_a_table_with_its_columns(database: Database) -> None:
    """What all rows have alike does not keep a row out; the key does."""
    before = database.state()
    make, more = shipped("a", "b", held=None), shipped("c", held=2)
    database.run(fix_sql((make,)))
    database.refuses(fix_sql((shipped("b", held=2),)), "records one of these migrations already")
    database.run(fix_sql((more,)))
    assert database.run('SELECT "migration name", "order", steps FROM ship.applied') == [
        ("a", "sum a", 1),
        ("b", "sum b", 1),
        ("c", "sum c", 1),
    ]
    database.refuses(rollback_sql((make,)), "is not 2 but 3")
    database.run(rollback_sql((more,)))
    database.run(rollback_sql((make,)))
    assert database.state() == before


def test_a_cell_of_any_column_is_set_in_the_one_row_that_is_meant(database: Database) -> None:
    """Found by its key, only over the old value, and set back."""
    database.run(fix_sql((shipped("a", "b", held=None),)))
    table = TableName(schema="ship", table="applied")
    step = UpdateRow(
        table=table, column="order", before="sum b", after=None, where=(("migration name", "b"),)
    )
    held = 'SELECT "order" FROM ship.applied ORDER BY "migration name"'
    database.run(fix_sql((step,)))
    assert database.run(held) == [("sum a",), (None,)]
    database.refuses(fix_sql((step,)), "with migration name b and the expected order in ship")
    database.run(rollback_sql((step,)))
    assert database.run(held) == [("sum a",), ("sum b",)]
    both = msgspec.structs.replace(step, column="steps", before=1, after=2, where=())
    database.refuses(fix_sql((both,)), "is not 1 but 2")


@pytest.mark.parametrize("kind", ["RESERVED", "TYPE_FUNC_NAME", "COL_NAME"])
def test_a_column_with_the_name_of_a_keyword_stands_in_quotes(kind: str) -> None:
    """`current_user` without them is no column, and PostgreSQL would not say so."""
    found = getattr(pglast.keywords, f"{kind}_KEYWORDS")
    assert found
    for word in found:
        assert quoting.column(word).as_string(None) == f'"{word}"'
    for plain in ("hash", "created_at"):
        assert quoting.column(plain).as_string(None) == plain
    for odd in ("Hash", "a b", 'a"b', "été", "a1"):
        assert quoting.column(odd).as_string(None) != odd
