"""A migration was renamed after it was applied, and the tool takes it for a new one."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import (
    Commits,
    Facts,
    Files,
    FolderRun,
    History,
    Migration,
    ToolUse,
    TrackingRow,
    TrackingTables,
)
from forensics.model import Artefact, Finding, Fix, Severity, Step, UpdateRow
from forensics.rules._base import rule
from forensics.rules._fixes import fix_of, moved
from forensics.rules._git import added_by
from forensics.rules._renamed import renamed_rows
from forensics.tracking.ledgers import without


@rule(artefact=Artefact.TRACKING_TABLE, since="0.2.0")
def renamed_after_applied(
    history: History,
    files: Files,
    tool: ToolUse,
    tracking: TrackingTables,
    commits: Commits | None,
    facts: Facts,
) -> Iterator[Finding]:
    """
    A migration was renamed after it was applied.

    ## What breaks

    A tool that records names takes the renamed migration for a new one, and runs it again. It stops
    at what already exists, or changes rows a second time. A tool that looks up every recorded name
    stops before that, at the one that it does not find.

    ## Evidence

    A row whose name matches no migration (or that has no name), and a migration without a row whose
    file has the recorded checksum or statements. For a row without a name also its time, if the
    migration is named after that second.

    ## Not this

    A tool that records times or checksums does not notice. A row whose checksum no file has is
    `applied-but-unknown-migration`. Two migrations with one content are `duplicate-migration`.

    ## Fix

    Rename it back. Every environment that applied it has recorded the old name. A row without a
    name gets the name of its migration.

    ## Fix safety

    Only files change. An environment that applied it under the new name would run it again: look
    into all of them first.

    ## Prevention

    Never rename a migration that has been merged.
    """
    if facts.folder_run is not None:
        yield from _in_folder(facts.folder_run, facts)
    for position, row in renamed_rows(history, files, tool, tracking).items():
        migration, old = history.migrations[position], row.key or ""
        file = files.get(migration.path)
        recorded = _as_if_recorded(row, migration, tool)
        yield renamed_after_applied.finding(
            severity=Severity.HIGH,
            subject=migration.key,
            title=f"{migration.key} was applied as {old}"
            if old
            else f"The row of {migration.key} has no name",
            root_cause=f"{_recorded(tool, files, old)} has {_same(row, migration, files)}. "
            f"`{tool.words.apply}` goes by names, so it takes the file for a new migration.",
            evidence=(history, file),
            fix=_fix(old, migration, commits) if old else _named(recorded),
            counterfactual=recorded if old else (),
            paths=(migration.path,),
            origin=added_by(commits, migration.path),
        )


def _in_folder(run: FolderRun, facts: Facts) -> Iterator[Finding]:
    """Of a runner that records the names of files: it takes the new one for another migration."""
    for old, migration in run.renamed:
        now = migration.path.rpartition("/")[2]
        file = facts.files.get(migration.path) if facts.files else None
        then = f"{migration.path.removesuffix(now)}{old}"
        stops = f" It stops at {run.stops}." if run.stops else ""
        yield renamed_after_applied.finding(
            severity=Severity.HIGH,
            subject=now,
            title=f"{now} was applied as {old}",
            root_cause=f"{run.table} records {old}, which is not in the folder any more. "
            f"{now} has the same bytes, and no row. `{run.command}` goes by the names of files, "
            f"so it runs {now} again.{stops}",
            evidence=(run.evidence, file),
            fix=Fix(
                title=f"Rename {now} back",
                steps=(moved(migration.path, then, facts.commits, "the bytes stay"),),
                safety_note="Only a name changes. An environment that applied it under the new "
                "name would run it again: check all of them first.",
            ),
            paths=(migration.path,),
            origin=added_by(facts.commits, migration.path),
        )


def _recorded(tool: ToolUse, files: Files, old: str) -> str:
    if old:
        return f"{tool.tracking} records {old}, which is not in {files.folder}, in a row that"
    return f"A row of {tool.tracking} that has no name"


def _same(row: TrackingRow, migration: Migration, files: Files) -> str:
    if not row.checksum:
        return f"the statements of {migration.path}"
    file = files.get(migration.path)
    if file is None or file.sha256 != row.checksum:
        return f"the second in the name of {migration.key} (`created_at` {row.at})"
    return f"the hash of {migration.path}: {row.checksum}"


def _named(steps: tuple[Step, ...]) -> Fix | None:
    """A row that a release wrote that knew no names."""
    return fix_of(
        "Give the row its name",
        steps,
        "One cell changes. Stop what still writes rows without names, such as an older release of "
        "the tool in another deployment.",
    )


def _fix(old: str, migration: Migration, commits: Commits | None) -> Fix | None:
    """The file, or the folder of that name, under the name that was recorded."""
    parts = migration.path.split("/")
    own = next((part for part in parts if _is_named_by(part, migration.key)), None)
    if own is None:
        return None
    now = "/".join(parts[: parts.index(own) + 1])
    then = f"{now.removesuffix(own)}{own.replace(migration.key, old, 1)}"
    return Fix(
        title=f"Rename {migration.key} back",
        steps=(moved(now, then, commits, "the bytes stay the same", of=migration.path),),
        safety_note="Only names of files change. An environment that applied it under the new name "
        "would run it again: check all of them first.",
    )


def _is_named_by(name: str, key: str) -> bool:
    """A key may be all of a name, or the version with which it begins."""
    return name.removesuffix(".sql") == key or name.startswith(f"{key}_")


def _as_if_recorded(row: TrackingRow, migration: Migration, tool: ToolUse) -> tuple[Step, ...]:
    """For experiments: the row with the new name, which a patch cannot hold for the files."""
    column, table = tool.ledger.key, tool.tracking
    if column is None or table is None:
        return ()
    where = without(tool.ledger, row, column)
    if row.key is None and tool.ledger.checksum is not None:
        where = ((tool.ledger.checksum, row.checksum),)  # there may be more rows without a name
    return (
        UpdateRow(table=table, column=column, before=row.key, after=migration.key, where=where),
    )
