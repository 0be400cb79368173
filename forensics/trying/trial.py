"""Does an action, part by part, to a copy of the files and of the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from forensics.adapters.base import Rewrite, command_of
from forensics.analysis.attempt import lost_tracking
from forensics.analysis.experiments import Scene
from forensics.evidence.tree import Tree
from forensics.facts import Facts, Transaction
from forensics.model import (
    Artefact,
    Command,
    CommandKind,
    CommandOutcome,
    Outcome,
    Prediction,
)
from forensics.scratch.engine import Scratch
from forensics.tracking.apply_steps import with_mark
from forensics.trying.actions import Deletion, Move, Part, Patch, Script, ToolCommand, Writing
from forensics.trying.changed_tree import ChangedTree
from forensics.trying.emptied import counted_runs, without_schema, without_tables
from forensics.trying.file_changes import ActionFailed, CannotTry, Ground, delete, move, patch
from forensics.trying.script_run import run_script

_NO_FORCE = "error: unknown option '{}'"
_NO_DATABASE = "The bundle has no database: collect again with --env-file FILE."


class TrialDone(msgspec.Struct, frozen=True, kw_only=True):
    """The scene after a part of an action."""

    scene: Scene
    lost: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    """What told how it came to this, and is gone."""
    rehashed: bool = False
    """Whether recorded hashes are among that."""
    changes: tuple[str, ...] = ()
    """What else of the database is different."""
    error: str = ""
    superseded: tuple[str, ...] = ()
    """Files that are gone, and whose content lives on in another form."""
    unsure: str = ""
    """Why it may do harm although none was seen; empty if it does none."""
    remarks: tuple[str, ...] = ()


def perform(
    parts: Sequence[Part],
    scene: Scene,
    server: Scratch,
    spared: Collection[int | str | None] = (),
) -> TrialDone:
    """One part after the other, as long as none fails; what was done until then stays done.

    Rows and files are lost only where they are at the end; the tracking rows `spared` may go.
    """
    done = _in_order(parts, scene, server)
    rows = lost_tracking(scene.database, done.scene.database, scene.tool.name, spared)
    return replace(done, lost=(*rows, *done.lost, *_lost_files(scene, done)))


def _in_order(parts: Sequence[Part], scene: Scene, server: Scratch) -> TrialDone:
    done = TrialDone(scene=scene)
    for part in parts:
        try:
            then = _one(part, done.scene, server)
        except ActionFailed as failed:
            return replace(done, error=str(failed))
        done = replace(
            then,
            lost=(*done.lost, *then.lost),
            evidence=(*done.evidence, *then.evidence),
            rehashed=done.rehashed or then.rehashed,
            changes=(*done.changes, *then.changes),
            superseded=(*done.superseded, *then.superseded),
            unsure=done.unsure or then.unsure,
            remarks=(*done.remarks, *then.remarks),
        )
        if done.error:
            break
    return done


def _one(part: Part, scene: Scene, server: Scratch) -> TrialDone:
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
        case Writing():
            tree = _ground(scene).tree
            return _with_files(scene, tree.with_file(part.path, part.text.encode()))


def bases(scene: Scene) -> tuple[str, ...]:
    """The folders in which people may stand: the project, the tool's working folder, the top."""
    return tuple(dict.fromkeys((scene.root, scene.tool.working_folder, "")))


# --- Files --------------------------------------------------------------------------------------


def _ground(scene: Scene) -> Ground:
    assert isinstance(scene.tree, ChangedTree)
    return Ground(tree=scene.tree, bases=bases(scene), commits=scene.commits)


def _with_files(scene: Scene, tree: ChangedTree) -> TrialDone:
    """The scene with other files; an edited config is read again."""
    config = scene.tool.config
    tool = scene.tool
    if config is not None and _hash(tree, config) != _hash(scene.tree, config):
        found = scene.adapter.detect(tree, scene.root, scene.hints)
        same = next((other for other in found if other.config == config), None)
        if same is None:
            raise CannotTry(f"Without {config} it is not known what {tool.name} would do.")
        tool = same
    return TrialDone(scene=replace(scene, tree=tree, tool=tool))


def _lost_files(before: Scene, done: TrialDone) -> Iterator[str]:
    """The files that the tool reads, and that are gone with their content."""
    after = done.scene.tree
    written = after.written.values() if isinstance(after, ChangedTree) else ()
    kept = {read.sha256 for read in written}
    for path in _needed(before.facts):
        had = _hash(before.tree, path)
        gone = had not in {None, *kept} and after.read(path).outcome is Outcome.ABSENT
        if gone and path not in done.superseded:
            yield path


def _needed(facts: Facts) -> Iterator[str]:
    """The files that the tool reads."""
    if facts.history is not None:
        yield facts.history.path
        yield from (migration.path for migration in facts.history.migrations)
    for entry in facts.snapshots.entries if facts.snapshots else ():
        if entry.named_as_snapshot and not entry.problem:
            yield entry.path


