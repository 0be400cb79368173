"""Two listed migrations have the same number."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, History, Migration, Snapshots, ToolUse
from forensics.model import Artefact, Finding, Fix, Severity, WriteFile
from forensics.rules._base import rule
from forensics.rules._fixes import fix_of
from forensics.rules._git import describe
from forensics.rules._git import origin as as_origin
from forensics.rules._journal import listed_together_since, rewritten


@rule(artefact=Artefact.JOURNAL, since="0.2.0", of_folder=True)
def duplicate_migration_index(
    history: History, tool: ToolUse, snapshots: Snapshots | None, commits: Commits | None
) -> Iterator[Finding]:
    """
    Two listed migrations have the same number.

    ## What breaks

    Applying migrations ignores the number. But the generate command gives the next migration the
    number after that of the last entry. If the last entry repeats a lower number, the next snapshot
    gets the name of one that exists, and overwrites it. Two migrations whose names begin with the
    same number share one snapshot.

    ## Evidence

    The number of each entry, and the number at the beginning of its name. The files in the snapshot
    folder say what the next migration would overwrite.

    ## Not this

    Gaps in the numbers do not matter. Two .sql files with one number, of which one is listed, are
    `unlisted-migration-file`. An entry that is listed twice is `duplicate-migration`.

    ## Fix

    Number the entries by their place in the list. Only the list changes: files keep their names,
    so recorded migrations stay recorded. Alternatively rename the later file, its snapshot and its
    entry together, with the bytes and the timestamp unchanged.

    ## Fix safety

    The number decides nothing about what is applied. Run the check and generate commands
    afterwards.

    ## Prevention

    After a rebase or merge, generate the branch's migration again, so that it gets the next number.
    """
    if history.problem is not None or history.is_listing:
        return
    taken = snapshots.overwritten if snapshots else ""
    generate = f"`{tool.words.generate}`" if tool.words.generate else "the tool"
    edit = rewritten(history, [(it.numbered_at, it.position) for it in history.migrations])
    for migration, before, what in _repeats(history):
        by = listed_together_since(history, (before.key, migration.key), commits)
        yield duplicate_migration_index.finding(
            severity=Severity.MEDIUM
            if taken and not tool.runner_reads_folder
            else Severity.LOW
            if what == "index"
            else Severity.NOTE,
            subject=migration.key,
            title=f"{before.key} and {migration.key} have the same number",
            root_cause=(
                *_told(migration, before, what, history),
                f"Both are listed since {describe(by)}." if by else "",
                f"The next migration that {generate} writes would overwrite {taken}."
                if taken
                else "",
            ),
            evidence=(history, snapshots),
            fix=_fix(edit) if what == "index" else None,
            paths=(migration.path, before.path),
            origin=as_origin(by),
        )


def _repeats(history: History) -> Iterator[tuple[Migration, Migration, str]]:
    """The later of two entries, the earlier, and whether it is the index or the name's number."""
    by_index: dict[int, Migration] = {}
    by_number: dict[str, Migration] = {}
    keys: set[str] = set()
    for migration in history.migrations:
        again = migration.key in keys
        keys.add(migration.key)
        number = migration.key.partition("_")[0]
        same_index = by_index.get(migration.index) if migration.index is not None else None
        same_number = by_number.get(number) if number.isdigit() else None
        if same_index is not None and not again:
            yield migration, same_index, "index"
        elif same_number is not None and not again:
            yield migration, same_number, "number"
        by_number.setdefault(number, migration)
        if migration.index is not None:
            by_index.setdefault(migration.index, migration)


def _told(migration: Migration, before: Migration, what: str, history: History) -> Iterator[str]:
    if what == "index":
        yield (
            f"{history.path} gives {before.key} (position {before.position}) and {migration.key} "
            f"(position {migration.position}) the number {migration.index}."
        )
    else:
        number = migration.key.partition("_")[0]
        yield f"The names of {before.key} and {migration.key} both begin with {number}."
    if migration.snapshot_path is not None and migration.snapshot_path == before.snapshot_path:
        yield f"So both have the snapshot {migration.snapshot_path}: one overwrote the other's."


def _fix(edit: tuple[WriteFile, ...]) -> Fix | None:
    return fix_of(
        "Number the entries by their place in the list",
        edit,
        "No file is renamed, no timestamp changed and no database touched: what counts as applied "
        "stays the same.",
    )
