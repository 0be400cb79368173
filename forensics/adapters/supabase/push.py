"""What `db push` does: recorded versions come first, then each pending file in a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from forensics.adapters.placing import placed, statement_at
from forensics.adapters.role_rights import Barred, Sent, barred, read_only, role_rights
from forensics.adapters.supabase.command_line import PUSH as COMMAND
from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.engine import Engine
from forensics.dialects.postgres.effects import run
from forensics.dialects.postgres.rows import row_questions
from forensics.facts import (
    ApplyDoubt,
    ApplyFailure,
    Applying,
    Facts,
    LiveSchema,
    Migration,
    PendingRows,
    SqlStatement,
    Transaction,
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


def text_of(facts: Facts, migration: Migration) -> str | None:
    """The SQL of a file; `None` where it was not read, or is not UTF-8."""
    file = facts.files.get(migration.path) if facts.files else None
    if file is None or file.text is None or file.outcome is not Outcome.COLLECTED:
        return None
    wrong = file.encoding.startswith("utf-16") or "\ufffd" in file.text or "\0" in file.text
    return None if wrong else file.text


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
        return _unknown("the folder or the rows were not seen")
    if found.stops:
        return _stops(found.stops, TrueError(text=found.stops))
    for step in _steps(found, engine):
        effect = step.effect
        if isinstance(effect, Undecided):
            return _unknown(f"{step.migration.path}: {effect.why}")
        if isinstance(effect, Failed):
            at = _at(facts, step.migration, effect.number)
            said = f"ERROR: {effect.message} (SQLSTATE {effect.sqlstate})"
            told = _stops(said, _error(effect), effect.stand_ins)
            return told if at is None else replace(told, statement=at.place)
    said = DONE if found.pending else UP_TO_DATE
    return Prediction(command=COMMAND, outcome=CommandOutcome.PASSES, exit_code=0, message=said)


def _unknown(why: str) -> Prediction:
    return Prediction(command=COMMAND, outcome=CommandOutcome.UNKNOWN, exit_code=None, why=why)


def _stops(message: str, error: TrueError, stand_ins: tuple[str, ...] = ()) -> Prediction:
    return Prediction(
        command=COMMAND,
        outcome=CommandOutcome.BLOCKED,
        exit_code=1,
        message=message,
        error=error,
        stand_ins=stand_ins,
    )


def _error(effect: Failed) -> TrueError:
    return TrueError(
        text=effect.message,
        sqlstate=effect.sqlstate or None,
        detail=effect.detail,
        hint=effect.hint,
    )


def applying(facts: Facts, engine: Engine) -> Applying | None:
    """What would be sent, and where that stops; `None` where that is not known."""
    found = _state(facts)
    if found is None or found.stops or facts.history is None:
        return None
    failure: ApplyFailure | None = None
    doubt: ApplyDoubt | None = None
    questions: list[PendingRows] = []
    for step in _steps(found, engine):
        questions += _questions(found, step)
        failure, doubt = _ended(facts, step)
    sent = _sent(found)
    return Applying(
        evidence=(facts.history.evidence,),
        pending=tuple(it.position for it in found.pending),
        statements=tuple(it for each in found.pending for it in statements(facts, each.position)),
        transaction=Transaction.PER_MIGRATION,
        failure=failure,
        doubt=doubt,
        questions=tuple(questions),
        read_only=read_only(facts, sent[0].text, "INSERT") if sent else None,
        rights=role_rights(facts, found.schema, sent),
    )


def _ended(facts: Facts, step: _Step) -> tuple[ApplyFailure | None, ApplyDoubt | None]:
    """How a file ends the run; neither where it goes on."""
    effect = step.effect
    if isinstance(effect, Done):
        return None, None
    at = _at(facts, step.migration, effect.number)
    if isinstance(effect, Undecided):
        return None, ApplyDoubt(statement=at, why=effect.why)
    return ApplyFailure(statement=at, sent=effect.statement, error=_error(effect)), None


def _questions(found: _State, step: _Step) -> Iterator[PendingRows]:
    for asked in row_questions(step.before, (text_of(found.facts, step.migration) or "",)):
        statement = _at(found.facts, step.migration, asked.number)
        if statement is not None:
            yield PendingRows(statement=statement, question=asked.question)


def statements(facts: Facts, position: int) -> tuple[SqlStatement, ...]:
    """The statements of a listed file; empty for any other."""
    if facts.history is None or position >= len(facts.history.migrations):
        return ()
    migration = facts.history.migrations[position]
    text = text_of(facts, migration)
    return placed(migration, text)[0] if text is not None else ()


def _at(facts: Facts, migration: Migration, number: int) -> SqlStatement | None:
    """The statement of a file; `None` for one that is the tool's own."""
    if number < 1:
        return None
    return statement_at(placed(migration, text_of(facts, migration) or ""), number)


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
