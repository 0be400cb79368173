"""What goes along when a table is renamed or moved."""

from msgspec.structs import replace

from forensics.facts import LiveSchema, LiveTable
from forensics.model import MoveTable, RenameTable
from forensics.tracking.moves import renamed, schema_after
from tests.build import DEFAULT, PUBLIC, name

SCHEMA = LiveSchema(
    evidence="catalogue",
    schemas=("public",),
    tables=(LiveTable(name=name(PUBLIC)), LiveTable(name=name("public.users"))),
)
MOVE = MoveTable(table=name(PUBLIC), to_schema="drizzle", rows=0, newest=None)
RETIRE = RenameTable(
    table=name(PUBLIC),
    to="__drizzle_migrations_retired",
    rows=0,
    sequence="__drizzle_migrations_id_seq",
    primary_key="__drizzle_migrations_pkey",
)


def test_a_table_moves_into_a_schema_that_may_be_new() -> None:
    """All others stay."""
    after = schema_after(SCHEMA, MOVE)
    assert [str(table.name) for table in after.tables] == [DEFAULT, "public.users"]
    assert after.schemas == ("public", "drizzle")


def test_a_retired_table_retires_its_sequence_and_its_key() -> None:
    """Under names that the schema does not have yet."""
    assert str(schema_after(SCHEMA, RETIRE).tables[0].name) == "public.__drizzle_migrations_retired"
    assert renamed(RETIRE) == (
        ("__drizzle_migrations_id_seq", "__drizzle_migrations_id_seq_retired"),
        ("__drizzle_migrations_pkey", "__drizzle_migrations_pkey_retired"),
    )
    assert renamed(replace(RETIRE, sequence=None)).sequence is None


def test_a_long_name_is_cut_to_what_a_name_may_be_long() -> None:
    """And still ends as the others do."""
    pair = renamed(replace(RETIRE, sequence="s" * 63)).sequence
    assert pair is not None
    assert pair[1] == "s" * 55 + "_retired"


def test_a_table_that_is_not_there_changes_nothing_but_the_schemas() -> None:
    """The catalogue may not have been readable as a whole."""
    bare = replace(SCHEMA, tables=())
    assert schema_after(bare, MOVE) == replace(bare, schemas=("public", "drizzle"))
