"""Which of a scratch server's answers hold for the real database."""

import pytest

from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.facts import LiveSchema, OtherObject
from forensics.model import TableName
from forensics.scratch.holds import Circumstances, ScratchRun, holds

DONE = Done(schema=LiveSchema(evidence=""))
UNDECIDED = Undecided(statement="", why="")
LACKS = Circumstances((OtherObject(kind="function", name=TableName(schema="public", table="f")),))
WHOLE = Circumstances(())


def failed(sqlstate: str, message: str = "it did not work") -> Failed:
    """An error of the first text."""
    return Failed(sqlstate=sqlstate, message=message, statement="", position=0)


def seen(effect: Done | Failed, *, context: str = "", rows: bool = False) -> ScratchRun:
    """What a scratch server did."""
    return ScratchRun(effect=effect, context=context, looked_at_rows=lambda: rows)


@pytest.mark.parametrize("rows", [True, False])
@pytest.mark.parametrize("effect", [DONE, failed("23505"), failed("42501")])
def test_what_the_model_foresaw_holds(effect: Done | Failed, rows: bool) -> None:
    """Whatever it depends on: the model knows all that was collected."""
    assert holds(seen(effect, context="a function", rows=rows), effect, ("f",), LACKS)


@pytest.mark.parametrize(
    "sqlstate, told", [("42P07", True), ("23505", False), ("57014", False), ("42501", False)]
)
def test_an_error_holds_where_the_statement_alone_is_its_reason(sqlstate: str, told: bool) -> None:
    """Not one of rows, privileges, limits."""
    assert holds(seen(failed(sqlstate)), UNDECIDED, (), WHOLE) is told


@pytest.mark.parametrize("effect", [DONE, failed("42P07")])
def test_nothing_holds_once_rows_were_looked_at(effect: Done | Failed) -> None:
    """The tables of a scratch database are empty, the real ones are not."""
    assert holds(seen(effect), UNDECIDED, (), WHOLE)
    assert not holds(seen(effect, rows=True), UNDECIDED, (), WHOLE)


def test_an_error_inside_of_code_holds_not() -> None:
    """Which branch is taken may depend on anything."""
    error = failed("42P01")
    assert not holds(seen(error, context="PL/pgSQL function f()"), UNDECIDED, (), WHOLE)


@pytest.mark.parametrize("sqlstate", ["42883", "42704", "42P01"])
def test_what_is_undefined_may_be_what_was_not_rebuilt(sqlstate: str) -> None:
    """Or what an older server does not know yet."""
    assert holds(seen(failed(sqlstate)), UNDECIDED, (), WHOLE)
    assert not holds(seen(failed(sqlstate)), UNDECIDED, (), LACKS)
    assert not holds(seen(failed(sqlstate)), UNDECIDED, (), Circumstances((), older=True))


@pytest.mark.parametrize("message", ['role "app" does not exist', 'extension "x" is not available'])
def test_what_belongs_to_the_server_is_not_missing_on_the_real_one(message: str) -> None:
    """Roles, extensions and tablespaces were not collected."""
    assert not holds(seen(failed("42704", message)), UNDECIDED, (), WHOLE)


@pytest.mark.parametrize(
    "text, told",
    [
        ("CREATE VIEW v AS SELECT 1", True),
        ("CREATE FUNCTION F() RETURNS int", False),
        ("DO $$ BEGIN PERFORM f(); END $$", False),
        ("DROP VIEW v", False),
        ("ALTER TABLE t ALTER COLUMN c TYPE int", False),
    ],
)
def test_success_holds_away_from_what_was_not_rebuilt(text: str, told: bool) -> None:
    """A name that is taken, or that something unknown depends on, would fail there."""
    assert holds(seen(DONE), UNDECIDED, (text,), LACKS) is told


@pytest.mark.parametrize("foreseen", [DONE, failed("42P07")])
def test_where_the_two_differ_the_model_knows_what_was_not_rebuilt(foreseen: Effect) -> None:
    """With everything rebuilt, PostgreSQL itself is right."""
    other = failed("42710") if isinstance(foreseen, Done) else DONE
    assert holds(seen(other), foreseen, (), WHOLE)
    assert not holds(seen(other), foreseen, (), LACKS)
