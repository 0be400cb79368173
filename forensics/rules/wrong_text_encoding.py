"""A file of the migration folder begins with a byte order mark, or is UTF-16."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from forensics.dialects import dialect_of
from forensics.facts import (
    Commits,
    Fault,
    Files,
    History,
    Migration,
    MigrationFile,
    Snapshot,
    Snapshots,
    ToolUse,
    TrackingTables,
)
from forensics.facts.variants import BOM, as_meant, hash_of
from forensics.model import Artefact, Finding, Fix, Record, Safety, Severity, Step, WriteFile
from forensics.rules._base import rule
from forensics.rules._fixes import fix_of
from forensics.rules._git import changed_by, last_change, versions
from forensics.tracking.matching import recorded_rows


class _Read(Record, frozen=True, kw_only=True):
    """A file as it is, and what it should say."""

    path: str
    evidence: str
    text: str
    meant: str
    sha256: str | None
    artefact: Artefact
    severity: Severity
    effect: str

    @property
    def marked(self) -> bool:
        """UTF-8 behind a byte order mark; else UTF-16."""
        return self.text.startswith(BOM)


@rule(artefact=Artefact.MIGRATION_FILE, since="0.1.0", of_folder=True)
def wrong_text_encoding(
    history: History,
    files: Files,
    snapshots: Snapshots | None,
    tool: ToolUse,
    tracking: TrackingTables | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """
    A file of the migration folder begins with a byte order mark, or is UTF-16.

    ## What breaks

    A tool that reads UTF-8 and keeps the byte order mark cannot parse a list or snapshot with one.
    In a migration file PostgreSQL reports the mark as a syntax error, in a message where it is
    invisible. UTF-16 is full of zero bytes, which PostgreSQL rejects with "invalid message format".

    ## Evidence

    The first bytes of the file: `EF BB BF`, `FF FE` or `FE FF`, or a zero in every other byte.

    ## Not this

    A file that cannot be parsed even without its mark is `malformed-journal` or
    `malformed-snapshot`. Other line endings do no harm. A file that is not listed is
    `unlisted-migration-file`.

    ## Fix

    Save the file as UTF-8 without a byte order mark. Its statements stay the same. Its checksum
    becomes that of the plain text, which is what the tool recorded if it ever applied it.

    ## Fix safety

    Safe: no database is involved. A patch cannot contain UTF-16: save the file again, or check out
    the version in git.

    ## Prevention

    Keep PowerShell's `>` and `Out-File` and old editors away from these files, and set `charset =
    utf-8` in `.editorconfig`.
    """
    recorded = recorded_rows(history, files, tool, tracking)
    for read in _wrong(history, files, snapshots, tool, frozenset(recorded)):
        what = "begins with a byte order mark" if read.marked else "is UTF-16"
        finding = wrong_text_encoding.finding(
            severity=read.severity,
            subject=read.path,
            title=f"{read.path} {what}",
            root_cause=(
                f"{read.path} {what}, but {tool.name} reads UTF-8. {read.effect}",
                last_change(commits, read.path, read.sha256),
            ),
            evidence=(read,),
            fix=_fix(read, commits),
            counterfactual=(WriteFile(path=read.path, before=read.text, after=read.meant),),
            paths=(read.path,),
            origin=changed_by(commits, read.path, read.sha256),
        )
        yield msgspec.structs.replace(finding, artefact=read.artefact)


# --- Which files ----------------------------------------------------------------------------------


def _wrong(
    history: History,
    files: Files,
    snapshots: Snapshots | None,
    tool: ToolUse,
    recorded: frozenset[int],
) -> Iterator[_Read]:
    yield from _json(history, Artefact.JOURNAL, Severity.HIGH)
    for entry in snapshots.entries if snapshots else ():
        if entry.named_as_snapshot and not entry.ignored:
            yield from _json(entry, Artefact.SNAPSHOT, Severity.MEDIUM)
    for migration in history.migrations:
        if (file := files.get(migration.path)) is not None:
            yield from _sql(file, migration, tool, migration.position in recorded)


def _json(held: History | Snapshot, artefact: Artefact, severity: Severity) -> Iterator[_Read]:
    if held.problem is None or held.problem.fault is not Fault.WRONG_ENCODING or not held.text:
        return
    yield _Read(
        path=held.path,
        evidence=held.evidence,
        text=held.text,
        meant=as_meant(held.text) or held.text,
        sha256=held.sha256,
        artefact=artefact,
        severity=severity,
        effect=f"As UTF-8 it cannot be parsed: {held.problem.message}.",
    )


def _sql(
    file: MigrationFile, migration: Migration, tool: ToolUse, recorded: bool
) -> Iterator[_Read]:
    meant = as_meant(file.text)
    if file.text is None or meant is None:
        return
    dialect = dialect_of(tool)
    severity = Severity.LOW if recorded else Severity.MEDIUM
    effect = "We do not know whether its database accepts that."
    if dialect.examined and recorded:
        effect = f"{migration.key} was applied here, but fails on a fresh database."
    if dialect.skips_mark and meant == file.text.removeprefix(BOM):
        severity, effect = Severity.NOTE, f"{dialect.title} passes over it."
    elif dialect.examined and not recorded:
        effect = f"{dialect.title} rejects it when {migration.key} is applied."
    yield _Read(
        path=file.path,
        evidence=file.evidence,
        text=file.text,
        meant=meant,
        sha256=file.sha256,
        artefact=Artefact.MIGRATION_FILE,
        severity=severity if dialect.examined else Severity.NOTE,
        effect=effect,
    )


# --- The fix -----------------------------------------------------------------------------------


def _fix(read: _Read, commits: Commits | None) -> Fix | None:
    return fix_of(
        f"Write {read.path} as UTF-8 without a byte order mark",
        _steps(read, commits),
        "Only the encoding changes, and no database is involved.",
        safety=Safety.SAFE,
    )


def _steps(read: _Read, commits: Commits | None) -> tuple[Step, ...]:
    """A patch where one can name the bytes; of UTF-16, the same text as git has it, if it does."""
    if read.marked and hash_of(read.text) == read.sha256:
        return (WriteFile(path=read.path, before=read.text, after=read.meant),)
    for version in versions(commits, read.path):
        checkout = version.checkout(read.path)
        if checkout is not None and version.blob.sha256 == hash_of(read.meant):
            return (checkout,)
    return ()
