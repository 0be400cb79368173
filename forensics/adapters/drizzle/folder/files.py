"""Looks at the migration files: those that lie in the folder, and those that the journal lists."""

from __future__ import annotations

from forensics.evidence.tree import EntryKind, Tree, join
from forensics.facts import Files, History, MigrationFile, ToolUse
from forensics.model import Obstacle


def read_files(tree: Tree, tool: ToolUse, history: History) -> Files:
    """Every `.sql` of the folder and every listed path, present or not, sorted by path."""
    listing = tree.folder(tool.folder)
    present = {
        join(tool.folder, entry.name)
        for entry in listing.entries
        if entry.name.endswith(".sql") and entry.kind is not EntryKind.FOLDER
    }
    listed = {migration.path for migration in history.migrations}
    return Files(
        folder=tool.folder,
        evidence=listing.evidence,
        outcome=listing.outcome,
        files=tuple(_file(tree, path) for path in sorted(present | listed)),
    )


def _file(tree: Tree, path: str) -> MigrationFile:
    read = tree.read(path)
    return MigrationFile(
        path=path,
        evidence=read.evidence,
        outcome=read.outcome,
        sha256=read.sha256,
        size=read.size,
        text=read.text,
        encoding=read.encoding,
        line_ends=read.line_ends,
        is_folder=read.obstacle is Obstacle.IS_A_FOLDER,
    )
