"""The rows of one table, bounded, as PostgreSQL prints them."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace
from psycopg import sql

from forensics import limits
from forensics.adapters.base import Ledger
from forensics.collect.database.answering import Answering
from forensics.collect.database.search import Relation
from forensics.facts import RelationKind, TrackingRow
from forensics.model import Scalar
from forensics.tracking.ledgers import integer

ROW_LIMIT = limits.ROWS
CELL_LIMIT = limits.CELL
TABLE_LIMIT = limits.TABLE

_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_XMIN = "xmin"
# The newest rows first, each with the number of all rows before it and xmin behind it. ONLY, since
# a child of a table may lie on another server.
SELECT = sql.SQL("""\
SELECT r.total::pg_catalog.text{names}, r.xid FROM (
  SELECT pg_catalog.count(*) OVER () AS total, pg_catalog.row_number() OVER newest AS place,
    pg_catalog.sum({size}) OVER newest AS bytes, t.xmin::pg_catalog.text AS xid{cells}
  FROM {only}{table} t WINDOW newest AS (ORDER BY {order} DESC ROWS UNBOUNDED PRECEDING)) r
WHERE r.place <= {row_limit} AND r.bytes <= {table_limit} ORDER BY r.place""")
CELL = sql.SQL("pg_catalog.left(t.{}::pg_catalog.text, {})")
SIZE = sql.SQL("coalesce(pg_catalog.octet_length({}), 0)")


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read of a table, oldest row first; xmin stands behind the columns."""

    columns: tuple[str, ...]
    texts: tuple[tuple[str | None, ...], ...]
    notes: tuple[str, ...]
    """What was left out."""

    def read_by(self, ledger: Ledger) -> tuple[TrackingRow, ...]:
        """The rows as the tool that wrote them understands them."""
        named = [dict(zip((*self.columns, _XMIN), row, strict=True)) for row in self.texts]
        return tuple(replace(ledger.read(row), transaction=row[_XMIN]) for row in named)

    def scalars(self, relation: Relation) -> tuple[tuple[Scalar, ...], ...]:
        """The rows with integers and booleans as such, without xmin."""
        types = [relation.types[name] for name in self.columns]
        return tuple(tuple(map(_scalar, types, row)) for row in self.texts)


def read_rows(session: Answering, relation: Relation, order: str) -> Rows:
    """Read a table in the order of one column; raises `psycopg.Error`."""
    columns = tuple(name for name in relation.types if name in relation.plain)
    rows = session.texts(select_rows(relation, columns, order))
    texts = tuple(row[1:] for row in reversed(rows))
    notes = []
    if odd := [name for name in relation.types if name not in relation.plain]:
        notes.append(f"not read, since their types are not the system's: {', '.join(odd)}")
    if rows and (total := int(rows[0][0] or 0)) > len(rows):
        notes.append(f"of {total} rows the newest {len(rows)} were kept")
    if any(len(cell or "") == CELL_LIMIT for row in texts for cell in row):
        notes.append(f"long values were cut after {CELL_LIMIT} characters")
    return Rows(columns, texts, tuple(notes))


def select_rows(relation: Relation, columns: tuple[str, ...], order: str) -> sql.Composed:
    """The query for the newest rows: number of all rows, the columns as texts, xmin."""
    cells = [CELL.format(sql.Identifier(name), CELL_LIMIT) for name in columns]
    names = [sql.Identifier(f"c{place}") for place in range(len(cells))]
    sizes = [sql.SQL("0").format(), *(SIZE.format(cell) for cell in cells)]
    return SELECT.format(
        names=sql.SQL("").join(sql.SQL(", r.{}").format(name) for name in names),
        size=sql.SQL(" + ").join(sizes),
        cells=sql.SQL("").join(
            sql.SQL(", {} AS {}").format(*pair) for pair in zip(cells, names, strict=True)
        ),
        only=sql.SQL("ONLY " if relation.kind is RelationKind.TABLE else ""),
        table=sql.Identifier(relation.name.schema, relation.name.table),
        order=sql.Identifier("t", order if order in columns else "ctid"),
        row_limit=ROW_LIMIT,
        table_limit=TABLE_LIMIT,
    )


def _scalar(type_: str, text: str | None) -> Scalar:
    if type_ in _INTEGERS:
        return integer(text)
    if type_ == "boolean" and text is not None:
        return text == "true"
    return text
