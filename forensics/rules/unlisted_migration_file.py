"""A migration file is in the folder, but the list of migrations does not name it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from forensics.dialects.repeats import has_all, lacks_all, repeats
from forensics.evidence.tree import split
from forensics.facts import (
    Commits,
    Files,
    History,
    LiveSchema,
    MigrationFile,
    ToolUse,
    TrackingTables,
)
from forensics.model import Artefact, Finding, Outcome, Severity, Unanswered, WriteFile
from forensics.rules._base import MAKE_READABLE, rule
from forensics.rules._case import in_other_case
from forensics.rules._git import added_by, came_with, versions
from forensics.rules._journal import runner_sentence
from forensics.tracking.matching import readable


@rule(artefact=Artefact.JOURNAL, since="0.1.0", or_else=Artefact.MIGRATION_FILE, of_folder=True)
def unlisted_migration_file(
    history: History,
    files: Files,
    tool: ToolUse,
    tracking: TrackingTables | None,
    schema: LiveSchema | None,
    commits: Commits | None,
) -> Iterator[Finding | Unanswered]:
    """
    A migration file is in the folder, but the list of migrations does not name it.

    ## What breaks

    Applying migrations never runs it and still reports success. No command reports it. What the
    file should have created is missing wherever nobody ran it by hand.

    ## Evidence

    The files in the folder and the list of migrations. Git says whether the entry was lost or never
    existed. If the database recorded the file's checksum, it was applied once.

    ## Not this

    An entry without a file is `missing-migration-file`. If a runner applies the files of the folder
    directly, the list does not decide, and this is only a note. So is a file that is not named like
    a migration (`seed.sql`), is a copy of a listed one, or makes only what listed ones make as well
    (the draft of a migration that was generated again). An empty or missing list is reported as
    such.

    ## Fix

    If it should run, list it with a timestamp later than that of every migration applied anywhere.
    If it was run by hand, record it. If it is retired, move it out of the folder.

    ## Fix safety

    Needs a decision: listing a file runs it on every database. Read it first, above all for `DROP`.

    ## Prevention

    Let the tool create migrations, hand-written ones too, and let CI check that every .sql file in
    the folder is listed.
    """
    if history.outcome is not Outcome.COLLECTED or history.problem or not history.migrations:
        return
    listed = {migration.path: files.get(migration.path) for migration in history.migrations}
    in_case = {it.path for it in in_other_case(history, files).values()}
    for file in files.files:
        if file.path in listed or file.path in in_case or file.outcome is Outcome.ABSENT:
            continue
        if file.outcome is not Outcome.COLLECTED:
            lacks = f"what {file.path}, which is not listed, contains ({file.outcome})"
            yield unlisted_migration_file.unanswered(lacks, MAKE_READABLE)
            continue
        copied = _copied(file, listed)
        alien = not _named_like(file.path, history)
        repeated = not copied and repeats(file.text, *_around(file.path, listed))
        harmless = bool(tool.runner_reads_folder or alien or copied or repeated)
        missing = not harmless and lacks_all(schema, file.text)
        applied = tuple(_applied(file, tool, tracking))
        there = not harmless and not applied and has_all(schema, file.text)
        yield unlisted_migration_file.finding(
            severity=Severity.NOTE if harmless else Severity.MEDIUM,
            subject=file.path,
            title=f"{split(file.path)[1]} is not listed{_consequence(tool)}",
            root_cause=(
                *_why_unlisted(file, history, alien),
                f"Its bytes are those of {copied}, which is listed." if copied else "",
                _REPEATED if repeated else "",
                came_with(commits, file.path) or _UNSEEN,
                *_entry(file, history, commits),
                *applied,
                _MISSING if missing else "",
                _THERE if there else "",
                _DROPS if _LOSES.search(file.text or "") else "",
                runner_sentence(tool),
            ),
            evidence=(file, history, schema if missing or there else None),
            counterfactual=_listed(file, history) if missing else (),
            paths=(file.path,),
            origin=added_by(commits, file.path),
        )


_UNSEEN = "The history that we saw does not show where it comes from."
_LOSES = re.compile("DROP (?:TABLE|COLUMN|SCHEMA)", re.IGNORECASE)
_DROPS = "It drops objects: read it before anything runs it."
_MISSING = "The database has nothing of what it makes."
_THERE = (
    "This database has all that it makes, and no row of it, as if it was run by hand, or pushed. A "
    "new database lacks it, and once it is listed, it runs here again: record it first."
)
_REPEATED = "Listed migrations make everything that it makes, so nothing is missing without it."


def _why_unlisted(file: MigrationFile, history: History, alien: bool) -> Iterator[str]:
    if history.is_listing:
        yield f"{file.path} is not named like a migration, so it is none."
        return
    yield f"{file.path} is in no entry of {history.path}."
    if alien:
        yield "It is not named like a migration."


def _consequence(tool: ToolUse) -> str:
    """Where the runner does not read the list, what the tool's own command does is irrelevant."""
    words = tool.words
    if tool.runner_reads_folder:
        return f" in {words.listed_in}"
    return f", so {words.apply} never runs it"


def _named_like(path: str, history: History) -> bool:
    """Whether its name begins as those of the listed do: with a number, if all of them have one."""
    if not all(migration.key[:1].isdigit() for migration in history.migrations):
        return True
    return split(path)[1][:1].isdigit()


def _listed(file: MigrationFile, history: History) -> tuple[WriteFile, ...]:
    """For experiments: the list as if it had named the file last."""
    text = history.with_entry(_key(file))
    if text is None or history.text is None:
        return ()
    return (WriteFile(path=history.path, before=history.text, after=text),)


def _key(file: MigrationFile) -> str:
    """What a list would call it."""
    return split(file.path)[1].removesuffix(".sql")


def _around(
    path: str, listed: Mapping[str, MigrationFile | None]
) -> tuple[list[str | None], list[str | None]]:
    """The texts of the listed files before and after a path, by name."""
    before = [file.text for name, file in listed.items() if file and name < path]
    return before, [file.text for name, file in listed.items() if file and name > path]


def _copied(file: MigrationFile, listed: Mapping[str, MigrationFile | None]) -> str | None:
    """The listed file that holds the same bytes, as after a renaming that kept the old name too."""
    same = (path for path, other in listed.items() if other and other.sha256 == file.sha256)
    return next(same, None) if file.sha256 else None


def _entry(file: MigrationFile, history: History, commits: Commits | None) -> Iterator[str]:
    """Whether the entry was lost, or never written, as far as the texts of the list in git say."""
    if commits is None:
        return
    known = versions(commits, history.path)
    for version in known:
        if history.lists_in(version.blob.id, _key(file)):
            lost = " had an entry for it, which has since been lost"
            what = lost if version.commit.on_head else ", has an entry for it"
            yield f"The list of {version.where}{what}."
            return
    if known and commits.whole and all(history.earlier_list(it.blob.id) for it in known):
        yield "No version of the list in git ever had an entry for it."


def _applied(file: MigrationFile, tool: ToolUse, tracking: TrackingTables | None) -> Iterator[str]:
    for table in readable(tool, tracking):
        if file.sha256 and any(row.checksum == file.sha256 for row in table.rows):
            yield f"{table.name} records its hash, so it was applied there once."
