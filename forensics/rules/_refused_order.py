"""Pending migrations that stand before an applied one, where the tool then applies nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from forensics.facts import Commits, Files, History, Migration, ToolUse, TrackingTables
from forensics.model import DeleteFile, Fix, RunCommand, Step, WriteFile
from forensics.model.wording import counted
from forensics.rules._fixes import moved

_CLOCK = "%Y%m%d%H%M%S"
_DIGITS = 14


def refused(
    history: History, tool: ToolUse, tracking: TrackingTables | None
) -> tuple[tuple[Migration, ...], str]:
    """Those that are pending before the last recorded one, and its key."""
    table = tracking.get(tool.tracking) if tracking else None
    recorded = {row.key for row in table.applied if row.key} if table else set()
    if not recorded or recorded - {it.key for it in history.migrations}:
        return (), ""
    last = max(recorded)
    early = (it for it in history.migrations if it.key not in recorded and it.key < last)
    return tuple(early), last


def later_paths(early: Sequence[Migration], last: str, history: History) -> dict[str, str]:
    """The path of each -> one behind the last recorded one, in their order."""
    versions = _versions(last, {it.key for it in history.migrations})
    found = {}
    for migration, version in zip(early, versions, strict=False):
        path = PurePosixPath(migration.path)
        found[migration.path] = str(path.with_name(path.name.replace(migration.key, version, 1)))
    return found


def renamed(paths: Mapping[str, str], last: str, commits: Commits | None) -> Fix:
    """The same files under these names."""
    return Fix(
        title=f"Give {counted(len(paths), 'file')} a later version than {last}",
        steps=tuple(moved(*both, commits, f"it runs after {last}") for both in paths.items()),
        safety_note="Right where no database has applied them: one that has would miss the old "
        "version, and run them again. Check that they pass behind the later ones.",
    )


def as_if_renamed(paths: Mapping[str, str], files: Files | None) -> tuple[Step, ...]:
    """For experiments: the files under their new names."""
    texts = {it.path: it.text or "" for it in files.files} if files else {}
    gone = (DeleteFile(path=now) for now in paths)
    new = (
        WriteFile(path=then, before=None, after=texts.get(now, "")) for now, then in paths.items()
    )
    return (*gone, *new)


def _versions(last: str, taken: set[str]) -> Iterator[str]:
    """Free ones behind the last, a second or a number apart."""
    while True:
        last = _next(last)
        if last not in taken:
            yield last


def _next(version: str) -> str:
    try:
        if len(version) == _DIGITS:  # shorter ones are dates with a number, or numbers
            return (datetime.strptime(version, _CLOCK) + timedelta(seconds=1)).strftime(_CLOCK)
    except (ValueError, OverflowError):
        pass
    return str(int(version) + 1).zfill(len(version))


def in_any_order(tool: ToolUse) -> Fix:
    """The tool's own way."""
    return Fix(
        title="Apply them out of order, as the tool offers",
        steps=(
            RunCommand(
                argv=("npx", tool.name, *tool.words.apply.split(), "--include-all"),
                why="it applies earlier ones too",
            ),
        ),
        safety_note="Right where nothing in them depends on what the later ones changed. A new "
        "database gets them in the order of their versions, so the two can differ.",
        needed=False,
    )
