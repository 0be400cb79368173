"""What `db push` does: it compares the schema code with the database, and leaves rows alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from forensics.adapters.predictions import passes, unknown
from forensics.adapters.prisma import messages
from forensics.adapters.prisma.command_line import PUSH as COMMAND
from forensics.adapters.prisma.shadow import Replayed, shadow
from forensics.adapters.prisma.standing import standing
from forensics.adapters.prisma.state import State, state
from forensics.adapters.whole_files import text_of
from forensics.dialects.effect import Done
from forensics.dialects.postgres.effects import run
from forensics.dialects.postgres.repairs.casts import quoted
from forensics.facts import Facts, LiveSchema, Presence, RelationKind
from forensics.model import Prediction, TableName
from forensics.tracking.unmanaged import unmanaged_tables


def push(facts: Facts) -> Prediction:
    """It passes where the database is at the newest state, which the schema code is taken for.

    Whether it stops before it drops a table or a column depends on the rows there.
    """
    found = state(facts)
    if not isinstance(found, State):
        return unknown(COMMAND, found)
    told = standing(facts)
    last = len(told.migrations) - 1 if told else -1
    if told is None or last < 0 or not told.compared(last) or told.differences(last):
        return unknown(
            COMMAND,
            "it makes the database like the schema code, which is not run, and the database is not "
            "as the migrations leave it",
        )
    if others := unmanaged_tables(facts.schema, told, found.name):
        return unknown(COMMAND, f"it drops {others[0]}, which no migration makes, if that is empty")
    return passes(COMMAND, messages.PUSHED)


def forced(facts: Facts) -> str | None:
    """What it sends with `--accept-data-loss`, which drops whatever else the schema has.

    `None` where the files that make what is missing are not known (6.19.3 and 7.10.1).
    """
    found, told = state(facts), standing(facts)
    if not isinstance(found, State) or told is None:
        return None
    made = shadow(found, run)
    if facts.tool.schema_filter != (found.name.schema,) or not isinstance(made, Replayed):
        return None
    wanted = _columns(made.schema, found.name)
    absent = {it.tag for it in told.migrations if it.presence is Presence.ABSENT}
    texts = [text_of(facts, it) or "" for it in found.here if it.key in absent]
    sql = "\n".join((*_drops(found, wanted), *texts))
    if not sql:
        return sql if _columns(found.schema, found.name) == wanted else None
    done = run(found.schema, (sql,))
    right = isinstance(done, Done) and _columns(done.schema, found.name) == wanted
    return sql if right else None


def _columns(schema: LiveSchema, ledger: TableName) -> dict[TableName, frozenset[str]]:
    """The tables next to the ledger, each with its columns."""
    return {
        it.name: frozenset(column.name for column in it.columns)
        for it in schema.tables
        if it.name.schema == ledger.schema and it.name != ledger
        if it.kind is RelationKind.TABLE
    }


def _drops(found: State, wanted: Mapping[TableName, frozenset[str]]) -> Iterator[str]:
    """Whatever nobody wants goes."""
    for name, columns in sorted(_columns(found.schema, found.name).items(), key=str):
        table = f"{quoted(name.schema)}.{quoted(name.table)}"
        if name not in wanted:
            yield f"DROP TABLE {table} CASCADE;"
            continue
        for column in sorted(columns - wanted[name]):
            yield f"ALTER TABLE {table} DROP COLUMN {quoted(column)} CASCADE;"
