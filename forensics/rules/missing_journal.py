"""The list of migrations is gone."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Files, History, Snapshots, ToolUse
from forensics.model import Artefact, Finding, Outcome
from forensics.rules._base import rule
from forensics.rules._git import how_it_went, removed_by, was_on_head
from forensics.rules._journal import (
    as_if_restored,
    restore,
    restore_folder,
    runner_sentence,
    weight,
)


@rule(artefact=Artefact.JOURNAL, since="0.1.0")
def missing_journal(
    history: History,
    files: Files,
    tool: ToolUse,
    snapshots: Snapshots | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """
    The list of migrations is gone.

    ## What breaks

    `migrate` stops before it reaches the database. `check` and `generate` stop too while the `meta`
    folder is there; where the folder is gone as well, they make a new, empty journal, and `migrate`
    then says "applied successfully" and does nothing.

    ## Evidence

    The absence of the journal in a folder that holds migration files, or whose journal HEAD's
    history holds, and what git says of it.

    ## Not this

    A journal without entries is `empty-journal`. A folder that has no migrations yet is new. Where
    a runner applies the folder itself (`wrangler d1 migrations apply`), a journal is not needed to
    apply anything, and its absence is only noted.

    ## Fix

    Restore the journal from git, and `meta` or the whole folder where they are gone with it. Do not
    let `generate` write a new one: it starts again at 0000.

    ## Fix safety

    Safe where the restored journal lists the files that are there; compare the two.

    ## Prevention

    Commit `meta/` with the migrations and copy both into images; let CI fail when one is missing.
    """
    present = any(file.outcome is Outcome.COLLECTED for file in files.files)
    if history.outcome is not Outcome.ABSENT or not (present or was_on_head(commits, history.path)):
        return
    meta_too = snapshots is not None and snapshots.outcome is Outcome.ABSENT
    gone = snapshots.folder if present and snapshots else tool.folder
    whole = restore_folder(history, commits, gone) if meta_too else None
    fix = whole or restore(history, commits)
    holds = "but its folder holds migration files" if present else "nor is any migration file"
    yield missing_journal.finding(
        severity=weight(tool),
        subject=history.path,
        title="The journal of the migrations is gone"
        if present
        else f"The migration folder {tool.folder} is gone",
        root_cause=f"{history.path} is not there, {holds}. "
        f"{how_it_went(commits, history.path)}{runner_sentence(tool)}",
        evidence=(history.evidence, files.evidence),
        fix=fix,
        counterfactual=as_if_restored(fix, history, commits, files),
        paths=(history.path,),
        origin=removed_by(commits, history.path),
    )
