"""What `db push` does: recorded versions come first, then each pending file in a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from forensics.adapters.predictions import error_of, passes, unknown
from forensics.adapters.role_rights import Barred, Sent, barred
from forensics.adapters.supabase.command_line import PUSH as COMMAND
from forensics.adapters.whole_files import (
    Ended,
    questions,
    run_of,
    statement_of,
    statements,
    text_of,
)
from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.engine import Engine
from forensics.dialects.postgres.effects import run
from forensics.facts import (
    ApplyDoubt,
    ApplyFailure,
    Applying,
    Facts,
    LiveSchema,
    Migration,
    SqlStatement,
)
from forensics.model import CommandOutcome, Outcome, Prediction, TrueError

# As 2.117.0 words them.
NOT_LOCAL = "Remote migration versions not found in local migrations directory."
BEFORE = "Found local migration files to be inserted before the last migration on remote database."
UP_TO_DATE, DONE = "Remote database is up to date.", "Finished supabase db push."
_TWICE = 'duplicate key value violates unique constraint "schema_migrations_pkey"'
_NOT_IN_A_TRANSACTION = "25001"
_ROW = "INSERT INTO supabase_migrations.schema_migrations VALUES ('', '{}', '')"


@dataclass(frozen=True, slots=True)
class _State:
    facts: Facts
    schema: LiveSchema
    recorded: frozenset[str]

    @property
    def listed(self) -> tuple[Migration, ...]:
        """The files."""
        return self.facts.history.migrations if self.facts.history else ()

    @property
    def pending(self) -> list[Migration]:
        """Those whose version no row has."""
        return [it for it in self.listed if it.key not in self.recorded]

    @property
    def stops(self) -> str:
        """What it says before it sends anything; empty where it goes on."""
        if self.recorded - {it.key for it in self.listed}:
            return NOT_LOCAL
        last = max(self.recorded, default="")
        return BEFORE if any(it.key < last for it in self.pending) else ""


def _state(facts: Facts) -> _State | None:
    """Folder and rows; `None` where they were not seen."""
    name, history = facts.tool.tracking, facts.history
    if facts.tool.unread or name is None or facts.schema is None or facts.tracking is None:
        return None
    if history is None or facts.files is None or history.outcome is not Outcome.COLLECTED:
        return None
    table = facts.tracking.get(name)
    if table is None:
        there = any(it.name == name for it in facts.schema.tables)
        return None if there else _State(facts, facts.schema, frozenset())
    if table.outcome is not Outcome.COLLECTED or table.raw_rows:
        return None
    return _State(facts, facts.schema, frozenset(it.key for it in table.applied if it.key))


# --- The run --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """A pending file, the catalogue before it, and what its SQL does."""

    migration: Migration
    before: LiveSchema
    effect: Effect


def _steps(found: _State, engine: Engine) -> Iterator[_Step]:
    """Each pending file, up to the first that does not pass."""
    schema, stop, seen = found.schema, _barred(found), set(found.recorded)
    for number, migration in enumerate(found.pending):
        effect = _effect(found, migration, schema, engine)
        if stop is not None and stop.chunk in (None, number):
            effect = stop.failed
        elif isinstance(effect, Done) and migration.key in seen:
            effect = Failed(sqlstate="23505", message=_TWICE, statement=_ROW, position=0)
        yield _Step(migration, schema, effect)
        if not isinstance(effect, Done):
            return
        schema = effect.schema
        seen.add(migration.key)


def _effect(found: _State, migration: Migration, schema: LiveSchema, engine: Engine) -> Effect:
    text = text_of(found.facts, migration)
    if text is None:
        return Undecided(statement="", why=f"the text of {migration.path} is not known")
    told = engine(schema, (text,))
    if not isinstance(told, Failed) or told.sqlstate != _NOT_IN_A_TRANSACTION:
        return told
    alone = run(schema, (text,), alone=True)  # a single statement has no transaction around it
    if isinstance(alone, Done):
        return alone
    return Undecided(statement=told.statement, why="it may not run in a transaction")


def predict(facts: Facts, engine: Engine) -> Prediction:
    """The first thing that stops it."""
    found = _state(facts)
    if found is None:
        return unknown(COMMAND, "the folder or the rows were not seen")
    if found.stops:
        return _stops(found.stops, TrueError(text=found.stops))
    for step in _steps(found, engine):
        effect = step.effect
        if isinstance(effect, Undecided):
            return unknown(COMMAND, f"{step.migration.path}: {effect.why}")
        if isinstance(effect, Failed):
            at = _at(facts, step.migration, effect.number)
            said = f"ERROR: {effect.message} (SQLSTATE {effect.sqlstate})"
            told = _stops(said, error_of(effect), effect.stand_ins)
            return told if at is None else replace(told, statement=at.place)
    said = DONE if found.pending else UP_TO_DATE
    return passes(COMMAND, said)


def _stops(message: str, error: TrueError, stand_ins: tuple[str, ...] = ()) -> Prediction:
    return Prediction(
        command=COMMAND,
        outcome=CommandOutcome.BLOCKED,
        exit_code=1,
        message=message,
        error=error,
        stand_ins=stand_ins,
    )


def applying(facts: Facts, engine: Engine) -> Applying | None:
    """What would be sent, and where that stops; `None` where that is not known."""
    found = _state(facts)
    if found is None or found.stops or facts.history is None:
        return None
    steps = list(_steps(found, engine))
    asked = (it for step in steps for it in questions(facts, step.migration, step.before))
    ended = _ended(facts, steps[-1]) if steps else (None, None)
    return run_of(facts, found.pending, _sent(found), ended, asked, found.schema)


def _ended(facts: Facts, step: _Step) -> Ended:
    """How a file ends the run; neither where it goes on."""
    effect = step.effect
    if isinstance(effect, Done):
        return None, None
    at = _at(facts, step.migration, effect.number)
    if isinstance(effect, Undecided):
        return None, ApplyDoubt(statement=at, why=effect.why)
    return ApplyFailure(statement=at, sent=effect.statement, error=error_of(effect)), None


def _at(facts: Facts, migration: Migration, number: int) -> SqlStatement | None:
    """The statement of a file; `None` for one that is the tool's own."""
    if number < 1:
        return None
    return statement_of(facts, migration, number)


def _barred(found: _State) -> Barred | None:
    return barred(found.facts, found.schema, _sent(found))


def _sent(found: _State) -> tuple[Sent, ...]:
    """All statements in order; the tool's own come last in each transaction."""
    sent: list[Sent] = []
    for number, migration in enumerate(found.pending):
        text = text_of(found.facts, migration)
        if text is None:
            break
        sent.append(Sent(text, number, statements(found.facts, migration.position)))
        sent.append(Sent(_ROW))
    return tuple(sent)


def script(facts: Facts) -> str | None:
    """Each pending file and its row, in a transaction of its own."""
    found = _state(facts)
    if found is None or found.stops:
        return None
    texts = [(it, text_of(facts, it)) for it in found.pending]
    if any(text is None for _, text in texts):
        return None
    make = (
        "CREATE SCHEMA IF NOT EXISTS supabase_migrations;\n"
        "CREATE TABLE IF NOT EXISTS supabase_migrations.schema_migrations "
        "(version text NOT NULL PRIMARY KEY, statements text[], name text);"
    )
    each = (
        f"BEGIN;\n{text}\n;\nINSERT INTO supabase_migrations.schema_migrations (version) "
        f"VALUES ('{it.key}');\nCOMMIT;"
        for it, text in texts
    )
    return "\n".join((make, *each))
