"""Runs SQL over a catalogue with what was counted of rows; lists what rows decide on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from forensics.dialects.base import AskedRows
from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres import effects
from forensics.dialects.postgres.effects.catalogue import Catalogue, column_of
from forensics.dialects.postgres.effects.run import execute
from forensics.dialects.postgres.effects.types import find_type
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.rows.changes import Changes, writes
from forensics.dialects.postgres.rows.questions import questions
from forensics.dialects.postgres.rows.remedies import remedy
from forensics.dialects.postgres.statements import statements
from forensics.facts import LiveSchema, RowQuestion
from forensics.model import TrueError


def row_questions(schema: LiveSchema, texts: Iterable[str]) -> tuple[AskedRows, ...]:
    """What rows decide, statement by statement, each asked as if those before it had passed.

    What a statement that changes rows leaves of them is not known, and said of the later ones.
    It ends at the first statement of which something else than rows leaves the outcome open.
    """
    run = _Run(schema, None)
    run.all(texts)
    return tuple(run.asked)


def assumed(schema: LiveSchema, texts: Iterable[str]) -> Effect:
    """The effect, where the rows are as every statement demands it."""
    return _Run(schema, None).all(texts)


def run(
    schema: LiveSchema, texts: Iterable[str], counts: Mapping[str, int] | None = None
) -> Effect:
    """The effect, where the rows are as counted: query -> rows that violate it.

    Without counts, what the catalogue alone tells.
    """
    return effects.run(schema, texts) if counts is None else _Run(schema, counts).all(texts)


class _Violated(Exception):
    def __init__(self, error: TrueError) -> None:
        super().__init__(error.text)
        self.error = error


class _Run:
    def __init__(self, schema: LiveSchema, counts: Mapping[str, int] | None) -> None:
        self._catalogue = Catalogue.of(schema)
        self._counts = counts
        self._changes = Changes()
        self.asked: list[AskedRows] = []

    def all(self, texts: Iterable[str]) -> Effect:
        for position, text in enumerate(texts):
            if (effect := self._text(text, position)) is not None:
                return effect
        return Done(schema=self._catalogue.frozen())

    def _text(self, text: str, position: int) -> Effect | None:
        """What ended it, `None` where it ran through."""
        written, number = text.strip(), 0
        try:
            for statement in statements(text):
                written, number = statement.written, statement.place.number
                self._statement(statement, position)
        except _Violated as violated:
            return _failed(violated.error, written, position, number)
        except PostgresError as error:
            told = TrueError(text=error.message, sqlstate=error.sqlstate)
            return _failed(told, written, position, number)
        except Unsure as doubt:
            return Undecided(statement=written, why=str(doubt), position=position, number=number)
        return None

    def _statement(self, statement: sql.Statement, position: int) -> None:
        if self._counts is None and writes(statement):
            self._changes.note(statement, self._catalogue)
            return
        found = questions(statement.command, self._catalogue)
        before = self._catalogue.copy()
        try:
            execute(statement, self._catalogue)
        except Unsure:
            if not found:
                raise
            self.asked += self._asked(statement, position, found)
            if not self._fits(found):
                raise
            self._catalogue = before
            self._as_if_empty(statement, found)

    def _asked(
        self, statement: sql.Statement, position: int, found: tuple[RowQuestion, ...]
    ) -> Iterator[AskedRows]:
        for question in found:
            if not self._changes.settles(question):
                told = replace(
                    self._changes.told(question), instead=remedy(question, statement.written)
                )
                yield AskedRows(position, statement.place.number, told)
            self._changes.note_conversion(question, statement)

    def _fits(self, found: tuple[RowQuestion, ...]) -> bool:
        """Whether the rows allow it; where nothing was counted, that is supposed."""
        if self._counts is None:
            return True
        for question in found:
            count = self._counts.get(question.query)
            if count is None or (count and not question.exact):
                return False
            if count:
                raise _Violated(question.error)
        return True

    def _as_if_empty(self, statement: sql.Statement, found: tuple[RowQuestion, ...]) -> None:
        """What it does to the catalogue where no row stops it is what it does to an empty table."""
        known = set(self._catalogue.empty)
        self._catalogue.empty |= {question.table for question in found}
        try:
            execute(_without_using(statement, self._catalogue), self._catalogue)
        finally:
            self._catalogue.empty = known


def _without_using(statement: sql.Statement, catalogue: Catalogue) -> sql.Statement:
    """A statement whose conversions are made already: the rows and the types allow them."""
    command = statement.command
    if not isinstance(command, sql.AlterTable):
        return statement
    left = tuple(it for it in command.actions if not _converted(it, command, catalogue))
    changed = sql.AlterTable(command.name, left, command.lenient)
    return sql.Statement(changed, statement.tokens, statement.place)


def _converted(action: sql.Action, command: sql.AlterTable, catalogue: Catalogue) -> bool:
    if not isinstance(action, sql.AlterColumn) or action.change is not sql.Change.TYPE:
        return False
    table = catalogue.table(command.name)
    column = column_of(table, action.name)
    if column is None or action.type is None or column.default is not None:
        return False  # whether its default can be converted is another question
    wanted = find_type(action.type, catalogue)
    catalogue.set_column(table.name, replace(column, type=wanted.printed))
    return True


def _failed(error: TrueError, written: str, position: int, number: int) -> Failed:
    return Failed(
        sqlstate=error.sqlstate or "",
        message=error.text,
        statement=written,
        position=position,
        number=number,
    )
