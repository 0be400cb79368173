"""Evidence that the reader can check on the spot: rows, entries, commits, first lines of files."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import (
    Commits,
    Facts,
    GitChange,
    History,
    LedgerShape,
    Migration,
    RowState,
    TrackingRow,
    TrackingTable,
)
from forensics.model import Exhibit, Finding, Outcome
from forensics.model.wording import shortened
from forensics.report.timeline import moment
from forensics.tracking.matching import matching_rows

MOST_ROWS = 12
MOST_LINES = 8
_WIDTH = 160
_DID = {"A": "added", "M": "changed", "D": "deleted", "R": "renamed", "T": "type changed"}


def exhibits(finding: Finding, facts: Facts) -> tuple[Exhibit, ...]:
    """What the evidence of an issue holds, where a few lines show it; in the issue's order."""
    made = {shown.evidence: shown for shown in (*_all(finding, facts), *finding.shown)}
    return tuple(made[item] for item in dict.fromkeys(finding.evidence) if item in made)


def _all(finding: Finding, facts: Facts) -> Iterator[Exhibit]:
    cited = set(finding.evidence)
    yield from (_rows(table, finding, facts) for table in _tables(facts) if table.evidence in cited)
    if facts.history is not None and facts.history.evidence in cited:
        yield from _entries(facts.history, finding)
    if facts.commits is not None and facts.commits.evidence in cited:
        yield from _commits(facts.commits, finding)
    yield from (shown for shown in _texts(finding, facts) if shown.evidence in cited)


# --- Tracking rows ------------------------------------------------------------------------------


def _tables(facts: Facts) -> Iterator[TrackingTable]:
    tables = facts.tracking.of_tool(facts.tool.name) if facts.tracking else iter(())
    return (table for table in tables if table.outcome is Outcome.COLLECTED)


def _rows(table: TrackingTable, finding: Finding, facts: Facts) -> Exhibit:
    """The rows that record what the issue is about; where none does, the newest of all."""
    if not table.rows:
        return Exhibit(evidence=table.evidence, caption=f"{table.name} is empty{_ids(table)}.")
    ledger = facts.tool.ledger
    pairs = _recorded(table, facts)
    about = [pair for pair in pairs if pair[1] is not None and _concerns(pair[1], finding)]
    shown = (about or pairs)[-MOST_ROWS:]
    share = _rows_about(len(about), len(shown)) if about else _share(len(shown), len(pairs), "row")
    return Exhibit(
        evidence=table.evidence,
        caption=f"{share} of {table.name}:",
        columns=(*_columns(ledger), *(("time",) if ledger.at else ()), "migration"),
        rows=tuple(_row(ledger, row, migration) for row, migration in shown),
    )


def _recorded(table: TrackingTable, facts: Facts) -> list[tuple[TrackingRow, Migration | None]]:
    """Each row with the migration that it records; none where the list cannot be read."""
    if facts.history is None:
        return [(row, None) for row in table.rows]
    listed = {migration.position: migration for migration in facts.history.migrations}
    matched = matching_rows(facts.tool.ledger, table, facts.history, facts.files)
    of_row = {id(row): listed[position] for position, row in matched.items()}
    return [(row, of_row.get(id(row))) for row in table.rows]


def _columns(ledger: LedgerShape) -> tuple[str, ...]:
    """Those that every release of the tool has, in the order of the fields of a row."""
    return tuple(column for column in ledger.fields if column in ledger.made)


def _row(ledger: LedgerShape, row: TrackingRow, migration: Migration | None) -> tuple[str, ...]:
    cells = (_cell(ledger.fields[column], row) for column in _columns(ledger))
    dated = (moment(row.at) if row.at is not None else "",) if ledger.at else ()
    if row.state is not RowState.APPLIED:
        return (*cells, *dated, f"a run that is {row.state}")
    return (*cells, *dated, migration.key if migration else "not listed")


