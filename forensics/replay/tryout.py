"""Tries an action on a scratch copy of the incident, and says what follows from it."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from forensics.actions import Action, Kind
from forensics.analyze import findings_of
from forensics.attempt import Attempt, judge, lost_tables, lost_tracking
from forensics.bundle import Bundle, BundleWriter
from forensics.collect.database.collect import collect_database
from forensics.diagnose import Diagnosis, diagnose
from forensics.errors import ForensicsError
from forensics.experiments import Predictions, Scene
from forensics.facts import Database
from forensics.model import (
    Certainty,
    CommandOutcome,
    CommandState,
    DeleteFile,
    Outcome,
    Prediction,
    Step,
    WriteFile,
)
from forensics.replay.case_database import CaseDatabase
from forensics.replay.scratch import Scratch, scratch
from forensics.replay.simple_query import run_text
from forensics.tree import EntryKind, Tree, join

READ_SECONDS = 30.0
SCRIPT_SECONDS = 20.0
GIT_SECONDS = 30


class CannotTry(ForensicsError):
    """What was asked for cannot be tried on this bundle."""


@dataclass(frozen=True, kw_only=True)
class _Result:
    """What an action does to the database and to files."""

    before: Database | None
    after: Database | None
    steps: tuple[Step, ...] = ()
    error: str = ""
    remark: str = ""


def attempt(bundle: Bundle, action: Action) -> Attempt:
    """Try an action on what the bundle holds; the real project and database are not involved.

    Raises `CannotTry`, and `PostgresUnavailable` where SQL is to be tried and no server starts.
    """
    diagnosis = _subject(bundle)
    with scratch(diagnosis.scene.database) as server:
        scene = replace(diagnosis.scene, engine=server.engine)
        before = scene.predict(scene.facts_after())
        result = _PERFORM[action.kind](action, scene, before, server)
        after_scene = replace(scene, database=result.after)
        facts = after_scene.facts_after(result.steps)
        after = after_scene.predict(facts)
    left = {(finding.rule, finding.subject) for finding in findings_of(facts)}
    gone = tuple(_gone(diagnosis, left))
    lost = (
        *lost_tracking(result.before, result.after, scene.tool.name),
        *lost_tables(result.before, result.after),
        *_lost_files(diagnosis, result.steps),
    )
    verdict, why = judge(
        before,
        after,
        causes_left=_causes_left(diagnosis, before, after, left),
        gone=gone,
        lost=lost,
        error=result.error,
    )
    return Attempt(
        action=action.text,
        verdict=verdict,
        certainty=Certainty.PREDICTED,
        commands=tuple(_states(scene, after)),
        lost=lost,
        why="; ".join(filter(None, (why, result.remark))),
    )


def _subject(bundle: Bundle) -> Diagnosis:
    """What the action is about: the use of the tool whose database was seen, else the first."""
    diagnoses = diagnose(bundle).diagnoses
    if not diagnoses:
        raise CannotTry("The bundle holds no use of a migration tool, so nothing can be tried.")
    with_database = (d for d in diagnoses if d.scene.database is not None)
    return next(with_database, diagnoses[0])


# --- Actions ------------------------------------------------------------------------------------


def _sql(action: Action, scene: Scene, before: Predictions, server: Scratch) -> _Result:
    return _run(scene, action.sql, server)


def _run(scene: Scene, script: str, server: Scratch) -> _Result:
    """Run a script on a copy, which is seen before and after by the same eyes."""
    database = scene.database
    if database is None or database.schema is None:
        raise CannotTry("The bundle holds no database: collect again with --database-url-env NAME.")
    with server.fresh(database.schema) as case:
        before = _seen(case, database)
        with case.connected() as connection:
            ran = run_text(connection, script.encode(), time.monotonic() + SCRIPT_SECONDS)
        error = "" if ran.error is None else ran.error.message
        return _Result(before=before, after=_seen(case, database), error=error)


def _seen(case: CaseDatabase, database: Database) -> Database:
    """A scratch copy as our own collector sees it, under the name of the real database."""
    address = case.server.url(case.name, case.role)
    with tempfile.TemporaryDirectory(prefix="forensics-") as folder:
        writer = BundleWriter(Path(folder))
        found = collect_database(address, writer, deadline=time.monotonic() + READ_SECONDS)
    if found is None or found.schema is None:
        raise CannotTry("The scratch copy could not be read.")
    path = database.schema.search_path if database.schema else found.schema.search_path
    schema = msgspec.structs.replace(found.schema, search_path=path)
    return msgspec.structs.replace(found, identity=database.identity, schema=schema)


def _delete(action: Action, scene: Scene, before: Predictions, server: Scratch) -> _Result:
    steps = tuple(step for path in action.paths for step in _deletions(scene, path))
    missing = "" if steps else f"there is no {' or '.join(action.paths)} among the evidence"
    return _unchanged(scene, steps=steps, error=missing)


def _deletions(scene: Scene, given: str) -> Iterator[DeleteFile]:
    """A path is relative to the project, the tool's folder, or the git top level: what is there."""
    for base in (scene.root, scene.tool.working_folder, ""):
        path = join(base, given)
        found = list(_files(scene.tree, path))
        if found:
            yield from (DeleteFile(path=file) for file in found)
            return


