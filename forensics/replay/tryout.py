"""Tries an action on a scratch copy of the incident, and says what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from forensics.actions import Action, Deletion, Move, Part, Patch, Script, ToolCommand
from forensics.analyze import findings_of
from forensics.attempt import Attempt, judge, lost_tracking
from forensics.bundle import Bundle
from forensics.diagnose import Diagnosis, diagnose
from forensics.experiments import Predictions, Scene
from forensics.facts import Database, Facts, Migration
from forensics.model import (
    Certainty,
    CommandOutcome,
    CommandState,
    Outcome,
    Prediction,
    TableName,
)
from forensics.replay.changed_tree import ChangedTree
from forensics.replay.file_changes import ActionFailed, CannotTry, Ground, delete, move, patch
from forensics.replay.scratch import Scratch, scratch
from forensics.replay.script_run import run_script
from forensics.tree import Tree, join

__all__ = ["CannotTry", "attempt", "attempt_on"]

_NO_DATABASE = "The bundle holds no database: collect again with --database-url-env NAME."


@dataclass(frozen=True, kw_only=True)
class _Done:
    """The scene after a part of an action."""

    scene: Scene
    lost: tuple[str, ...] = ()
    error: str = ""
    remarks: tuple[str, ...] = ()


def attempt(bundle: Bundle, action: Action) -> Attempt:
    """Try an action on what the bundle holds; the real project and database are not involved.

    Raises `CannotTry`, and `PostgresUnavailable` where SQL is to be tried and no server starts.
    """
    return attempt_on(diagnose(bundle).diagnoses, action)


def attempt_on(diagnoses: Sequence[Diagnosis], action: Action) -> Attempt:
    """Try an action on the use of the tool that it is about; raises as `attempt` does."""
    diagnosis = _subject(diagnoses, action)
    with scratch(diagnosis.scene.database) as server:
        scene = replace(
            diagnosis.scene,
            engine=server.engine,
            tree=ChangedTree(base=diagnosis.scene.tree),
        )
        before = scene.predict(diagnosis.facts)
        done = _perform(action.parts, scene, server)
        facts = done.scene.facts_after()
        after = done.scene.predict(facts)
    left = _left(diagnosis, facts)
    verdict, why = judge(
        before,
        after,
        hidden=_stopped_by(diagnosis, left),
        gone=tuple(_repaired(diagnosis, left)),
        lost=done.lost,
        error=done.error,
    )
    return Attempt(
        action=action.text,
        verdict=verdict,
        certainty=Certainty.PREDICTED,
        commands=tuple(_states(scene, after)),
        lost=done.lost,
        why="; ".join((why, *done.remarks)),
        tool=scene.tool.name,
        folder=scene.tool.folder,
        other_folders=tuple(d.scene.tool.folder for d in diagnoses if d is not diagnosis),
    )


def _perform(parts: Sequence[Part], scene: Scene, server: Scratch) -> _Done:
    """One part after the other, as long as none fails; what was done until then stays done."""
    done = _Done(scene=scene)
    for part in parts:
        try:
            next_ = _one(part, done.scene, server)
        except ActionFailed as failed:
            return replace(done, error=str(failed))
        done = replace(
            next_, lost=(*done.lost, *next_.lost), remarks=(*done.remarks, *next_.remarks)
        )
        if done.error:
            break
    return done


def _one(part: Part, scene: Scene, server: Scratch) -> _Done:
    match part:
        case Script():
            return _script(part, scene, server)
        case ToolCommand():
            return _command(part, scene, server)
        case Deletion():
            return _with_files(scene, delete(_ground(scene), part))
        case Move():
            return _with_files(scene, move(_ground(scene), part))
        case Patch():
            return _with_files(scene, patch(_ground(scene), part))


# --- What it is about ---------------------------------------------------------------------------


def _subject(diagnoses: Sequence[Diagnosis], action: Action) -> Diagnosis:
    """The use of the tool that the action names, else the one whose database was seen."""
    if not diagnoses:
        raise CannotTry("The bundle holds no use of a migration tool, so nothing can be tried.")

    def fits(diagnosis: Diagnosis) -> tuple[bool, bool]:
        named = any(_is_named(part, diagnosis.scene) for part in action.parts)
        return named, diagnosis.scene.database is not None

    return max(diagnoses, key=fits)


def _is_named(part: Part, scene: Scene) -> bool:
    """Whether a part of the action names a file of this use of the tool."""
    folder, config = f"{scene.tool.folder}/", scene.tool.config
    match part:
        case ToolCommand(config=str(given)):
            paths: tuple[str, ...] = (given,)
        case Deletion(paths=paths) | Move(sources=paths):
            pass
        case Patch(diff=diff):
            return f"/{folder}" in diff
        case _:
            return False
    placed = {join(base, path) for base in _bases(scene) for path in paths}
    return any(f"{path}/".startswith(folder) or path == config for path in placed)


def _bases(scene: Scene) -> tuple[str, ...]:
    return tuple(dict.fromkeys((scene.root, scene.tool.working_folder, "")))


# --- Files --------------------------------------------------------------------------------------


def _ground(scene: Scene) -> Ground:
    assert isinstance(scene.tree, ChangedTree)
    return Ground(tree=scene.tree, bases=_bases(scene), commits=scene.commits)


def _with_files(scene: Scene, tree: ChangedTree) -> _Done:
    """The scene with other files; an edited config is read anew."""
    config = scene.tool.config
    tool = scene.tool
    if config is not None and _hash(tree, config) != _hash(scene.tree, config):
        found = scene.adapter.detect(tree, scene.root, scene.hints)
        same = next((other for other in found if other.config == config), None)
        if same is None:
            raise CannotTry(f"Without {config} it is not known what {tool.name} would do.")
        tool = same
    lost = tuple(path for path in _needed(scene.facts_after()) if _is_lost(path, scene.tree, tree))
    return _Done(scene=replace(scene, tree=tree, tool=tool), lost=lost)


def _needed(facts: Facts) -> Iterator[str]:
    """The files that the tool reads."""
    if facts.history is not None:
        yield facts.history.path
        yield from (migration.path for migration in facts.history.migrations)
    for entry in facts.snapshots.entries if facts.snapshots else ():
        if entry.named_as_snapshot and not entry.problem:
            yield entry.path


def _is_lost(path: str, before: Tree, after: ChangedTree) -> bool:
    """Whether a file is gone, and its content with it."""
    had = _hash(before, path)
    if had is None or after.read(path).outcome is not Outcome.ABSENT:
        return False
    return all(read.sha256 != had for read in after.written.values())


def _hash(tree: Tree, path: str) -> str | None:
    read = tree.read(path)
    return read.sha256 if read.outcome is Outcome.COLLECTED else None


# --- SQL ----------------------------------------------------------------------------------------


def _script(script: Script, scene: Scene, server: Scratch) -> _Done:
    database = scene.database
    if database is None or database.schema is None:
        raise CannotTry(_NO_DATABASE)
    with server.fresh(database) as case:
        ran = run_script(case, database, script, scene.tool.name)
    return _Done(
        scene=replace(scene, database=ran.database),
        lost=ran.lost,
        error=ran.error,
        remarks=ran.remarks,
    )


# --- Commands -----------------------------------------------------------------------------------


def _command(part: ToolCommand, scene: Scene, server: Scratch) -> _Done:
    facts = scene.facts_after()
    predicted = scene.predict(facts).get(part.command)
    if predicted is None:
        raise CannotTry(
            f"`{part.command}` is not modelled; "
            "`forensics replay --with-project-code` runs real tools."
        )
    if part.force and not (part.command == "push" and scene.adapter.has_force(scene.tool)):
        return _Done(scene=scene, error="error: unknown option '--force'")
    if predicted.outcome is CommandOutcome.UNKNOWN:
        why = predicted.message or (_NO_DATABASE if scene.database is None else "see the report")
        raise CannotTry(f"What `{part.command}` would do is not known here. {why}")
    if predicted.outcome is CommandOutcome.BLOCKED:
        return _Done(scene=scene, error=_stops(predicted))
    if part.command == "push":
        return _push(part, scene, facts, predicted)
    if part.command == "migrate":
        return _migrate(scene, facts, server)
    return _Done(scene=scene, remarks=tuple(_reservations(part.command, facts)))


def _stops(predicted: Prediction) -> str:
    said = predicted.message or (predicted.error.text if predicted.error else "no message")
    zero = ", though it exits with code 0" if predicted.exit_code == 0 else ""
    return f"it stops{zero}: {said}"


def _reservations(command: str, facts: Facts) -> Iterator[str]:
    """What `check` and `generate` write where nothing stops them."""
    if facts.snapshots is None or facts.snapshots.outcome is Outcome.ABSENT:
        raise CannotTry(f"`{command}` would begin a new migration folder, which is not modelled.")
    if command == "generate":
        yield "whether it writes a migration depends on the schema code, which is not run"


def _migrate(scene: Scene, facts: Facts, server: Scratch) -> _Done:
    """Run what is pending on the copy, and record it, as the tool does in one transaction."""
    script = scene.adapter.migration_script(facts)
    if script is None:
        raise CannotTry("What is pending cannot be told from the evidence.")
    return _script(Script(sql=script, as_one=True), scene, server)


def _push(part: ToolCommand, scene: Scene, facts: Facts, predicted: Prediction) -> _Done:
    """With `--force`, or a yes at the question, what it asks about happens."""
    asks = predicted.outcome is CommandOutcome.ASKS and not part.force
    database = _without(scene.database, scene.adapter.dropped_by_push(facts))
    return _Done(
        scene=replace(scene, database=database),
        lost=lost_tracking(scene.database, database, scene.tool.name),
        remarks=("if its question is answered with yes",) if asks else (),
    )


def _without(database: Database | None, doomed: Sequence[TableName]) -> Database | None:
    if database is None or database.tracking is None or database.schema is None:
        return database
    tracking = msgspec.structs.replace(
        database.tracking,
        tables=tuple(t for t in database.tracking.tables if t.name not in doomed),
    )
    schema = msgspec.structs.replace(
        database.schema, tables=tuple(t for t in database.schema.tables if t.name not in doomed)
    )
    return msgspec.structs.replace(database, tracking=tracking, schema=schema)


# --- What came of it ----------------------------------------------------------------------------


def _left(diagnosis: Diagnosis, after: Facts) -> frozenset[tuple[str, str]]:
    """The faults that are still there, by rule and subject.

    Where an applied migration is no longer listed, all are: what is off the list is not repaired.
    """
    found = findings_of(after)
    if any(_unlisted(diagnosis, after)):
        found = (*found, *diagnosis.findings)
    return frozenset((finding.rule, finding.subject) for finding in found)


def _unlisted(diagnosis: Diagnosis, after: Facts) -> Iterator[Migration]:
    """Migrations that were listed, may have been applied, and are no longer listed."""
    listed = {migration.tag for migration in after.history.migrations} if after.history else set()
    database = diagnosis.scene.database
    tables = database.tracking.tables if database and database.tracking else None
    applied = {row.created_at for table in tables for row in table.rows} if tables else None
    for migration in diagnosis.facts.history.migrations if diagnosis.facts.history else ():
        if migration.tag not in listed and (applied is None or migration.when in applied):
            yield migration


def _stopped_by(diagnosis: Diagnosis, left: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    """The commands that a fault stopped which is still there."""
    findings = diagnosis.findings
    return tuple(
        command
        for command, indexes in diagnosis.causation.blocked_by.items()
        if any((findings[index].rule, findings[index].subject) in left for index in indexes)
    )


def _repaired(diagnosis: Diagnosis, left: frozenset[tuple[str, str]]) -> Iterator[str]:
    """The faults with an effect that are no longer found."""
    for finding, verdict in zip(diagnosis.findings, diagnosis.causation.verdicts, strict=True):
        if verdict.stops and (finding.rule, finding.subject) not in left:
            yield f"{finding.rule} ({finding.subject})"


def _states(scene: Scene, after: Predictions) -> Iterator[CommandState]:
    for prediction in after.values():
        yield CommandState(
            tool=scene.tool.name,
            folder=scene.tool.folder,
            command=prediction.command,
            outcome=prediction.outcome,
            destructive=prediction.destructive,
            exit_code=prediction.exit_code,
            message=prediction.message,
            error=prediction.error,
            blocked_by=(),
            certainty=prediction.certainty,
        )
