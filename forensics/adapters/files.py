"""Looks at the migration files that a list of migrations names."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.evidence.tree import Read, Tree
from forensics.facts import Files, History, MigrationFile, ToolUse


def read_files(tree: Tree, tool: ToolUse, history: History) -> Files:
    """The file of every listed migration, present or not, in the order of the list."""
    return files_of(tree, tool, (file_of(tree.read(it.path)) for it in history.migrations))


def files_of(tree: Tree, tool: ToolUse, files: Iterable[MigrationFile]) -> Files:
    """These files, with what came of the look at the tool's folder."""
    listing = tree.folder(tool.folder)
    return Files(
        folder=tool.folder,
        evidence=listing.evidence,
        outcome=listing.outcome,
        files=tuple(files),
    )


def file_of(read: Read) -> MigrationFile:
    """What was read, as a migration file."""
    return MigrationFile(
        path=read.path,
        evidence=read.evidence,
        outcome=read.outcome,
        sha256=read.sha256,
        size=read.size,
        text=read.text,
        encoding=read.encoding,
        line_ends=read.line_ends,
    )