def _hash(tree: Tree, path: str) -> str | None:
    read = tree.read(path)
    return read.sha256 if read.outcome is Outcome.COLLECTED else None


# --- SQL ----------------------------------------------------------------------------------------


def _script(script: Script, scene: Scene, server: Scratch, *, planned: bool = False) -> TrialDone:
    """Run a script; if it is `planned`, removed objects do not count as lost, but rows do."""
    database = scene.database
    if database is None or database.schema is None:
        raise CannotTry(_NO_DATABASE)
    with server.fresh(database) as case:
        ran = run_script(case, database, script, scene.tool.name)
    return TrialDone(
        scene=replace(scene, database=ran.database),
        lost=ran.lost if planned else (*ran.lost, *ran.removed),
        evidence=ran.evidence,
        rehashed=ran.rehashed,
        changes=(*ran.removed, *ran.changes) if planned else ran.changes,
        error=ran.error,
        unsure=ran.unsure,
        remarks=ran.remarks,
    )


# --- Commands -----------------------------------------------------------------------------------


def _command(part: ToolCommand, scene: Scene, server: Scratch) -> TrialDone:
    facts = scene.facts
    command = command_of(scene.adapter, part.command)
    if command is None or command.kind in _OWN:
        return _special(part, command, scene, server)
    predicted = scene.adapter.predict(facts, part.command, server.engine)
    if part.force and not _has_force(scene, command):
        return TrialDone(scene=scene, error=_NO_FORCE.format(_force(scene)))
    if part.force and (left := _forced(scene, facts, server)) is not None:
        return left
    if predicted.outcome is CommandOutcome.UNKNOWN:
        why = predicted.message or (_NO_DATABASE if scene.database is None else "see the report")
        raise CannotTry(f"What `{part.command}` would do is not known here. {why}")
    if predicted.outcome is CommandOutcome.BLOCKED:
        return TrialDone(scene=scene, error=_stops(predicted))
    if command.kind is CommandKind.SYNC:
        return _sync(part, scene, facts, predicted)
    if command.kind is CommandKind.APPLY:
        return _apply(scene, facts, server)
    return TrialDone(scene=scene, remarks=tuple(_reservations(command, facts)))


_OWN = frozenset({CommandKind.REWRITE, CommandKind.RECORD, CommandKind.RESET})
"""Kinds of commands whose outcome is not one of those that reports show."""


def _special(
    part: ToolCommand, command: Command | None, scene: Scene, server: Scratch
) -> TrialDone:
    kind = command.kind if command else CommandKind.REWRITE
    if kind is CommandKind.RESET:
        return _reset(scene, server)
    return (_record if kind is CommandKind.RECORD else _rewrite)(part, scene, scene.facts)


def _record(part: ToolCommand, scene: Scene, facts: Facts) -> TrialDone:
    """The tool is told how a migration stands; nothing is applied."""
    records = scene.adapter.records
    done = records.record(facts, part) if records else None
    if done is None or done.prediction.outcome is CommandOutcome.UNKNOWN:
        why = done.prediction.why if done else "it is not modelled"
        raise CannotTry(f"What `{part.command}` would do is not known here: {why}.")
    if done.mark is None or scene.database is None:
        return TrialDone(scene=scene, error=_stops(done.prediction))
    database = with_mark(scene.database, done.mark, scene.tool)
    return TrialDone(scene=replace(scene, database=database))


def _reset(scene: Scene, server: Scratch) -> TrialDone:
    """All tables go with their rows, and everything is applied to an empty schema."""
    database, home = scene.database, scene.tool.tracking
    if database is None or database.schema is None or database.tracking is None or home is None:
        raise CannotTry(_NO_DATABASE)
    tracked = {table.name for table in database.tracking.tables}
    inside = [it.name for it in database.schema.tables if it.name.schema == home.schema]
    emptied = replace(scene, database=without_schema(database, home.schema))
    lost = tuple(f"all rows of {name}" for name in inside if name not in tracked)
    try:
        done = _apply(emptied, emptied.facts, server)
    except CannotTry:
        done = TrialDone(scene=emptied)
    return replace(done, lost=(*lost, *done.lost))


def _has_force(scene: Scene, command: Command) -> bool:
    syncs = scene.adapter.syncs
    return command.kind is CommandKind.SYNC and syncs is not None and syncs.has_force(scene.tool)


def _force(scene: Scene) -> str:
    syncs = scene.adapter.syncs
    return syncs.force if syncs is not None else "--force"


