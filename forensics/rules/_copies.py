"""How a migration came to have several rows: it ran several times, or its row was written again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from forensics.dialects import dialect_of
from forensics.dialects.effect import Failed
from forensics.facts import (
    Files,
    History,
    LiveSchema,
    MigrationStanding,
    Standing,
    StatementStanding,
    ToolUse,
    TrackingTable,
    TrackingTables,
)
from forensics.model import Exhibit, Record
from forensics.statements import EXISTS
from forensics.tracking.copies import Copies, copied_rows
from forensics.tracking.matching import matching_rows, readable

ROWS_SHOWN = 20


class How(StrEnum):
    """Where the surplus rows of a migration come from, as far as they tell."""

    RAN_AGAIN = "ran again"
    """Each row was written by a transaction of its own, and the SQL can run more than once."""
    ONE_TRANSACTION = "one transaction"
    """One transaction wrote several of them: no run of a tool does that."""
    SAME_IDS = "same ids"
    """Two of them have one id, which the table hands out once."""
    CANNOT_RUN_AGAIN = "cannot run again"
    """A second run would have failed."""
    NOT_KNOWN = "not known"


class Told(Record, frozen=True, kw_only=True):
    """The rows of one migration, and what they tell."""

    copies: Copies
    how: How
    once: str = ""
    """The statement that can only run once."""

    @property
    def name(self) -> str:
        """What the list calls it; of one that is not listed, the beginning of its checksum."""
        if self.copies.migration is not None:
            return self.copies.migration.key
        row = self.copies.rows[0]
        return row.key or f"{row.checksum[:12]}..."

    @property
    def ran_again(self) -> bool:
        """Whether nothing speaks against several runs."""
        return self.how in (How.RAN_AGAIN, How.NOT_KNOWN)


def tables_with_copies(
    history: History,
    tool: ToolUse,
    tracking: TrackingTables,
    files: Files | None,
    schema: LiveSchema | None,
) -> Iterator[tuple[TrackingTable, tuple[Told, ...]]]:
    """The table that the tool reads, and others that record its migrations, with their copies."""
    for table in readable(tool, tracking):
        ours = table.name == tool.tracking or matching_rows(tool.ledger, table, history, None)
        if ours and (found := copied_rows(tool.ledger, table, history)):
            yield table, tuple(_told(it, _once(it, tool, files, schema)) for it in found)


def _told(copies: Copies, once: str) -> Told:
    ids = [row.id for row in copies.rows if row.id is not None]
    written_by = [row.transaction for row in copies.rows]
    if len(set(ids)) < len(ids):
        return Told(copies=copies, how=How.SAME_IDS)
    if once:
        return Told(copies=copies, how=How.CANNOT_RUN_AGAIN, once=once)
    if None in written_by:
        return Told(copies=copies, how=How.NOT_KNOWN)
    apart = len(set(written_by)) == len(written_by)
    return Told(copies=copies, how=How.RAN_AGAIN if apart else How.ONE_TRANSACTION)


def _once(copies: Copies, tool: ToolUse, files: Files | None, schema: LiveSchema | None) -> str:
    """The statement that fails where it ran before, since what it makes is there already."""
    file = files.get(copies.migration.path) if files and copies.migration else None
    if file is None or file.text is None or schema is None:
        return ""
    effect = dialect_of(tool).run(schema, [file.text])
    if isinstance(effect, Failed) and effect.sqlstate in EXISTS:
        return effect.statement
    return ""


def standing_of(
    copies: Copies, standing: Standing | None, history: History
) -> MigrationStanding | None:
    """What the catalogue says of the migration; `None` where it was not compared."""
    if copies.migration is None or standing is None:
        return None
    if len(standing.migrations) != len(history.migrations):
        return None
    return standing.migrations[copies.migration.position]


def on_rows(
    told: Sequence[Told], standing: Standing | None, history: History
) -> tuple[tuple[MigrationStanding, StatementStanding], ...]:
    """The statements on rows that may have run more than once."""
    migrations = (standing_of(it.copies, standing, history) for it in told if it.ran_again)
    return tuple(
        (migration, statement)
        for migration in migrations
        if migration is not None
        for statement in migration.statements
        if statement.rows
    )


def exhibit(table: TrackingTable, told: Sequence[Told]) -> Exhibit:
    """The rows themselves."""
    rows = [(it.name, row) for it in told for row in it.copies.rows]
    left_out = len(rows) - ROWS_SHOWN
    return Exhibit(
        evidence=table.evidence,
        caption=f"Rows of {table.name}" + (f", without {left_out} more" if left_out > 0 else ""),
        columns=("migration", "id", "timestamp", "checksum", "written by transaction"),
        rows=tuple(
            (
                name,
                "" if row.id is None else str(row.id),
                "" if row.at is None else str(row.at),
                row.checksum[:12],
                row.transaction or "not known",
            )
            for name, row in rows[:ROWS_SHOWN]
        ),
    )
