"""Plants rows in the empty tables of a scratch database, and sees what becomes of them.

The owner of the tables plants them, never the superuser: defaults, domains and indexes of a
hostile schema run what somebody wrote.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import cast

from psycopg import sql

from forensics.scratch.simple_query import Connection, Stopped, run_text
from forensics.trying.watching.values import ROWS, ColumnType, sample

PLANT_SECONDS = 10.0
_MOST_READ = 1000
"""Rows of a table that are compared afterwards."""
_HOPS = 20
"""References that are followed to the column whose values a foreign key must have."""

_COLUMNS = """\
SELECT c.oid::pg_catalog.int8, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
  a.attnum::pg_catalog.int8, a.attname::pg_catalog.text, a.atttypid::pg_catalog.int8,
  a.atttypmod::pg_catalog.int8, a.attgenerated::pg_catalog.text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid = ANY (%s::pg_catalog.oid[]) AND c.relkind = 'r'
ORDER BY c.oid, a.attnum"""
_TYPES = """\
SELECT t.oid::pg_catalog.int8, t.typname::pg_catalog.text, t.typbasetype::pg_catalog.int8,
  t.typtypmod::pg_catalog.int8, CASE t.typcategory WHEN 'A' THEN t.typelem ELSE 0 END
    ::pg_catalog.int8,
  ARRAY(SELECT e.enumlabel::pg_catalog.text FROM pg_catalog.pg_enum e
    WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_catalog.pg_type t"""
_REFERENCES = """\
SELECT k.conrelid::pg_catalog.int8, its.number::pg_catalog.int8, k.confrelid::pg_catalog.int8,
  k.confkey[its.place]::pg_catalog.int8
FROM pg_catalog.pg_constraint k, pg_catalog.unnest(k.conkey) WITH ORDINALITY AS its (number, place)
WHERE k.contype = 'f'"""
# What would refuse or change a planted row; only the row is, so they are as before afterwards.
_SILENT = """\
UPDATE pg_catalog.pg_trigger SET tgenabled = 'D' WHERE tgrelid = ANY (%(tables)s::pg_catalog.oid[]);
UPDATE pg_catalog.pg_class SET relchecks = 0, relhasrules = false, relforcerowsecurity = false
WHERE oid = ANY (%(tables)s::pg_catalog.oid[])"""
_TRIGGERS = """\
SELECT oid::pg_catalog.int8, tgenabled::pg_catalog.text FROM pg_catalog.pg_trigger
WHERE tgrelid = ANY (%s::pg_catalog.oid[])"""
_TABLES = """\
SELECT oid::pg_catalog.int8, relchecks::pg_catalog.int8, relhasrules, relforcerowsecurity
FROM pg_catalog.pg_class WHERE oid = ANY (%s::pg_catalog.oid[])"""
_TRIGGERS_BACK = """\
UPDATE pg_catalog.pg_trigger t SET tgenabled = was.enabled::pg_catalog."char"
FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.oid[]), pg_catalog.unnest(%s::pg_catalog.text[]))
  AS was (oid, enabled)
WHERE t.oid = was.oid"""
_TABLES_BACK = """\
UPDATE pg_catalog.pg_class c
SET relchecks = was.checks, relhasrules = was.rules, relforcerowsecurity = was.forced
FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.oid[]), pg_catalog.unnest(%s::pg_catalog.int2[]),
    pg_catalog.unnest(%s::pg_catalog.bool[]), pg_catalog.unnest(%s::pg_catalog.bool[]))
  AS was (oid, checks, rules, forced)
WHERE c.oid = was.oid"""
_EACH = """\
DO {tag} DECLARE one pg_catalog.text; BEGIN
  FOREACH one IN ARRAY {statements}::pg_catalog.text[] LOOP
    BEGIN EXECUTE one; EXCEPTION WHEN OTHERS THEN NULL; END;
  END LOOP;
END {tag}"""
_AT_ONCE = 200
"""Statements in one request."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    number: int
    name: str
    type: ColumnType


