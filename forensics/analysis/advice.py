"""What not to run: what people would try in this state, and what the model says it would do."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.analysis.bench import Bench
from forensics.analysis.diagnose import Diagnosis
from forensics.analysis.experiments import Predictions
from forensics.analysis.questions import hashes_to_set, of_dropping, of_setting_hash, table_to_drop
from forensics.analysis.showing import claim, fails
from forensics.facts import TrackingTable
from forensics.model import CommandKind, CommandOutcome, DoNotRun, Prediction
from forensics.model.wording import listed


def do_not_run(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    """Advice against actions, each with what the experiments say of it."""
    yield from _sync(diagnosis)
    if fails(diagnosis.bench):
        yield from _set_hash(diagnosis)
        yield from _drop_empty_table(diagnosis)


def _sync(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    """Against a command that would delete something once its question is answered."""
    for name, now in diagnosis.bench.after().items():
        syncs = diagnosis.scene.kind(name) is CommandKind.SYNC
        if syncs and now.outcome is CommandOutcome.ASKS and now.destructive:
            why = " ".join(_what_it_deletes(diagnosis, now))
            yield DoNotRun(action="; ".join(_answered_yes(diagnosis, name)), why=why)
    losses = diagnosis.facts.syncing.losses if diagnosis.facts.syncing else ()
    if losses:
        tool = diagnosis.scene.tool
        tables = listed([str(loss.table) for loss in losses])
        yield DoNotRun(
            action=f"{tool.name} {tool.words.sync}",
            why=f"It takes away, without a question, policies or row level security of {tables} "
            "that the schema code does not have.",
        )


def _answered_yes(diagnosis: Diagnosis, command: str) -> Iterator[str]:
    """How the command is told to go on; the option only where the release has it."""
    tool, syncs = diagnosis.scene.tool, diagnosis.scene.adapter.syncs
    yield f"{tool.name} {command}, answered with yes"
    if syncs is not None and syncs.has_force(tool):
        yield f"{tool.name} {command} {syncs.force}"


def _what_it_deletes(diagnosis: Diagnosis, now: Prediction) -> Iterator[str]:
    syncs, apply = diagnosis.scene.adapter.syncs, diagnosis.scene.tool.words.apply
    if syncs is not None and syncs.dropped(diagnosis.facts):
        yield (
            f"It would delete the record of what was applied ({now.message}). A {apply} that reads "
            "this table would then start again from the first migration."
        )
    else:
        yield f"It would delete data ({now.message})."
    if now.exit_code is not None:
        yield (
            f"In a pipeline without a terminal it exits with code {now.exit_code} and does nothing."
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
            why="Tried on the model, dropping the table changes no command's outcome: "
            f"{diagnosis.scene.tool.words.apply} makes it again, as empty as before. It destroys "
            "what the table's sequence tells"
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
