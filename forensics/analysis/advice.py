"""What not to run: what people would try in this state, and what the model says it would do."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.analysis.bench import Bench
from forensics.analysis.diagnose import Diagnosis
from forensics.analysis.experiments import Predictions
from forensics.analysis.questions import hashes_to_set, of_dropping, of_setting_hash, table_to_drop
from forensics.analysis.showing import claim, fails
from forensics.facts import TrackingTable
from forensics.model import CommandOutcome, DoNotRun


def do_not_run(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    """Advice against actions, each with what the experiments say of it."""
    yield from _push(diagnosis)
    if fails(diagnosis.bench):
        yield from _set_hash(diagnosis)
        yield from _drop_empty_table(diagnosis)


def _push(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    push = diagnosis.bench.after().get("push")
    if push is None or push.outcome is not CommandOutcome.ASKS or not push.destructive:
        return
    yield DoNotRun(
        action="drizzle-kit push, answered with yes; drizzle-kit push --force",
        why=f"It would delete the record of what was applied ({push.message}). A migrate that "
        "reads this table would then start again from the first migration. In a pipeline without "
        "a terminal it exits with code 0 and does nothing.",
    )


def _set_hash(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    bench = diagnosis.bench
    for finding, step in hashes_to_set(bench):
        if _changes_nothing(bench, bench.read(of_setting_hash(bench, step))):
            yield DoNotRun(
                action=f"UPDATE {step.table} SET {step.column} = ... ({finding.subject})",
                why="Tried on the model, it changes no command's outcome, and it destroys the "
                "record of which bytes were applied.",
            )


def _drop_empty_table(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    bench, table = diagnosis.bench, table_to_drop(diagnosis.facts)
    if table is None:
        return
    if _changes_nothing(bench, bench.read(of_dropping(bench, table.name))):
        yield DoNotRun(
            action=f"DROP TABLE {table.name}, or DROP SCHEMA {table.name.schema} CASCADE",
            why="Tried on the model, dropping the table changes no command's outcome: migrate "
            "makes it again, as empty as before. It destroys what the table's sequence tells"
            f"{_others(diagnosis, table)}.",
        )


def _changes_nothing(bench: Bench, then: Predictions) -> bool:
    """Whether every command does what it does as things are, however either is known."""
    now = bench.after()
    return all(claim(then[command]) == claim(now[command]) for command in now)


def _others(diagnosis: Diagnosis, table: TrackingTable) -> str:
    schema = diagnosis.facts.schema
    tables = schema.tables if schema else ()
    others = [t for t in tables if t.name.schema == table.name.schema and t.name != table.name]
    return f"; CASCADE takes {len(others)} other relation(s) of the schema too" if others else ""
