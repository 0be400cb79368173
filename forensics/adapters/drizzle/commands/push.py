"""Predicts `drizzle-kit push`, as far as it can be without running the project's schema code."""

from __future__ import annotations

from forensics.adapters.drizzle.behaviour import Behaviour, number
from forensics.adapters.drizzle.commands.losses import losses, without_lost
from forensics.adapters.drizzle.commands.reach import compared
from forensics.adapters.drizzle.dialects import follows
from forensics.adapters.predictions import blocked, passes, unknown
from forensics.facts import Facts, LiveSchema, NewestSchema, SyncLoss, TrackingTable
from forensics.model import CommandOutcome, Outcome, Prediction, TableName, TrueError

NO_CHANGES = "[i] No changes detected"
APPLIED = "[\u2713] Changes applied"


def predict_push(facts: Facts, behaviour: Behaviour) -> Prediction:
    """Whether `push` would offer to drop a tracking table, and else whether it finds a difference.

    It compares the schema code with the database and never reads the folder. The code is not run:
    the newest snapshot stands for it, so the answer holds while the two agree. Tables that the code
    does not name are dropped (pgPushIntrospect, pgSuggestions, 0.21.4 to 0.31.11): a question where
    they hold rows, silently where they are empty. Policies and row level security that the code
    does not name go silently (see `losses`). Else it passes only where the snapshot and the
    database are known to be alike for it (see `alike`); what it would send is not told.
    """
    if facts.tracking is None or facts.schema is None:
        return unknown("push", "the database was not seen")
    if not follows(facts.tool):
        return unknown("push", "what it does on databases of this kind is not modelled")
    if behaviour.keeps_its_only_connection:
        return unknown("push", "this release waits for ever where the driver is `pg`")
    newest = facts.snapshots.newest if facts.snapshots else None
    doomed = doomed_by_push(facts, behaviour)
    if any(table.outcome is not Outcome.COLLECTED for table in doomed):
        return unknown("push", "a tracking table that it would drop could not be read")
    filled = [table for table in doomed if table.rows]
    if filled:
        question = _rename_question(facts, newest, behaviour) or _deletion(filled[0])
        code = behaviour.unanswered_push_exit_code
        return _destructive(CommandOutcome.ASKS, code, question)
    return _unasked(facts, newest, doomed, behaviour)


def _unasked(
    facts: Facts, newest: NewestSchema | None, doomed: list[TrackingTable], behaviour: Behaviour
) -> Prediction:
    """What it does where it asks about no tracking table."""
    assert facts.schema is not None
    if newest is None:
        return unknown("push", "there is no newest snapshot to compare it with")
    lost = {it.table: it for it in losses(facts, behaviour, newest)}
    if any(it.by_migrations for it in lost.values()):
        return unknown("push", "whether anybody else than migrations uses it is not known")
    if other := _other_tables(facts, newest, doomed, behaviour):
        return unknown("push", other)
    if not _equal(facts, newest, doomed, lost, behaviour):
        return unknown(
            "push",
            "the newest snapshot, which stands in for it, is not known to be the same to `push` as "
            "the database",
        )
    if behaviour.push_compares_sequences and not _same_sequences(facts, newest, behaviour):
        return unknown("push", "the database has other sequences than the newest snapshot")
    if strays := _stray_sequences(facts, behaviour):
        return _drops_a_sequence(strays, facts.schema)
    if lost:
        return _destructive(CommandOutcome.SILENTLY_WRONG, 0, APPLIED)
    return passes("push", APPLIED if doomed else NO_CHANGES)


def _destructive(outcome: CommandOutcome, exit_code: int | None, message: str) -> Prediction:
    return Prediction(
        command="push", outcome=outcome, exit_code=exit_code, message=message, destructive=True
    )


def _same_sequences(facts: Facts, newest: NewestSchema, behaviour: Behaviour) -> bool:
    """Whether the sequences that no column owns are those of the newest snapshot."""
    assert facts.schema is not None
    owned = {column.sequence for table in facts.schema.tables for column in table.columns}
    live = {name for name in facts.schema.sequences if name not in owned}
    schemas = () if behaviour.sequences_of_all_schemas else facts.tool.schema_filter
    differ = live ^ set(newest.sequences)
    return not any(not schemas or name.schema in schemas for name in differ)


