"""Runs SQL over a catalogue as one transaction would, on a SQLite in memory."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from msgspec.structs import replace

from forensics.dialects.base import AskedRows
from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.engine import key
from forensics.dialects.sqlite.catalogue import read_catalogue
from forensics.dialects.sqlite.libsql import ran
from forensics.dialects.sqlite.memory import OURS, Memory, NotRun, SqliteError, code_of, memory
from forensics.dialects.sqlite.questions import Origins, asks, asks_of_failure
from forensics.dialects.sqlite.text import SqliteStatement, statements
from forensics.dialects.sqlite.witness import build_with_rows
from forensics.facts import LiveSchema, RowQuestion

ENFORCED = "PRAGMA foreign_keys = ON -- before the transaction"
"""As the first text: the driver watches foreign keys. Without it, it does not."""

_KEPT = 64
_remembered: OrderedDict[tuple[str, tuple[tuple[str, int], ...]], Effect] = OrderedDict()
"""The last answers: experiments ask for the same states again."""
_ENDS = frozenset({"commit", "end", "rollback", "savepoint", "release"})
_ONLY_HERE = re.compile(
    r"no such (?:function|module|collation sequence)|unknown tokenizer|virtual tables? "
)
"""What a driver may bring along."""
_EXISTS = re.compile(r"already exists|duplicate column name|there is already (?:a|an) ")


def is_there_already(error: str) -> bool:
    """Whether a statement fails because what it makes is there."""
    return _EXISTS.search(error) is not None


class _Doubt(Exception):
    """It is not known what a statement does; the text says why."""


class _Refused(Exception):
    """A statement fails."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def run(
    schema: LiveSchema, texts: Iterable[str], counts: Mapping[str, int] | None = None
) -> Effect:
    """What the texts do; `counts` is how many rows violate what was asked of them."""
    texts, told = tuple(texts), tuple(sorted((counts or {}).items()))
    known = (key(schema, texts), told)
    if known not in _remembered:
        with ExitStack() as stack:
            _remembered[known] = _Run(stack, schema, counts or {}).all(texts)
        if len(_remembered) > _KEPT:
            _remembered.popitem(last=False)
    effect = _remembered[known]
    if not isinstance(effect, Done):
        return effect
    return replace(effect, schema=replace(effect.schema, evidence=schema.evidence))


def row_questions(schema: LiveSchema, texts: Iterable[str]) -> tuple[AskedRows, ...]:
    """What rows decide on the way, each asked as if the statements before had passed."""
    with ExitStack() as stack:
        walk = _Run(stack, schema, {}, asking=True)
        walk.all(tuple(texts))
        return tuple(walk.asked)


@dataclass(slots=True)
class _Run:
    """The engine twice: on empty tables, and on one row in each while that goes well."""

    stack: ExitStack
    schema: LiveSchema
    counts: Mapping[str, int]
    asking: bool = False
    asked: list[AskedRows] = field(default_factory=list)
    plain: Memory = field(init=False)
    filled: Memory | None = field(init=False)
    origins: Origins = field(init=False)
    wrote: bool = False

    def __post_init__(self) -> None:
        self.plain = self.stack.enter_context(memory())
        self.filled = self.stack.enter_context(memory())
        self.lost = self.plain.build(self.schema.statements)
        build_with_rows(self.filled, self.schema.statements)
        self.origins = Origins.of_tables(self.schema)

    lost: tuple[str, ...] = ()
    """Statements of the catalogue that could not be run here."""

    def all(self, texts: tuple[str, ...]) -> Effect:
        """Every statement, up to the first that fails or is in doubt."""
        before = read_catalogue(self.plain.rows)
        self._both("PRAGMA foreign_keys = " + ("ON" if texts[:1] == (ENFORCED,) else "OFF"))
        self._both("BEGIN")
        for position, text in enumerate(texts):
            if position == 0 and text == ENFORCED:
                continue
            for statement in statements(text):
                try:
                    self._one(statement, position)
                except _Refused as refused:
                    return Failed(
                        sqlstate="",
                        message=refused.message,
                        statement=statement.written,
                        position=position,
                        number=statement.number,
                        exists=is_there_already(refused.message),
                    )
                except _Doubt as doubt:
                    return Undecided(
                        statement=statement.written,
                        why=str(doubt),
                        position=position,
                        number=statement.number,
                        changed=self.wrote or read_catalogue(self.plain.rows) != before,
                    )
        after = read_catalogue(self.plain.rows)
        left = replace(after, evidence=self.schema.evidence)
        return Done(schema=left, unseen=self.wrote and after == before)

    def _both(self, sql: str) -> None:
        self.plain.rows(sql)
        if self.filled is not None:
            self.filled.rows(sql)

    def _one(self, statement: SqliteStatement, position: int) -> None:
        if statement.words[0] in _ENDS:
            raise _Doubt(f"it is not followed what {statement.words[0].upper()} ends or begins")
        questions = list(asks(statement, self.plain, self.origins))
        self._run_plain(statement)
        questions += self._run_filled(statement)
        self._answer(questions, statement, position)
        self.wrote |= self.origins.follow(statement)

    def _run_plain(self, statement: SqliteStatement) -> None:
        try:
            ran(self.plain, statement)
        except NotRun as error:
            raise _Doubt(str(error)) from error
        except SqliteError as error:
            raise self._judged(error) from error

    def _judged(self, error: SqliteError) -> Exception:
        said = str(error)
        if code_of(error) in OURS or _ONLY_HERE.search(said):
            return _Doubt(f"it does not run here: {said}")
        if self.lost and "no such" in said:
            return _Doubt(f"a part of the schema could not be made again here: {said}")
        return _Refused(said)

    def _run_filled(self, statement: SqliteStatement) -> Iterator[RowQuestion]:
        if self.filled is None:
            return
        try:
            ran(self.filled, statement)
        except NotRun:
            self.filled = None
        except SqliteError as error:
            self.filled = None
            yield asks_of_failure(statement, str(error), self.schema, self.origins)

    def _answer(
        self, questions: list[RowQuestion], statement: SqliteStatement, position: int
    ) -> None:
        by = self.origins.changed_by(statement)
        for question in questions:
            if by:
                question = replace(question, query="", changed_by=by)
            self.asked.append(AskedRows(position, statement.number, question))
            found = self.counts.get(question.query) if question.query else None
            if found == 0 or self.asking:
                continue
            if found and question.exact:
                raise _Refused(question.error.text)
            raise _Doubt(f"it passes only if {question.demand}")
