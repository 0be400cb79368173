"""Pending statements that change rows: later ones meet other rows than the present ones."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from msgspec.structs import replace

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.cursor import Cursor
from forensics.dialects.postgres.effects.catalogue import Catalogue
from forensics.dialects.postgres.effects.constraints import referenced
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.tokens import Kind, Token, words
from forensics.facts import LiveTable, RowKind, RowQuestion
from forensics.model import TableName

_WRITING = words("insert update delete truncate merge copy with")
_VALUES = words("true false current_timestamp current_date localtimestamp")
_CALLS = words("now gen_random_uuid clock_timestamp")
_CONSTANTS = frozenset({Kind.STRING, Kind.NUMBER})


def writes(statement: sql.Statement) -> bool:
    """Whether a statement changes rows and nothing else, but for what triggers do."""
    command = statement.command
    return isinstance(command, sql.Rows) and command.verb in _WRITING


@dataclass(slots=True)
class Changes:
    """What pending statements did to rows up to one place."""

    by: dict[TableName | None, str] = field(default_factory=dict)
    """Table -> the last statement that changed its rows; `None` is any table."""
    filled: set[tuple[TableName, str]] = field(default_factory=set)
    """Columns that have no NULL since then, whatever rows there are."""

    def note(self, statement: sql.Statement, catalogue: Catalogue) -> None:
        """A statement that changes rows."""
        assert isinstance(statement.command, sql.Rows)
        targets = _targets(statement.command, catalogue)
        for target in targets:
            self.by[target] = statement.written
            self.filled = {it for it in self.filled if target not in (None, it[0])}
        if len(statement.command.tables) == 1 and targets and None not in targets:
            table = catalogue.table(statement.command.tables[0]).name
            self.filled |= {(table, column) for column in _filled(statement.tokens)}

    def note_conversion(self, question: RowQuestion, statement: sql.Statement) -> None:
        """A change of type that computes new values."""
        if question.kind is RowKind.CONVERSION and not question.query:
            self.by[question.table] = statement.written
            self.filled = {it for it in self.filled if it[0] != question.table}

    def settles(self, question: RowQuestion) -> bool:
        """Whether the rows fit for sure by then."""
        columns = {(question.table, column) for column in question.columns}
        return question.kind is RowKind.NOT_NULL and columns <= self.filled

    def told(self, question: RowQuestion) -> RowQuestion:
        """The question; where the rows are others by then, without the query."""
        tables = (None, question.table, question.other)
        by = next((self.by[it] for it in tables if it in self.by), "")
        return replace(question, query="", changed_by=by) if by else question


def _targets(command: sql.Rows, catalogue: Catalogue) -> set[TableName | None]:
    """The tables whose rows it may change: also by keys that act, and any by a trigger."""
    try:
        written = {catalogue.table(name).name for name in command.tables}
    except (PostgresError, Unsure):
        return {None}
    if not written or any(_may_run_code(catalogue.tables[it], catalogue) for it in written):
        return {None}
    referring = (it.name for it in catalogue.tables.values() if written & _pointed_at(it))
    return {*written, *referring}


def _may_run_code(table: LiveTable, catalogue: Catalogue) -> bool:
    """Whether it has triggers, or nobody looked."""
    known = table.row_security is not None or table.name in catalogue.empty
    return bool(table.triggers) or not known


def _pointed_at(table: LiveTable) -> set[TableName]:
    """The tables that its foreign keys point to."""
    found = set()
    for constraint in table.constraints:
        with suppress(Unsure, ValueError):
            if (target := referenced(constraint)) is not None and target[0].schema is not None:
                found.add(TableName(schema=target[0].schema, table=target[0].name))
    return found


# --- UPDATE that leaves no NULL -----------------------------------------------------------------


def _filled(tokens: tuple[Token, ...]) -> set[str]:
    """The columns that an UPDATE gives a value in every row that has none."""
    if tokens[0].word != "update":
        return set()
    before, where = _cut(tokens, "where")
    _, set_ = _cut(before, "set")
    if any(token.word in ("from", "returning") for token in tokens):
        return set()
    assigned = (_assigned(it.tokens) for it in Cursor(set_).items())
    given = {column for column, value in assigned if _is_value(value)}
    return given if not where else given & _nulls_of(where)


def _cut(tokens: tuple[Token, ...], word: str) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    at = next((number for number, it in enumerate(tokens) if it.word == word), len(tokens))
    return tokens[:at], tokens[at + 1 :]


def _assigned(tokens: tuple[Token, ...]) -> tuple[str, tuple[Token, ...]]:
    """The column, and what it is set to; without a column for a form of another kind."""
    if len(tokens) < 3 or tokens[1].value != "=":
        return "", ()
    return tokens[0].value, tokens[2:]


def _is_value(tokens: tuple[Token, ...]) -> bool:
    """Whether it is a constant, or a call that never gives NULL; a cast may follow."""
    at = next((number for number, it in enumerate(tokens) if it.raw == "::"), len(tokens))
    value = tokens[:at]
    if len(value) == 2 and value[0].raw == "-":
        return value[1].kind is Kind.NUMBER
    if len(value) == 1:
        return value[0].kind in _CONSTANTS or value[0].word in _VALUES
    return (
        len(value) == 3 and value[0].word in _CALLS and [it.raw for it in value[1:]] == ["(", ")"]
    )


def _nulls_of(where: tuple[Token, ...]) -> set[str]:
    """The column of `WHERE column IS NULL`; empty for any other condition."""
    said = [token.word for token in where]
    if said[-2:] != ["is", "null"] or len(where) not in (3, 5):
        return set()
    return {where[-3].value}
