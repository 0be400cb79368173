"""What stands in the way of a statement, and the statements that take it away and bring it back."""

from msgspec.structs import replace

from forensics.dialects.effect import Done
from forensics.dialects.postgres.effects import run
from forensics.dialects.postgres.repairs import PostgresRepairs
from forensics.facts import Column, EnumType, LiveSchema, LiveTable, RelationKind
from forensics.model import TableName

REPAIRS = PostgresRepairs()
RETYPE = 'ALTER TABLE "logs" ALTER COLUMN "at" SET DATA TYPE timestamp;'
DETAIL = 'rule _RETURN on view even_logs depends on column "at"'


def name(table: str) -> TableName:
    """In the schema that every database has."""
    return TableName(schema="public", table=table)


LOGS = LiveTable(name=name("logs"), columns=(Column(name="at", type="date"),))
VIEW = LiveTable(
    name=name("even_logs"), kind=RelationKind.VIEW, definition=" SELECT at\n   FROM public.logs;"
)
USERS = LiveTable(
    name=name("users"),
    columns=(
        Column(name="role", type="text", default="'a'::roles"),
        Column(name="other", type="text", default="'a'::text"),
        Column(name="of", type="roles", default="'a'::roles"),
    ),
)
SCHEMA = LiveSchema(
    evidence="e1",
    schemas=("public",),
    tables=(LOGS, VIEW, USERS),
    enums=(EnumType(name=name("roles"), labels=("a",)),),
)


def test_a_view_is_dropped_before_and_made_again_behind() -> None:
    """With its own query, as the database prints it."""
    dropped, same, again = REPAIRS.around_view(RETYPE, DETAIL, SCHEMA)
    assert (dropped, same) == ('DROP VIEW "public"."even_logs"', RETYPE)
    assert again == 'CREATE VIEW "public"."even_logs" AS SELECT at\n   FROM public.logs'


def test_nothing_is_offered_where_more_than_the_view_would_go() -> None:
    """Another view uses it, it keeps rows, or something else stands in the way."""
    beside = replace(VIEW, name=name("more"), definition="SELECT at FROM even_logs")
    kept = replace(VIEW, kind=RelationKind.MATERIALIZED_VIEW)
    for tables in ((LOGS, VIEW, beside), (LOGS, kept), (LOGS,)):
        assert not REPAIRS.around_view(RETYPE, DETAIL, replace(SCHEMA, tables=tables))
    assert not REPAIRS.around_view(RETYPE, "constraint x depends on it", SCHEMA)


def test_a_default_that_keeps_a_type_in_use_goes_and_comes_back_as_a_text() -> None:
    """Of a column that has another type by now; one that has the type still is another matter."""
    ((column, dropped, again),) = REPAIRS.defaults_in_the_way('DROP TYPE "public"."roles"', SCHEMA)
    at = 'ALTER TABLE "public"."users" ALTER COLUMN "role"'
    assert (column, dropped, again) == ("role", f"{at} DROP DEFAULT", f"{at} SET DEFAULT 'a'")
    assert not REPAIRS.defaults_in_the_way('DROP TABLE "users"', SCHEMA)
    alone = replace(SCHEMA, tables=(replace(USERS, columns=USERS.columns[:2]),))
    assert isinstance(run(alone, (dropped, "DROP TYPE roles", again)), Done)
