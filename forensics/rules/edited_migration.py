"""A migration file differs from what was first committed, or from what was applied."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects import dialect_of
from forensics.dialects.base import Dialect
from forensics.dialects.text_changes import Change, change, difference, in_bytes
from forensics.facts import (
    Commits,
    Files,
    History,
    LedgerShape,
    Migration,
    MigrationFile,
    Recovered,
    Recoveries,
    RecoveryVerdict,
    ToolUse,
    TrackingRow,
    TrackingTable,
    TrackingTables,
)
from forensics.facts.variants import cosmetic_variants, hash_of, variant_of
from forensics.model import (
    Artefact,
    Exhibit,
    Finding,
    Outcome,
    Record,
    Severity,
    UpdateRow,
)
from forensics.rules._base import rule
from forensics.rules._git import Version, describe, first_version, versions
from forensics.rules._renamed import renamed_rows
from forensics.rules._squash import has_stamp_of_replaced
from forensics.tracking.ledgers import without
from forensics.tracking.matching import recorded_rows
from forensics.tracking.traces import written_again


class _Held(Record, frozen=True, kw_only=True):
    """What the project holds of a migration: its file, or the last bytes of it in git."""

    sha256: str
    text: str | None
    where: str
    evidence: tuple[str, ...]
    in_git: str = ""
    """Says so in a title where the project has no such file any more."""


@rule(artefact=Artefact.RECORDED_HASH, since="0.1.0", or_else=Artefact.MIGRATION_FILE)
def edited_migration(
    history: History,
    files: Files,
    tool: ToolUse,
    tracking: TrackingTables | None,
    commits: Commits | None,
    recovered: Recoveries | None,
) -> Iterator[Finding]:
    """
    A migration file differs from what was first committed, or from what was applied.

    ## What breaks

    Nothing at once, if the tool does not compare recorded checksums. But a database built from the
    edited file can differ from those built before.

    ## Evidence

    The SHA-256 of the file, compared with the one recorded in the database, or with the version
    that was committed first. If the recorded checksum equals that of an older version in git, of a
    copy, or of what the tool generates from the snapshots, that is what was applied. Forensics
    shows what changed since, and whether it is only bytes (line endings, byte order mark, final
    newlines), only comments, or statements.

    ## Not this

    A missing file is `missing-migration-file`. A migration that replaces several older ones under
    the timestamp of one of them is a squash, and the row belongs to the old one. A difference only
    in line endings, byte order mark or final newlines is cosmetic, and reported as such. A file
    that was renamed without changes, or edited and then reverted, counts as unchanged.

    ## Fix

    None is needed for the commands to work. To change what was applied, write a new migration. Do
    not overwrite the recorded checksum: it is the only proof of what ran.

    ## Fix safety

    Overwriting the checksum fixes nothing and destroys evidence. Restoring the old text is safe if
    no database was built from the new one.

    ## Prevention

    Never edit a migration that has been applied anywhere. Mark `*.sql` as `-text` or `eol=lf` in
    `.gitattributes`, so that checkouts do not change its bytes.
    """
    recorded = recorded_rows(history, files, tool, tracking)
    read = tracking.get(tool.tracking) if tracking else None
    if read is not None:
        nameless = renamed_rows(history, files, tool, tracking)
        recorded |= {position: (read, row) for position, row in nameless.items()}
    for migration in history.migrations:
        found = recovered.get(migration.position) if recovered else None
        file = files.get(migration.path)
        if (held := _held(migration, file, commits) or _rebuilt(file, found)) is None:
            continue
        row = recorded.get(migration.position)
        if row is not None and row[1].checksum:
            if row[1].checksum != held.sha256 and has_stamp_of_replaced(history, migration):
                continue  # the row is of what was squashed into it
            yield from _against_database(migration, held, tool, *row, commits, found)
        elif commits is not None:
            yield from _against_git(migration, held, tool, commits)


def _held(
    migration: Migration, file: MigrationFile | None, commits: Commits | None
) -> _Held | None:
    if file is not None and file.outcome is Outcome.COLLECTED and file.sha256:
        return _Held(
            sha256=file.sha256, text=file.text, where=migration.path, evidence=(file.evidence,)
        )
    if file is None or file.outcome is not Outcome.ABSENT or commits is None:
        return None
    for version in versions(commits, migration.path):
        if version.blob.sha256:
            return _Held(
                sha256=version.blob.sha256,
                text=version.blob.text,
                where=f"the file in {version.where}",
                evidence=(file.evidence, commits.evidence),
                in_git="last committed ",
            )
    return None


def _rebuilt(file: MigrationFile | None, found: Recovered | None) -> _Held | None:
    """What was found of a file that is gone, where the recorded hash is that of a variant."""
    if file is None or file.outcome is not Outcome.ABSENT or not (found and found.as_found):
        return None
    return _Held(
        sha256=hash_of(found.as_found),
        text=found.as_found,
        where="what was found of its file",
        evidence=found.evidence,
    )


def _against_database(
    migration: Migration,
    held: _Held,
    tool: ToolUse,
    table: TrackingTable,
    row: TrackingRow,
    commits: Commits | None,
    found: Recovered | None,
) -> Iterator[Finding]:
    if row.checksum == held.sha256:
        return
    cosmetic = row.checksum in cosmetic_variants(held.text)
    known = versions(commits, migration.path)
    version = next((it for it in known if it.blob.sha256 == row.checksum), None)
    proven = found if found and found.verdict is RecoveryVerdict.PROVEN else None
    applied = _applied(version, proven)
    old = variant_of(held.text, row.checksum) if cosmetic else _text_of(version, proven)
    changed = _Changed.between(old, held, dialect_of(tool))
    yield edited_migration.finding(
        severity=Severity.LOW if applied and changed.matters else Severity.NOTE,
        subject=migration.key,
        title=f"The recorded hash of {migration.key} differs from that of its {held.in_git}file",
        root_cause=(
            f"{table.name} records the hash {row.checksum} for {migration.key}, {held.where} has "
            f"{held.sha256}.",
            "" if cosmetic else applied or _UNKNOWN,
            changed.words,
            _WRITTEN_AGAIN if written_again(table, row) else "",
        ),
        evidence=(
            *(*held.evidence, table, commits if version else None),
            *(proven.evidence if proven else ()),
        ),
        cosmetic=cosmetic,
        counterfactual=_overwritten(tool.ledger, table, row, held.sha256),
        folklore=f"the changed hash makes {tool.name} treat {migration.key} as not applied",
        shown=changed.shown,
        paths=(migration.path,),
    )


def _overwritten(
    ledger: LedgerShape, table: TrackingTable, row: TrackingRow, sha256: str
) -> tuple[UpdateRow, ...]:
    """What people do, for experiments: the row with the checksum of what the project holds."""
    if ledger.checksum is None:
        return ()
    where = without(ledger, row, ledger.checksum)
    if any(value is None for _, value in where):  # a row without a name
        where = ((ledger.id, row.id),) if ledger.id and row.id is not None else ()
    return (
        UpdateRow(
            table=table.name,
            column=ledger.checksum,
            before=row.checksum,
            after=sha256,
            where=where,
        ),
    )


class _Changed(Record, frozen=True, kw_only=True):
    """What changed since an older text, in words and lines."""

    words: str = ""
    matters: bool = True
    shown: tuple[Exhibit, ...] = ()

    @classmethod
    def between(cls, old: str | None, held: _Held, dialect: Dialect) -> _Changed:
        """Nothing is said where one of the texts is not known as it was."""
        if old is None or held.text is None or hash_of(held.text) != held.sha256:
            return cls()
        how = change(old, held.text, dialect)
        if how is Change.BYTES:
            return cls(words=_COSMETIC.format(in_bytes(held.text, old)), matters=False)
        if how is Change.COMMENTS:
            return cls(words=_COMMENTS, matters=False)
        quoted = Exhibit(
            evidence=held.evidence[0],
            caption="What changed since then:",
            text=difference(old, held.text),
        )
        return cls(words=_STATEMENTS, shown=(quoted,))


_COSMETIC = "The applied file had the same text {}: the statements are the same."
_WRITTEN_AGAIN = (
    "The row is younger than rows that were inserted after it, as an UPDATE leaves it: the hash "
    "may have been overwritten, and then it does not prove what ran."
)
_COMMENTS = (
    "Since then only comments, blanks or statement separators changed: the statements are the same."
)
_STATEMENTS = (
    "Since then its statements changed, so a database built from the file differs from this one."
)
_UNKNOWN = (
    "No version of the file in the history that was seen has the recorded hash, so it is unknown "
    "what exactly was applied."
)


def _applied(version: Version | None, proven: Recovered | None) -> str:
    if version is not None:
        return (
            f"The recorded hash is that of the file in {version.where}: that version was applied."
        )
    return f"What has the recorded hash is {proven.source}: that was applied." if proven else ""


def _text_of(version: Version | None, proven: Recovered | None) -> str | None:
    """What was applied, where its text is known as it was."""
    if version is None:
        return proven.text if proven else None
    text = version.blob.text
    return text if text is not None and hash_of(text) == version.blob.sha256 else None


def _against_git(
    migration: Migration, held: _Held, tool: ToolUse, commits: Commits
) -> Iterator[Finding]:
    first = first_version(commits, migration.path)
    blob = first[1] if first else None
    if first is None or blob is None or blob.sha256 in (None, held.sha256):
        return
    cosmetic = blob.sha256 in cosmetic_variants(held.text)
    old = blob.text if blob.text is not None and hash_of(blob.text) == blob.sha256 else None
    changed = _Changed.between(old, held, dialect_of(tool))
    how = "differs in bytes from what" if cosmetic else "was edited after it"
    yield edited_migration.finding(
        severity=Severity.NOTE,
        subject=migration.key,
        title=f"{migration.key} {how} was first committed",
        root_cause=(
            f"{migration.path} came in {describe(first[0])} with SHA-256 {blob.sha256}, now it has "
            f"{held.sha256}.",
            _SAME if cosmetic else _QUESTION,
            _COMMENTS if not changed.matters and not cosmetic else "",
        ),
        evidence=(*held.evidence, commits),
        cosmetic=cosmetic,
        shown=changed.shown,
        paths=(migration.path,),
    )


_SAME = (
    "They differ only in line endings, byte order mark or final newlines: the statements are the "
    "same."
)
_QUESTION = "Only a database can say whether it applied the older text."
