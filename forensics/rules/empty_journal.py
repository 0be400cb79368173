"""The list of migrations lists nothing, although there are migration files."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Fault, Files, History, ToolUse
from forensics.model import Artefact, Finding, Outcome
from forensics.rules._base import rule
from forensics.rules._git import changed_by, last_change
from forensics.rules._journal import restore, runner_sentence, weight


@rule(artefact=Artefact.JOURNAL, since="0.1.0")
def empty_journal(
    history: History, files: Files, tool: ToolUse, commits: Commits | None
) -> Iterator[Finding]:
    """
    The list of migrations lists nothing, although there are migration files.

    ## What breaks

    `migrate` says "applied successfully" and does nothing; on a fresh database the application
    then fails at its first query. `generate` starts again at 0000 with the whole schema. A journal
    of zero bytes stops every command that reads it.

    ## Evidence

    A journal without entries beside .sql files, or one of zero bytes. `check` of drizzle 0.x writes
    a journal without entries where it finds no `meta` folder.

    ## Not this

    A journal that is gone is `missing-journal`; one that is no JSON is `malformed-journal`. A
    folder without migration files, whose journal has no entries yet, is new. Where a runner applies
    the folder itself, it is only noted.

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
    present = sum(file.outcome is Outcome.COLLECTED for file in files.files)
    if not zero_bytes and not (lists_nothing and present):
        return
    yield empty_journal.finding(
        severity=weight(tool),
        subject=history.path,
        title=f"The journal lists nothing, its folder holds {present} migration file(s)",
        root_cause=f"{history.path} has {'no content' if zero_bytes else 'no entry'}, its folder "
        f"holds {present} migration file(s). {last_change(commits, history.path, history.sha256)}"
        f"{runner_sentence(tool)}",
        evidence=(history.evidence, files.evidence),
        fix=restore(history, commits),
        paths=(history.path,),
        origin=changed_by(commits, history.path, history.sha256),
    )
