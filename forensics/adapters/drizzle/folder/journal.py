"""Reads `meta/_journal.json`: the list of migrations that `migrate` walks in its order."""

from __future__ import annotations

import json
import re
from typing import Any

from msgspec.structs import replace

from forensics import limits
from forensics.adapters.drizzle.folder.damage import as_said_by, damage, wrong_shape
from forensics.adapters.drizzle.project.node import ProjectNode
from forensics.evidence.tree import Tree, join
from forensics.facts import History, Malformed, Migration, ToolUse
from forensics.model import Outcome

# What readMigrationFiles of drizzle-orm (migrator.js) throws on JSON of another shape.
NULL = "Cannot read properties of null (reading 'entries')"
NO_ENTRIES = "journal.entries is not iterable"
NULL_ENTRY = "Cannot read properties of null (reading 'tag')"

_STAMP = re.compile(r'"when"\s*:\s*(\d+)')
_INDEX = re.compile(r'"idx"\s*:\s*(\d+)')


def read_history(tree: Tree, tool: ToolUse) -> History:
    """The journal's entries in array order; what cannot be understood stands in `problem`."""
    path = join(tool.folder, "meta/_journal.json")
    read = tree.read(path)
    problem = as_said_by(ProjectNode(tree, tool), damage(read), read)
    seen = History(
        path=path,
        evidence=read.evidence,
        outcome=read.outcome,
        problem=problem,
        text=read.text,
        sha256=read.sha256,
    )
    is_whole = read.outcome is Outcome.COLLECTED and problem is None
    return _with_entries(seen, read.text or "", tool.folder) if is_whole else seen


def listed_in(text: str) -> tuple[Migration, ...]:
    """The entries of a journal that was found elsewhere, paths from its folder; none of no list."""
    journal = _parsed(text)
    entries = journal.get("entries") if isinstance(journal, dict) else None
    return tuple(
        _migration(position, entry, "")
        for position, entry in enumerate(entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("tag"), str)
    )


def _with_entries(seen: History, text: str, folder: str) -> History:
    journal = _parsed(text)
    entries = journal.get("entries") if isinstance(journal, dict) else None
    if not isinstance(entries, list):
        problem = wrong_shape(NULL if journal is None else NO_ENTRIES, text, thrown=True)
        return replace(seen, problem=problem)
    assert isinstance(journal, dict)
    if len(entries) > limits.LISTED:
        return History(path=seen.path, evidence=seen.evidence, outcome=Outcome.FAILED)
    stamps = _places(_STAMP, "when", text, entries)
    indexes = _places(_INDEX, "idx", text, entries)
    migrations = tuple(
        _migration(position, entry, folder, stamps.get(position), indexes.get(position))
        for position, entry in enumerate(entries)
        if isinstance(entry, dict) and isinstance(entry.get("tag"), str)
    )
    return replace(
        seen,
        problem=_bad_entry(entries, text),
        migrations=migrations,
        version=_text(journal.get("version")),
        dialect=_text(journal.get("dialect")),
    )


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # JSON for V8, too deep for us: no journal either way
        return {}


def _bad_entry(entries: list[Any], text: str) -> Malformed | None:
    for position, entry in enumerate(entries):
        if entry is None:
            return wrong_shape(NULL_ENTRY, text, entry=position, thrown=True)
        if not isinstance(entry, dict) or not isinstance(entry.get("tag"), str):
            return wrong_shape(f"entry {position} has no tag", text, entry=position)
    return None


_IGNORED = (
    "`migrations.prefix: 'none'` names it `_snapshot.json`, and drizzle-kit ignores names that "
    "begin with an underscore."
)


def _places(
    pattern: re.Pattern[str], field: str, text: str, entries: list[Any]
) -> dict[int, tuple[int, int]]:
    """Position -> where the digits of a field stand; none where the text leaves a doubt."""
    found = [(int(match[1]), match.span(1)) for match in pattern.finditer(text)]
    if [value for value, _ in found] != [e.get(field) for e in entries if isinstance(e, dict)]:
        return {}
    return dict(enumerate(span for _, span in found)) if len(found) == len(entries) else {}


def _migration(
    position: int,
    entry: dict[str, Any],
    folder: str,
    listed_at: tuple[int, int] | None = None,
    numbered_at: tuple[int, int] | None = None,
) -> Migration:
    tag = entry["tag"]
    # prepareMigrationMetadata: the tag is `<prefix>_<name>`, the snapshot `<prefix>_snapshot.json`.
    prefix = tag.partition("_")[0]
    return Migration(
        position=position,
        index=_whole(entry.get("idx")),
        key=tag,
        path=join(folder, f"{tag}.sql"),
        stamp=_whole(entry.get("when")),
        snapshot_path=join(folder, f"meta/{prefix}_snapshot.json"),
        snapshot_ignored="" if prefix else _IGNORED,
        listed_at=listed_at,
        numbered_at=numbered_at,
    )


def _whole(value: object) -> int | None:
    """A whole number as JavaScript would compare it, so a string of digits too."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
