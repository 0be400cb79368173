"""Which statements take longer the more rows there are, so that a time limit may end them."""

from __future__ import annotations

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.effects.catalogue import Catalogue
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.statements import statements
from forensics.facts import LiveSchema
from forensics.model import TableName

_NOT_VALID = ("not", "valid")


def scanned(schema: LiveSchema, text: str) -> tuple[TableName, ...]:
    """The tables of the catalogue of which a text reads or writes every row; none where unsure."""
    catalogue = Catalogue.of(schema)
    try:
        names = [name for it in statements(text) for name in _scanned(it.command)]
        found = [catalogue.find_relation(name) for name in names]
    except (Unsure, PostgresError):
        return ()
    return tuple(dict.fromkeys(it for it in found if it is not None))


def _scanned(command: sql.Command) -> tuple[Name, ...]:
    match command:
        case sql.CreateIndex(table=table):
            return (table,)
        case sql.AlterTable(name=name, actions=actions) if any(map(_scans, actions)):
            return (name,)
        case sql.Rows(verb="update" | "delete" | "merge", tables=tables):
            return tables
        case _:
            return ()


def _scans(action: sql.Action) -> bool:
    match action:
        case sql.AddConstraint(constraint=constraint):
            words = tuple(token.word for token in constraint.options)
            return _NOT_VALID not in zip(words, words[1:], strict=False)
        case sql.AlterColumn(change=sql.Change.SET_NOT_NULL | sql.Change.TYPE):
            return True
        case _:
            return False
