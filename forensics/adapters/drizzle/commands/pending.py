"""What `migrate` finds pending, and what comes of sending it: one run, for every question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from forensics.adapters.drizzle.commands.migrators import migrator_of, quoted
from forensics.adapters.drizzle.commands.sending import send
from forensics.adapters.drizzle.commands.ways import ways_of
from forensics.adapters.drizzle.dialects import follows
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT
from forensics.adapters.placing import placed, statement_at
from forensics.adapters.predictions import error_of
from forensics.adapters.role_rights import (
    Sent,
    barred,
    comes_first,
    read_only,
    refused,
    role_rights,
)
from forensics.dialects import dialect_of
from forensics.dialects.base import AskedRows
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
    OddPiece,
    PendingRows,
    ReadOnly,
    SqlStatement,
    TrackingTable,
    Transaction,
)
from forensics.model import Outcome, TableName
from forensics.tracking.matching import recorded_rows

_COLUMNS = ("id", "hash", "created_at")


class State(msgspec.Struct, frozen=True):
    """The database as the migrator meets it, its own schema and table made."""

    schema: LiveSchema
    table: TrackingTable | None


class Run(msgspec.Struct, frozen=True):
    """What was pending, and what came of it; `effect` is `None` where a text is not known."""

    state: State
    pending: tuple[Migration, ...]
    chunks: tuple[tuple[Migration, str], ...] = ()
    effect: Effect | None = None


def run_pending(facts: Facts, engine: Engine) -> Run | Failed | None:
    """Send all that is pending, as the driver does and in the order of the list.

    `Failed` is an error of a statement of the migrator itself; `None` where the database was not
    seen, or an entry of the list has no timestamp.
    """
    made = _run(facts, engine)
    return _as_role(facts, made, _all_sent(facts, made))


def _as_role(
    facts: Facts, made: Run | Failed | None, sent: tuple[Sent, ...]
) -> Run | Failed | None:
    """The run, up to where the role that deploys may not go on."""
    if (closed := _read_only(facts)) is not None and made is not None:
        return refused(closed)
    stop = barred(facts, facts.schema, sent)
    effect = made.effect if isinstance(made, Run) else None
    if stop is None or not comes_first(stop, effect, sent):
        return made
    if stop.chunk is None or not isinstance(made, Run):
        return stop.failed
    return replace(made, effect=stop.failed)


def _run(facts: Facts, engine: Engine) -> Run | Failed | None:
    """The run of a role that may do everything."""
    state = _state(facts)
    if not isinstance(state, State):
        return state
    pending = migrator_of(facts.tool).pending(facts, state.table)
    if pending is None:
        return None
    texts = [(migration, chunks(facts, migration)) for migration in pending]
    known = tuple((it, chunk) for it, found in texts for chunk in found or ())
    if any(found is None for _, found in texts):
        return Run(state, pending)
    ways = ways_of(facts.tool)
    sends = ways.sent if ways else _sent
    effect = sends(facts, state.schema, [chunk for _, chunk in known], engine)
    return Run(state, pending, known, effect)


def applying(facts: Facts, engine: Engine) -> Applying | None:
    """The run as a fact for rules; `None` where it is not known what is pending."""
    unhindered = _run(facts, engine)
    sent = _all_sent(facts, unhindered)
    made = _as_role(facts, unhindered, sent)
    if made is None:
        return None
    evidence = _evidence(facts, made)
    rights = role_rights(facts, facts.schema, sent)
    if isinstance(made, Failed):
        failure = ApplyFailure(statement=None, sent=made.statement, error=error_of(made))
        return Applying(
            evidence=evidence,
            pending=(),
            statements=(),
            transaction=_transaction(facts),
            failure=failure,
            read_only=_read_only(facts),
            rights=rights,
        )
    return Applying(
        evidence=evidence,
        pending=tuple(it.position for it in made.pending),
        statements=tuple(it for each in made.pending for it in statements(facts, each.position)),
        transaction=_transaction(facts),
        failure=_failure(facts, made),
        doubt=_doubt(facts, made),
        questions=tuple(_questions(facts, made)),
        odd=tuple(_odd(facts, made.pending)),
        recorded_odd=tuple(it for it in _odd(facts, _recorded(facts)) if len(it.statements) > 1),
        rights=rights,
    )


def statements(facts: Facts, position: int) -> tuple[SqlStatement, ...]:
    """The statements of a listed migration, cut as the migrator cuts them."""
    if facts.history is None or position >= len(facts.history.migrations):
        return ()
    pieces = _placed(facts, facts.history.migrations[position])
    return tuple(statement for piece in pieces for statement in piece)


def statement_of(
    facts: Facts, made: Run, where: Failed | Undecided | AskedRows
) -> SqlStatement | None:
    """The statement at which a run ended; the first of its chunk where that is not known."""
    migration, _ = made.chunks[where.position]
    chunk = sum(it is migration for it, _ in made.chunks[: where.position])
    return statement_at(_placed(facts, migration), where.number, chunk)


def statement_in(
    facts: Facts, migration: Migration, chunk: int, number: int
) -> SqlStatement | None:
    """A statement by its number within a chunk of a migration's file."""
    return statement_at(_placed(facts, migration), number, chunk)


