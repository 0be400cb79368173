"""A dump as baseline sets the search path of the session, and what follows finds no name."""

from collections.abc import Iterable

from forensics.dialects.effect import Done, Effect, Failed
from forensics.dialects.postgres.effects import run
from forensics.facts import LiveSchema, RowState
from forensics.model import CommandOutcome, WriteFile
from forensics.rules.failed_migration_recorded import failed_migration_recorded
from tests.adapters.prisma.cases import case
from tests.adapters.prisma.samples import PHONE, SQL, TWO, USER, path, project, row
from tests.support.pending import BREAK, found, healed, pending

SETTING = "SELECT pg_catalog.set_config('search_path', '', false);"
BASELINE = f"SET lock_timeout = 0;\n{BREAK}{SETTING}\n{BREAK}CREATE TABLE public.a (id integer);"
NEXT = 'ALTER TABLE "a" ADD COLUMN "x" text;'


def server(schema: LiveSchema, texts: Iterable[str]) -> Effect:
    """As PostgreSQL: names without a schema are not found behind the setting."""
    texts = tuple(texts)
    for position, text in enumerate(texts):
        if NEXT in text and any(SETTING[:30] in it for it in texts[:position]):
            message = 'relation "a" does not exist'
            return Failed(
                sqlstate="42P01", message=message, statement=NEXT, position=position, number=1
            )
    effect = run(schema, [it for it in texts if not it.strip().startswith("SE")])
    assert isinstance(effect, Done)
    return effect


def test_the_setting_is_the_cause_and_the_fix_takes_it_out() -> None:
    """The statement that fails is right, and stands in another file."""
    given = pending(BASELINE, NEXT)
    (finding,) = found(given, server)
    assert "statement 2 of 0001_next (line 3) changes the search path" in finding.root_cause.lower()
    (step,) = finding.fix.steps if finding.fix else ()
    assert isinstance(step, WriteFile) and step.path == "drizzle/0001_next.sql"
    assert SETTING not in step.after and "public.a" in step.after


def test_a_setting_that_is_not_the_cause_stays() -> None:
    """Without it, the same statement fails in the same way."""
    gone = 'ALTER TABLE "gone" ADD COLUMN "x" text;'

    def refuses(schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """Has no such table, whatever the path is."""
        texts = tuple(texts)
        at = next((i for i, it in enumerate(texts) if gone in it), None)
        if at is None:
            return server(schema, texts)
        message = 'relation "gone" does not exist'
        return Failed(sqlstate="42P01", message=message, statement=gone, position=at, number=1)

    given = pending(BASELINE, gone)
    (finding,) = found(given, refuses)
    assert finding.fix is None and "was tried, and fails" in finding.root_cause
    assert healed(given).outcome is not CommandOutcome.PASSES


def test_a_tool_that_does_not_find_its_own_table_is_told_why() -> None:
    """Its row says no more than that the run never ended."""
    files = project(USER, PHONE, **{path(PHONE): f"{SETTING}\n{SQL[PHONE]}"})
    (finding,) = case(TWO, USER, row(PHONE, RowState.STARTED), files=files).found(
        failed_migration_recorded
    )
    assert "Line 1 of the file changes the search path" in finding.root_cause
