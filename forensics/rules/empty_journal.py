"""The list of migrations is empty, although there are migration files."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Fault, Files, History, ToolUse
from forensics.model import Artefact, Finding, Outcome
from forensics.model.wording import capital
from forensics.rules._base import rule
from forensics.rules._git import changed_by, last_change
from forensics.rules._journal import restore, runner_sentence, weight


@rule(artefact=Artefact.JOURNAL, since="0.1.0", of_folder=True)
def empty_journal(
    history: History, files: Files, tool: ToolUse, commits: Commits | None
) -> Iterator[Finding]:
    """
    The list of migrations is empty, although there are migration files.

    ## What breaks

    Applying migrations reports success and does nothing. On a fresh database the application then
    fails at its first query. The generate command starts again from the first number, with the
    whole schema. A list of zero bytes stops every command that reads it.

    ## Evidence

    A list without entries in a folder with migration files, or a list of zero bytes.

    ## Not this

    A missing list is `missing-journal`. One that cannot be parsed is `malformed-journal`. A folder
    without migration files whose list has no entries yet is new. If a runner applies the files of
    the folder directly, this is only a note.

    ## Fix

    Restore the list from git.

    ## Fix safety

    Safe if the restored list contains the files that are there. Compare the two.

    ## Prevention

    Run the migration tool only from the folder of its config. Elsewhere it may create a new, empty
    list, which then gets committed or copied.
    """
    zero_bytes = history.problem is not None and history.problem.fault is Fault.EMPTY
    lists_nothing = (
        history.outcome is Outcome.COLLECTED and not history.problem and not history.migrations
    )
    present = sum(file.outcome is Outcome.COLLECTED for file in files.files)
    if not zero_bytes and not (lists_nothing and present):
        return
    yield empty_journal.finding(
        severity=weight(tool),
        subject=history.path,
        title=f"{capital(tool.words.listed_in)} is empty, but there are {present} migration "
        "file(s)",
        root_cause=(
            f"{history.path} {'is empty' if zero_bytes else 'has no entries'}, but its folder "
            f"contains {present} migration file(s).",
            last_change(commits, history.path, history.sha256),
            runner_sentence(tool),
        ),
        evidence=(history, files),
        fix=restore(history, commits),
        paths=(history.path,),
        origin=changed_by(commits, history.path, history.sha256),
    )