def chunks(facts: Facts, migration: Migration) -> list[str] | None:
    """What is sent of a file, one by one; `None` where its text is not known."""
    text = facts.text_of(migration)
    return None if text is None else text.split(BREAKPOINT)


# --- The run ------------------------------------------------------------------------------------


def _transaction(facts: Facts) -> Transaction:
    return facts.tool.driver.transaction if facts.tool.driver else Transaction.ONE


def _sent(facts: Facts, schema: LiveSchema, texts: list[str], engine: Engine) -> Effect:
    """What the chunks do; a NUL, as UTF-16 read as UTF-8 is full of, ends a message too early."""
    cut = next((number for number, chunk in enumerate(texts) if "\0" in chunk), None)
    effect = send(facts.tool.driver, schema, texts[:cut], engine)
    if cut is None or not isinstance(effect, Done):
        return effect
    message = "invalid message format"
    return Failed(sqlstate="08P01", message=message, statement=texts[cut], position=cut)


def _failure(facts: Facts, made: Run) -> ApplyFailure | None:
    if not isinstance(made.effect, Failed):
        return None
    statement = statement_of(facts, made, made.effect)
    sent = statement.text if statement else made.effect.statement
    error = error_of(made.effect)
    return ApplyFailure(statement=statement, sent=sent, error=error, exists=made.effect.exists)


def _doubt(facts: Facts, made: Run) -> ApplyDoubt | None:
    if not isinstance(made.effect, Undecided):
        return None
    return ApplyDoubt(statement=statement_of(facts, made, made.effect), why=made.effect.why)


def _questions(facts: Facts, made: Run) -> Iterator[PendingRows]:
    texts = [chunk for _, chunk in made.chunks]
    if (ways := ways_of(facts.tool)) is not None:
        found = ways.questions(facts, made.state.schema, texts)
    else:
        found = dialect_of(facts.tool).row_questions(made.state.schema, texts)
    for asked in found:
        statement = statement_of(facts, made, asked)
        if statement is not None:
            yield PendingRows(statement=statement, question=asked.question)


def _recorded(facts: Facts) -> list[Migration]:
    assert facts.history is not None
    rows = recorded_rows(facts.history, facts.files, facts.tool, facts.tracking)
    return [it for it in facts.history.migrations if it.position in rows]


def _odd(facts: Facts, migrations: Iterable[Migration]) -> Iterator[OddPiece]:
    """The chunks of files that do not hold exactly one statement, and do harm."""
    ways = ways_of(facts.tool)
    for migration in migrations if ways else ():
        texts, start = chunks(facts, migration) or [], 0
        for text, found in zip(texts, _placed(facts, migration), strict=False):
            effect = ways.piece_effect(facts, text) if ways else None
            if effect is not None:
                whole = len(texts) == 1
                first = 0 if whole or start == 0 else start - len(BREAKPOINT)
                before = BREAKPOINT.join(texts)[: found[0].start if found else start]
                yield OddPiece(
                    tag=migration.key,
                    path=migration.path,
                    line=before.count("\n") + 1,
                    statements=found,
                    cut=(start, start) if whole else (first, start + len(text)),
                    whole=whole,
                    effect=effect,
                )
            start += len(text) + len(BREAKPOINT)


