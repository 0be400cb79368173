"""Git ignores a file that the migrations need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.facts import Commits, Files, History, PathState, Snapshots
from forensics.model import Artefact, Finding, Fix, RunCommand, Safety, Severity
from forensics.model.wording import counted
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
    number. If the whole folder is ignored, each machine has a history of its own, and no two
    databases need to agree.

    ## Evidence

    Files that are there, that git does not track, and the ignore rule that hides each of them.

    ## Not this

    A file that was added although a rule matches it is tracked, and fine. A file that is only not
    yet committed is work in progress. An ignored file that no migration needs is
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
    ignored = [it for it in _needed(history, files, snapshots, commits) if it.state == "ignored"]
    whole = any(it.path == history.path for it in ignored)
    for states in [ignored] if whole else [[it] for it in ignored]:
        yield _finding(states, files.folder if whole else states[0].path, history, files, commits)


def _needed(
    history: History, files: Files, snapshots: Snapshots | None, commits: Commits
) -> Iterator[PathState]:
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


def _finding(
    states: Sequence[PathState], subject: str, history: History, files: Files, commits: Commits
) -> Finding:
    first = states[0]
    rule_ = f"`{first.rule}`" if first.rule else "an ignore rule"
    count = counted(len(states), "file")
    what = subject if len(states) == 1 else f"{count} of {subject}"
    return ignored_migration_file.finding(
        severity=Severity.MEDIUM,
        subject=subject,
        title=f"Git ignores {subject}",
        root_cause=f"{what} {'is' if len(states) == 1 else 'are'} not in git: {rule_} hides "
        f"{'it' if len(states) == 1 else 'them'}. A clone has no such "
        f"{'file' if len(states) == 1 else 'files'}.",
        evidence=(commits.evidence, history.evidence, files.evidence),
        fix=Fix(
            title=f"Add {subject} to git",
            steps=(
                RunCommand(
                    argv=("git", "add", "--force", "--", subject),
                    why="adds it although the rule matches; then it is tracked",
                ),
            ),
            safety=Safety.REVIEW,
            safety_note=f"Take {rule_} out of its file as well, or later files are ignored again. "
            "Compare first whether others have the same migrations.",
        ),
        paths=tuple(it.path for it in states[:4]),
    )
