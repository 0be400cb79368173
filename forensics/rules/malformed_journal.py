"""The list of migrations cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Fault, History
from forensics.model import Artefact, Finding, Severity
from forensics.rules._base import rule
from forensics.rules._git import changed_by, last_change
from forensics.rules._journal import as_if_restored, restore

NOT_THIS = (Fault.EMPTY, Fault.CONFLICT_MARKERS, Fault.UNREADABLE, Fault.WRONG_ENCODING)


@rule(artefact=Artefact.JOURNAL, since="0.1.0")
def malformed_journal(history: History, commits: Commits | None) -> Iterator[Finding]:
    """
    The list of migrations is there, but cannot be read.

    ## What breaks

    Every command that reads the journal stops: `check`, `generate`, `migrate` and `up`. Releases
    0.31.10 and 0.31.11 of drizzle-kit say nothing of it when they `migrate`.

    ## Evidence

    The journal's bytes, and what the tool's own parser says of them.

    ## Not this

    Markers of a merge conflict are `merge-conflict-markers`, a byte order mark is
    `wrong-text-encoding`. A journal of zero bytes, or without
    entries, is `empty-journal`. A journal that only we may not read is a question without answer.

    ## Fix

    Restore the last version that git holds.

    ## Fix safety

    Needs a look: entries added since that version are lost with it.

    ## Prevention

    Let CI parse the journal, and never edit it by hand.
    """
    problem = history.problem
    if problem is None or problem.fault in NOT_THIS:
        return
    fix = restore(history, commits)
    yield malformed_journal.finding(
        severity=Severity.HIGH,
        subject=history.path,
        title="The journal of the migrations cannot be read",
        root_cause=f"{history.path} cannot be read: {problem.message}. "
        f"{last_change(commits, history.path, history.sha256)}",
        evidence=(history.evidence,),
        fix=fix,
        counterfactual=as_if_restored(fix, history, commits),
        paths=(history.path,),
        origin=changed_by(commits, history.path, history.sha256),
    )