def _placed(facts: Facts, migration: Migration) -> tuple[tuple[SqlStatement, ...], ...]:
    text = facts.text_of(migration)
    return () if text is None else placed(migration, text, BREAKPOINT, facts.tool.dialect)


def _evidence(facts: Facts, made: Run | Failed) -> tuple[str, ...]:
    assert facts.history is not None and facts.files is not None
    pending = made.pending if isinstance(made, Run) else ()
    files = (facts.files.get(migration.path) for migration in pending)
    return tuple(
        dict.fromkeys((facts.history.evidence, *(file.evidence for file in files if file)))
    )


def _read_only(facts: Facts) -> ReadOnly | None:
    name = facts.tool.tracking
    if name is None or not follows(facts.tool):
        return None
    first = migrator_of(facts.tool).made_first(name, facts.schema)[0]
    return read_only(facts, first, "CREATE SCHEMA")


# --- What needs rights ----------------------------------------------------------------------------


def _all_sent(facts: Facts, made: Run | Failed | None) -> tuple[Sent, ...]:
    """All statements in order, those of the migrator included, as far as they are known.

    It makes its schema and its table each time, before it knows that they are there.
    """
    name = facts.tool.tracking
    if name is None or not follows(facts.tool):
        return ()
    schema, table = quoted(name)
    migrator = migrator_of(facts.tool)
    made_first = migrator.made_first(name, facts.schema)
    own = (*made_first, f"SELECT id, hash, created_at FROM {schema}.{table}")
    first = tuple(Sent(text) for text in own)
    if not isinstance(made, Run):
        return first
    insert = Sent(f"INSERT INTO {schema}.{table} {migrator.insert}")
    return first + tuple(_chunks_sent(facts, made, insert))


def _chunks_sent(facts: Facts, made: Run, insert: Sent) -> Iterator[Sent]:
    number = 0
    for migration in made.pending:
        texts = chunks(facts, migration)
        if texts is None:
            return
        pieces = _placed(facts, migration)
        for text, piece in zip(texts, pieces, strict=True):
            yield Sent(text, number, piece)
            number += 1
        yield insert


# --- The database -------------------------------------------------------------------------------


def _state(facts: Facts) -> State | Failed | None:
    """The state to start from, or the error of looking at the table; `None` where not seen."""
    name = facts.tool.tracking
    if facts.schema is None or facts.tracking is None or name is None:
        return None
    ways = ways_of(facts.tool)
    if ways is None and not follows(facts.tool):
        return None
    table = facts.tracking.get(name)
    if table is not None and table.outcome is not Outcome.COLLECTED:
        return None
    if ways is not None:
        schema = ways.prepared(facts.tool, facts.schema, name)
        return schema if schema is None or isinstance(schema, Failed) else State(schema, table)
    select = f'select id, hash, created_at from "{name.schema}"."{name.table}"'
    if (missing := _missing_column(facts.schema, name, table)) is not None:
        message = f'column "{missing}" does not exist'
        return Failed(sqlstate="42703", message=message, statement=select, position=0)
    made = run(facts.schema, migrator_of(facts.tool).made_first(name, facts.schema))
    if isinstance(made, Undecided):
        return None
    return made if isinstance(made, Failed) else State(made.schema, table)


def _missing_column(schema: LiveSchema, name: TableName, table: TrackingTable | None) -> str | None:
    live = next((held for held in schema.tables if held.name == name), None)
    if live is not None:
        columns = {column.name for column in live.columns}
    elif table is not None and table.columns:
        columns = set(table.columns)
    else:
        return None
    return next((column for column in _COLUMNS if column not in columns), None)
