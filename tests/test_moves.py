"""What goes along when a table is renamed or moved."""

from msgspec.structs import replace

from forensics.facts import Column, LiveSchema, LiveTable
from forensics.model import MoveTable, RenameTable
from forensics.moves import renamed, schema_after
from tests.build import DEFAULT, PUBLIC, name

SEQUENCE = f"{PUBLIC}_id_seq"
ID = Column(
    name="id",
    type="integer",
    default=f"nextval('{SEQUENCE}'::regclass)",
    sequence=name(SEQUENCE),
)
SCHEMA = LiveSchema(
    evidence="catalogue",
    schemas=("public",),
    tables=(
        LiveTable(name=name(PUBLIC), columns=(ID, Column(name="hash", type="text"))),
        LiveTable(name=name("public.users"), columns=(replace(ID, sequence=name("public.u_seq")),)),
    ),
    sequences=(name(SEQUENCE), name("public.u_seq")),
)
MOVE = MoveTable(table=name(PUBLIC), to_schema="drizzle", rows=0, newest=None)
RETIRE = RenameTable(
    table=name(PUBLIC),
    to="__drizzle_migrations_retired",
    rows=0,
    sequence="__drizzle_migrations_id_seq",
    primary_key="__drizzle_migrations_pkey",
)


def sequences(schema: LiveSchema) -> tuple[list[str], list[str]]:
    """All sequences, and those that columns own."""
    owned = [str(c.sequence) for table in schema.tables for c in table.columns if c.sequence]
    return [str(each) for each in schema.sequences], owned


def test_a_moved_table_takes_its_sequence_along() -> None:
    """Into a schema that may be new; those of other tables stay."""
    after = schema_after(SCHEMA, MOVE)
    assert (str(after.tables[0].name), after.schemas) == (DEFAULT, ("public", "drizzle"))
    moved = [f"{DEFAULT}_id_seq", "public.u_seq"]
    assert sequences(after) == (moved, moved)
    assert after.tables[0].columns[0].default == f"nextval('{DEFAULT}_id_seq'::regclass)"


def test_a_retired_table_retires_its_sequence() -> None:
    """Under the name that `fix.sql` gives it."""
    after = schema_after(SCHEMA, RETIRE)
    names = renamed(RETIRE)
    assert names.sequence is not None and names.primary_key is not None
    assert names.sequence[1] == "__drizzle_migrations_id_seq_retired"
    assert names.primary_key[1] == "__drizzle_migrations_pkey_retired"
    retired = [f"public.{names.sequence[1]}", "public.u_seq"]
    assert sequences(after) == (retired, retired)


def test_a_sequence_that_is_not_to_be_renamed_keeps_its_name() -> None:
    """The step names what would clash, and nothing else."""
    after = schema_after(SCHEMA, replace(RETIRE, sequence=None))
    assert sequences(after)[0] == [SEQUENCE, "public.u_seq"]


def test_a_table_that_is_not_there_changes_nothing_but_the_schemas() -> None:
    """The catalogue may not have been readable as a whole."""
    bare = replace(SCHEMA, tables=(), sequences=())
    assert schema_after(bare, MOVE) == replace(bare, schemas=("public", "drizzle"))
