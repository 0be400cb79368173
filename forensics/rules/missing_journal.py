"""The list of migrations is missing."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, Files, History, Snapshots, ToolUse
from forensics.model import Artefact, Finding, Fix, Outcome, Severity
from forensics.model.wording import capital
from forensics.rules._base import rule
from forensics.rules._git import how_it_went, removed_by, was_on_head
from forensics.rules._journal import (
    as_if_restored,
    restore,
    restore_folder,
    runner_sentence,
    weight,
)


@rule(artefact=Artefact.JOURNAL, since="0.1.0", of_folder=True)
def missing_journal(
    history: History,
    files: Files,
    tool: ToolUse,
    snapshots: Snapshots | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """
    The list of migrations is missing.

    ## What breaks

    Applying migrations stops before it reaches the database. If another command has created a new,
    empty list instead, applying migrations reports success and does nothing.

    ## Evidence

    A folder with migration files, or a list that HEAD's history contains, and no list on disk. Git
    shows when it was removed. Or a config that names a folder that does not exist, while another
    one has the list.

    ## Not this

    A list without entries is `empty-journal`. A folder that has no migrations yet is new. If a
    runner applies the files of the folder directly, no list is needed and this is only a note.

    ## Fix

    Restore the list from git, with its folder or the whole migration folder if those are missing
    too. Do not let the generate command create a new one: it starts again from the first number.

    ## Fix safety

    Safe if the restored list contains the files that are there. Compare the two.

    ## Prevention

    Commit the list and the snapshots with the migrations, and copy them all into images. Let CI
    fail when one is missing.
    """
    if tool.elsewhere and history.outcome is Outcome.ABSENT:
        yield _misled(tool, history)
        return
    present = any(file.outcome is Outcome.COLLECTED for file in files.files)
    if history.outcome is not Outcome.ABSENT or not (present or was_on_head(commits, history.path)):
        return
    meta_too = snapshots is not None and snapshots.outcome is Outcome.ABSENT
    gone = snapshots.folder if present and snapshots else tool.folder
    whole = restore_folder(history, commits, gone) if meta_too else None
    fix = whole or restore(history, commits)
    but = "but its folder contains migration files" if present else "nor is any migration file"
    yield missing_journal.finding(
        severity=weight(tool),
        subject=history.path,
        title=f"{capital(tool.words.listed_in)} of the migrations is missing"
        if present
        else f"The migration folder {tool.folder} is missing",
        root_cause=(
            f"{history.path} is not there, {but}.",
            how_it_went(commits, history.path),
            runner_sentence(tool),
        ),
        evidence=(history, files),
        fix=fix,
        counterfactual=as_if_restored(fix, history, commits, files),
        paths=(history.path,),
        origin=removed_by(commits, history.path),
    )


def _misled(tool: ToolUse, history: History) -> Finding:
    fix = Fix(
        title=f"Name {tool.elsewhere} in {tool.config}, or move the migrations to {tool.folder}",
        steps=(),
        safety_note="Right if both are meant to be the same folder. The tracking table stays the "
        "same, so nothing that is recorded runs again.",
    )
    return missing_journal.finding(
        severity=Severity.MEDIUM,
        subject=history.path,
        title=f"{tool.config} names the folder {tool.folder}, which is not there",
        root_cause=f"{tool.config} names {tool.out or tool.folder} as the folder of the "
        f"migrations, and that does not exist. The only list of migrations is in {tool.elsewhere}, "
        f"which no config names: `{tool.words.apply}` does not look there.",
        evidence=(tool.config_evidence, history),
        fix=fix,
        counterfactual=tool.as_if_here,
        paths=(tool.config,),
    )
