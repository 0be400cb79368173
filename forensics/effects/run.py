"""Runs SQL over a catalogue as one transaction would, statement by statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from forensics.effects import grammar
from forensics.effects.alter import alter_table
from forensics.effects.alter_type import alter_type
from forensics.effects.catalogue import Catalogue, column_of
from forensics.effects.create import (
    create_index,
    create_schema,
    create_sequence,
    create_table,
    create_type,
)
from forensics.effects.cursor import Cursor, Name
from forensics.effects.drop import drop_relation, drop_schema, drop_type
from forensics.effects.outcome import (
    Done,
    Effect,
    Failed,
    PostgresError,
    Undecided,
    Unsure,
)
from forensics.effects.tokens import Token, statements
from forensics.facts import LiveSchema


def run(schema: LiveSchema, texts: Iterable[str]) -> Effect:
    """Run texts of SQL, each perhaps of several statements, in one transaction.

    The first error ends it, as does the first statement of which the catalogue does not tell what
    it would do: what depends on rows, functions, extensions or privileges is `Undecided`.
    """
    catalogue = Catalogue.of(schema)
    before = catalogue.frozen()
    for position, text in enumerate(texts):
        try:
            parsed = tuple(statements(text))
            _check_grammar(parsed)
        except PostgresError as error:
            return _failed(error, text.strip(), position)
        except Unsure as doubt:
            return _undecided(doubt, text.strip(), catalogue.frozen() != before)
        for statement in parsed:
            written = " ".join(token.raw for token in statement)
            try:
                execute(statement, catalogue)
            except PostgresError as error:
                return _failed(error, written, position)
            except Unsure as doubt:
                return _undecided(doubt, written, catalogue.frozen() != before)
    return Done(schema=catalogue.frozen())


def _failed(error: PostgresError, statement: str, position: int) -> Failed:
    return Failed(
        sqlstate=error.sqlstate, message=error.message, statement=statement, position=position
    )


def _undecided(doubt: Unsure, statement: str, changed: bool) -> Undecided:
    return Undecided(statement=statement, why=str(doubt), changed=changed)


def _check_grammar(parsed: tuple[tuple[Token, ...], ...]) -> None:
    """PostgreSQL parses a whole text before it runs the first statement of it."""
    for statement in parsed:
        grammar.check(Cursor(statement))


def execute(statement: tuple[Token, ...], catalogue: Catalogue) -> None:
    """Run one statement on the catalogue; raises `PostgresError` or `Unsure`."""
    cursor = Cursor(statement)
    for words, run_it in _STATEMENTS:
        if cursor.took(*words):
            run_it(cursor, catalogue)
            return
    raise Unsure(f"statements of the kind {statement[0].raw.upper()} are not modelled")


def _do_block(cursor: Cursor, catalogue: Catalogue) -> None:
    """DO $$ BEGIN ...; EXCEPTION WHEN duplicate_object THEN null; END $$, and nothing else."""
    body = tuple(statements(cursor.string()))
    cursor.end()
    if len(body) != 3 or _words(body[0])[:1] != ("begin",) or _words(body[0])[1:2] == ("do",):
        raise Unsure("a DO block of another form than drizzle-kit's")
    if tuple(map(_words, body[1:])) != _HANDLER or len(body[0]) < 2:
        raise Unsure("a DO block of another form than drizzle-kit's")
    before = catalogue.copy()
    try:
        execute(body[0][1:], catalogue)
    except PostgresError as error:
        if error.sqlstate != _DUPLICATE_OBJECT:
            raise
        _restore(catalogue, before)


_DUPLICATE_OBJECT = "42710"
_HANDLER = (("exception", "when", "duplicate_object", "then", "null"), ("end",))


def _words(statement: tuple[Token, ...]) -> tuple[str, ...]:
    return tuple(token.word for token in statement)


def _restore(catalogue: Catalogue, before: Catalogue) -> None:
    for name in Catalogue.__slots__:
        setattr(catalogue, name, getattr(before, name))


def _comment(cursor: Cursor, catalogue: Catalogue) -> None:
    if cursor.took("table"):
        catalogue.table(cursor.qualified())
    elif cursor.took("column"):
        parts = [cursor.name()]
        while cursor.took("."):
            parts.append(cursor.name())
        *path, column = parts
        table = catalogue.table(Name(path[0] if len(path) > 1 else None, path[-1]))
        if column_of(table, column) is None:
            message = f'column "{column}" of relation "{table.name.table}" does not exist'
            raise PostgresError("42703", message)
    else:
        raise cursor.unknown()
    cursor.take("is")
    if not cursor.took("null"):
        cursor.string()
    cursor.end()


_Run = Callable[[Cursor, Catalogue], None]
_STATEMENTS: tuple[tuple[tuple[str, ...], _Run], ...] = (
    (("create", "table"), create_table),
    (("create", "type"), create_type),
    (("create", "schema"), create_schema),
    (("create", "sequence"), create_sequence),
    (("create", "index"), lambda c, to: create_index(c, to, unique=False)),
    (("create", "unique", "index"), lambda c, to: create_index(c, to, unique=True)),
    (("alter", "table"), alter_table),
    (("alter", "type"), alter_type),
    (("drop", "table"), lambda c, to: drop_relation(c, to, kind="table")),
    (("drop", "index"), lambda c, to: drop_relation(c, to, kind="index")),
    (("drop", "sequence"), lambda c, to: drop_relation(c, to, kind="sequence")),
    (("drop", "type"), drop_type),
    (("drop", "schema"), drop_schema),
    (("comment", "on"), _comment),
    (("do",), _do_block),
)
