"""The list of migrations lists nothing, but there are migration files."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Fault, Files, History
from forensics.model import Artefact, Finding, Outcome, Severity
from forensics.rules._base import rule
from forensics.rules._git import describe
from forensics.rules._journal import restore


@rule(artefact=Artefact.JOURNAL, since="0.1.0")
def empty_journal(history: History, files: Files, commits: Commits | None) -> Iterator[Finding]:
    """
    The list of migrations lists nothing, but there are migration files.

    ## What breaks

    `migrate` says "applied successfully" and does nothing; on a fresh database the application
    then fails at its first query. `generate` starts again at 0000 with the whole schema. A journal
    of zero bytes stops every command that reads it.

    ## Evidence

    A journal without entries beside .sql files. `check` of drizzle 0.x writes just such a journal
    where it finds no `meta` folder.

    ## Not this

    A journal that is gone is `missing-journal`; one that is no JSON is `malformed-journal`.

    ## Fix

    Restore the journal from git.

    ## Fix safety

    Safe where the restored journal lists the files that are there; compare the two.

    ## Prevention

    Run drizzle-kit only from the folder of its config: `check` elsewhere makes a new, empty
    journal, which then gets committed or copied.
    """
    zero_bytes = history.problem is not None and history.problem.fault is Fault.EMPTY
    lists_nothing = (
        history.outcome is Outcome.COLLECTED and not history.problem and not history.migrations
    )
    present = [file for file in files.files if file.outcome is Outcome.COLLECTED]
    if not (zero_bytes or lists_nothing) or not present:
        return
    yield empty_journal.finding(
        severity=Severity.HIGH,
        subject=history.path,
        title="The journal lists nothing, but there are migration files",
        root_cause=f"{history.path} {'has no content' if zero_bytes else 'has no entry'}, but its folder "
        f"holds {len(present)} migration file(s). {_last_change(history, commits)}",
        evidence=(history.evidence, files.evidence),
        fix=restore(history, commits),
        paths=(history.path,),
    )


def _last_change(history: History, commits: Commits | None) -> str:
    changed = next(commits.of(history.path), None) if commits else None
    if changed is None:
        return "Git says nothing of it."
    return f"The last commit that touched it is {describe(changed[0])}."
