"""The catalogue of a database in a handful of set-based queries, however many tables it has."""

from __future__ import annotations

from collections import defaultdict
from typing import LiteralString

from psycopg import errors

from forensics.collect.database.session import Row, Session
from forensics.facts import Column, Constraint, EnumType, LiveSchema, LiveTable
from forensics.model import TableName

# Names that begin with pg_ are reserved for the system.
_OURS: LiteralString = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_SCHEMAS = f"""\
SELECT n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace n
WHERE {_OURS} ORDER BY n.nspname"""
_TABLES = f"""\
SELECT c.oid::bigint, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
  c.relkind::pg_catalog.text, pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OURS}
ORDER BY n.nspname, c.relname"""
_COLUMNS = f"""\
SELECT c.oid::bigint, a.attname::pg_catalog.text,
  pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
  CASE WHEN c.oid <> ALL (%(locked)s::pg_catalog.oid[])
    THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END
FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {_OURS}
ORDER BY c.oid, a.attnum"""
_CONSTRAINTS = f"""\
SELECT k.conrelid::bigint, k.conname::pg_catalog.text, k.contype::pg_catalog.text,
  CASE WHEN k.conrelid <> ALL (%(locked)s::pg_catalog.oid[])
      AND k.confrelid <> ALL (%(locked)s::pg_catalog.oid[])
    THEN pg_catalog.pg_get_constraintdef(k.oid) END
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conrelid <> 0 AND {_OURS}
ORDER BY k.conrelid, k.conname"""
_INDEXES = f"""\
SELECT i.indrelid::bigint, c.relname::pg_catalog.text
FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} ORDER BY i.indrelid, c.relname"""
_ENUMS = f"""\
SELECT n.nspname::pg_catalog.text, t.typname::pg_catalog.text,
  pg_catalog.array_agg(e.enumlabel::pg_catalog.text ORDER BY e.enumsortorder)
FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
WHERE {_OURS} GROUP BY n.nspname, t.typname ORDER BY n.nspname, t.typname"""
_SEQUENCES = f"""\
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND {_OURS} ORDER BY n.nspname, c.relname"""
# Printing a default or a constraint opens its table, and would wait for whoever holds this lock.
_LOCKED = """\
SELECT DISTINCT l.relation::bigint FROM pg_catalog.pg_locks l
WHERE l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL"""
_ALL_TABLES = "SELECT c.oid::bigint FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'f')"


def read_catalogue(session: Session) -> LiveSchema:
    """All schemas, tables, columns, constraints, index names, enums and sequences but the system's.

    Defaults and constraint definitions of locked tables stay empty. Raises `psycopg.Error`.
    """
    try:
        with session.attempt():
            columns, constraints = _parts(session, _LOCKED)
    except errors.LockNotAvailable:  # taken between the two looks: then without any definition
        columns, constraints = _parts(session, _ALL_TABLES)
    return LiveSchema(
        evidence="",
        schemas=tuple(str(name) for (name,) in session.rows(_SCHEMAS)),
        tables=_tables(session, columns, constraints),
        enums=tuple(
            EnumType(name=_name(schema, name), labels=_strings(labels))
            for schema, name, labels in session.rows(_ENUMS)
        ),
        sequences=tuple(_name(schema, name) for schema, name in session.rows(_SEQUENCES)),
        search_path=session.search_path,
    )


def _parts(session: Session, locked: LiteralString) -> tuple[list[Row], list[Row]]:
    parameters: dict[str, object] = {"locked": [oid for (oid,) in session.rows(locked)]}
    return session.rows(_COLUMNS, parameters), session.rows(_CONSTRAINTS, parameters)


def _tables(session: Session, columns: list[Row], constraints: list[Row]) -> tuple[LiveTable, ...]:
    columns_of: dict[object, list[Column]] = defaultdict(list)
    for oid, name, type_, not_null, default in columns:
        columns_of[oid].append(
            Column(
                name=str(name), type=str(type_), not_null=bool(not_null), default=_maybe(default)
            )
        )
    constraints_of: dict[object, list[Constraint]] = defaultdict(list)
    for oid, name, kind, definition in constraints:
        constraint = Constraint(name=str(name), kind=str(kind), definition=_maybe(definition) or "")
        constraints_of[oid].append(constraint)
    indexes_of: dict[object, list[str]] = defaultdict(list)
    for oid, name in session.rows(_INDEXES):
        indexes_of[oid].append(str(name))
    return tuple(
        LiveTable(
            name=_name(schema, name),
            kind=str(kind),
            owner=str(owner),
            columns=tuple(columns_of[oid]),
            constraints=tuple(constraints_of[oid]),
            indexes=tuple(indexes_of[oid]),
        )
        for oid, schema, name, kind, owner in session.rows(_TABLES)
    )


def _name(schema: object, name: object) -> TableName:
    return TableName(schema=str(schema), table=str(name))


def _maybe(value: object) -> str | None:
    return None if value is None else str(value)


def _strings(values: object) -> tuple[str, ...]:
    return tuple(map(str, values)) if isinstance(values, list) else ()
