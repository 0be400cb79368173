"""The newest migration has no snapshot, so the next generated migration repeats it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from forensics.dialects.repeats import Earlier, changes_schema
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
from forensics.model import Artefact, Finding, Fix, Origin, Outcome, Severity, WriteFile
from forensics.model.wording import capital
from forensics.rules._base import rule
from forensics.rules._fixes import fix_of
from forensics.rules._git import Version, how_it_went, removed_by, versions
from forensics.tracking.matching import recorded_rows, unreadable

NOTHING_TO_DO = "-- Nothing to do: {} made all of this.\n"


@rule(artefact=Artefact.SNAPSHOT, since="0.1.0", of_folder=True)
def missing_snapshot(
    history: History | None,
    files: Files | None,
    snapshots: Snapshots | None,
    tool: ToolUse,
    tracking: TrackingTables | None,
    commits: Commits | None,
    unjudged: Unjudged | None,
) -> Iterator[Finding]:
    """
    The newest migration has no snapshot, so the next generated migration repeats it.

    ## What breaks

    The generate command compares the schema code with the newest snapshot. If the newest migration
    has none, the generate command writes its changes again, and applying the result fails at
    objects that already exist. The check command reports no problem.

    ## Evidence

    The list of migrations and the files in the snapshot folder. Git says whether the snapshot once
    existed. A later migration that adds nothing new shows that this has already happened.

    ## Not this

    A snapshot that exists but is broken is `malformed-snapshot`. A gap before the newest snapshot
    does not matter. Hand-written migrations have no snapshots; a series of them, or one that does
    not touch the schema, is only a note.

    ## Fix

    Restore the snapshot from git. If a later migration repeats this one and adds nothing, its SQL
    is replaced by a comment, so that the list and the snapshots stay as they are.

    ## Fix safety

    No database is involved, but review the bytes: they should match the same state of the code. Run
    the generate command afterwards: it must find no changes.

    ## Prevention

    Commit the SQL, the list and the snapshot together. Let the tool create the files of
    hand-written migrations too, so that they get a snapshot.
    """
    if unjudged is not None:
        yield from _told(unjudged)
    if history is None or files is None or snapshots is None:
        return
    if history.problem is not None or snapshots.outcome is not Outcome.COLLECTED:
        return
    there = {entry.path for entry in snapshots.entries if not entry.ignored}
    bare = [m for m in history.migrations if m.snapshot_path and m.snapshot_path not in there]
    recorded = recorded_rows(history, files, tool, tracking)
    repeated = [
        (before, again)
        for before, again in _repeated(history, files, bare)
        if again.position not in recorded and not unreadable(tool, tracking)
    ]
    if repeated:
        yield _happened(*repeated[-1], history, files, snapshots, tool, commits)
    elif bare and bare[-1] == history.migrations[-1]:
        yield _ahead(bare, history, files, snapshots, tool, commits)


def _told(unjudged: Unjudged) -> Iterator[Finding]:
    """Of a release that is not modelled, only that they have none."""
    bare, folder, listed = unjudged.bare, unjudged.history.path, unjudged.history.migrations
    if not bare:
        return
    paths = tuple(it.path for it in listed if it.key in bare)
    files = (unjudged.files.get(it) for it in paths)
    some = ", ".join(bare[:_SHOWN]) + (f" and {len(bare) - _SHOWN} more" * (len(bare) > _SHOWN))
    yield missing_snapshot.finding(
        severity=Severity.NOTE,
        subject=bare[-1],
        title=f"{len(bare)} of {len(listed)} migrations in {folder} have no snapshot",
        root_cause=f"Those without one are often migrations that were written by hand: {some}.",
        evidence=(unjudged.history, *files),
        paths=paths,
    )


_SHOWN = 6


def _repeated(
    history: History, files: Files, bare: list[Migration]
) -> Iterator[tuple[Migration, Migration]]:
    """A migration without snapshot, and the next, generated one that makes nothing new."""
    without, earlier = {migration.position for migration in bare}, Earlier()
    for before, migration in pairwise(history.migrations):
        earlier.add(_text(before, files))
        by_hand = migration.position in without and not migration.snapshot_ignored
        if before.position in without and not by_hand and earlier.has_all(_text(migration, files)):
            yield before, migration


def _text(migration: Migration, files: Files) -> str | None:
    file = files.get(migration.path)
    return file.text if file is not None else None


# --- It has happened ------------------------------------------------------------------------------


def _happened(
    before: Migration,
    again: Migration,
    history: History,
    files: Files,
    snapshots: Snapshots,
    tool: ToolUse,
    commits: Commits | None,
) -> Finding:
    emptied = _emptied(before, again, files)
    # A table that is made again may have columns that no migration made: then somebody has to look.
    sure = "create table" not in (_text(again, files) or "").lower()
    return missing_snapshot.finding(
        severity=Severity.MEDIUM,
        subject=before.key,
        title=f"{again.key} repeats earlier migrations, because a snapshot is missing",
        root_cause=f"{_where(before, commits)} So {_generate(tool)} took an older state for the "
        f"last one, and {again.key} makes again what the migrations before it make.",
        evidence=(snapshots, history, files.get(again.path)),
        fix=fix_of(
            f"Let {again.key} do nothing",
            emptied if sure else (),
            "Right where its statements add nothing to those before it.",
        ),
        counterfactual=emptied,
        paths=(again.path,),
        origin=_removed(before, commits),
    )


def _emptied(before: Migration, again: Migration, files: Files) -> tuple[WriteFile, ...]:
    text = _text(again, files)
    if text is None:
        return ()
    return (WriteFile(path=again.path, before=text, after=NOTHING_TO_DO.format(before.key)),)


def _where(migration: Migration, commits: Commits | None) -> str:
    path = migration.snapshot_path or ""
    if _is_of_another(migration, commits):
        return (
            f"{path}, the snapshot of {migration.key}, is not there. When git had something at "
            "that path, it did not have the migration, so it was the snapshot of another one."
        )
    if migration.snapshot_ignored:
        return f"The snapshot of {migration.key} does not count: {migration.snapshot_ignored}"
    return f"{path}, the snapshot of {migration.key}, is not there. {how_it_went(commits, path)}"


# --- It is about to happen ------------------------------------------------------------------------


def _ahead(
    bare: list[Migration],
    history: History,
    files: Files,
    snapshots: Snapshots,
    tool: ToolUse,
    commits: Commits | None,
) -> Finding:
    newest = bare[-1]
    version = _last(newest, commits)
    more = {1: "", 2: "another one"}.get(len(bare), f"{len(bare) - 1} more")
    return missing_snapshot.finding(
        severity=_severity(newest, bare, history, files, version),
        subject=newest.key,
        title=f"The newest migration, {newest.key}, has no snapshot",
        root_cause=f"{_where(newest, commits)} {capital(_generate(tool))} compares the schema code "
        f"with an older state, and writes again what {newest.key} made"
        f"{more and f', and perhaps so for {more}'}.",
        evidence=(snapshots, history),
        fix=_fix(newest, version, tool),
        paths=(newest.snapshot_path,),
        origin=_removed(newest, commits),
    )


def _severity(
    newest: Migration,
    bare: list[Migration],
    history: History,
    files: Files,
    version: Version | None,
) -> Severity:
    """By the contract a series without snapshots is noted; not where git had them."""
    series = len(history.migrations) == 1 or history.migrations[-2] in bare
    by_hand = series and version is None and not newest.snapshot_ignored
    text = _text(newest, files)
    unknown_to_code = text is not None and not changes_schema(text)
    return Severity.NOTE if by_hand or unknown_to_code else Severity.MEDIUM


def _last(migration: Migration, commits: Commits | None) -> Version | None:
    path = migration.snapshot_path
    if path is None or commits is None or migration.snapshot_ignored:
        return None
    known = (version for version in versions(commits, path) if version.blob.size)
    return next((it for it in known if not _is_of_other(it, migration, commits)), None)


def _is_of_other(version: Version, migration: Migration, commits: Commits) -> bool:
    """Whether the migration was not there when a content was: after a squash numbers are reused."""
    events = list(commits.of(migration.path))
    age = {commit.id: number for number, commit in enumerate(commits.commits)}
    then = age[version.commit.id]
    before = [change for commit, change in events if age[commit.id] >= then]
    if not before:
        return bool(events)
    return before[0].status == "D" or before[0].path != migration.path


def _is_of_another(migration: Migration, commits: Commits | None) -> bool:
    """Whether nothing that git had of the path was the snapshot of this migration."""
    if migration.snapshot_path is None or commits is None:
        return False
    known = [it for it in versions(commits, migration.snapshot_path) if it.blob.size]
    return bool(known) and all(_is_of_other(it, migration, commits) for it in known)


def _removed(migration: Migration, commits: Commits | None) -> Origin | None:
    path = migration.snapshot_path
    return None if path is None or _is_of_another(migration, commits) else removed_by(commits, path)


def _generate(tool: ToolUse) -> str:
    """The command that writes migrations; a tool with snapshots has one."""
    return f"`{tool.words.generate}`" if tool.words.generate else "the tool"


def _fix(migration: Migration, version: Version | None, tool: ToolUse) -> Fix | None:
    path = migration.snapshot_path
    if version is None or path is None:
        return None
    return fix_of(
        f"Restore {path}",
        (version.restore(path),),
        f"The bytes are those of {version.where}. Run {_generate(tool)} afterwards: it must find "
        "no changes.",
    )
