"""A migration is listed, but its file is missing."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import (
    Commit,
    Commits,
    Facts,
    Files,
    History,
    Migration,
    Recovered,
    Recoveries,
    ToolUse,
    TrackingTable,
    TrackingTables,
)
from forensics.facts.variants import cosmetic_variants
from forensics.model import (
    Artefact,
    Finding,
    Fix,
    Outcome,
    Record,
    Safety,
    Severity,
    Step,
    Supposed,
    Unanswered,
    WriteFile,
)
from forensics.model.wording import capital
from forensics.rules._base import MAKE_READABLE, rule
from forensics.rules._case import in_other_case
from forensics.rules._fixes import fix_of
from forensics.rules._git import (
    SHORT,
    Version,
    describe,
    how_it_went,
    origin,
    removed_by,
    versions,
)
from forensics.rules._journal import listed_since
from forensics.rules._recovered import COMPARE, better_than, in_vain, is_fit, rebuild, told_of
from forensics.tracking.matching import recorded_rows


@rule(artefact=Artefact.MIGRATION_FILE, since="0.1.0", of_folder=True)
def missing_migration_file(
    history: History,
    files: Files,
    tool: ToolUse,
    tracking: TrackingTables | None,
    commits: Commits | None,
    recovered: Recoveries | None,
    facts: Facts,
) -> Iterator[Finding | Unanswered]:
    """
    A migration is listed, but its file is missing.

    ## What breaks

    Commands that read migration files read all of them, also those applied long ago, and stop
    before they reach the database. Commands that do not read them report no problem.

    ## Evidence

    The entry in the list of migrations, and no file at the path that it names. Git shows when it
    was removed, and often still has its bytes. The checksum recorded in the database proves whether
    those bytes are the ones that were applied.

    ## Not this

    A file that is in the folder without being listed is `unlisted-migration-file`. A file that was
    renamed together with its entry is not missing. If Forensics lacks permission to read a file, it
    reports an open question.

    ## Fix

    Restore the file from git, in the version whose checksum the database recorded, if there is one.
    Otherwise restore it from a copy, or let Forensics generate it from the snapshots around it as
    the tool would. The database needs no change.

    ## Fix safety

    Safe if the recorded checksum proves the bytes, wherever they were found. Otherwise they are the
    last ones in git, or reconstructed, and need a review. A reconstructed file that does not match
    the recorded checksum is only an alternative.

    ## Prevention

    Let CI check that every listed migration has its .sql file and that every .sql file is listed.
    """
    recorded = recorded_rows(history, files, tool, tracking)
    elsewhere = in_other_case(history, files)
    renamed = {old for old, _ in facts.folder_run.renamed} if facts.folder_run else set()
    for path, migration in _by_path(history).items():
        file = files.get(path)
        if file is None or file.outcome is Outcome.COLLECTED or migration in elsewhere:
            continue
        if path.rpartition("/")[2] in renamed:
            continue
        if file.outcome is not Outcome.ABSENT:
            lacks = f"whether {path} is there: it could not be read ({file.outcome})"
            yield missing_migration_file.unanswered(lacks, MAKE_READABLE)
            continue
        row = recorded.get(migration.position)
        original = _original(commits, path, row[1].checksum if row else None)
        restored = original.version.restore(path) if original else None
        known = recovered.get(migration.position) if recovered else None
        rebuilt = better_than(known, proven=original.proven if original else None)
        repair = _fix(path, original, restored) if rebuilt is None else rebuild(path, rebuilt)
        sure = rebuilt is None or is_fit(rebuilt)
        entered = _entered(history, migration, path, commits)
        yield missing_migration_file.finding(
            severity=Severity.MEDIUM,
            subject=path,
            title=f"The migration {migration.key} is {_known_as(history, row)}, "
            "but its file is missing",
            root_cause=(
                f"{_named_by(history, migration, tool, row[0] if row else None)}, but {path} is "
                "not there.",
                how_it_went(commits, path),
                f"Its entry was added by {describe(entered)}." if entered else "",
                told_of(rebuilt) if rebuilt else _source(path, original, restored, commits),
                in_vain(known) if repair is None else "",
            ),
            evidence=(
                *(history, file, row[0] if row else None, commits),
                *(rebuilt.evidence if rebuilt else ()),
            ),
            fix=repair if sure else None,
            alternatives=() if sure or repair is None else (repair,),
            counterfactual=()
            if rebuilt and repair and sure
            else _as_if_there(path, original, restored, rebuilt),
            supposed=_supposed(path, row[1].checksum if row else "", original, known),
            paths=(path,),
            origin=removed_by(commits, path) or origin(entered),
        )


def _known_as(history: History, row: object) -> str:
    if not history.is_listing:
        return "listed"
    return "recorded" if row is not None else f"in {history.path}"


def _named_by(
    history: History, migration: Migration, tool: ToolUse, table: TrackingTable | None
) -> str:
    """What knows the migration, for the beginning of a sentence."""
    if history.is_listing and table is not None:
        return f"{table.name} records {migration.key}"
    if history.is_listing:
        return f"{history.path} has other files of {migration.key}"
    return f"{capital(tool.words.listed_in)} lists {migration.key} at position {migration.position}"


def _entered(
    history: History, migration: Migration, path: str, commits: Commits | None
) -> Commit | None:
    """The commit that listed a migration, where none on HEAD ever held its file."""
    if commits is None or any(commit.on_head for commit, _ in commits.of(path)):
        return None
    return listed_since(history, migration.key, commits)


class _Original(Record, frozen=True, kw_only=True):
    """A content that the missing file had, and what the recorded hash says of it."""

    version: Version
    proven: bool
    """The database recorded the hash of these bytes."""
    cosmetic: bool = False
    """It recorded that of the same text with other line ends, byte order mark or final newlines."""


def _by_path(history: History) -> dict[str, Migration]:
    """The listed paths, each once, with the first entry that lists it."""
    found: dict[str, Migration] = {}
    for migration in history.migrations:
        found.setdefault(migration.path, migration)
    return found


def _original(commits: Commits | None, path: str, recorded: str | None) -> _Original | None:
    """The version whose hash was recorded, else the newest that a step can bring back."""
    known = versions(commits, path)
    for version in known if recorded else ():
        if version.blob.sha256 == recorded:
            return _Original(version=version, proven=True)
    for version in known if recorded else ():
        if recorded in cosmetic_variants(version.blob.text):
            return _Original(version=version, proven=True, cosmetic=True)
    restorable = (version for version in known if version.restore(path) is not None)
    return next((_Original(version=version, proven=False) for version in restorable), None)


def _source(
    path: str, original: _Original | None, restored: Step | None, commits: Commits | None
) -> str:
    if original is not None and restored is None:
        blob = original.version.blob.id
        return f"Git still has its bytes: `git cat-file blob {blob}` prints them."
    if original is None:
        return _without_original(path, commits)
    if original.version.blob.size is None:
        return (
            "Git knows its bytes and fetches them when they are checked out, but no recorded hash "
            "proves that they are the ones that were applied."
        )
    if original.cosmetic:
        return (
            "Git still has its text. Only line endings or final newlines differ from the text "
            "whose hash the database recorded, so the same statements were applied."
        )
    if original.proven:
        return (
            f"Git still has its bytes, and their SHA-256, {original.version.blob.sha256}, is the "
            "hash that the database recorded: this is the original."
        )
    return (
        "Git still has its bytes, but no recorded hash proves that they are the ones that were "
        "applied."
    )


def _without_original(path: str, commits: Commits | None) -> str:
    for version in versions(commits, path):
        blob = version.blob.id
        if not version.lost:
            return f"Git still has its bytes: `git cat-file blob {blob}` prints them."
        return (
            f"Git names its bytes (blob {blob[:SHORT]}), but the object store here lacks them: "
            "another clone may have them."
        )
    ask = "find the machine that ran this migration."
    if commits is None:
        return f"Nothing here can restore it: search the repository, or {ask}"
    if commits.whole:
        return f"Nothing in this repository can restore it: {ask}"
    remedy = commits.remedy or "fetch the whole history"
    return f"Nothing in the history available here can restore it: {remedy}, or {ask}"


def _fix(path: str, original: _Original | None, restored: Step | None) -> Fix | None:
    proven = original is not None and original.proven
    return fix_of(
        f"Restore {path}",
        (restored,),
        "The bytes are those that git has. The database is not touched."
        + ("" if proven else f" {COMPARE}"),
        safety=Safety.SAFE if proven else Safety.REVIEW,
    )


def _as_if_there(
    path: str, original: _Original | None, restored: Step | None, rebuilt: Recovered | None
) -> tuple[Step, ...]:
    """For experiments, where no patch can hold the file: what is known of it, else no change.

    An empty file would itself stop some drivers.
    """
    if rebuilt is None and isinstance(restored, WriteFile):
        return ()
    text = original.version.blob.text if original else None
    text = (rebuilt.text if rebuilt else None) or text
    return (WriteFile(path=path, before=None, after=text or "SELECT 1;\n"),)


def _supposed(
    path: str, recorded: str, original: _Original | None, known: Recovered | None
) -> Supposed | None:
    """Whoever writes the file again finds that its hash is not the recorded one."""
    if not recorded:
        return None
    text = (known.text if known else None) or (original.version.blob.text if original else None)
    return Supposed(
        claim=f"if {path} is written by hand and its hash differs from the recorded {recorded}, "
        "the recorded hash has to be overwritten",
        steps=(WriteFile(path=path, before=None, after=f"{text or ''}\n-- written by hand\n"),),
        why="Leave the recorded hash as it is: it is the only proof of what ran.",
    )
