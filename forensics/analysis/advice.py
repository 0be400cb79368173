"""What not to run: what people would try in this state, and what the model says it would do."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.analysis.bench import Bench
from forensics.analysis.diagnose import Diagnosis
from forensics.analysis.experiments import Predictions
from forensics.analysis.questions import hashes_to_set, of_dropping, of_setting_hash, table_to_drop
from forensics.analysis.showing import claim, fails
from forensics.dialects import dialect_of
from forensics.facts import Presence, TrackingTable
from forensics.model import CommandKind, CommandOutcome, DoNotRun, Prediction
from forensics.model.wording import counted, listed


def do_not_run(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    """Advice against actions, each with what the experiments say of it."""
    yield from _sync(diagnosis)
    yield from _mark_what_is_missing(diagnosis)
    yield from _reset(diagnosis)
    if fails(diagnosis.bench):
        yield from _set_hash(diagnosis)
        yield from _drop_empty_table(diagnosis)


def _sync(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    """Against a command that would delete something once its question is answered."""
    for name, now in diagnosis.bench.after().items():
        syncs = diagnosis.scene.kind(name) is CommandKind.SYNC
        if syncs and now.outcome is CommandOutcome.ASKS and now.destructive:
            yield from _against_sync(diagnosis, now)
    losses = diagnosis.facts.syncing.losses if diagnosis.facts.syncing else ()
    if losses:
        tool = diagnosis.scene.tool
        tables = listed([str(loss.table) for loss in losses])
        yield DoNotRun(
            action=f"{tool.name} {tool.words.sync}",
            why=f"It takes away, without a question, policies or row level security of {tables} "
            "that the schema code does not have.",
            evidence=_compared(diagnosis),
        )


def _mark_what_is_missing(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    """Against telling the tool that a failed migration was applied, of which nothing is there."""
    facts, words = diagnosis.facts, diagnosis.scene.tool.words
    name, tracking = facts.tool.tracking, facts.tracking
    table = tracking.get(name) if tracking and name else None
    standings = facts.standing.migrations if facts.standing else ()
    absent = {it.tag for it in standings if it.presence is Presence.ABSENT}
    failed = {row.key: None for row in table.unfinished} if table else {}
    for key in failed if words.mark else ():
        if key in absent:
            yield DoNotRun(
                action=" ".join((*words.mark, key or "")),
                why=f"Nothing of what {key} makes is in the database. `{words.apply}` would report "
                "success, and never run it.",
            )


def _reset(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    """Against the command that drops everything, where another asks for it."""
    scene, now = diagnosis.scene, diagnosis.bench.after()
    asking = [
        name
        for name, it in now.items()
        if it.destructive and scene.kind(name) is not CommandKind.SYNC
    ]
    for command in scene.adapter.commands if asking else ():
        if command.kind is CommandKind.RESET:
            yield DoNotRun(
                action=f"{scene.tool.name} {command.name}",
                why=f"`{asking[0]}` asks for it. It drops every table with its rows.",
                evidence=_compared(diagnosis),
            )


def _against_sync(diagnosis: Diagnosis, now: Prediction) -> Iterator[DoNotRun]:
    """The command with its question, and with the option only where the release has it."""
    tool, syncs = diagnosis.scene.tool, diagnosis.scene.adapter.syncs
    command, loses = f"{tool.name} {now.command}", _what_it_deletes(diagnosis)
    asks = f"It asks: {now.message}. Answering yes {loses}"
    evidence = _compared(diagnosis)
    why = " ".join((asks, *_without_terminal(now)))
    yield DoNotRun(action=command, why=why, evidence=evidence)
    if syncs is not None and syncs.has_force(tool):
        why = f"Without asking, it {loses}"
        yield DoNotRun(action=f"{command} {syncs.force}", why=why, evidence=evidence)


def _compared(diagnosis: Diagnosis) -> tuple[str, ...]:
    """What the command would drop, else what it compares: the catalogue and the newest snapshot."""
    facts, syncs = diagnosis.facts, diagnosis.scene.adapter.syncs
    dropped = syncs.dropped(facts) if syncs else ()
    tables = [facts.tracking.get(name) for name in dropped] if facts.tracking else []
    if held := tuple(table.evidence for table in tables if table):
        return held
    newest = facts.snapshots.newest if facts.snapshots else None
    return tuple(it.evidence for it in (facts.schema, newest) if it and it.evidence)


def _what_it_deletes(diagnosis: Diagnosis) -> str:
    syncs, apply = diagnosis.scene.adapter.syncs, diagnosis.scene.tool.words.apply
    if syncs is not None and syncs.dropped(diagnosis.facts):
        return (
            f"deletes the record of what was applied. A {apply} that reads this table would then "
            "start again from the first migration."
        )
    return "deletes data."


def _without_terminal(now: Prediction) -> Iterator[str]:
    if now.exit_code is not None:
        yield (
            f"In a pipeline without a terminal it exits with code {now.exit_code} and does nothing."
        )


def _set_hash(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    bench = diagnosis.bench
    for finding, step in hashes_to_set(bench):
        action = dialect_of(diagnosis.scene.tool).overwriting(step)
        if action and _changes_nothing(bench, bench.read(of_setting_hash(bench, step))):
            yield DoNotRun(
                action=action,
                why=f"Setting the {step.column} of {finding.subject} changes no command's result "
                "(tried on the model). It destroys the record of which bytes were applied.",
                evidence=finding.evidence,
            )


def _drop_empty_table(diagnosis: Diagnosis) -> Iterator[DoNotRun]:
    bench, table = diagnosis.bench, table_to_drop(diagnosis.facts)
    if table is None:
        return
    if _changes_nothing(bench, bench.read(of_dropping(bench, table.name))):
        apply = diagnosis.scene.tool.words.apply
        why = (
            "Dropping the empty table changes no command's result (tried on the model): "
            f"`{apply}` creates it again. It destroys evidence: the table's id sequence, which "
            "counts earlier runs."
        )
        also = ("", _others(diagnosis, table))
        actions = dialect_of(diagnosis.scene.tool).dropping(table.name)
        for action, more in zip(actions, also, strict=False):
            yield DoNotRun(action=action, why=f"{why}{more}", evidence=(table.evidence,))


def _changes_nothing(bench: Bench, then: Predictions) -> bool:
    """Whether every command does what it does as things are, however either is known."""
    now = bench.after()
    return all(claim(then[command]) == claim(now[command]) for command in now)


def _others(diagnosis: Diagnosis, table: TrackingTable) -> str:
    schema = diagnosis.facts.schema
    tables = schema.tables if schema else ()
    others = [t for t in tables if t.name.schema == table.name.schema and t.name != table.name]
    if not others:
        return ""
    return f" CASCADE also drops {counted(len(others), 'other relation')} of the schema."
