"""The answers of a database that was asked elsewhere, as a session would have given them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import LiteralString, TypeVar

import msgspec
from psycopg import errors, sql

from forensics.collect.database import attachments, blockers, search, tracking
from forensics.collect.database.answering import Row
from forensics.collect.database.known_tables import recognise
from forensics.collect.database.rows import select_rows
from forensics.collect.database.supplied.forms import BadEvidence, answer_in, text_of
from forensics.collect.database.supplied.questions import FORMAT, FOUND, QUESTIONS
from forensics.collect.database.supplied.select import MARK
from forensics.collect.database.supplied.tables import Table
from forensics.model import TableName

T = TypeVar("T")


class Answer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the one query returns."""

    forensics_query: int
    version: str
    at: str
    """By the clock of the server, UTC."""
    sha256: str
    """Of the evidence, as PostgreSQL prints `jsonb`."""
    evidence: dict[str, list[object]]


class SuppliedAnswers:
    """Answers every query of the collector from a file, in the place of a session."""

    host = port = ""
    process = 0
    lost = False

    def __init__(self, answer: Answer) -> None:
        """Raises `BadEvidence` where something is missing, or is not what a query gives."""
        self.version, self.at, self.sha256 = answer.version, answer.at, answer.sha256
        evidence = answer.evidence
        names = {it.name for it in (*QUESTIONS, FOUND)} | {"asked", "search_path", "read"}
        if more := sorted(evidence.keys() - names):
            raise BadEvidence(f"it is not what the query returns: it has {more[0][:40]!r} too")
        self.asked = tuple(
            TableName(schema=schema, table=table)
            for schema, table in _typed(evidence, "asked", list[tuple[str, str]])
        )
        self.search_path = tuple(_typed(evidence, "search_path", list[str]))
        self._rows: dict[str, list[Row]] = {}
        for question in (*QUESTIONS, FOUND):
            self._rows[question.text] = _typed(evidence, question.name, question.rows)
        self._tables = {it[0]: it for it in _typed(evidence, "read", list[Table])}
        self._texts: dict[str, Table] = {}
        self._positions: dict[str, Table] = {}
        for relation in search.relations(self, self.asked):
            self._know(relation)

    def rows(self, query: LiteralString, parameters: dict[str, object] | None = None) -> list[Row]:
        """What the database said; raises `psycopg.Error` where it would have refused."""
        oid = (parameters or {}).get("oid")
        if query == tracking.SAME:
            return [(True,)]
        if query == tracking.SEQUENCE:
            return list(self._tables_by(oid)[4] or ())
        if query == blockers.QUERY:
            return list(self._tables_by(oid)[6] or ())
        if query == attachments.ATTACHED_QUERY and any(it[1] for it in self._tables.values()):
            raise errors.LockNotAvailable("a tracking table was locked")
        return self._rows[query]

    def texts(self, query: sql.Composed) -> list[tuple[str | None, ...]]:
        """The rows of a tracking table, or where its sequence stands."""
        asked = query.as_string()
        if asked in self._positions:
            found = self._positions[asked][5]
            if found is None:
                raise errors.LockNotAvailable("the sequence was locked")
            return [tuple(row) for row in found]
        table = self._texts[asked]
        if table[1]:
            raise errors.LockNotAvailable("the table was locked")
        if table[2]:
            raise errors.InsufficientPrivilege("row-level security would hide rows")
        return [tuple(row) for row in table[3] or ()]

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Nothing has to be taken back."""
        yield

    def covers(self, name: TableName) -> bool:
        """Whether a table would have been read if it was there."""
        known = {it.name for it in search.relations(self, self.asked) if it.oid in self._tables}
        return name in self.asked or name in known

    def _know(self, relation: search.Relation) -> None:
        """By which queries the collector will ask for a table."""
        asked = relation.name in self.asked
        known = recognise(relation.name.table, relation.types, asked_for=asked)
        if known is None:
            return
        table = self._tables.get(relation.oid)
        columns = tuple(name for name in relation.types if name in relation.plain)
        if table is None or not _fits(relation, table, len(columns)):
            raise BadEvidence(f"its rows of {relation.name} are missing, or not of its columns")
        self._texts[select_rows(relation, columns, known.order).as_string()] = table
        for schema, name, _, _ in table[4] or ():
            asked_of = tracking.position_of(TableName(schema=schema, table=name))
            self._positions[asked_of.as_string()] = table

    def _tables_by(self, oid: object) -> Table:
        return next(table for known, table in self._tables.items() if known == oid)


def read_answers(data: bytes) -> SuppliedAnswers:
    """The answers in a file; raises `BadEvidence`, whose message says why and what to do."""
    found = answer_in(text_of(data))
    if found.get(MARK) != FORMAT:
        raise BadEvidence(
            f"it has format {found.get(MARK)!r}, and this program reads {FORMAT}: run the query "
            "that `forensics query` of this version prints"
        )
    try:
        answer = msgspec.convert(found, Answer)
    except msgspec.ValidationError as error:
        raise BadEvidence(f"it is not what the query returns: {error}") from error
    if _digest(answer.evidence) != answer.sha256:
        raise BadEvidence(
            "the answer was altered, or is incomplete: its checksum is another. Run the query again"
        )
    return SuppliedAnswers(answer)


def _digest(evidence: Mapping[str, object]) -> str:
    """The hash that the query makes of the evidence, from its text as `jsonb`."""
    text = json.dumps(_ordered(evidence), ensure_ascii=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _ordered(value: object) -> object:
    if isinstance(value, str) and "\0" in value:
        raise BadEvidence("it has a character that no database can hold")
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _ordered(value[key]) for key in keys}
    return [_ordered(it) for it in value] if isinstance(value, list) else value


def _typed(evidence: Mapping[str, object], name: str, type_: type[T]) -> T:
    if name not in evidence:
        raise BadEvidence(f"it lacks {name!r}. Run the query again, and save all that it prints")
    try:
        return msgspec.convert(evidence[name], type_)
    except msgspec.ValidationError as error:
        raise BadEvidence(f"its {name!r} is not what the query returns: {error}") from error


def _fits(relation: search.Relation, table: Table, columns: int) -> bool:
    """Whether there are rows where nothing kept anybody from reading them, each of this width."""
    _, locked, secured, rows, _, _, _ = table
    if rows is None:
        readable = relation.usage and relation.select and not relation.untouchable
        return not readable or locked or secured
    return all(len(row) == columns + 2 and str(row[0]).isdigit() for row in rows)
