"""What is attached to a tracking table is recorded, and none of it runs while we look."""

from collections.abc import Callable

import pytest

from forensics.evidence.kinds import EvidenceKind
from forensics.facts import Attached, Attachments
from forensics.model import TableName
from tests.collect.database.conftest import DRIZZLE_TABLE, Collect, Collected

Run = Callable[[str], list[tuple[object, ...]]]
NAME = "drizzle.__drizzle_migrations"
RICH = f"""
CREATE DOMAIN public.sum AS text CHECK (length(VALUE) > 1);
CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION public.ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
ALTER TABLE {NAME} ADD twice text GENERATED ALWAYS AS (hash || hash) STORED, ADD typed public.sum,
  ADD later timestamptz DEFAULT now(), ADD no int GENERATED ALWAYS AS IDENTITY,
  ADD CONSTRAINT long CHECK (length(hash) > 1), ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER audit AFTER INSERT ON {NAME} FOR EACH ROW EXECUTE FUNCTION public.note();
ALTER TABLE {NAME} DISABLE TRIGGER audit;
CREATE RULE also AS ON DELETE TO {NAME} DO ALSO NOTHING;
CREATE INDEX lowered ON {NAME} (lower(hash));
CREATE POLICY mine ON {NAME} USING (hash = 'secret-word');
CREATE TABLE public.child () INHERITS ({NAME});
CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION public.ddl();
"""
PURE = """
CREATE FUNCTION public.leave() RETURNS int LANGUAGE plpgsql AS
  'BEGIN RAISE EXCEPTION ''planted code ran''; END';
CREATE FUNCTION public.pure(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
  'BEGIN IF current_setting(''application_name'') = ''forensics'' THEN PERFORM public.leave();
  END IF; RETURN 1; END';
"""


def attachments(found: Collected) -> Attachments:
    """What was recorded."""
    assert found.database is not None and found.database.attachments is not None, found.problems
    return found.database.attachments


def things(found: Collected) -> dict[tuple[str, str], Attached]:
    """What is attached to drizzle's table, by kind and name."""
    table = attachments(found).get(TableName(schema="drizzle", table="__drizzle_migrations"))
    assert table is not None
    return {(thing.kind, thing.name): thing for thing in table.attached}


@pytest.mark.slow
def test_the_tools_own_table_has_nothing_that_runs_code(run: Run, collect: Collect) -> None:
    """Its default, key, index and sequence are recorded as what they are."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    found = collect()
    assert set(things(found)) == {
        ("default", "id"),
        ("index", "__drizzle_migrations_pkey"),
        ("primary key", "__drizzle_migrations_pkey"),
        ("sequence", f"{NAME}_id_seq"),
    }
    assert all(thing.inert for thing in things(found).values())
    assert attachments(found).event_triggers == ()
    [table] = attachments(found).tables
    assert (table.kind, table.owner, table.schema_owner) == ("r", "postgres", "postgres")
    assert not table.row_security


def test_everything_else_is_recorded_with_its_definition(run: Run, collect: Collect) -> None:
    """What may run code is told from what runs none, such as a disabled trigger."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    run(RICH)
    found = collect()
    seen = things(found)
    assert {key for key, thing in seen.items() if not thing.inert} == {
        ("generated column", "twice"),
        ("column type", "typed"),
        ("check constraint", "long"),
        ("rule", "also"),
        ("index", "lowered"),
        ("policy", "mine"),
        ("child table", "public.child"),
    }
    assert ("identity column", "no") in seen and ("default", "later") in seen
    audit = seen["trigger", "audit"]
    assert audit.inert and "enabled: D, calls public.note() " in audit.definition
    assert "CHECK ((length(VALUE) > 1))" in seen["column type", "typed"].definition
    [watch] = attachments(found).event_triggers
    assert watch.name == "watch" and "calls public.ddl() " in watch.definition
    assert attachments(found).tables[0].row_security


def test_secrets_in_definitions_are_masked_and_still_told_apart(run: Run, collect: Collect) -> None:
    """The hash is that of what PostgreSQL printed."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    run(RICH)
    plain = things(collect())["policy", "mine"]
    masked = things(collect(mask=lambda data, path: (data.replace(b"secret-word", b"*"), 1)))
    assert "secret-word" in plain.definition
    assert "secret-word" not in masked["policy", "mine"].definition
    assert masked["policy", "mine"].sha256 == plain.sha256


@pytest.mark.slow
@pytest.mark.parametrize(
    "plant",
    [
        f"CREATE INDEX planted ON {NAME} (public.pure(1))",
        f"CREATE INDEX planted ON {NAME} (id) WHERE public.pure(1) = 1",
        f"CREATE STATISTICS public.planted ON (public.pure(1)), hash FROM {NAME}",
        f"CREATE TABLE public.child () INHERITS ({NAME});"
        "CREATE INDEX planted ON public.child (public.pure(1))",
    ],
)
def test_a_function_that_the_planner_would_call_is_not_called(
    run: Run, collect: Collect, plant: str
) -> None:
    """It would run before a row is read, with the rights of whoever looks."""
    run(DRIZZLE_TABLE.format(schema="drizzle"))
    run(PURE + plant)
    found = collect()
    assert found.table(NAME).rows == ()
    assert "call functions when it is read: never read" in found.note(
        EvidenceKind.TRACKING_TABLE, NAME
    )
    assert "planted code ran" not in repr(found)
    assert not all(thing.inert for thing in things(found).values())
