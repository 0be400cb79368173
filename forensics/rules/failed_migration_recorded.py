"""A tracking row says that a migration failed, or never finished."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from forensics.dialects import dialect_of
from forensics.facts import (
    Files,
    History,
    Migration,
    MigrationFile,
    Presence,
    RowState,
    Standing,
    ToolUse,
    TrackingRow,
    TrackingTable,
    TrackingTables,
    Transaction,
)
from forensics.model import Artefact, Finding, Fix, Severity, Step
from forensics.model.wording import shortened
from forensics.rules._base import rule
from forensics.rules._fixes import fix_of
from forensics.rules._marks import forget, mark, undo, whole_presence
from forensics.rules._renamed import renamed_rows
from forensics.statements import line_of_search_path

_LOG = 300
"""Characters of what the tool wrote down that are quoted."""


@rule(artefact=Artefact.TRACKING_TABLE, since="0.2.0")
def failed_migration_recorded(
    tool: ToolUse,
    history: History,
    files: Files,
    tracking: TrackingTables,
    standing: Standing | None,
) -> Iterator[Finding]:
    """
    A tracking row says that a migration failed, or never finished.

    ## What breaks

    The command that applies migrations stops before the first statement, for as long as the row
    says so. Correcting the file changes nothing.

    ## Evidence

    The row: it has no end time, and nobody has marked the run as rolled back. The error that the
    tool recorded is quoted; if it recorded none, the process was probably killed. The catalogue
    says whether the effects of the migration are there.

    ## Not this

    A failed run that was marked as rolled back no longer counts, with one exception: some releases
    compare the file with that row too. If the file was corrected before it was applied, they call
    it modified, and the row of the run that was rolled back is the issue. A migration that is
    recorded as applied but has no effect in the database is `recorded-not-applied`.

    ## Fix

    If nothing of the migration is in the database, mark the run as rolled back, correct the file,
    and apply it. If all of it is there, mark it as applied. If that cannot be proven, decide by
    hand, statement by statement.

    ## Fix safety

    Marking it as applied hides what is missing: that is safe only if the catalogue proves that all
    of it is there. Marking it as rolled back makes it run again: that is safe only if nothing of it
    is there. The row of a run that was rolled back may be deleted if another row has the checksum
    of the present file.

    ## Prevention

    Run migrations on a copy of production first. If one fails, check what it left behind before you
    mark it as anything.
    """
    table = tracking.get(tool.tracking)
    if table is None:
        return
    by_key = {migration.key: migration for migration in history.migrations}
    renamed = {history.migrations[it].key for it in renamed_rows(history, files, tool, tracking)}
    newest = {row.key: row for row in table.unfinished if row.key}
    for key, row in newest.items():
        migration = by_key.get(key)
        presence = _presence(migration, standing, tool)
        found = files.get(migration.path) if migration else None
        ended = "failed" if row.state is RowState.FAILED else "began and never ended"
        undone = presence is Presence.UNDECIDABLE and _was_undone(tool, row, found, standing)
        fix = None
        if key in renamed:
            fix = _of_renamed(tool, table, row, key)
        elif migration is not None:
            fix = _fix(tool, migration, files, Presence.ABSENT if undone else presence)
        yield failed_migration_recorded.finding(
            severity=Severity.HIGH,
            subject=key,
            title=f"{table.name} says that {key} {ended}",
            root_cause=(
                *_root_cause(tool, table, row, key),
                _left(migration, presence, undone=undone),
                *_lost_path(tool, found),
            ),
            evidence=(
                table,
                history,
                found,
                standing,
            ),
            fix=fix,
            counterfactual=() if fix else _as_if_undone(tool, key),
            paths=(migration.path,) if migration else (),
        )
    if tool.ledger.compares_undone:
        yield from _undone_runs(tool, table, by_key, files)


def _undone_runs(
    tool: ToolUse, table: TrackingTable, by_key: Mapping[str, Migration], files: Files
) -> Iterator[Finding]:
    """Rows of runs that were declared undone before the file was corrected and applied."""
    good = {(row.key, row.checksum) for row in table.applied}
    oldest = {row.key: row for row in reversed(table.rows)}
    for key, row in oldest.items():
        migration = by_key.get(key or "")
        file = files.get(migration.path) if migration else None
        if row.state is not RowState.ROLLED_BACK or migration is None or file is None:
            continue
        if row.checksum == file.sha256 or (key, file.sha256) not in good:
            continue
        yield _undone_run(tool, table, row, migration, file)


def _undone_run(
    tool: ToolUse, table: TrackingTable, row: TrackingRow, migration: Migration, file: MigrationFile
) -> Finding:
    command = tool.words.generate or tool.words.apply
    step = forget(tool, table, row, "the file was corrected since, and applied")
    return failed_migration_recorded.finding(
        severity=Severity.HIGH,
        subject=migration.key,
        title=f"`{command}` compares {migration.key} with a run that was rolled back",
        root_cause=f"{table.name} has two rows of {migration.key}. The older records a run that "
        f"failed and was marked as rolled back: its checksum is {row.checksum}. Then the file was "
        f"corrected, and the applied row has its checksum. `{command}` compares the file with the "
        "oldest row alone, calls the migration modified, and asks to drop everything.",
        evidence=(table, file),
        fix=Fix(
            title=f"Delete the row of the run of {migration.key} that was rolled back",
            steps=(step,) if step else (),
            safety_note="Right because another row records the present file as applied. No other "
            "database is changed.",
        ),
        paths=(migration.path,),
    )


def _lost_path(tool: ToolUse, file: MigrationFile | None) -> Iterator[str]:
    """Of a dump that sets the search path: then the tool itself no longer finds its table."""
    if line := line_of_search_path(file.text or "") if file else 0:
        yield (
            f"Line {line} of the file changes the search path of the session, and "
            f"`{tool.words.apply}` looks for its own table without a schema, so no run can record "
            "the migration. Take that line out of the file first: a new database needs that too."
        )


def _presence(migration: Migration | None, standing: Standing | None, tool: ToolUse) -> Presence:
    if migration is None or standing is None or len(standing.migrations) <= migration.position:
        return Presence.UNDECIDABLE
    return whole_presence(standing.migrations[migration.position], tool)


def _was_undone(
    tool: ToolUse, row: TrackingRow, file: MigrationFile | None, standing: Standing | None
) -> bool:
    """Whether the error undid all that the run did: the file that failed is one transaction."""
    if row.state is not RowState.FAILED or file is None or file.sha256 != row.checksum:
        return False
    sent = tool.driver.transaction if tool.driver else Transaction.UNKNOWN
    if sent is not Transaction.PER_MIGRATION or not dialect_of(tool).transactional_ddl:
        return False
    known = [it for it in (standing.migrations if standing else ()) if it.tag == row.key]
    return bool(known) and not any(it.commits for each in known for it in each.statements)


def _root_cause(tool: ToolUse, table: TrackingTable, row: TrackingRow, key: str) -> Iterator[str]:
    began = f" that began at {row.begun}" if row.begun else ""
    yield (
        f"{table.name} has a row of {key}{began} and has no end time, so "
        f"`{tool.words.apply}` stops there and applies nothing."
    )
    if row.log:
        said = shortened(" ".join(row.log.split()), _LOG)
        yield f"The tool wrote down: {said.rstrip('.')}."
    else:
        yield "The tool wrote down no error: the process was probably ended while it ran."


def _left(migration: Migration | None, presence: Presence, *, undone: bool) -> str:
    """What the run left in the database."""
    if migration is None:
        return _NOT_HERE
    return _UNDONE if undone else _IN_DATABASE[presence]


_NOT_HERE = "No migration of that name is here: restore it from the branch that has it."
_UNDONE = (
    "The catalogue does not show whether its effects are there, but the file is still the one that "
    "failed, and it runs in one transaction, which the error undid."
)
_IN_DATABASE = {
    Presence.ABSENT: "The catalogue has nothing of what it makes.",
    Presence.PRESENT: "The catalogue has all of what it makes.",
    Presence.PARTLY: "The catalogue has a part of what it makes, so neither way is safe.",
    Presence.UNDECIDABLE: "The catalogue does not prove whether its effects are there, so neither "
    "marking it as applied nor marking it as rolled back is known to be safe.",
}


def _fix(tool: ToolUse, migration: Migration, files: Files, presence: Presence) -> Fix | None:
    """The one of the two that the catalogue proves to be right."""
    key, apply = migration.key, tool.words.apply
    if presence is Presence.ABSENT:
        why = f"Mark the failed run as rolled back, so that `{apply}` runs it again"
        return fix_of(
            f"Mark the failed run of {key} as rolled back",
            [undo(tool, key, why)],
            "Right because nothing of what it makes is in this database, unless somebody ran it by "
            f"hand. If the file still has the error, correct it first. Then run `{apply}`.",
        )
    if presence is Presence.PRESENT:
        why = f"Mark it as applied, so that `{apply}` does not run it again"
        return fix_of(
            f"Mark {key} as applied",
            [mark(tool, migration, files.get(migration.path), why)],
            "Right because all of what it makes is in this database. No other database is changed: "
            "check each separately.",
        )
    return None


def _of_renamed(tool: ToolUse, table: TrackingTable, row: TrackingRow, key: str) -> Fix | None:
    """The failed run of a migration that was applied under another name: it left only its row."""
    return fix_of(
        f"Delete the row of the failed run of {key}",
        [forget(tool, table, row, "the migration was applied under its earlier name")],
        "Right because the same bytes are recorded as applied under the earlier name. Rename the "
        "migration back as well.",
    )


def _as_if_undone(tool: ToolUse, key: str) -> tuple[Step, ...]:
    """For experiments alone: what the commands would do if the row did not stop them."""
    step = undo(tool, key, "as if the run had been undone")
    return (step,) if step else ()
