"""The part of the one query that reads tracking tables: which ones, and their newest rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from string import Formatter

from psycopg import sql

from forensics.adapters.base import Ledger
from forensics.collect.database import blockers, known_tables, rows, search, tracking
from forensics.collect.database.supplied.text import bound, literal, names, rows_of
from forensics.model import TableName

_RECOGNISED = """\
SELECT f.* FROM found f
WHERE EXISTS (SELECT FROM (VALUES {known}) AS k (name, columns)
    WHERE k.name = f.name AND k.columns <@ f.columns)
  OR EXISTS (SELECT FROM (VALUES {asked}) AS a (schema, name)
    WHERE a.schema = f.schema AND a.name = f.name)
  OR EXISTS (SELECT FROM (VALUES {shapes}) AS s (shape, needed, allowed)
    WHERE s.needed <@ f.columns AND f.columns <@ s.allowed
      AND NOT EXISTS (SELECT FROM ROWS FROM (pg_catalog.unnest(f.columns),
          pg_catalog.unnest(f.types)) AS c (name, type)
        JOIN (VALUES {kinds}) AS w (shape, name, types) ON w.shape = s.shape AND w.name = c.name
        WHERE pg_catalog.split_part(c.type, '(', 1) <> ALL (w.types)))"""
# Where reading fails or waits, the whole query would: what the collector tries is looked up here.
_STATES = """\
SELECT r.oid, r.schema, r.name, r.kind, r.usage AND r."select" AS may, r.kind IN ('r', 'p')
    AND NOT r.foreign_parts AND NOT r.planner_calls AS plain,
  EXISTS (WITH RECURSIVE part (oid) AS (SELECT r.oid
      UNION SELECT i.inhrelid::pg_catalog.int8 FROM pg_catalog.pg_inherits i
        JOIN part ON part.oid = i.inhparent::pg_catalog.int8)
    SELECT FROM locked l JOIN part ON part.oid = l.oid) AS locked,
  r.kind IN ('r', 'p') AND pg_catalog.row_security_active(r.oid::pg_catalog.oid) AS secured,
  ARRAY(SELECT c.name FROM ROWS FROM (pg_catalog.unnest(r.columns),
      pg_catalog.unnest(r.system)) WITH ORDINALITY AS c (name, plain, place)
    WHERE c.plain ORDER BY c.place) AS columns,
  coalesce((SELECT o."column" FROM (VALUES {orders}) AS o (name, "column", place)
      WHERE coalesce(o.name, r.name) = r.name AND o."column" = ANY (r.columns)
      ORDER BY o.place LIMIT 1), r.columns[1]) AS "order"
FROM recognised r"""
_TABLES = """\
SELECT this.oid, this.locked, this.secured,
  CASE WHEN this.may AND this.plain AND NOT this.locked AND NOT this.secured THEN {rows} END,
  {sequence}, {position}, {blockers}
