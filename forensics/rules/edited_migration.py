"""A migration file is no longer what was committed first, or what was applied."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from forensics.facts import (
    Commits,
    Files,
    History,
    Migration,
    MigrationFile,
    ToolUse,
    TrackingTables,
)
from forensics.model import Artefact, Finding, Outcome, Record, Severity, SetRecordedHash
from forensics.rules._base import rule
from forensics.rules._git import describe, first_version, last_versions
from forensics.rules._tracking import recorded_row

BOM = b"\xef\xbb\xbf"


class _Held(Record, frozen=True, kw_only=True):
    """What the project holds of a migration: its file, or the last bytes of it in git."""

    sha256: str
    text: str | None
    where: str
    evidence: tuple[str, ...]


@rule(artefact=Artefact.RECORDED_HASH, since="0.1.0")
def edited_migration(
    history: History,
    files: Files,
    tool: ToolUse,
    tracking: TrackingTables | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """
    A migration file is no longer what was committed first, or what was applied.

    ## What breaks

    Nothing at once: drizzle writes the hash of a file when it applies it and never compares it, in
    no release. But a database built anew from the edited file can differ from those built before.

    ## Evidence

    The SHA-256 of the file beside the one recorded in the database, or beside the version that was
    committed first. A recorded hash that equals an older version in git names what was applied.

    ## Not this

    A file that is gone is `missing-migration-file`. A difference of line ends, byte order mark or
    final newlines alone is cosmetic, and said to be so.

    ## Fix

    None is needed for the commands to work. To change what was applied, write a new migration. Do
    not overwrite the recorded hash: it is the only proof of what ran.

    ## Fix safety

    Overwriting the hash repairs nothing and destroys evidence. Restoring the old text is safe where
    no database was built from the new one.

    ## Prevention

    Never edit a migration that has been applied anywhere; mark `*.sql` as `-text` or `eol=lf` in
    `.gitattributes`, so that checkouts do not change its bytes.
    """
    for migration in history.migrations:
        held = _held(migration, files.get(migration.path), commits)
        if held is None:
            continue
        if tracking is not None and recorded_row(migration, tool, tracking) is not None:
            yield from _against_database(migration, held, tool, tracking, commits)
        elif commits is not None:
            yield from _against_git(migration, held, commits)


def _held(
    migration: Migration, file: MigrationFile | None, commits: Commits | None
) -> _Held | None:
    if file is not None and file.outcome is Outcome.COLLECTED and file.sha256:
        return _Held(
            sha256=file.sha256, text=file.text, where=migration.path, evidence=(file.evidence,)
        )
    if file is None or file.outcome is not Outcome.ABSENT or commits is None:
        return None
    for version in last_versions(commits, migration.path):
        if version.blob.sha256:
            where = f"the file as git last held it (commit {version.commit.id[:10]})"
            evidence = (file.evidence, commits.evidence)
            return _Held(
                sha256=version.blob.sha256, text=version.blob.text, where=where, evidence=evidence
            )
    return None


def _against_database(
    migration: Migration,
    held: _Held,
    tool: ToolUse,
    tracking: TrackingTables,
    commits: Commits | None,
) -> Iterator[Finding]:
    found = recorded_row(migration, tool, tracking)
    if found is None or not found[1].hash or found[1].hash == held.sha256:
        return
    table, row = found
    cosmetic = row.hash in _cosmetic_variants(held.text)
    applied, proven = _applied_version(migration, row.hash, commits)
    yield edited_migration.finding(
        severity=Severity.LOW if proven and not cosmetic else Severity.NOTE,
        subject=migration.tag,
        title=f"The recorded hash of {migration.tag} is not that of its file",
        root_cause=f"{table.name} records {row.hash[:12]}... for {migration.tag}, {held.where} has "
        f"{held.sha256[:12]}... " + (_COSMETIC if cosmetic else applied),
        evidence=(*held.evidence, table.evidence),
        cosmetic=cosmetic,
        counterfactual=(
            SetRecordedHash(
                table=table.name, created_at=migration.when or 0, before=row.hash, after=held.sha256
            ),
        ),
        folklore=f"the changed hash makes drizzle-kit treat {migration.tag} as not applied",
        paths=(migration.path,),
    )


_COSMETIC = "They differ in line ends, byte order mark or final newlines alone: the statements are the same."


def _applied_version(
    migration: Migration, recorded: str, commits: Commits | None
) -> tuple[str, bool]:
    versions = last_versions(commits, migration.path) if commits else ()
    for version in versions:
        if version.blob.sha256 == recorded:
            return (
                f"The recorded hash is that of the file in {describe(version.commit)}: that version was applied.",
                True,
            )
    return (
        "No version of the file in the history that was seen has the recorded hash, so what exactly "
        "was applied is not known.",
        False,
    )


def _against_git(migration: Migration, held: _Held, commits: Commits) -> Iterator[Finding]:
    first = first_version(commits, migration.path)
    if first is None or first[1].sha256 in (None, held.sha256):
        return
    commit, blob = first
    cosmetic = blob.sha256 in _cosmetic_variants(held.text)
    yield edited_migration.finding(
        severity=Severity.NOTE,
        subject=migration.tag,
        title=f"{migration.tag} was edited after it was first committed",
        root_cause=f"{migration.path} came in {describe(commit)} with SHA-256 {(blob.sha256 or '')[:12]}..., "
        f"now it has {held.sha256[:12]}... "
        + (
            _COSMETIC
            if cosmetic
            else "Whether a database applied the older text, only that database can say."
        ),
        evidence=(*held.evidence, commits.evidence),
        cosmetic=cosmetic,
        paths=(migration.path,),
    )


def _cosmetic_variants(text: str | None) -> frozenset[str]:
    """The hashes of a text with other line ends, byte order mark and final newlines."""
    if text is None:
        return frozenset()
    plain = text.encode().removeprefix(BOM).replace(b"\r\n", b"\n").rstrip(b"\n")
    variants = (
        mark + (plain + b"\n" * ends).replace(b"\n", eol)
        for mark in (b"", BOM)
        for ends in range(4)
        for eol in (b"\n", b"\r\n")
    )
    return frozenset(sha256(variant).hexdigest() for variant in variants)