def _files(tree: Tree, path: str) -> Iterator[str]:
    if tree.read(path).outcome is Outcome.COLLECTED:
        yield path
    for entry in tree.folder(path).entries:
        inside = join(path, entry.name)
        if entry.kind is EntryKind.FOLDER:
            yield from _files(tree, inside)
        else:
            yield inside


def _patch(action: Action, scene: Scene, before: Predictions, server: Scratch) -> _Result:
    steps, error = _patched(scene, action.patch)
    return _unchanged(scene, steps=steps, error=error)


def _patched(scene: Scene, patch: str) -> tuple[tuple[Step, ...], str]:
    """Let git apply a patch to the files that it names, in a folder of their own."""
    names = {
        line[4:].split("\t")[0].strip().removeprefix(side)
        for side, mark in (("a/", "--- "), ("b/", "+++ "))
        for line in patch.splitlines()
        if line.startswith(mark) and not line.startswith(f"{mark}/dev/null")
    }
    with tempfile.TemporaryDirectory(prefix="forensics-") as folder:
        top = Path(folder)
        before = {name: scene.tree.read(join(scene.root, name)).text for name in names}
        for name, text in before.items():
            if text is not None and ".." not in Path(name).parts:
                (top / name).parent.mkdir(parents=True, exist_ok=True)
                (top / name).write_text(text, encoding="utf-8", newline="")
        done = subprocess.run(
            ["git", "apply", "-"],
            cwd=top,
            input=patch.encode(),
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
        )
        if done.returncode:
            return (), done.stderr.decode("utf-8", "replace").strip()
        after = {name: (top / name).read_text("utf-8") for name in names if (top / name).is_file()}
    return tuple(_file_steps(scene, before, after)), ""


def _file_steps(
    scene: Scene, before: dict[str, str | None], after: dict[str, str]
) -> Iterator[Step]:
    for name in sorted(before):
        path = join(scene.root, name)
        if name not in after:
            yield DeleteFile(path=path)
        elif after[name] != before[name]:
            yield WriteFile(path=path, before=before[name], after=after[name])


def _command(action: Action, scene: Scene, before: Predictions, server: Scratch) -> _Result:
    command = action.command
    if command not in before:
        raise CannotTry(
            f"`{command}` is not modelled; `forensics replay --with-project-code` runs real tools."
        )
    now = before[command]
    if command == "push":
        return _push(action, scene, now)
    if now.outcome is CommandOutcome.UNKNOWN:
        said = now.message or "the report says why"
        raise CannotTry(f"What `{command}` would do is not known here: {said}.")
    if now.outcome is CommandOutcome.BLOCKED:
        said = now.message or (now.error.text if now.error else "no message")
        zero = ", though it exits with code 0" if now.exit_code == 0 else ""
        return _unchanged(scene, error=f"it stops{zero}: {said}")
    if command == "migrate" and scene.database is not None:
        return _migrate(scene, server)
    return _unchanged(scene)


