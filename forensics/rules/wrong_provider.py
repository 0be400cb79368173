"""The migrations were written for another kind of database than the one that is configured."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Commits, History, ToolUse
from forensics.model import Artefact, Finding, Severity
from forensics.rules._base import rule
from forensics.rules._fixes import fix_of
from forensics.rules._git import added_by


@rule(artefact=Artefact.CONFIG, since="0.2.0")
def wrong_provider(history: History, tool: ToolUse, commits: Commits | None) -> Iterator[Finding]:
    """
    The migrations were written for another kind of database than the one that is configured.

    ## What breaks

    Every command that uses the migrations stops before it reaches the database.

    ## Evidence

    The file next to the migrations that names the kind of database, and the configuration.

    ## Not this

    If that file is missing, or names nothing that can be read, the tool does not compare.

    ## Fix

    If the migrations are written for the database that is meant, correct the line of the file. If
    the project really moved to another kind of database, it needs new migrations: keep the old ones
    until every database has moved.

    ## Fix safety

    Only the file changes. Do not delete the migrations, as the tool itself may advise: they are
    the history of every database that has them.

    ## Prevention

    Never edit that file, and review every change of the configured kind of database.
    """
    pinned = history.pinned
    if pinned is None or tool.dialect is None or pinned.dialect in (None, tool.dialect):
        return
    yield wrong_provider.finding(
        severity=Severity.HIGH,
        subject=pinned.path,
        title=f"{pinned.path} names {pinned.dialect}, the configuration {tool.dialect}",
        root_cause=f"{pinned.path} says that the migrations are for {pinned.dialect}, and "
        f"{tool.config} means {tool.dialect}. `{tool.words.apply}` compares the two and stops.",
        evidence=(pinned, tool.config_evidence),
        fix=fix_of(
            f"Correct the line of {pinned.path}",
            (pinned.corrected,),
            f"Right if the SQL of the migrations is written for {tool.dialect}: look at it first. "
            "The database is not touched.",
        ),
        paths=(pinned.path,),
        origin=added_by(commits, pinned.path),
    )
