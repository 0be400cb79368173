"""The list of migrations is gone."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Files, History, ToolUse
from forensics.model import Artefact, Finding, Outcome
from forensics.rules._base import rule
from forensics.rules._git import how_it_went, removed_by
from forensics.rules._journal import restore, runner_sentence, weight


@rule(artefact=Artefact.JOURNAL, since="0.1.0")
def missing_journal(
    history: History, files: Files, tool: ToolUse, commits: Commits | None
) -> Iterator[Finding]:
    """
    The list of migrations is gone.

    ## What breaks

    `migrate` stops before it reaches the database. `check` and `generate` stop too while the `meta`
    folder is there; where the folder is gone as well, they make a new, empty journal, and `migrate`
    then says "applied successfully" and does nothing.

    ## Evidence

    The absence of the journal in a folder that holds migration files, and what git says of it.

    ## Not this

    A journal without entries is `empty-journal`. A folder that has no migrations yet is new. Where
    a runner applies the folder itself (`wrangler d1 migrations apply`), a journal is not needed to
    apply anything, and its absence is only noted.

    ## Fix

    Restore the journal from git. Do not let `generate` write a new one: it starts again at 0000.

    ## Fix safety

    Safe where the restored journal lists the files that are there; compare the two.

    ## Prevention

    Commit `meta/` with the migrations and copy both into images; let CI fail when one is missing.
    """
    if history.outcome is not Outcome.ABSENT or not any(
        file.outcome is Outcome.COLLECTED for file in files.files
    ):
        return
    yield missing_journal.finding(
        severity=weight(tool),
        subject=history.path,
        title="The journal of the migrations is gone",
        root_cause=f"{history.path} is not there, but its folder holds migration files. "
        f"{how_it_went(commits, history.path)}{runner_sentence(tool)}",
        evidence=(history.evidence, files.evidence),
        fix=restore(history, commits),
        paths=(history.path,),
        origin=removed_by(commits, history.path),
    )
