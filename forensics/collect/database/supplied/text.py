"""How pieces of the one query are written: literals, arrays, answers of composed queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from psycopg import sql

_PLACE = re.compile(r"%\((\w+)\)s|%%")

# A plain SELECT cannot name tables that may not be there. `ts_stat` runs a query that is composed
# first, read-only, and hands over the words of its text search vectors: the bytes of the answer,
# numbered, as hexadecimal digits. Unlike `query_to_xml`, every server has it. A word has fewer than
# 2,048 bytes, and a vector fewer than 1,048,576.
_WORDS = """\
SELECT pg_catalog.array_to_tsvector(pg_catalog.array_agg(
    pg_catalog.lpad(n.n::pg_catalog.text, 8, '0') || pg_catalog.encode(
      pg_catalog.substring(a.bytes, n.n * 900 + 1, 900), 'hex')))
  FROM answer a, LATERAL pg_catalog.generate_series(0, (pg_catalog.length(a.bytes) - 1) / 900)
    AS n (n)
  GROUP BY n.n / 400"""
_ROWS = """\
WITH answer (bytes) AS MATERIALIZED (SELECT pg_catalog.convert_to(
    coalesce(pg_catalog.jsonb_agg(v.row), '[]')::pg_catalog.text, 'UTF8')
  FROM (SELECT (SELECT pg_catalog.jsonb_agg(e.value ORDER BY e.place)
      FROM pg_catalog.jsonb_each(pg_catalog.to_jsonb(ROW(q.*)))
        WITH ORDINALITY AS e (key, value, place)) AS row
    FROM ("""
_ANSWER = """\
(SELECT pg_catalog.convert_from(pg_catalog.decode(pg_catalog.string_agg(
    pg_catalog.substr(w.word, 9), '' ORDER BY w.word COLLATE pg_catalog."C"), 'hex'), 'UTF8')
  FROM pg_catalog.ts_stat(pg_catalog.concat({query})) AS w)"""


def literal(text: str) -> str:
    """A text as SQL has it."""
    return sql.Literal(text).as_string().strip()


def names(values: Iterable[str], type_: str = "pg_catalog.text") -> str:
    """An array of texts, sorted."""
    return f"ARRAY[{', '.join(map(literal, sorted(values)))}]::{type_}[]"


def bound(query: str, parameters: Mapping[str, str]) -> str:
    """A query with expressions in the places of its parameters."""
    return _PLACE.sub(lambda found: parameters[found[1]] if found[1] else "%", query)


def words_of(query: str) -> str:
    """A query whose words are the text of a query with one column and one row."""
    encoded = f"pg_catalog.convert_to(({query}), 'UTF8')"
    return f"WITH answer (bytes) AS MATERIALIZED (SELECT {encoded})\n{_WORDS}"


def run(query: str) -> str:
    """An expression that runs a query of words, given as expressions with commas: its text."""
    return _ANSWER.format(query=query)


def rows_of(query: str) -> str:
    """The expression for the rows of a query, itself composed by an expression: arrays of texts."""
    end = f") AS q) AS v)\n{_WORDS}"
    return run(f"{literal(_ROWS)}, {query}, {literal(end)}") + "::pg_catalog.jsonb"
