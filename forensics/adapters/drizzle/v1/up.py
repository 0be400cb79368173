"""Predicts `up` of 1.0.0-rc.5 file by file: from the journal of 0.x to a folder per migration."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from forensics.adapters.base import Rewrite
from forensics.adapters.drizzle.commands.check import FINE
from forensics.adapters.drizzle.dialects import follows, is_mysql, is_sqlite
from forensics.adapters.drizzle.folder.journal import read_history
from forensics.adapters.drizzle.v1.moves import (
    JOURNAL,
    META,
    SNAPSHOT,
    SQL,
    Move,
    Source,
    Stopped,
    Undecided,
    names_in,
    plan,
    shown,
)
from forensics.adapters.drizzle.v1.releases import judges_history
from forensics.adapters.drizzle.v1.snapshots_in_place import snapshots_in_place
from forensics.adapters.drizzle.v1.snapshots_of_postgres import snapshots_of_postgres
from forensics.adapters.drizzle.v1.snapshots_of_sqlite import embedded
from forensics.adapters.predictions import blocked, passes, unknown
from forensics.evidence.tree import EntryKind, Tree, join
from forensics.facts import SnapshotFormat, ToolUse
from forensics.model import CommandOutcome, Outcome, Prediction

EMBEDDED = "migrations.js"


@dataclass
class _Done:
    """What was done to the files until now; paths are those of the tree."""

    moved: dict[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """What is deleted, and lives on nowhere."""


def rewrite_by_up(tree: Tree, tool: ToolUse) -> Rewrite | None:
    """What `up` prints, writes, moves and deletes; `None` of a release that was not looked at.

    Of PostgreSQL and MySQL the new snapshots are told as far as other commands chain them.
    """
    if not judges_history(tool) or not (follows(tool) or is_sqlite(tool) or is_mysql(tool)):
        return None
    done = _Done()
    try:
        _run(tree, tool, done)
    except Undecided as doubt:
        return Rewrite(prediction=unknown("up", str(doubt)))
    except Stopped as stop:
        _keep_copied(tree, tool, done)
        said = str(stop)
        return _rewrite(blocked("up", said), done, said if done.moved or done.written else "")
    told = passes("up", FINE)
    if done.lost:
        told = replace(told, outcome=CommandOutcome.SILENTLY_WRONG, destructive=True)
    return _rewrite(told, done)


_Outcome = tuple[str, tuple[str, ...]]
_Key = tuple[tuple[str | None, str | None], ...]
_remembered: OrderedDict[_Key, _Outcome] = OrderedDict()
_KEPT = 64


def with_outcome(tree: Tree, tool: ToolUse, wanted: SnapshotFormat) -> SnapshotFormat:
    """The format with what `up` refuses, or would delete for good; unchanged where not known."""
    try:
        key = ((tool.dialect, tool.version), (tool.folder, tool.out), *_read(tree, tool))
    except Undecided:
        return wanted
    if key not in _remembered:  # experiments look at the same folder again and again
        _remembered[key] = _outcome(tree, tool)
    if len(_remembered) > _KEPT:
        _remembered.popitem(last=False)
    refusal, lost = _remembered[key]
    return replace(wanted, refusal=refusal, lost=lost)


def _read(tree: Tree, tool: ToolUse) -> Iterator[tuple[str, str | None]]:
    """Everything that decides, with the hash of its content."""
    for name, kind in names_in(tree, tool.folder).items():
        inside = names_in(tree, join(tool.folder, name)) if kind is EntryKind.FOLDER else {}
        yield name, None
        for path in (f"{name}/{it}" for it in inside if name == META or it == SNAPSHOT):
            yield path, tree.read(join(tool.folder, path)).sha256


def _outcome(tree: Tree, tool: ToolUse) -> _Outcome:
    done = rewrite_by_up(tree, tool)
    if done is None:
        return "", ()
    if done.prediction.outcome is CommandOutcome.BLOCKED:
        return done.prediction.message, ()
    used = {it.snapshot_path for it in read_history(tree, tool).migrations}
    return "", tuple(it for it in done.lost or () if it in used)


def _run(tree: Tree, tool: ToolUse, done: _Done) -> None:
    moves = plan(tree, tool)
    if follows(tool):
        _on_postgres(tree, tool, moves, done)
        return
    if moves is not None:
        _apply(tree, tool, moves, done)
    sources = sorted(_folders(tree, tool, moves, done), key=lambda it: it.path.encode("utf-16-be"))
    for path, text in snapshots_in_place(tree, tool, sources):
        _write(tool, path, text, done)
    if is_sqlite(tool) and EMBEDDED in names_in(tree, tool.folder):
        done.written[join(tool.folder, EMBEDDED)] = embedded([it.folder for it in sources])


def _on_postgres(tree: Tree, tool: ToolUse, moves: Sequence[Move] | None, done: _Done) -> None:
    """It judges everything before it touches a file."""
    without = next((it for it in moves or () if it.sql is None), None)
    if without is not None:
        raise Stopped(
            "Cannot convert the migrations folder to snapshot format 9: the journal entry "
            f"{without.tag} has no SQL file. drizzle-kit expects it at "
            f"{shown(tool, f'{without.tag}.sql')}. No file was changed. Restore this file from "
            "git, then run drizzle-kit up again."
        )
    sources = (
        [Source(it.snapshot, it.folder, it.tag) for it in moves]
        if moves is not None
        else sorted(_folders(tree, tool, None, done), key=lambda it: it.path.encode("utf-16-be"))
    )
    converted = snapshots_of_postgres(tree, tool, sources, of_journal=moves is not None)
    if moves is not None:
        _apply(tree, tool, moves, done)
    for path, text in converted:
        _write(tool, path, text, done)


def _write(tool: ToolUse, path: str, text: str, done: _Done) -> None:
    """A new snapshot in the place of the moved one."""
    target = join(tool.folder, path)
    done.moved = {source: to for source, to in done.moved.items() if to != target}
    done.written[target] = text


def _apply(tree: Tree, tool: ToolUse, moves: Sequence[Move], done: _Done) -> None:
    """Each into its folder, then `meta` goes; an entry without a file is passed over."""
    taken = dict(names_in(tree, tool.folder))
    for move in moves:
        if move.sql is None:
            done.lost.append(join(tool.folder, move.snapshot))
            continue
        if move.folder in taken:
            path = shown(tool, move.folder)
            raise Stopped(f"EEXIST: file already exists, mkdir '{path}'")
        if join(tool.folder, move.sql) in done.moved:
            raise Undecided("two entries of the journal name one file")
        taken[move.folder] = EntryKind.FOLDER
        for source, name in ((move.snapshot, SNAPSHOT), (move.sql, SQL)):
            _readable(tree, join(tool.folder, source))
            done.moved[join(tool.folder, source)] = join(tool.folder, f"{move.folder}/{name}")
    meta = join(tool.folder, META)
    used = {join(tool.folder, it.snapshot) for it in moves} | {join(tool.folder, JOURNAL)}
    inside = names_in(tree, meta)
    done.lost += [path for it in inside if (path := join(meta, it)) not in used]
    done.deleted.append(meta)


def _keep_copied(tree: Tree, tool: ToolUse, done: _Done) -> None:
    """Where it stops before `meta` goes: snapshots were copied until then, and not moved."""
    meta = join(tool.folder, META)
    copied = [] if meta in done.deleted else [it for it in done.moved if it.startswith(f"{meta}/")]
    for source in copied:
        done.written[done.moved.pop(source)] = tree.read(source).text or ""


def _readable(tree: Tree, path: str) -> None:
    if tree.read(path).outcome is not Outcome.COLLECTED:
        raise Undecided(f"{path} was not read")


def _folders(
    tree: Tree, tool: ToolUse, moves: Sequence[Move] | None, done: _Done
) -> Iterator[Source]:
    """The folders that have a snapshot now, and where that was before."""
    for name, kind in names_in(tree, tool.folder).items():
        path = f"{name}/{SNAPSHOT}"
        if kind is EntryKind.FOLDER and name != META and _is_there(tree, join(tool.folder, path)):
            yield Source(path, name, name)
    for move in moves or ():
        if join(tool.folder, move.snapshot) in done.moved:
            yield Source(f"{move.folder}/{SNAPSHOT}", move.folder, move.folder, move.snapshot)


def _is_there(tree: Tree, path: str) -> bool:
    outcome = tree.read(path).outcome
    if outcome not in (Outcome.COLLECTED, Outcome.ABSENT):
        raise Undecided(f"{path} was not read")
    return outcome is Outcome.COLLECTED


def _rewrite(prediction: Prediction, done: _Done, error: str = "") -> Rewrite:
    gone = any(path.endswith(f"/{META}") or path == META for path in done.deleted)
    made = Rewrite(
        prediction=prediction,
        moved=tuple(done.moved.items()),
        written=tuple(done.written.items()),
        deleted=tuple(done.deleted),
        error=error,
    )
    return replace(made, lost=tuple(done.lost)) if gone else made
