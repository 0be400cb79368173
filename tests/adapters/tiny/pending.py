"""What `tally deploy` would send: each pending file, in a transaction of its own."""

from collections.abc import Sequence

from forensics.adapters.role_rights import Barred, Sent, barred
from forensics.adapters.whole_files import questions, run_of, statement_of, statements, text_of
from forensics.dialects.effect import Failed, Undecided
from forensics.dialects.engine import Engine
from forensics.facts import (
    ApplyDoubt,
    ApplyFailure,
    Applying,
    Facts,
    LiveSchema,
    Migration,
    PendingRows,
)
from forensics.model import TrueError


def applying(
    facts: Facts, pending: Sequence[Migration], schema: LiveSchema, engine: Engine
) -> Applying:
    """The run, up to the first statement that fails or of which nothing is known."""
    failure, doubt = None, None
    asked: list[PendingRows] = []
    sent = all_sent(facts, pending)
    stop = barred(facts, facts.schema, sent)
    for number, migration in enumerate(pending):
        asked += questions(facts, migration, schema)
        effect = engine(schema, (text_of(facts, migration) or "",))
        if bars(stop, number):
            assert stop is not None
            effect = stop.failed
        if isinstance(effect, Failed):
            error = TrueError(text=effect.message, sqlstate=effect.sqlstate)
            own = stop is not None and effect is stop.failed and stop.chunk is None
            statement = None if own else statement_of(facts, migration, effect.number)
            failure = ApplyFailure(statement=statement, sent=effect.statement, error=error)
            break
        if isinstance(effect, Undecided):
            doubt = ApplyDoubt(
                statement=statement_of(facts, migration, effect.number), why=effect.why
            )
            break
        schema = effect.schema
    ended = failure, doubt
    return run_of(facts, pending, sent, ended, asked, facts.schema, needs="CREATE TABLE")


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
            Sent(text_of(facts, migration) or "", number, statements(facts, migration.position))
        )
        sent.append(Sent(f"INSERT INTO {rows} VALUES ('', now())"))
    return tuple(sent)
