"""Reads the snapshot folder as drizzle-kit does: every entry that `_` does not hide must be one."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from forensics.adapters.drizzle.behaviour import number
from forensics.adapters.drizzle.folder.damage import IS_A_FOLDER, as_said_by
from forensics.adapters.drizzle.project.node import ProjectNode
from forensics.adapters.drizzle.snapshots.judgement import Judge, Judgement
from forensics.dialects import dialect_of
from forensics.evidence.tree import Entry, EntryKind, Read, Tree, join
from forensics.facts import Fault, Malformed, NewestSchema, Snapshot, Snapshots, ToolUse
from forensics.model import TableName

JOURNAL = "_journal.json"
_NAMED_AS_SNAPSHOT = re.compile(r"[^_]+_snapshot\.json\Z")


def read_snapshots(tree: Tree, tool: ToolUse) -> Snapshots:
    """Every entry of `meta` but the journal, in the tool's order; links are read, never judged."""
    folder = join(tool.folder, "meta")
    listing = tree.folder(folder)
    dialect = dialect_of(tool)
    judge, node = Judge(tool.dialect, number(tool.version)), ProjectNode(tree, tool)
    # prepareOutFolder: readdirSync, then Array.sort, which compares UTF-16 units (0.21.4, 0.31.11).
    names = sorted(listing.entries, key=lambda entry: _utf16(entry.name))
    entries = tuple(
        _snapshot(tree, folder, entry, judge, node) for entry in names if entry.name != JOURNAL
    )
    return Snapshots(
        folder=folder,
        evidence=listing.evidence,
        outcome=listing.outcome,
        entries=entries,
        newest=_newest(tree, entries, dialect.home) if dialect.examined else None,
    )


def _snapshot(tree: Tree, folder: str, entry: Entry, judge: Judge, node: ProjectNode) -> Snapshot:
    path = join(folder, entry.name)
    ignored = entry.name.startswith("_")
    read: Read | None = None
    if entry.kind is EntryKind.FOLDER:
        evidence = tree.folder(path).evidence
        judged = Judgement(problem=Malformed(fault=Fault.IS_A_FOLDER, message=IS_A_FOLDER))
    else:
        read = tree.read(path)
        evidence = read.evidence
        judged = judge.judge(read) if entry.kind is EntryKind.FILE and not ignored else Judgement()
    problem = None if ignored else judged.problem
    return Snapshot(
        path=path,
        name=entry.name,
        evidence=evidence,
        ignored=ignored,
        named_as_snapshot=_NAMED_AS_SNAPSHOT.match(entry.name) is not None,
        problem=as_said_by(node, problem, read),
        id=judged.id,
        parent=judged.parent,
        version=judged.version,
        dialect=judged.dialect,
        sha256=read.sha256 if read else None,
        text=read.text if read and problem else None,
    )


class _Table(msgspec.Struct, frozen=True):
    name: str
    schema: str = ""
    columns: dict[str, Any] = {}


class _Tables(msgspec.Struct, frozen=True):
    tables: dict[str, _Table] = {}
    sequences: dict[str, _Table] = {}


def _newest(tree: Tree, entries: tuple[Snapshot, ...], home: str) -> NewestSchema | None:
    """The tables of the last snapshot by name that can be read: what the schema code was then."""
    sound = (e for e in reversed(entries) if e.named_as_snapshot and not (e.ignored or e.problem))
    last = next(sound, None)
    if last is None:
        return None
    read = tree.read(last.path)
    try:
        found = msgspec.json.decode(read.data or b"", type=_Tables)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return NewestSchema(
        tables=tuple(
            (TableName(schema=table.schema or home, table=table.name), tuple(table.columns))
            for table in found.tables.values()
        ),
        sequences=tuple(
            TableName(schema=sequence.schema or home, table=sequence.name)
            for sequence in found.sequences.values()
        ),
        text=read.text,
        path=last.path,
        evidence=last.evidence,
    )


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be", errors="surrogatepass")
