"""What `migrate deploy` does: the pending migrations by name, one request of SQL for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forensics.adapters.predictions import blocked, error_of, passes, unknown
from forensics.adapters.prisma import messages
from forensics.adapters.prisma.command_line import DEPLOY as COMMAND
from forensics.adapters.prisma.state import State, made_table, state, without_file
from forensics.adapters.role_rights import Barred, Sent, barred
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
)
from forensics.model import CommandOutcome, Prediction

_BY_A_TRANSACTION = frozenset({"25001", "55P04"})
"""Errors that only a transaction brings, which the answers of an engine are in."""


def deploy(facts: Facts, engine: Engine) -> Prediction:
    """The first thing that stops it, in the order in which it looks."""
    found = state(facts)
    if not isinstance(found, State):
        return unknown(COMMAND, found)
    if (stopped := stop_at_folder(COMMAND, facts, found.pending)) is not None:
        return stopped
    if found.unfinished:
        row = found.unfinished[0]
        return blocked(COMMAND, messages.failed(row.key or "", _utc(row.begun)))
    if found.table is None and found.not_empty is None:
        return unknown(COMMAND, f"whether it takes the schema {found.name.schema} for empty")
    if found.table is None and found.not_empty:
        return blocked(COMMAND, messages.NOT_EMPTY)
    return _ran(found, engine)


def stop_at_folder(command: str, facts: Facts, read: list[Migration]) -> Prediction | None:
    """The lock file, and a directory without a file among those that are read."""
    if (stopped := stop_at_provider(command, facts)) is not None:
        return stopped
    if without_file(facts, read) is not None:
        return blocked(command, messages.NO_FILE)
    return None


def stop_at_provider(command: str, facts: Facts) -> Prediction | None:
    """The lock file, where it names another provider than the datasource."""
    pinned = facts.history.pinned if facts.history else None
    own, lock = facts.tool.dialect or "", pinned.dialect if pinned else None
    return None if lock in (None, own) else blocked(command, messages.provider_differs(own, lock))


def _utc(moment: str) -> str:
    """`2026-02-01 10:00:00+00` as the tool prints it."""
    return f"{moment.removesuffix('+00')} UTC" if moment.endswith("+00") else moment


# --- The run --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """A pending migration, the catalogue before it, and what its SQL does."""

    migration: Migration
    before: LiveSchema
    effect: Effect | None
    """`None` where its text is not known."""


def _steps(found: State, engine: Engine) -> Iterator[_Step]:
    """Each pending migration, up to the first that does not pass."""
    schema = made_table(found)
    for migration in found.pending if schema is not None else ():
        assert schema is not None
        text = text_of(found.facts, migration)
        effect = None if text is None else send(schema, text, engine)
        yield _Step(migration, schema, effect)
        if not isinstance(effect, Done):
            return
        schema = effect.schema


def send(schema: LiveSchema, text: str, engine: Engine) -> Effect:
    """One request: its statements are one transaction, a single one has none around it."""
    alone = run(schema, (text,), alone=True)
    if not isinstance(alone, Undecided):
        return alone
    told = engine(schema, (text,))
    if isinstance(told, Failed) and told.sqlstate in _BY_A_TRANSACTION:
        return alone
    return told


def _ran(found: State, engine: Engine) -> Prediction:
    if found.pending and made_table(found) is None:
        return unknown(COMMAND, f"whether it can make {found.name}")
    stop = _barred(found)
    for number, step in enumerate(_steps(found, engine)):
        barred_here = stop is not None and stop.chunk in (None, number)
        effect = stop.failed if stop is not None and barred_here else step.effect
        if (ended := _end(found, step.migration, effect)) is not None:
            return ended
    return _done(found)


def _end(found: State, migration: Migration, effect: Effect | None) -> Prediction | None:
    """How a migration ends the run; `None` where it goes on."""
    if effect is None:
        return unknown(COMMAND, f"the text of {migration.path} is not known")
    if isinstance(effect, Undecided):
        return unknown(COMMAND, f"{migration.key}: {effect.why}")
    return _failed(found, migration, effect) if isinstance(effect, Failed) else None


def _done(found: State) -> Prediction:
    if not found.pending:
        return passes(COMMAND, messages.NOTHING_PENDING)
    if (elsewhere := _elsewhere(found)) is not None:
        return Prediction(
            command=COMMAND,
            outcome=CommandOutcome.SILENTLY_WRONG,
            exit_code=0,
            message=messages.ALL_APPLIED,
            why=f"makes in {found.name.schema} once more what {elsewhere} records",
        )
    return passes(COMMAND, messages.ALL_APPLIED)


def _elsewhere(found: State) -> str | None:
    """Another table of the tool that records what would run here."""
    assert found.facts.tracking is not None
    pending = {migration.key for migration in found.pending}
    for table in found.facts.tracking.of_tool(found.facts.tool.name):
        if table.name != found.name and pending & {row.key for row in table.applied}:
            return str(table.name)
    return None


def _failed(found: State, migration: Migration, effect: Failed) -> Prediction:
    statement = statement_of(found.facts, migration, effect.number)
    message = f"{messages.FAILS}\n\nMigration name: {migration.key}\n\nDatabase error code: "
    return Prediction(
        command=COMMAND,
        outcome=CommandOutcome.BLOCKED,
        exit_code=1,
        message=f"{message}{effect.sqlstate}\n\nDatabase error:\nERROR: {effect.message}",
        error=error_of(effect),
        statement=statement.place if statement else None,
        stand_ins=effect.stand_ins,
    )


# --- The run as a fact for rules ------------------------------------------------------------------


def applying(facts: Facts, engine: Engine) -> Applying | None:
    """What would be sent, and where that stops; `None` where that is not known."""
    found = state(facts)
    if not isinstance(found, State) or stop_at_folder(COMMAND, facts, found.pending) is not None:
        return None
    if found.unfinished or (found.table is None and found.not_empty is not False):
        return None
    steps = list(_steps(found, engine))
    asked = (it for step in steps for it in questions(facts, step.migration, step.before))
    return run_of(facts, found.pending, _sent(found), _ended(found, steps), asked, found.schema)


def _ended(found: State, steps: Sequence[_Step]) -> Ended:
    stop = _barred(found)
    for number, step in enumerate(steps):
        effect = step.effect
        if stop is not None and stop.chunk in (None, number):
            effect = stop.failed
        if effect is None:
            why = f"the text of {step.migration.path} is not known"
            return None, ApplyDoubt(statement=None, why=why)
        if isinstance(effect, Undecided):
            statement = statement_of(found.facts, step.migration, effect.number)
            return None, ApplyDoubt(statement=statement, why=effect.why)
        if isinstance(effect, Failed):
            own = stop is not None and stop.chunk is None and effect is stop.failed
            statement = None if own else statement_of(found.facts, step.migration, effect.number)
            failure = ApplyFailure(
                statement=statement, sent=effect.statement, error=error_of(effect)
            )
            return failure, None
    return None, None


# --- Rights ---------------------------------------------------------------------------------------


def _barred(found: State) -> Barred | None:
    return barred(found.facts, found.schema, _sent(found))


def _sent(found: State) -> tuple[Sent, ...]:
    """All statements in order, the tool's own included."""
    name = f'"{found.name.schema}"."{found.name.table}"'
    sent: list[Sent] = []
    for number, migration in enumerate(found.pending):
        text = text_of(found.facts, migration)
        if text is None:
            break
        sent.append(Sent(f"INSERT INTO {name} (id, checksum, migration_name) VALUES ('', '', '')"))
        sent.append(Sent(text, number, statements(found.facts, migration.position)))
        sent.append(Sent(f"UPDATE {name} SET finished_at = now()"))
    return tuple(sent)