def _rewrite(part: ToolCommand, scene: Scene, facts: Facts) -> TrialDone:
    """A command that only rewrites files; one that asks gets its answer."""
    try:
        rewrites = scene.adapter.rewrites
        done = rewrites.rewrite(scene.tree, facts, part.command, part.answer) if rewrites else None
    except KeyError as error:
        raise CannotTry(f"`{part.command}` does not list {part.answer}.") from error
    if done is None:
        raise CannotTry(f"`{part.command}` of this release is not modelled.")
    if done.prediction.outcome is CommandOutcome.UNKNOWN:
        why = f": {done.prediction.why}" if done.prediction.why else ". See the report"
        raise CannotTry(f"What `{part.command}` would do is not known here{why}.")
    halfway = bool(done.moved or done.written or done.deleted)
    if done.prediction.outcome is CommandOutcome.BLOCKED and not halfway:
        return TrialDone(scene=scene, error=_stops(done.prediction))
    return TrialDone(
        scene=_rewritten(scene, done),
        error=_ends(done),
        superseded=_superseded(scene, done),
        remarks=(f"if its question is answered with {done.answer}",) if done.answer else (),
    )


def _rewritten(scene: Scene, done: Rewrite) -> Scene:
    """With the files as they are then; a folder with another layout is read again."""
    assert isinstance(scene.tree, ChangedTree)
    tree = scene.tree
    for path, target in done.moved:
        tree = tree.with_file(target, tree.read(path)).without(path)
    for path in done.deleted:
        tree = tree.without(path)
    for path, text in done.written:
        tree = tree.with_file(path, text.encode(errors="surrogatepass"))
    if not done.moved:
        return replace(scene, tree=tree)
    found = scene.adapter.detect(tree, scene.root, scene.hints)
    own = (scene.tool.config, scene.tool.folder)
    tool = next((it for it in found if (it.config, it.folder) == own), scene.tool)
    return replace(scene, tree=tree, tool=tool, adapter=scene.adapter.of_use(tool))


def _superseded(scene: Scene, done: Rewrite) -> tuple[str, ...]:
    """What it deletes, but for what it says lives on nowhere."""
    if done.lost is None:
        return ()
    return tuple(it for it in _needed(scene.facts) if it not in done.lost)


def _ends(done: Rewrite) -> str:
    if not done.error:
        return ""
    halfway = " halfway" if done.deleted or done.moved or done.written else ""
    return f"it stops{halfway}: {done.error}"


def _stops(predicted: Prediction) -> str:
    said = predicted.message or (predicted.error.text if predicted.error else "no message")
    zero = ", though it exits with code 0" if predicted.exit_code == 0 else ""
    return f"it stops{zero}: {said}"


def _reservations(command: Command, facts: Facts) -> Iterator[str]:
    """What commands write that check or generate, where nothing stops them."""
    begins = facts.snapshots is None or facts.snapshots.outcome is Outcome.ABSENT
    if Artefact.SNAPSHOT in command.reads and begins:
        raise CannotTry(
            f"`{command.name}` would begin a new migration folder, which is not modelled."
        )
    if command.kind is CommandKind.GENERATE:
        yield "whether it writes a migration depends on the schema code, which is not run"


def _apply(scene: Scene, facts: Facts, server: Scratch) -> TrialDone:
    """Run what is pending on the copy, and record it, as the tool does."""
    driver = scene.tool.driver
    sent = driver.transaction if driver else Transaction.ONE
    if driver is not None and sent is Transaction.UNKNOWN:
        raise CannotTry(f"It is not known in which transaction {driver.name} applies migrations.")
    script = scene.adapter.pending_sql(facts)
    if script is None:
        raise CannotTry("The evidence does not show what is pending.")
    pending = Script(sql=script, as_one=sent is not Transaction.NONE, stops=True)
    return _script(pending, scene, server, planned=True)


def _sync(part: ToolCommand, scene: Scene, facts: Facts, predicted: Prediction) -> TrialDone:
    """With `--force`, or a yes at the question, what it asks about happens."""
    asks = predicted.outcome is CommandOutcome.ASKS and not part.force
    syncs = scene.adapter.syncs
    dropped = syncs.dropped(facts) if syncs else ()
    return TrialDone(
        scene=replace(scene, database=without_tables(scene.database, dropped)),
        evidence=tuple(counted_runs(scene.database, dropped)),
        remarks=("if its question is answered with yes",) if asks else (),
    )


def _forced(scene: Scene, facts: Facts, server: Scratch) -> TrialDone | None:
    """What is left where the command goes on whatever it takes away; `None` where not known."""
    syncs = scene.adapter.syncs
    sql = syncs.forced(facts) if syncs else None
    if sql is None:
        return None
    script = Script(sql=sql, stops=True)
    done = _script(script, scene, server) if sql else TrialDone(scene=scene)
    return replace(done, remarks=(*done.remarks, "if the schema code is what the migrations make"))
