"""Migration files whose names differ from those in the list only in case."""

from __future__ import annotations

from forensics.facts import Files, History, Migration, MigrationFile
from forensics.model import Outcome


def in_other_case(history: History, files: Files) -> dict[Migration, MigrationFile]:
    """Each listed migration whose file has its name in other letters, with that file."""
    listed = {it.path for it in history.migrations}
    others = {
        it.path.casefold(): it
        for it in files.files
        if it.path not in listed and it.outcome is not Outcome.ABSENT
    }
    found: dict[Migration, MigrationFile] = {}
    for migration in history.migrations:
        file = files.get(migration.path)
        other = others.get(migration.path.casefold())
        if file is not None and file.outcome is Outcome.ABSENT and other is not None:
            found[migration] = other
    return found
