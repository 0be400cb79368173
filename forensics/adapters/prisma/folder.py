"""Reads the migration folder as Prisma does: each directory in it is a migration."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from forensics.adapters.prisma.detect import LOCK
from forensics.evidence.tree import EntryKind, Tree, join
from forensics.facts import (
    Commits,
    History,
    Migration,
    Pinned,
    ToolUse,
    TrackingTables,
)
from forensics.model import Outcome, WriteFile
from forensics.tracking.matching import readable

SQL = "migration.sql"
_PROVIDER = re.compile(r'^\s*provider\s*=\s*"([^"\n]*)"', re.MULTILINE)


def read_history(
    tree: Tree, tool: ToolUse, tracking: TrackingTables | None, commits: Commits | None
) -> History:
    """The directories by name, and the recorded ones that only git has."""
    listing = tree.folder(tool.folder)
    here = {it.name for it in listing.entries if it.kind is EntryKind.FOLDER}
    known = listing.outcome is Outcome.COLLECTED
    held = {tree.read(path_of(tool, it)).sha256 for it in sorted(here)}
    gone = set(_gone(tool, tracking, commits, held)) - here if known else set()
    return History(
        path=tool.folder,
        evidence=listing.evidence,
        outcome=listing.outcome,
        pinned=_pinned(tree, tool),
        is_listing=True,
        migrations=tuple(
            Migration(
                position=position,
                index=None,
                key=name,
                path=path_of(tool, name),
                stamp=None,
                listed=name in here,
            )
            for position, name in enumerate(sorted(here | gone))
        ),
    )


def path_of(tool: ToolUse, name: str) -> str:
    """Where the SQL of a migration lies."""
    return join(tool.folder, f"{name}/{SQL}")


def _pinned(tree: Tree, tool: ToolUse) -> Pinned | None:
    """What the lock file names; nothing is compared with one that is damaged."""
    read = tree.read(join(tool.folder, LOCK))
    if read.outcome is not Outcome.COLLECTED or read.text is None:
        return None
    found = set(_PROVIDER.findall(read.text))
    sound = len(found) == 1 and "<<<<<<<" not in read.text
    dialect = found.pop() if sound else None
    after = _PROVIDER.sub(f'provider = "{tool.dialect}"', read.text)
    step = WriteFile(path=read.path, before=read.text, after=after)
    return Pinned(
        path=read.path,
        evidence=read.evidence,
        dialect="postgresql" if dialect == "postgres" else dialect,
        corrected=step if tool.dialect and dialect else None,
    )


def _gone(
    tool: ToolUse,
    tracking: TrackingTables | None,
    commits: Commits | None,
    held: Collection[str | None],
) -> Iterator[str]:
    """What is recorded, was a migration of HEAD's history, and was not only renamed."""
    for table in readable(tool, tracking):
        for row in table.applied:
            if not row.key or row.checksum in held or commits is None:
                continue
            if any(commit.on_head for commit, _ in commits.of(path_of(tool, row.key))):
                yield row.key