def _cell(field: str, row: TrackingRow) -> str:
    value = getattr(row, field)
    if field == "checksum":
        return f"{row.checksum[:12]}..."
    return "NULL" if value is None else str(value)


def _ids(table: TrackingTable) -> str:
    if table.sequence is None or not table.sequence.is_called:
        return ""
    return f"; its id sequence is at {table.sequence.last_value}"


# --- Entries of the list ------------------------------------------------------------------------


def _entries(history: History, finding: Finding) -> Iterator[Exhibit]:
    """The entries that the issue is about, each with the one before it, as they stand there."""
    known = {at for name in (finding.subject, *finding.paths) for at in history.named(name)}
    about = [at for at in known if _concerns(history.migrations[at], finding)]
    wanted = sorted({near for at in about for near in (at - 1, at) if near >= 0})[:MOST_LINES]
    quoted = [_entry(history, history.migrations[position]) for position in wanted]
    if lines := [line for line in quoted if line]:
        yield Exhibit(
            evidence=history.evidence, caption=f"In {history.path}:", text="\n".join(lines)
        )


def _concerns(migration: Migration, finding: Finding) -> bool:
    return finding.subject in (migration.key, migration.path) or migration.path in finding.paths


def _entry(history: History, migration: Migration) -> str:
    """The object around the entry's timestamp, on one line."""
    if history.text is None or migration.listed_at is None:
        return ""
    start = history.text.rfind("{", 0, migration.listed_at[0])
    end = history.text.find("}", migration.listed_at[1])
    if not 0 <= start < end:
        return ""
    return shortened(" ".join(history.text[start : end + 1].split()), _WIDTH)


# --- Commits ------------------------------------------------------------------------------------


def _commits(commits: Commits, finding: Finding) -> Iterator[Exhibit]:
    """Who touched the files in question, newest first."""
    touched = {
        commit.id: (commit, change) for path in finding.paths for commit, change in commits.of(path)
    }
    newest = sorted(touched.values(), key=lambda pair: pair[0].committed, reverse=True)
    shown = newest[:MOST_ROWS]
    if shown:
        yield Exhibit(
            evidence=commits.evidence,
            caption=f"{_share(len(shown), len(newest), 'commit')} that touched it:",
            columns=("commit", "time", "change", "subject"),
            rows=tuple(
                (commit.id[:10], commit.committed, _did(change), commit.subject)
                for commit, change in shown
            ),
        )


def _did(change: GitChange) -> str:
    what = _DID.get(change.status[:1], change.status)
    return f"{what} {change.path}"


# --- Files --------------------------------------------------------------------------------------


def _texts(finding: Finding, facts: Facts) -> Iterator[Exhibit]:
    """How files begin that lie where they should not, or are not what they should be."""
    entry = facts.snapshots.get(finding.subject) if facts.snapshots else None
    if entry is not None and (entry.text or entry.problem):
        begins = entry.text or (entry.problem.preview if entry.problem else "")
        yield from _beginning(entry.evidence, entry.path, begins)
    file = facts.files.get(finding.subject) if facts.files else None
    if file is not None and file.text:
        yield from _beginning(file.evidence, file.path, file.text)


def _beginning(evidence: str, path: str, text: str) -> Iterator[Exhibit]:
    lines = text.splitlines()
    shown = [shortened(line, _WIDTH) for line in lines[:MOST_LINES]]
    if any(line.strip() for line in shown):
        begins = "begins with" if len(lines) > MOST_LINES else "contains"
        yield Exhibit(evidence=evidence, caption=f"{path} {begins}:", text="\n".join(shown))


def _rows_about(about: int, shown: int) -> str:
    return "The row in question" if about == 1 else f"{shown} of the {about} rows in question"


def _share(shown: int, of: int, noun: str) -> str:
    if shown == of:
        return f"The {noun}" if of == 1 else f"All {of} {noun}s"
    return f"The newest {shown} of {of} {noun}s"
