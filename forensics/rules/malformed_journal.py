"""The list of migrations exists, but cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Fault, History, ToolUse
from forensics.model import Artefact, Finding, Severity
from forensics.model.wording import capital
from forensics.rules._base import rule
from forensics.rules._git import changed_by, last_change
from forensics.rules._journal import as_if_restored, restore

NOT_THIS = (Fault.EMPTY, Fault.CONFLICT_MARKERS, Fault.UNREADABLE, Fault.WRONG_ENCODING)


@rule(artefact=Artefact.JOURNAL, since="0.1.0", of_folder=True)
def malformed_journal(
    history: History, tool: ToolUse, commits: Commits | None
) -> Iterator[Finding]:
    """
    The list of migrations exists, but cannot be read.

    ## What breaks

    Every command that reads the list stops.

    ## Evidence

    The bytes of the list, and the error of the tool's own parser.

    ## Not this

    Merge conflict markers are `merge-conflict-markers`. A byte order mark is `wrong-text-encoding`.
    A list of zero bytes, or without entries, is `empty-journal`. If Forensics lacks permission to
    read the list, it reports an open question.

    ## Fix

    Restore the last intact version from git.

    ## Fix safety

    Review it first: entries added since that version are lost.

    ## Prevention

    Let CI parse the list of migrations, and never edit it by hand.
    """
    problem = history.problem
    if problem is None or problem.fault in NOT_THIS:
        return
    fix = restore(history, commits)
    yield malformed_journal.finding(
        severity=Severity.HIGH,
        subject=history.path,
        title=f"{capital(tool.words.listed_in)} of the migrations cannot be read",
        root_cause=(
            f"{history.path} cannot be read: {problem.message}.",
            last_change(commits, history.path, history.sha256),
        ),
        evidence=(history,),
        fix=fix,
        counterfactual=as_if_restored(fix, history, commits),
        paths=(history.path,),
        origin=changed_by(commits, history.path, history.sha256),
    )
