"""A catalogue that nobody collected: every text in it tries to become more than it is."""

from forensics.facts import (
    Column,
    Constraint,
    ConstraintKind,
    EnumType,
    Extension,
    Index,
    LiveSchema,
    LiveTable,
    RelationKind,
)
from forensics.model import TableName


def hostile(trap: str) -> LiveSchema:
    """Statements behind statements, programs, and names that are none."""
    program = f"COPY (SELECT 1) TO PROGRAM 'touch {trap}'"
    more = f"; COMMIT; CREATE ROLE intruder SUPERUSER; {program}; --"
    public = "public"
    return LiveSchema(
        evidence="e1",
        schemas=("public", 'x"; DROP SCHEMA public CASCADE; --'),
        extensions=(
            Extension(name="dblink", schema="public"),
            Extension(name='x"; --', schema=public),
        ),
        enums=(EnumType(name=TableName(schema=public, table="e"), labels=("'); --", more)),),
        sequences=(TableName(schema=public, table=f's"{more}'),),
        tables=(
            LiveTable(
                name=TableName(schema=public, table="one"),
                columns=(Column(name="a", type="text", default=f"'x'){more}"),),
                constraints=(
                    Constraint(
                        name="c", kind=ConstraintKind.CHECK, definition=f"CHECK (true){more}"
                    ),
                    Constraint(
                        name="d",
                        kind=ConstraintKind.CHECK,
                        definition="CHECK (pg_sleep(100) IS NULL)",
                    ),
                ),
                indexes=("i",),
                index_definitions=(Index(name="i", definition=f"USING btree (a){more}"),),
            ),
            LiveTable(
                name=TableName(schema=public, table="two"),
                columns=(Column(name="a", type=f"int){more}"),),
            ),
            LiveTable(
                name=TableName(schema=public, table="v"),
                kind=RelationKind.VIEW,
                definition=f"SELECT 1{more}",
            ),
            LiveTable(
                name=TableName(schema=public, table="m"),
                kind=RelationKind.MATERIALIZED_VIEW,
                definition="SELECT set_config('statement_timeout', '0', false), pg_sleep(100) --",
            ),
        ),
    )