FROM states this"""
_SEQUENCE_OF = """\
(SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(q.c1, q.c2, q.c3, q.c4))
  FROM ({query}) AS q (c1, c2, c3, c4))"""
_POSITION = """\
(SELECT CASE WHEN q.usage AND q."select" AND NOT EXISTS (SELECT FROM locked l
    WHERE l.oid = pg_catalog.to_regclass(pg_catalog.format('%I.%I', q.schema, q.name))
      ::pg_catalog.oid::pg_catalog.int8) THEN {position} END
  FROM ({query}) AS q (schema, name, usage, "select"))"""
_POSITION_QUERY = """\
pg_catalog.concat('SELECT last_value::pg_catalog.text, CASE WHEN is_called THEN ''t''
    ELSE ''f'' END FROM ',
  pg_catalog.format('%I.%I', q.schema, q.name))"""
# As the output function of a boolean has it: `t`, where a cast to text says `true`.
_BLOCKERS_OF = """\
CASE WHEN this.locked THEN (SELECT pg_catalog.jsonb_agg(
  pg_catalog.jsonb_build_array(q.c1, q.c2, q.c3, q.c4, q.c5, q.c6))
  FROM ({query}) AS q (c1, c2, c3, c4, c5, c6)) END"""

Table = tuple[
    int,
    bool,
    bool,
    list[list[str | None]] | None,
    list[tuple[str, str, bool, bool]] | None,
    list[list[str | None]] | None,
    list[tuple[int, str | None, str | None, str | None, str | None, bool]] | None,
]
"""The oid of a table, whether it is locked, whether row-level security would hide rows; its newest
rows, its sequence, where that stands, and who locks it."""


def recognised(asked_for: tuple[TableName, ...]) -> str:
    """The SELECT of the relations that are a tracking table, as `known_tables` knows them."""
    return _RECOGNISED.format(
        known=_values((literal(name), names(columns)) for name, columns in _named()),
        asked=_asked(asked_for),
        shapes=_values(
            (
                str(number),
                names(ledger.shape.made),
                names({*ledger.shape.made, *ledger.shape.later}),
            )
            for number, ledger in _any_name()
        ),
        kinds=_values(
            (str(number), literal(column), names(types, "pg_catalog.text"))
            for number, ledger in _any_name()
            for column, types in ledger.kinds.items()
        ),
    )


def states() -> str:
    """The SELECT of what keeps each of them from being read, and in which order its rows are."""
    return _STATES.format(
        orders=_values(
            (literal(name) if name else "NULL", literal(column), str(place))
            for place, (name, column) in enumerate(_orders())
        ),
    )


def tables() -> str:
    """The SELECT of `Table`s."""
    sequence = bound(tracking.SEQUENCE, {"oid": "this.oid"})
    return _TABLES.format(
        rows=rows_of(_rows_query()),
        sequence=_SEQUENCE_OF.format(query=sequence),
        position=_POSITION.format(query=sequence, position=rows_of(_POSITION_QUERY)),
        blockers=_BLOCKERS_OF.format(query=bound(blockers.QUERY, {"oid": "this.oid"})),
    )


def _named() -> Iterator[tuple[str, Collection[str]]]:
    """The names by which tables are known, with the columns that they must have."""
    for ledger in known_tables.LEDGERS.values():
        yield from ((name, ledger.needed) for name in sorted(ledger.names))
        yield from ((name, frozenset[str]()) for name in sorted(ledger.locks))
    yield from ((it.name, it.columns) for it in known_tables.KNOWN_TABLES)


def _any_name() -> list[tuple[int, Ledger]]:
    return [(n, it) for n, it in enumerate(known_tables.LEDGERS.values()) if it.any_name]


def _orders() -> Iterable[tuple[str | None, str]]:
    """Name of a table and the column in whose order it is read, the first that is there.

    `None` is any name.
    """
    for ledger in known_tables.LEDGERS.values():
        yield from ((name, ledger.order) for name in sorted(ledger.names))
    for known in known_tables.KNOWN_TABLES:
        yield known.name, known.order
    for _, ledger in _any_name():
        yield None, ledger.order


def _asked(asked_for: tuple[TableName, ...]) -> str:
    given = [(literal(name.schema), literal(name.table)) for name in asked_for]
    return _values(given or [("NULL::pg_catalog.text", "NULL::pg_catalog.text")])


def _values(rows_of_values: Iterable[tuple[str, ...]]) -> str:
    return ", ".join(f"({', '.join(row)})" for row in rows_of_values)


def _rows_query() -> str:
    """An expression that composes the very query of `rows.select_rows`, from the same pieces."""
    cell = _filled(
        rows.CELL, {"0": "pg_catalog.quote_ident(c.name)", "1": literal(str(rows.CELL_LIMIT))}
    )
    alias = "'c' || (c.place - 1)"
    of_columns = "FROM pg_catalog.unnest(this.columns) WITH ORDINALITY AS c (name, place)"
    size = _filled(rows.SIZE, {"0": cell})
    summed = "' + ' || " + size
    parts = {
        "names": _joined(f"', r.' || {alias}", of_columns),
        "size": f"'0' || {_joined(summed, of_columns)}",
        "cells": _joined(f"', ' || {cell} || ' AS ' || {alias}", of_columns),
        "only": "CASE this.kind WHEN 'r' THEN 'ONLY ' ELSE '' END",
        "table": "pg_catalog.format('%I.%I', this.schema, this.name)",
        "order": """pg_catalog.format('t.%I', CASE WHEN this."order" = ANY (this.columns)
          THEN this."order" ELSE 'ctid' END)""",
        "row_limit": literal(str(rows.ROW_LIMIT)),
        "table_limit": literal(str(rows.TABLE_LIMIT)),
    }
    return _filled(rows.SELECT, parts)


def _joined(expression: str, source: str) -> str:
    return (
        f"coalesce((SELECT pg_catalog.string_agg({expression}, '' ORDER BY c.place) {source}), '')"
    )


def _filled(template: sql.SQL, parts: Mapping[str, str]) -> str:
    """An expression for a template of ours, its places filled in: no text is searched twice.

    Places without a name have numbers.
    """
    pieces: list[str] = []
    place = 0
    for text, field, _, _ in Formatter().parse(template.as_string()):
        if text:
            pieces.append(literal(text))
        if field is not None:
            pieces.append(parts[field or str(place)])
            place += 1
    return f"pg_catalog.concat({', '.join(pieces)})"


def asked(asked_for: tuple[TableName, ...]) -> dict[str, str]:
    """The parameters of `search.QUERY` as expressions."""
    types = {
        "names": "pg_catalog.name",
        "schemas": "pg_catalog.name",
        "tables": "pg_catalog.name",
        "columns": "pg_catalog.name",
        "shapes": "pg_catalog.int4",
        "required": "pg_catalog.bool",
        "needed": "pg_catalog.int4",
    }
    given = search.search_parameters(asked_for)
    return {name: _array(values, types[name]) for name, values in given.items()}


def _array(values: object, type_: str) -> str:
    assert isinstance(values, list)
    listed = ", ".join(literal(it) if isinstance(it, str) else str(it).lower() for it in values)
    return f"ARRAY[{listed}]::{type_}[]"