@dataclass(frozen=True, slots=True)
class Table:
    """An empty table, and its columns but for generated ones."""

    oid: int
    schema: str
    name: str
    columns: list[Column] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of a table, each value as a number that stands for it."""

    rows: int
    values: Mapping[int, Sequence[int | None]]
    """The number of a column -> what it holds; `None` for NULL."""


Contents = Mapping[int, Content]
"""By the oid of the table."""


def plant(
    superuser: Connection, as_owner: AbstractContextManager[Connection], oids: Sequence[int]
) -> None:
    """Plant rows in tables, as far as they take some. Raises `Stopped` and `psycopg.Error`."""
    tables = _tables(superuser, oids)
    references = _references(superuser, tables)
    deadline = time.monotonic() + PLANT_SECONDS
    with _silent(superuser, oids), as_owner as owner:
        statements = [it.as_string() for one in tables for it in _insertions(one, references)]
        for start in range(0, len(statements), _AT_ONCE):
            run_text(owner, _all(statements[start : start + _AT_ONCE]).encode(), deadline)


def _all(statements: Sequence[str]) -> str:
    written = sql.SQL(", ").join(map(sql.Literal, statements)).as_string()
    body, tag = f"ARRAY[{written}]", "$planted$"
    while tag in body:
        tag = f"{tag[:-1]}_$"
    return _EACH.format(tag=tag, statements=body)


@contextmanager
def _silent(superuser: Connection, oids: Sequence[int]) -> Iterator[None]:
    """No trigger, rule, check or policy has a say; for connections that begin meanwhile."""
    tables = list(oids)
    triggers = superuser.execute(_TRIGGERS, (tables,)).fetchall()
    relations = superuser.execute(_TABLES, (tables,)).fetchall()
    for statement in _SILENT.split(";\n"):
        superuser.execute(statement.encode(), {"tables": tables})
    try:
        yield
    finally:
        superuser.execute(_TRIGGERS_BACK, _columns_of(triggers, 2))
        superuser.execute(_TABLES_BACK, _columns_of(relations, 4))


def _columns_of(rows: Sequence[Sequence[object]], width: int) -> tuple[list[object], ...]:
    return tuple([row[number] for row in rows] for number in range(width))


# --- What to plant ------------------------------------------------------------------------------


def _tables(superuser: Connection, oids: Sequence[int]) -> list[Table]:
    types = _types(superuser)
    found: dict[int, Table] = {}
    for oid, schema, table, number, name, type_, modifier, generated in _columns(superuser, oids):
        at = found.setdefault(oid, Table(oid, schema, table))
        if not generated:
            at.columns.append(Column(number, name, _type(types, type_, modifier)))
    return list(found.values())


_ColumnRow = tuple[int, str, str, int, str, int, int, str]
"""Oid, schema and name of a table; number, name, type, modifier, generation of a column."""


def _columns(superuser: Connection, oids: Sequence[int]) -> list[_ColumnRow]:
    return cast("list[_ColumnRow]", superuser.execute(_COLUMNS, (list(oids),)).fetchall())


_TypeRow = tuple[int, str, int, int, int, list[str]]
"""Its oid, name, what it is a domain of, the modifier of that, its elements and its labels."""


def _types(superuser: Connection) -> Mapping[int, _TypeRow]:
    rows = cast("list[_TypeRow]", superuser.execute(_TYPES).fetchall())
    return {row[0]: row for row in rows}


def _type(types: Mapping[int, _TypeRow], oid: int, modifier: int) -> ColumnType:
    _, name, base, its_modifier, element, labels = types[oid]
    if base:
        return _type(types, base, its_modifier)
    inner = _type(types, element, modifier) if element else None
    return ColumnType(name=name, modifier=modifier, labels=labels, element=inner)


_Places = Mapping[tuple[int, int], Column]
"""Table and number of a column -> the one whose values it must have."""


def _references(superuser: Connection, tables: Sequence[Table]) -> _Places:
    columns = {(table.oid, column.number): column for table in tables for column in table.columns}
    rows = cast("list[tuple[int, int, int, int]]", superuser.execute(_REFERENCES).fetchall())
    refers = {(table, column): (other, its) for table, column, other, its in rows}
    found: dict[tuple[int, int], Column] = {}
    for place in columns:
        end = place
        for _ in range(_HOPS):
            end = refers.get(end, end)
        found[place] = columns.get(end, columns[place])
    return found


def _insertions(table: Table, references: _Places) -> Iterator[sql.Composed]:
    for row in ROWS:
        values = {
            column.name: sample(references[table.oid, column.number].type, row)
            for column in table.columns
        }
        yield sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
            sql.Identifier(table.schema, table.name),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(map(sql.Literal, values.values())),
        )


# --- What is there ------------------------------------------------------------------------------


def contents(superuser: Connection, oids: Sequence[int]) -> Contents:
    """The rows of those tables that are there, and plain tables.

    Nothing that somebody made runs: values go through the output function of their type alone.
    """
    columns: dict[int, list[tuple[int, str]]] = {}
    places: dict[int, tuple[str, str]] = {}
    for oid, schema, table, number, column, *_, generated in _columns(superuser, oids):
        places[oid] = schema, table
        columns.setdefault(oid, []).extend([] if generated else [(number, column)])
    queries = [_reading(oid, place, columns[oid]) for oid, place in places.items()]
    found: dict[int, Content] = {}
    for start in range(0, len(queries), _AT_ONCE):
        query = sql.SQL(" UNION ALL ").join(queries[start : start + _AT_ONCE])
        for oid, rows in cast("list[tuple[int, _Values]]", superuser.execute(query).fetchall()):
            found[oid] = _content(rows or [], [number for number, _ in columns[oid]])
    return found


_Values = list[list[int | None]] | None
"""Rows of numbers that stand for values, each with a 0 before them; `None` for no row."""


def _reading(oid: int, place: tuple[str, str], columns: Sequence[tuple[int, str]]) -> sql.Composed:
    # A cast to text could be somebody's own; that of a record is the server's.
    told = [
        sql.SQL(
            "CASE WHEN {0} IS NOT DISTINCT FROM NULL THEN NULL ELSE "
            "pg_catalog.hashtextextended(ROW({0})::pg_catalog.text, 0) END"
        ).format(sql.Identifier("planted", name))
        for _, name in columns
    ]
    return sql.SQL(
        "SELECT {oid}, (SELECT pg_catalog.array_agg(ARRAY[0, {told}]::pg_catalog.int8[]) "
        "FROM (SELECT * FROM ONLY {table} LIMIT {most}) AS planted)"
    ).format(
        oid=sql.Literal(oid),
        told=sql.SQL(", ").join([*told, sql.SQL("0")]),
        table=sql.Identifier(*place),
        most=sql.Literal(_MOST_READ),
    )


def _content(rows: list[list[int | None]], numbers: Sequence[int]) -> Content:
    values = {number: [row[at] for row in rows] for at, number in enumerate(numbers, 1)}
    return Content(len(rows), values)


def poorer(before: Sequence[int | None], after: Sequence[int | None]) -> bool:
    """Whether a column tells less than it did: fewer different values, or more that are NULL."""
    return len({*after} - {None}) < len({*before} - {None})


__all__ = ["Content", "Contents", "Stopped", "contents", "plant", "poorer"]
