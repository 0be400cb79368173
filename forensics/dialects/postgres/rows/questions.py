"""What one statement demands of the rows that are there, read against the catalogue before it."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects.base import UnsafeName
from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.effects.catalogue import Catalogue
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.rows.columns import new_column, set_not_null
from forensics.dialects.postgres.rows.constraints import constraint, index
from forensics.dialects.postgres.rows.conversions import conversion
from forensics.dialects.postgres.rows.there import There, there_of
from forensics.facts import RowQuestion


def questions(command: sql.Command, catalogue: Catalogue) -> tuple[RowQuestion, ...]:
    """What decides it, in the order in which PostgreSQL looks; none where rows play no part."""
    try:
        match command:
            case sql.AlterTable():
                there = there_of(command.name, catalogue)
                return tuple(it for action in command.actions for it in _action(action, there))
            case sql.CreateIndex(unique=True):
                return tuple(index(command, there_of(command.table, catalogue)))
            case _:
                return ()
    except (PostgresError, Unsure, UnsafeName):
        return ()


def _action(action: sql.Action, there: There) -> Iterator[RowQuestion]:
    if there.new:
        return
    match action:
        case sql.AddColumn():
            yield from new_column(action, there)
        case sql.AddConstraint():
            yield from constraint(action.constraint, there)
        case sql.AlterColumn(change=sql.Change.SET_NOT_NULL):
            yield from set_not_null(action.name, there)
        case sql.AlterColumn(change=sql.Change.TYPE):
            yield from conversion(action, there)
