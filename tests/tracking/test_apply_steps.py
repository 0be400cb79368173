"""Database steps done on what was seen: tables, rows and cells, in any tool's columns."""

import msgspec
import pytest

from forensics.facts import LedgerShape, Match, TrackingRow
from forensics.model import InsertRows, MoveTable, NewColumn, RenameTable, UpdateRow
from forensics.tracking.apply_steps import apply_to_database, without_table
from forensics.tracking.ledgers import new_row
from tests.build import (
    DEFAULT,
    PUBLIC,
    START,
    database,
    files,
    history,
    name,
    rows,
    set_hash,
    set_stamp,
    table,
    tool,
)

MOVE = (
    RenameTable(table=name(DEFAULT), to="retired", rows=0),
    MoveTable(table=name(PUBLIC), to_schema="drizzle", rows=1, newest=("created_at", START)),
)
SPLIT = database(table(DEFAULT), table(PUBLIC, *rows("0000_a")))


def test_a_table_is_renamed_and_moved_with_its_rows() -> None:
    """In the list of tracking tables and in the catalogue, whose schemas grow with it."""
    seen = apply_to_database(database(table(DEFAULT), table(PUBLIC, *rows("0000_a"))), MOVE, tool())
    assert seen is not None and seen.tracking is not None and seen.schema is not None
    held = {str(each.name): len(each.rows) for each in seen.tracking.tables}
    assert held == {"drizzle.retired": 0, DEFAULT: 1}
    assert {str(each.name) for each in seen.schema.tables} == set(held)
    alone = apply_to_database(database(table(PUBLIC)), MOVE, tool())
    assert alone is not None and alone.schema is not None and "drizzle" in alone.schema.schemas


def test_the_value_that_was_seen_is_not_changed() -> None:
    """An experiment works on a copy."""
    before = msgspec.json.encode(SPLIT)
    apply_to_database(SPLIT, MOVE, tool())
    assert msgspec.json.encode(SPLIT) == before


def test_a_hash_is_set_in_the_row_that_is_meant_and_no_other() -> None:
    """By its stamp and its old value; twice is the same as once."""
    held = rows("0000_a", "0001_b")
    step = set_hash(name(PUBLIC), START, held[0].checksum, "new")
    seen = apply_to_database(database(table(PUBLIC, *held)), (step, step), tool())
    assert seen is not None and seen.tracking is not None
    assert [row.checksum for row in seen.tracking.tables[0].rows] == ["new", held[1].checksum]
    other = msgspec.structs.replace(step, before="something else")
    untouched = apply_to_database(database(table(PUBLIC, *held)), (other,), tool())
    assert untouched == database(table(PUBLIC, *held))


@pytest.mark.parametrize("first", [True, False])
def test_a_hash_is_set_whether_its_table_moves_before_or_after(first: bool) -> None:
    """Each step names its table as it was found, since each finding was made on its own."""
    old = rows("0000_a")[0].checksum
    step = set_hash(name(PUBLIC), START, old, "new")
    seen = apply_to_database(SPLIT, (step, *MOVE) if first else (*MOVE, step), tool())
    assert seen is not None and seen.tracking is not None
    moved = seen.tracking.get(name(DEFAULT))
    assert moved is not None and [row.checksum for row in moved.rows] == ["new"]


def test_without_a_database_or_its_parts_nothing_is_made_up() -> None:
    """No tracking tables, no catalogue, no database at all."""
    assert apply_to_database(None, MOVE, tool()) is None
    bare = msgspec.structs.replace(SPLIT, tracking=None, schema=None)
    assert apply_to_database(bare, MOVE, tool()) == bare


def test_a_dropped_table_is_gone_from_rows_and_catalogue() -> None:
    """The others stay; what was not seen of a database is not made up."""
    seen = without_table(SPLIT, name(DEFAULT))
    assert seen is not None and seen.tracking is not None and seen.schema is not None
    assert [str(each.name) for each in seen.tracking.tables] == [PUBLIC]
    assert [str(each.name) for each in seen.schema.tables] == [PUBLIC]
    assert without_table(None, name(DEFAULT)) is None
    bare = msgspec.structs.replace(SPLIT, schema=None)
    left = without_table(bare, name(DEFAULT))
    assert left is not None and left.schema is None


# --- Another tool ---------------------------------------------------------------------------------

NAMED = LedgerShape(
    columns=(
        NewColumn(name="migration", type="text", definition="text PRIMARY KEY"),
        NewColumn(name="sum", type="text", definition="text"),
        NewColumn(name="steps", type="integer", definition="integer"),
    ),
    identified_by=(Match.BY_KEY,),
    key="migration",
    checksum="sum",
    constants=(("steps", 1),),
)
"""As a tool has it that knows migrations by name."""
SHIPPER = tool(name="shipper", ledger=NAMED, tracking=name("public.shipped"))


def test_a_table_is_made_with_the_columns_and_the_name_of_the_tool() -> None:
    """In the list of tracking tables and in the catalogue; its rows are read by their columns."""
    (migration,) = history("0000_a").migrations
    held = files({"0000_a": "SELECT 1;"}).files[0]
    row = new_row(NAMED, migration, held)
    assert row is not None
    assert row.cells == (("migration", "0000_a"), ("sum", held.sha256), ("steps", 1))
    step = InsertRows(
        table=name("public.shipped"),
        rows=(row,),
        identity=NAMED.identity,
        held=None,
        owner="app",
        columns=NAMED.columns,
    )
    seen = apply_to_database(database(), (step,), SHIPPER)
    assert seen is not None and seen.tracking is not None and seen.schema is not None
    made = seen.tracking.get(name("public.shipped"))
    assert made is not None
    assert (made.tool, made.owner) == ("shipper", "app")
    assert made.columns == ("migration", "sum", "steps")
    assert made.rows == (TrackingRow(id=None, key="0000_a", checksum=held.sha256 or "", at=None),)
    (live,) = [each for each in seen.schema.tables if each.name == step.table]
    assert [(column.name, column.type) for column in live.columns] == [
        ("migration", "text"),
        ("sum", "text"),
        ("steps", "integer"),
    ]


def test_a_cell_is_set_in_the_row_that_its_key_names() -> None:
    """And in none where a column is asked for of which nothing is known."""
    held = [TrackingRow(id=None, key=key, checksum="x", at=None) for key in ("a", "b")]
    before = database(table("public.shipped", *held, tool="shipper"))
    step = UpdateRow(
        table=name("public.shipped"),
        column="sum",
        before="x",
        after="y",
        where=(("migration", "b"),),
    )
    seen = apply_to_database(before, (step,), SHIPPER)
    assert seen is not None and seen.tracking is not None
    assert [row.checksum for row in seen.tracking.tables[0].rows] == ["x", "y"]
    unknown = msgspec.structs.replace(step, where=(("batch", 1),))
    assert apply_to_database(before, (unknown,), SHIPPER) == before


def test_a_stamp_is_set_also_where_it_is_null() -> None:
    """By the hash of the row; one with another stamp is another row."""
    (row,) = rows("0000_a")
    before = database(table(PUBLIC, msgspec.structs.replace(row, at=None)))
    step = set_stamp(name(PUBLIC), row.checksum, None, START)
    seen = apply_to_database(before, (step,), tool())
    assert seen is not None and seen.tracking is not None
    assert seen.tracking.tables[0].rows == (row,)
    other = set_stamp(name(PUBLIC), row.checksum, 7, START)
    assert apply_to_database(before, (other,), tool()) == before
