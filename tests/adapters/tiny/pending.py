"""What `tally deploy` would send: each pending file, in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.adapters.placing import placed, statement_at
from forensics.adapters.role_rights import Barred, Sent, barred, read_only, role_rights
from forensics.dialects.effect import Failed, Undecided
from forensics.dialects.engine import Engine
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
from forensics.model import TrueError


def applying(
    facts: Facts, pending: Sequence[Migration], schema: LiveSchema, engine: Engine
) -> Applying:
    """The run, up to the first statement that fails or of which nothing is known."""
    assert facts.history is not None
    failure, doubt = None, None
    questions: list[PendingRows] = []
    sent = all_sent(facts, pending)
    closed = read_only(facts, sent[0].text, "CREATE TABLE") if sent else None
    stop = barred(facts, facts.schema, sent)
    for number, migration in enumerate(pending):
        questions += _questions(facts, migration, schema)
        effect = engine(schema, (_text(facts, migration) or "",))
        if bars(stop, number):
            assert stop is not None
            effect = stop.failed
        if isinstance(effect, Failed):
            error = TrueError(text=effect.message, sqlstate=effect.sqlstate)
            own = stop is not None and effect is stop.failed and stop.chunk is None
            statement = None if own else _at(facts, migration, effect.number)
            failure = ApplyFailure(statement=statement, sent=effect.statement, error=error)
            break
        if isinstance(effect, Undecided):
            doubt = ApplyDoubt(statement=_at(facts, migration, effect.number), why=effect.why)
            break
        schema = effect.schema
    return Applying(
        evidence=(facts.history.evidence,),
        pending=tuple(it.position for it in pending),
        statements=tuple(it for each in pending for it in statements(facts, each.position)),
        transaction=Transaction.PER_MIGRATION,
        failure=failure,
        doubt=doubt,
        questions=tuple(questions),
        read_only=closed,
        rights=role_rights(facts, facts.schema, sent),
    )


def bars(stop: Barred | None, number: int) -> bool:
    """Whether the run stops in the pending file of that number, or before the first."""
    return stop is not None and stop.chunk in (None, number)


def all_sent(facts: Facts, pending: Sequence[Migration]) -> tuple[Sent, ...]:
    """All statements in order, tally's own included."""
    name = facts.tool.tracking
    if name is None:
        return ()
    rows, lock = f'"{name.schema}"."{name.table}"', f'"{name.schema}"."tally_lock"'
    own = (
        f"CREATE TABLE IF NOT EXISTS {rows} (name text PRIMARY KEY, applied_at timestamptz)",
        f"CREATE TABLE IF NOT EXISTS {lock} (id integer PRIMARY KEY, locked boolean NOT NULL)",
        f"INSERT INTO {lock} VALUES (1, false)",
        f"UPDATE {lock} SET locked = true",
        f"SELECT name FROM {rows}",
    )
    sent = [Sent(text) for text in own]
    for number, migration in enumerate(pending):
        sent.append(
            Sent(_text(facts, migration) or "", number, statements(facts, migration.position))
        )
        sent.append(Sent(f"INSERT INTO {rows} VALUES ('', now())"))
    return tuple(sent)


def statements(facts: Facts, position: int) -> tuple[SqlStatement, ...]:
    """The statements of a listed file; none where its text is not known."""
    assert facts.history is not None
    migration = facts.history.migrations[position]
    text = _text(facts, migration)
    return placed(migration, text)[0] if text is not None else ()


def _questions(facts: Facts, migration: Migration, schema: LiveSchema) -> Iterator[PendingRows]:
    for asked in row_questions(schema, (_text(facts, migration) or "",)):
        statement = _at(facts, migration, asked.number)
        if statement is not None:
            yield PendingRows(statement=statement, question=asked.question)


def _at(facts: Facts, migration: Migration, number: int) -> SqlStatement | None:
    return statement_at(placed(migration, _text(facts, migration) or ""), number)


def _text(facts: Facts, migration: Migration) -> str | None:
    file = facts.files.get(migration.path) if facts.files else None
    return file.text if file else None