def _push(action: Action, scene: Scene, now: Prediction) -> _Result:
    """With `--force`, or a yes at the question, what it asks about happens."""
    if action.force and not scene.adapter.has_force(scene.tool):
        return _unchanged(scene, error="error: unknown option '--force'")
    if now.outcome is not CommandOutcome.ASKS:
        return _unchanged(scene)
    remark = "" if action.force else "if the question is answered with yes"
    return _Result(before=scene.database, after=_without_doomed(scene), remark=remark)


def _without_doomed(scene: Scene) -> Database | None:
    database = scene.database
    if database is None or database.tracking is None or database.schema is None:
        return database
    doomed = {
        table.name
        for table in database.tracking.of_tool(scene.tool.name)
        if table.name.schema in scene.tool.schema_filter
    }
    tracking = msgspec.structs.replace(
        database.tracking,
        tables=tuple(t for t in database.tracking.tables if t.name not in doomed),
    )
    schema = msgspec.structs.replace(
        database.schema, tables=tuple(t for t in database.schema.tables if t.name not in doomed)
    )
    return msgspec.structs.replace(database, tracking=tracking, schema=schema)


def _migrate(scene: Scene, server: Scratch) -> _Result:
    """Run what is pending on the copy, and record it, as the tool does in one transaction."""
    script = scene.adapter.migration_script(scene.facts_after())
    if script is None:
        raise CannotTry("What is pending cannot be told from the evidence.")
    return _run(scene, script, server)


def _unchanged(scene: Scene, *, steps: tuple[Step, ...] = (), error: str = "") -> _Result:
    """The database stays as it is."""
    return _Result(before=scene.database, after=scene.database, steps=steps, error=error)


_PERFORM: dict[Kind, Callable[[Action, Scene, Predictions, Scratch], _Result]] = {
    Kind.SQL: _sql,
    Kind.DELETE: _delete,
    Kind.PATCH: _patch,
    Kind.COMMAND: _command,
}


# --- What came of it ----------------------------------------------------------------------------


def _causes_left(
    diagnosis: Diagnosis,
    before: Predictions,
    after: Predictions,
    left: set[tuple[str, str]],
) -> bool:
    """Whether a fault that stopped a command, which it no longer stops, is still there."""
    healed = [command for command in before if before[command] != after[command]]
    return any(
        (finding.rule, finding.subject) in left
        for command in healed
        for index in diagnosis.causation.blocked_by.get(command, ())
        for finding in (diagnosis.findings[index],)
        if after[command].outcome is CommandOutcome.PASSES
    )


def _gone(diagnosis: Diagnosis, left: set[tuple[str, str]]) -> Iterator[str]:
    """The faults with an effect that are no longer found."""
    for finding, verdict in zip(diagnosis.findings, diagnosis.causation.verdicts, strict=True):
        if verdict.stops and (finding.rule, finding.subject) not in left:
            yield f"{finding.rule} ({finding.subject})"


def _lost_files(diagnosis: Diagnosis, steps: tuple[Step, ...]) -> Iterator[str]:
    """Files that the tool needs and that an action deletes."""
    facts = diagnosis.facts
    needed = {migration.path for migration in (facts.history.migrations if facts.history else ())}
    if facts.history is not None:
        needed.add(facts.history.path)
    if facts.snapshots is not None:
        needed |= {
            entry.path
            for entry in facts.snapshots.entries
            if entry.named_as_snapshot and not entry.problem
        }
    yield from (step.path for step in steps if isinstance(step, DeleteFile) and step.path in needed)


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
