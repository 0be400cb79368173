"""The list spells the name of a migration file with other capital letters than the file has."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Files, History
from forensics.model import (
    Artefact,
    DeleteFile,
    Finding,
    Fix,
    Outcome,
    RunCommand,
    Safety,
    Severity,
    WriteFile,
)
from forensics.rules._base import rule
from forensics.rules._case import in_other_case
from forensics.rules._git import added_by, came_with, describe
from forensics.rules._journal import listed_since


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0", of_folder=True)
def file_name_case_mismatch(
    history: History, files: Files, commits: Commits | None
) -> Iterator[Finding]:
    """
    The list spells the name of a migration file with other capital letters than the file has.

    ## What breaks

    It works where file names ignore case (macOS, Windows), and fails where they do not (Linux, so
    in CI and in containers): applying migrations stops, because the file is not found.

    ## Evidence

    The name in the list of migrations, and a file in the folder whose name differs only in case.

    ## Not this

    If no file has that name in any case, it is `missing-migration-file`.

    ## Fix

    Rename the file to the name in the list. Use `git mv`, since git on macOS and Windows does not
    notice a name that only changes in case.

    ## Fix safety

    Safe: the bytes stay the same, and so does the checksum.

    ## Prevention

    Do not edit names of migrations by hand, and let CI run on Linux.
    """
    for migration, file in in_other_case(history, files).items():
        listed = listed_since(history, migration.key, commits)
        yield file_name_case_mismatch.finding(
            severity=Severity.HIGH,
            subject=file.path,
            title=f"{file.path.rpartition('/')[2]} is listed with other capital letters",
            root_cause=(
                f"{history.path} lists {migration.key}, so its file should be called "
                f"{migration.path}. In the folder it is {file.path}.",
                came_with(commits, file.path, "The file was added by {}."),
                f"It is listed so since {describe(listed)}." if listed else "",
            ),
            evidence=(file, history, files),
            fix=Fix(
                title=f"Rename {file.path} as it is listed",
                steps=(
                    RunCommand(
                        argv=("git", "mv", "-f", "--", file.path, migration.path),
                        why="the bytes stay the same",
                    ),
                ),
                safety=Safety.SAFE,
                safety_note="The bytes stay the same, and no database is touched.",
            ),
            counterfactual=(
                WriteFile(path=migration.path, before=None, after=file.text or ""),
                DeleteFile(path=file.path),
            )
            if file.outcome is Outcome.COLLECTED
            else (),
            paths=(file.path,),
            origin=added_by(commits, file.path),
        )
