"""The same migration is listed twice, or under two names."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects.repeats import changes_schema, passes_again, repeats
from forensics.facts import (
    Commits,
    Files,
    History,
    Migration,
    Snapshots,
    ToolUse,
    TrackingTables,
    Unjudged,
)
from forensics.model import Artefact, Finding, Fix, Severity
from forensics.rules._base import rule
from forensics.rules._fixes import deleted
from forensics.rules._git import added_by, came_with
from forensics.tracking.matching import recorded_rows, unreadable


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0", of_folder=True)
def duplicate_migration(
    history: History | None,
    files: Files | None,
    unjudged: Unjudged | None,
    snapshots: Snapshots | None,
    tool: ToolUse,
    tracking: TrackingTables | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """
    The same migration is listed twice, or under two names.

    ## What breaks

    Applying migrations runs the same SQL twice. The second run fails at objects that already exist,
    or, if every statement has `IF NOT EXISTS`, inserts and updates run twice. A database that has
    the first one stops at the copy.

    ## Evidence

    Two entries of the list with one name, or two listed files with the same bytes. Folders with the
    same bytes are reported for every release of the tool, even an unknown one.

    ## Not this

    An unlisted copy never runs: `unlisted-migration-file`. Files without statements are
    `empty-migration`. Statements that only work on rows may be repeated on purpose, so that is only
    a note. What was generated again because a snapshot is missing is `missing-snapshot`. Several
    rows of one migration are `duplicate-tracking-row`.

    ## Fix

    Remove the copy that no database has recorded: entry, file and snapshot together.

    ## Fix safety

    Check every environment first: keep the one that any of them has recorded.

    ## Prevention

    Let CI apply all migrations to an empty database on the merge result.
    """
    if unjudged is not None:
        history, files, tracking = unjudged.history, unjudged.files, None
    if history is None or files is None:
        return
    recorded = recorded_rows(history, files, tool, tracking)
    seen: dict[str, Migration] = {}
    names: dict[str, Migration] = {}
    for migration in history.migrations:
        file = files.get(migration.path)
        digest = file.sha256 if file else None
        text = file.text if file else None
        before = names.get(migration.key) or (seen.get(digest) if digest else None)
        again = before is not None and before.key == migration.key
        bare = before is not None and not again and _lacks_snapshot(before, snapshots)
        if before is not None and not bare and _has_statements(text):
            both = {before.position, migration.position} <= recorded.keys()
            yield duplicate_migration.finding(
                severity=_severity(text, tool, both=both),
                subject=migration.path,
                title=_title(migration, before),
                root_cause=_root_cause(migration, before, digest, commits, both),
                evidence=(history, file),
                fix=_fix(migration, before, history, snapshots, commits)
                if migration.position not in recorded
                and not unreadable(tool, tracking)
                and unjudged is None
                else None,
                paths=(migration.path,),
                origin=added_by(commits, migration.path),
            )
        names.setdefault(migration.key, migration)
        if digest:
            seen.setdefault(digest, migration)


def _fix(
    migration: Migration,
    before: Migration,
    history: History,
    snapshots: Snapshots | None,
    commits: Commits | None,
) -> Fix | None:
    """The removal of a copy, in a tool that takes whatever is in the folder."""
    if not history.is_listing or migration.key == before.key:
        return None
    there = [it.path for it in snapshots.entries] if snapshots else []
    own = (migration.path, *(it for it in there if it == migration.snapshot_path))
    return Fix(
        title=f"Delete the copy {migration.key}",
        steps=tuple(deleted(it, commits) for it in own),
        safety_note="This database has not recorded it. Look into every other environment first: "
        f"where {migration.key} is recorded, it must stay.",
    )


def _lacks_snapshot(migration: Migration, snapshots: Snapshots | None) -> bool:
    """Whether it has none, in a tool that has snapshots: then that is why it was repeated."""
    if snapshots is None or migration.snapshot_path is None:
        return False
    return all(it.path != migration.snapshot_path for it in snapshots.entries if not it.ignored)


def _has_statements(text: str | None) -> bool:
    return text is None or repeats(text, (text,))


def _severity(text: str | None, tool: ToolUse, *, both: bool) -> Severity:
    if both or text is None or not changes_schema(text):
        return Severity.NOTE
    harmless = tool.runner_reads_folder or passes_again(text)
    return Severity.LOW if harmless else Severity.MEDIUM


def _title(migration: Migration, before: Migration) -> str:
    if migration.key == before.key:
        return f"{migration.key} is listed twice"
    return f"{migration.key} is a copy of {before.key}"


def _root_cause(
    migration: Migration,
    before: Migration,
    digest: str | None,
    commits: Commits | None,
    both: bool,
) -> Iterator[str]:
    if migration.key == before.key:
        yield f"Positions {before.position} and {migration.position} of the list name one file."
    else:
        yield (
            f"{migration.path} and {before.path} are listed, and have the same SHA-256"
            + (f", {digest}." if digest else ".")
        )
        yield came_with(commits, migration.path, "The later one was added by {}.")
    if both:
        yield "This database records both, so it runs neither again."
    else:
        yield "Whatever has applied the first runs the same statements again."
