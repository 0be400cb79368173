"""Git ignores a file that the migrations need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.facts import Commits, Files, History, PathState, Snapshots
from forensics.model import Artefact, Finding, Fix, RunCommand, Severity
from forensics.model.wording import counted, listed
from forensics.rules._base import rule


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def ignored_migration_file(
    history: History, files: Files, snapshots: Snapshots | None, commits: Commits | None
) -> Iterator[Finding]:
    """
    Git ignores a file that the migrations need.

    ## What breaks

    It works on the machine of its author. Everywhere else the file is missing: applying migrations
    stops at the file that it does not find, or a colleague generates a migration with the same
    number. If the whole folder is ignored, each machine has a history of its own, and databases can
    differ.

    ## Evidence

    Files that are there, that git does not track, and the ignore rule that hides each of them.

    ## Not this

    A file that was added although a rule matches it is tracked, and fine. A file that is not
    committed yet is work in progress. An ignored file that no migration needs is
    `stray-file-in-meta` if it breaks something.

    ## Fix

    Take the rule out of the ignore file, or except the folder from it, and add the files.

    ## Fix safety

    Compare first what others have: where the folder was ignored, colleagues and servers may have
    other migrations with the same numbers. The list, SQL and snapshots belong together.

    ## Prevention

    Commit the list, the SQL and the snapshots of each migration, and let CI apply them to an empty
    database from a fresh clone.
    """
    if commits is None:
        return
    ignored = [it for it in _needed(history, snapshots, commits) if it.state == "ignored"]
    whole = any(it.path == history.path for it in ignored)
    for states in [ignored] if whole else _by_rule(ignored):
        subjects = [files.folder] if whole else [it.path for it in states]
        yield _finding(states, subjects, history, files, commits)


def _by_rule(ignored: Sequence[PathState]) -> list[list[PathState]]:
    """What one ignore rule hides has one cause."""
    groups: dict[str, list[PathState]] = {}
    for state in ignored:
        groups.setdefault(state.rule or state.path, []).append(state)
    return list(groups.values())


def _needed(history: History, snapshots: Snapshots | None, commits: Commits) -> Iterator[PathState]:
    """What git says of the list, the listed files and their snapshots, as far as they are there."""
    there = {it.path for it in snapshots.entries} if snapshots else set()
    paths = [history.path] if not history.is_listing else []
    for migration in history.migrations:
        paths.append(migration.path)
        if migration.snapshot_path in there and migration.snapshot_path is not None:
            paths.append(migration.snapshot_path)
    for path in dict.fromkeys(paths):
        if (state := commits.state(path)) is not None:
            yield state


_MOST = 4
"""Paths that a sentence names."""


def _finding(
    states: Sequence[PathState],
    subjects: Sequence[str],
    history: History,
    files: Files,
    commits: Commits,
) -> Finding:
    first, subject, more = states[0], subjects[0], len(subjects) - 1
    named = subject + (f" and {counted(more, 'more file')}" if more else "")
    rule_ = f"`{first.rule}`" if first.rule else "an ignore rule"
    count = counted(len(states), "file")
    what = f"{count} of {subject}" if len(subjects) < len(states) else listed(subjects[:_MOST])
    return ignored_migration_file.finding(
        severity=Severity.MEDIUM,
        subject=subject,
        others=tuple(subjects[1:]),
        title=f"Git ignores {named}",
        root_cause=f"{what} {'is' if len(states) == 1 else 'are'} not in git: {rule_} hides "
        f"{'it' if len(states) == 1 else 'them'}. A clone has no such "
        f"{'file' if len(states) == 1 else 'files'}.",
        evidence=(commits, history, files),
        fix=Fix(
            title=f"Add {named} to git",
            steps=(
                RunCommand(
                    argv=("git", "add", "--force", "--", *subjects),
                    why="git tracks what was added, although the rule matches",
                ),
            ),
            safety_note=f"Take {rule_} out of its file as well, or later files are ignored again. "
            "Compare first whether others have the same migrations.",
        ),
        paths=(it.path for it in states[:_MOST]),
    )
