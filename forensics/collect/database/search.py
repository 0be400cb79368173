"""Finds tracking tables in every schema through the catalogue, before any of them is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from forensics.collect.database.answering import Answering
from forensics.collect.database.known_tables import LEDGERS, NAMES, KnownTable, recognise
from forensics.evidence.recorded_database import PassedOver, TrackingSearch
from forensics.facts import RelationKind
from forensics.model import TableName

_KINDS = {
    RelationKind.VIEW: "a view",
    RelationKind.MATERIALIZED_VIEW: "a materialized view",
    RelationKind.FOREIGN: "a foreign table",
    RelationKind.VIRTUAL: "a virtual table",
}
# A cast or output function of a type that is not the system's may be anybody's code: such columns
# are not plain, and never read. Type and cast owners: CREATE CAST in the PostgreSQL manual.
# Before any row is read, the planner calls immutable functions of index expressions, statistics and
# partition keys (eval_const_expressions in the source of PostgreSQL).
# A tool that lets a project choose the name of its table has all columns that are wanted of one
# shape, and no column other than those that its releases add.
QUERY = """\
SELECT c.oid::bigint, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
  c.relkind::pg_catalog.text, pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text,
  pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_table_privilege(c.oid, 'SELECT'),
  ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
  ARRAY(SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
  ARRAY(SELECT t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
  (SELECT k.conname::pg_catalog.text FROM pg_catalog.pg_constraint k
    WHERE k.conrelid = c.oid AND k.contype = 'p'),
  EXISTS (WITH RECURSIVE part (oid) AS (SELECT c.oid
      UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN part ON part.oid = i.inhparent)
    SELECT FROM pg_catalog.pg_class f WHERE f.oid IN (SELECT part.oid FROM part)
      AND f.relkind = 'f'),
  EXISTS (WITH RECURSIVE part (oid) AS (SELECT c.oid
      UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN part ON part.oid = i.inhparent)
    SELECT FROM pg_catalog.pg_depend d
    WHERE d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass,
        'pg_catalog.pg_operator'::pg_catalog.regclass) AND d.refobjid >= 16384
      AND (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid IN (
          SELECT part.oid FROM part UNION ALL SELECT x.indexrelid FROM pg_catalog.pg_index x
          WHERE x.indrelid IN (SELECT part.oid FROM part))
        OR d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND d.objid IN (
          SELECT s.oid FROM pg_catalog.pg_statistic_ext s
          WHERE s.stxrelid IN (SELECT part.oid FROM part))))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND (c.relname = ANY (%(names)s)
    OR (n.nspname, c.relname) IN
      (SELECT * FROM ROWS FROM (pg_catalog.unnest(%(schemas)s::pg_catalog.name[]),
        pg_catalog.unnest(%(tables)s::pg_catalog.name[])) AS asked (nspname, relname))
    OR c.relkind IN ('r', 'p') AND c.oid IN (SELECT a.attrelid
      FROM ROWS FROM (pg_catalog.unnest(%(shapes)s::pg_catalog.int4[]),
          pg_catalog.unnest(%(columns)s::pg_catalog.name[]),
          pg_catalog.unnest(%(required)s::pg_catalog.bool[]),
          pg_catalog.unnest(%(needed)s::pg_catalog.int4[])) AS w (shape, name, required, needed)
        JOIN pg_catalog.pg_attribute a ON a.attname = w.name
      WHERE a.attnum > 0 AND NOT a.attisdropped GROUP BY w.shape, w.needed, a.attrelid
      HAVING pg_catalog.count(*) FILTER (WHERE w.required) = w.needed
        AND pg_catalog.count(*) = (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute b
          WHERE b.attrelid = a.attrelid AND b.attnum > 0 AND NOT b.attisdropped)))
ORDER BY n.nspname, c.relname"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relation that may be a tracking table, as the catalogue describes it."""

    oid: int
    name: TableName
    kind: RelationKind
    owner: str
    usage: bool
    """Whether we may use its schema."""
    select: bool
    """Whether we may read it."""
    types: Mapping[str, str]
    """Column -> type, in the order of the columns."""
    plain: frozenset[str]
    """The columns whose types are the system's own, so that reading them runs nobody's code."""
    primary_key: str | None
    foreign_parts: bool
    """Whether a partition lies on another server."""
    planner_calls: bool
    """Whether planning a query on it may call a function that somebody made."""

    @property
    def untouchable(self) -> str:
        """Why it must not be read whatever it holds; empty for a table."""
        if self.kind in _KINDS:
            return f"is {_KINDS[self.kind]}, which may run code when it is read: never read"
        if self.foreign_parts:
            return "has partitions on another server: never read"
        if self.planner_calls:
            return "has an index or statistics that call functions when it is read: never read"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the search found: the tables with their tools, and what only had the name."""

    tables: tuple[tuple[Relation, KnownTable], ...]
    passed_over: tuple[PassedOver, ...]

    def record(self) -> TrackingSearch:
        """The search as evidence."""
        found = tuple(relation.name for relation, _ in self.tables)
        return TrackingSearch(names=NAMES, found=found, passed_over=self.passed_over)


def search_tracking_tables(session: Answering, asked_for: tuple[TableName, ...]) -> Search:
    """Look in all schemas but the system's; raises `psycopg.Error`."""
    tables, passed_over = [], []
    for relation in relations(session, asked_for):
        asked = relation.name in asked_for
        if known := recognise(relation.name.table, relation.types, asked_for=asked):
            tables.append((relation, known))
        else:
            columns = ", ".join(f"{name} {type_}" for name, type_ in relation.types.items())
            why = f"no tool's columns: {columns[:200]}"
            passed_over.append(PassedOver(name=relation.name, why=why))
    return Search(tables=tuple(tables), passed_over=tuple(passed_over))


def relations_named(session: Answering, names: tuple[TableName, ...]) -> tuple[Relation, ...]:
    """Some relations, as the catalogue describes them; raises `psycopg.Error`."""
    return tuple(it for it in relations(session, names) if it.name in names)


def relations(session: Answering, asked_for: tuple[TableName, ...]) -> Iterator[Relation]:
    """What may be a tracking table by its name or its columns; raises `psycopg.Error`."""
    for row in session.rows(QUERY, search_parameters(asked_for)):
        oid, schema, table, kind, owner, usage, select, columns, types, system, key, *parts = row
        assert isinstance(columns, list) and isinstance(types, list) and isinstance(system, list)
        yield Relation(
            oid=int(str(oid)),
            name=TableName(schema=str(schema), table=str(table)),
            kind=RelationKind(str(kind)),
            owner=str(owner),
            usage=bool(usage),
            select=bool(select),
            types=dict(zip(columns, types, strict=True)),
            plain=frozenset(name for name, plain in zip(columns, system, strict=True) if plain),
            primary_key=None if key is None else str(key),
            foreign_parts=bool(parts[0]),
            planner_calls=bool(parts[1]),
        )


def search_parameters(asked_for: tuple[TableName, ...]) -> dict[str, object]:
    """What `QUERY` is asked with: known names and shapes, and tables that the user named."""
    wanted = tuple(_wanted())
    return {
        "names": list(NAMES),
        "schemas": [name.schema for name in asked_for],
        "tables": [name.table for name in asked_for],
        "shapes": [each.shape for each in wanted],
        "columns": [each.column for each in wanted],
        "required": [each.required for each in wanted],
        "needed": [each.needed for each in wanted],
    }


class _Wanted(NamedTuple):
    """A column of a table that may have any name."""

    shape: int
    column: str
    required: bool
    needed: int
    """How many required columns the shape has."""


def _wanted() -> Iterator[_Wanted]:
    shapes = (ledger.shape for ledger in LEDGERS.values() if ledger.any_name)
    for number, shape in enumerate(shapes):
        needed = len(shape.columns)
        yield from (_Wanted(number, column.name, True, needed) for column in shape.columns)
        yield from (_Wanted(number, column, False, needed) for column in shape.later)
