"""What not to run: what people would try in this state, and what the model says it would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from forensics.causes import is_bad
from forensics.diagnose import Diagnosis
from forensics.experiments import Predictions
from forensics.facts import Database, TrackingTable
from forensics.model import CommandOutcome, DoNotRun, SetRecordedHash, TableName


def do_not_run(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    """Advice against actions, each with what the experiments say of it."""
    yield from _push(diagnosis)
    if any(is_bad(prediction) for prediction in diagnosis.causation.before):
        yield from _set_hash(diagnosis)
        yield from _drop_empty_table(diagnosis)


def _push(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    push = diagnosis.bench.run().get("push")
    if push is None or push.outcome is not CommandOutcome.ASKS or not push.destructive:
        return
    yield DoNotRun(
        action="drizzle-kit push, answered with yes; drizzle-kit push --force",
        why=f"It would delete the record of what was applied ({push.message}). A migrate that "
        "reads this table would then start again from the first migration. In a pipeline without "
        "a terminal it exits with code 0 and does nothing.",
    )


def _set_hash(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    for finding in diagnosis.findings:
        for step in finding.counterfactual:
            if isinstance(step, SetRecordedHash) and not _helps(diagnosis, step):
                yield DoNotRun(
                    action=f"UPDATE {step.table} SET hash = ... ({finding.subject})",
                    why="Tried on the model, it changes no command's outcome, and it destroys the "
                    "record of which bytes were applied.",
                )


def _helps(diagnosis: Diagnosis, step: SetRecordedHash) -> bool:
    scene = diagnosis.scene
    return scene.predict(scene.facts_after((step,))) != diagnosis.bench.run()


def _drop_empty_table(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    name, tracking = diagnosis.facts.tool.tracking, diagnosis.facts.tracking
    table = tracking.get(name) if tracking and name else None
    tables = tracking.of_tool(diagnosis.facts.tool.name) if tracking else ()
    rows_elsewhere = any(other.rows for other in tables if other is not table)
    if table is None or name is None or table.rows or not rows_elsewhere:
        return
    if _without(diagnosis, name) == diagnosis.bench.run():
        yield DoNotRun(
            action=f"DROP TABLE {table.name}, or DROP SCHEMA {table.name.schema} CASCADE",
            why="Tried on the model, dropping the table changes no command's outcome: migrate "
            "makes it again, as empty as before. It destroys what the table's sequence tells"
            f"{_others(diagnosis, table)}.",
        )


def _others(diagnosis: Diagnosis, table: TrackingTable) -> str:
    schema = diagnosis.facts.schema
    tables = schema.tables if schema else ()
    others = [t for t in tables if t.name.schema == table.name.schema and t.name != table.name]
    return f"; CASCADE takes {len(others)} other relation(s) of the schema too" if others else ""


def _without(diagnosis: Diagnosis, name: TableName) -> Predictions:
    """What every command does once a tracking table is dropped."""
    scene = diagnosis.scene
    dropped = replace(scene, database=_dropped(scene.database, name))
    return dropped.predict(dropped.facts_after())


def _dropped(database: Database | None, name: TableName) -> Database | None:
    if database is None or database.tracking is None:
        return database
    left = tuple(table for table in database.tracking.tables if table.name != name)
    tracking = msgspec.structs.replace(database.tracking, tables=left)
    if database.schema is None:
        return msgspec.structs.replace(database, tracking=tracking)
    tables = tuple(table for table in database.schema.tables if table.name != name)
    schema = msgspec.structs.replace(database.schema, tables=tables)
    return msgspec.structs.replace(database, tracking=tracking, schema=schema)
