"""Looks at the migration files: those that lie in the folder, and those that the journal lists."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.adapters.files import file_of, files_of
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
    return files_of(tree, tool, (_file(tree, path) for path in sorted(present | listed)))


def _file(tree: Tree, path: str) -> MigrationFile:
    read = tree.read(path)
    is_folder = read.obstacle is Obstacle.IS_A_FOLDER
    return replace(file_of(read), path=path, is_folder=is_folder)