def _stray_sequences(facts: Facts, behaviour: Behaviour) -> tuple[TableName, ...]:
    """The sequences of tables that a filter takes out: push takes them for superfluous.

    Only those of compared tables are left in peace (fromDatabase, src/serializer/pgSerializer.ts).
    A column's own sequence lies in the schema of its table, also after that was moved.
    """
    if facts.schema is None or not behaviour.push_compares_sequences:
        return ()
    owned = (
        TableName(schema=table.name.schema, table=column.sequence.table)
        for table in facts.schema.tables
        if not compared(table.name, facts, behaviour)
        for column in table.columns
        if column.sequence is not None
    )
    schemas = () if behaviour.sequences_of_all_schemas else facts.tool.schema_filter
    return tuple(sorted(name for name in owned if not schemas or name.schema in schemas))


def _drops_a_sequence(strays: tuple[TableName, ...], schema: LiveSchema) -> Prediction:
    """PostgreSQL refuses, since the table's column needs it; push prints that and exits with 0."""
    if len(strays) > 1:  # which one comes first is the database's affair
        return unknown("push", "which of several sequences it would drop first is not known")
    name = strays[0]
    shown = name.table if name.schema in schema.search_path else f"{name.schema}.{name.table}"
    text = f"cannot drop sequence {shown} because other objects depend on it"
    return blocked("push", f"error: {text}", TrueError(text=text, sqlstate="2BP01"), code=0)


def _deletion(table: TrackingTable) -> str:
    """The tool never says `item`, not even for one."""
    return f"You're about to delete {table.name.table} table with {len(table.rows)} items"


def _rename_question(facts: Facts, newest: NewestSchema | None, behaviour: Behaviour) -> str | None:
    """Asked first where one table would be dropped and another one created (tablesResolver)."""
    if newest is None or facts.schema is None:
        return None
    live = {table.name for table in facts.schema.tables}
    created = sorted(
        name for name, _ in newest.tables if name not in live and compared(name, facts, behaviour)
    )
    if not created:
        return None
    return f"Is {created[0].table} table created or renamed from another table?"


def doomed_by_push(facts: Facts, behaviour: Behaviour) -> list[TrackingTable]:
    """Tracking tables that lie where push looks, and that the schema code does not name."""
    assert facts.tracking is not None
    newest = facts.snapshots.newest if facts.snapshots else None
    declared = {name for name, _ in newest.tables} if newest else set()
    seen = (t for t in facts.tracking.tables if compared(t.name, facts, behaviour))
    return sorted((t for t in seen if t.name not in declared), key=lambda table: table.name)


def _other_tables(
    facts: Facts, newest: NewestSchema, doomed: list[TrackingTable], behaviour: Behaviour
) -> str:
    """Which table one side has alone, as a reason; empty where both have the same ones."""
    assert facts.schema is not None
    dropped = {table.name for table in doomed}
    live = {it.name for it in facts.schema.tables if compared(it.name, facts, behaviour)} - dropped
    wanted = {name for name, _ in newest.tables if compared(name, facts, behaviour)}
    if lacks := sorted(wanted - live):
        return f"the database lacks {lacks[0]}, which the newest snapshot has"
    if more := sorted(live - wanted):
        return f"the newest snapshot lacks {more[0]}, which the database has"
    return ""


def _equal(
    facts: Facts,
    newest: NewestSchema,
    doomed: list[TrackingTable],
    lost: dict[TableName, SyncLoss],
    behaviour: Behaviour,
) -> bool:
    """Whether the database is what the newest snapshot says, the doomed tables and losses aside."""
    assert facts.schema is not None
    dropped = {table.name for table in doomed}
    live = {
        table.name: without_lost(table, lost[table.name]) if table.name in lost else table
        for table in facts.schema.tables
        if compared(table.name, facts, behaviour) and table.name not in dropped
    }
    # Cheap, and decides most: this is asked in every state of an experiment.
    wanted = {name for name, _ in newest.tables if compared(name, facts, behaviour)}
    if wanted != live.keys() or newest.text is None:
        return False

    from forensics.adapters.drizzle.snapshots.same_for_push import alike

    return alike(newest.text, facts.schema, live.values(), number(facts.tool.version))
