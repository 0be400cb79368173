"""The two things that people tell a tool: that a migration was applied, or that it was not."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.dialects import dialect_of
from forensics.facts import (
    Migration,
    MigrationFile,
    MigrationStanding,
    Presence,
    RowState,
    ToolUse,
    TrackingRow,
    TrackingTable,
    Transaction,
)
from forensics.model import Cell, DeletedRow, MarkedRow, RunCommand, RunSql


def mark(
    tool: ToolUse, migration: Migration, file: MigrationFile | None, why: str
) -> RunCommand | None:
    """What says that it was applied; safe exactly where the catalogue proves its effects."""
    return _told(tool, tool.words.mark, migration.key, file.sha256 if file else None, why)


def undo(tool: ToolUse, key: str, why: str) -> RunCommand | None:
    """What says that its failed run is undone; safe exactly where nothing of it is there."""
    return _told(tool, tool.words.undo, key, None, why)


def _told(
    tool: ToolUse, words: Sequence[str], key: str, checksum: str | None, why: str
) -> RunCommand | None:
    if not words or tool.tracking is None or key.startswith("-"):
        return None
    return RunCommand(
        argv=in_folder(tool, (*words, key)),
        why=why,
        marks=MarkedRow(
            table=tool.tracking,
            key=key,
            applied=words == tool.words.mark,
            checksum=checksum or "",
        ),
    )


def in_folder(tool: ToolUse, argv: tuple[str, ...]) -> tuple[str, ...]:
    """A command from the tree's top, where the tool runs further down."""
    from shlex import join, quote

    if not tool.working_folder:
        return argv
    return ("sh", "-c", f"cd {quote(tool.working_folder)} && {join(argv)}")


def forget(tool: ToolUse, table: TrackingTable, row: TrackingRow, why: str) -> RunSql | None:
    """The removal of one row, which names all that tells it apart."""
    return dialect_of(tool).forget(DeletedRow(table=table.name, cells=_cells(tool, row)), why)


def _cells(tool: ToolUse, row: TrackingRow) -> tuple[Cell, ...]:
    ledger = tool.ledger
    fields = {column: getattr(row, field) for column, field in ledger.fields.items()}
    cells: list[Cell] = [(column, value) for column, value in fields.items() if value is not None]
    for column, state in (
        (ledger.finished, RowState.APPLIED),
        (ledger.undone, RowState.ROLLED_BACK),
    ):
        if column is not None and row.state is not state:
            cells.append((column, None))
    return tuple(cells)


def whole_presence(told: MigrationStanding, tool: ToolUse) -> Presence:
    """Of a migration as a whole: present, absent, or what is not proven.

    Where a failure undoes the whole file, one statement that the catalogue decides tells of all.
    """
    if not told.statements:
        return Presence.UNDECIDABLE
    decided = {it.presence for it in told.statements} - {Presence.UNDECIDABLE}
    if len(decided) != 1:
        return Presence.PARTLY if decided else Presence.UNDECIDABLE
    every = all(it.presence is not Presence.UNDECIDABLE for it in told.statements)
    return decided.pop() if every or _is_one_transaction(told, tool) else Presence.UNDECIDABLE


def _is_one_transaction(told: MigrationStanding, tool: ToolUse) -> bool:
    whole = tool.driver is not None and tool.driver.transaction in (
        Transaction.ONE,
        Transaction.PER_MIGRATION,
    )
    return whole and not any(statement.commits for statement in told.statements)


def by_mark(tool: ToolUse, key: str = "NAME") -> str:
    """The command that declares a migration applied, behind a space, where the tool has one."""
    return f" (`{' '.join(tool.words.mark)} {key}`)" if tool.words.mark else ""