def script(facts: Facts) -> str | None:
    """Each pending migration: its row, its SQL, and that it finished."""
    found = state(facts)
    if not isinstance(found, State) or made_table(found) is None or found.unfinished:
        return None
    texts = [(it, text_of(facts, it)) for it in found.pending]
    if any(text is None for _, text in texts):
        return None
    begin = f'SET search_path TO "{found.name.schema}";'
    return "\n".join((begin, *_making(found), *(_one(facts, it, text or "") for it, text in texts)))


def _making(found: State) -> Iterator[str]:
    from forensics.adapters.prisma.ledger import SHAPE

    if found.table is None:
        columns = ", ".join(f"{column.name} {column.definition}" for column in SHAPE.columns)
        yield f'CREATE TABLE "{found.name.table}" ({columns});'


def _one(facts: Facts, migration: Migration, text: str) -> str:
    """The row is written before the transaction, so it stays where that fails."""
    file = facts.files.get(migration.path) if facts.files else None
    name, digest = migration.key.replace("'", "''"), (file.sha256 if file else None) or ""
    return (
        "BEGIN;\nINSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES "
        f"(pg_catalog.gen_random_uuid()::text, '{digest}', '{name}');\nCOMMIT;\n"
        f"BEGIN;\n{text}\n;\nCOMMIT;\n"
        "UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 "
        f"WHERE migration_name = '{name}' AND finished_at IS NULL AND rolled_back_at IS NULL;"
    )
