"""The catalogue of a database in a handful of set-based queries, however many tables it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import LiteralString

from psycopg import errors

from forensics.collect.database.answering import Answering, Row, fact, facts_by_table
from forensics.facts import (
    Column,
    Constraint,
    EnumType,
    Extension,
    Index,
    LiveSchema,
    LiveTable,
    OtherObject,
    Policy,
    RelationKind,
    Trigger,
)
from forensics.model import TableName

# Names that begin with pg_ are reserved for the system.
_OURS: LiteralString = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
SCHEMAS = f"""\
SELECT n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace n
WHERE {_OURS} ORDER BY n.nspname"""
TABLES = f"""\
SELECT c.oid::bigint, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
  c.relkind::pg_catalog.text, pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text,
  EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid),
  c.relrowsecurity, c.relforcerowsecurity
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OURS}
ORDER BY n.nspname, c.relname"""
COLUMNS = f"""\
SELECT c.oid::bigint, a.attname::pg_catalog.text,
  pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
  CASE WHEN c.oid <> ALL (%(locked)s::pg_catalog.oid[])
    THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
  a.attidentity::pg_catalog.text, a.attgenerated::pg_catalog.text
FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {_OURS}
ORDER BY c.oid, a.attnum"""
CONSTRAINTS = f"""\
SELECT k.conrelid::bigint, k.conname::pg_catalog.text, k.contype::pg_catalog.text,
  CASE WHEN k.conrelid <> ALL (%(locked)s::pg_catalog.oid[])
      AND k.confrelid <> ALL (%(locked)s::pg_catalog.oid[])
    THEN pg_catalog.pg_get_constraintdef(k.oid) END,
  k.convalidated
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conrelid <> 0 AND {_OURS}
ORDER BY k.conrelid, k.conname"""
INDEXES = f"""\
SELECT i.indrelid::bigint, c.relname::pg_catalog.text, i.indisunique,
  CASE WHEN i.indrelid <> ALL (%(locked)s::pg_catalog.oid[])
    THEN pg_catalog.pg_get_indexdef(i.indexrelid) END,
  i.indisvalid, i.indisready, i.indislive,
  NOT i.indisvalid AND i.indrelid = ANY (%(at_work)s::pg_catalog.oid[])
FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} ORDER BY i.indrelid, c.relname"""
# `O` fires in ordinary sessions, `A` always, `R` only where changes of another server are replayed.
TRIGGERS = f"""\
SELECT t.tgrelid::bigint, t.tgname::pg_catalog.text, t.tgenabled IN ('O', 'A')
FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND {_OURS} ORDER BY t.tgrelid, t.tgname"""
POLICIES = f"""\
SELECT p.polrelid::bigint, p.polname::pg_catalog.text,
  CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
    WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
  p.polpermissive,
  ARRAY(SELECT CASE role WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(role) END
    ::pg_catalog.text FROM pg_catalog.unnest(p.polroles) AS role ORDER BY 1),
  CASE WHEN p.polrelid <> ALL (%(locked)s::pg_catalog.oid[])
    THEN pg_catalog.pg_get_expr(p.polqual, p.polrelid) END,
  CASE WHEN p.polrelid <> ALL (%(locked)s::pg_catalog.oid[])
    THEN pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) END
FROM pg_catalog.pg_policy p
  JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} ORDER BY p.polrelid, p.polname"""
OWNED = """\
SELECT d.refobjid::bigint, a.attname::pg_catalog.text, n.nspname::pg_catalog.text,
  s.relname::pg_catalog.text
FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0"""
VIEWS = f"""\
SELECT c.oid::bigint, pg_catalog.pg_get_viewdef(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND {_OURS}"""
ENUMS = f"""\
SELECT n.nspname::pg_catalog.text, t.typname::pg_catalog.text,
  pg_catalog.array_agg(e.enumlabel::pg_catalog.text ORDER BY e.enumsortorder)
FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
WHERE {_OURS} GROUP BY n.nspname, t.typname ORDER BY n.nspname, t.typname"""
SEQUENCES = f"""\
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND {_OURS} ORDER BY n.nspname, c.relname"""
EXTENSIONS = """\
SELECT e.extname::pg_catalog.text, n.nspname::pg_catalog.text
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql' ORDER BY e.extname"""
_NOT_OF_AN_EXTENSION: LiteralString = """\
NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.deptype = 'e' AND x.objid = o.oid)"""
OTHERS = f"""\
SELECT CASE o.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
  n.nspname::pg_catalog.text, o.proname::pg_catalog.text
FROM pg_catalog.pg_proc o JOIN pg_catalog.pg_namespace n ON n.oid = o.pronamespace
WHERE {_OURS} AND {_NOT_OF_AN_EXTENSION}
UNION SELECT CASE o.typtype WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type'
    WHEN 'c' THEN 'composite type' ELSE 'type' END,
  n.nspname::pg_catalog.text, o.typname::pg_catalog.text
FROM pg_catalog.pg_type o JOIN pg_catalog.pg_namespace n ON n.oid = o.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = o.typrelid
WHERE (o.typtype IN ('d', 'r') OR o.typtype = 'c' AND c.relkind = 'c'
    OR o.typtype = 'b' AND o.typelem = 0)
  AND {_OURS} AND {_NOT_OF_AN_EXTENSION}
UNION SELECT 'trigger', n.nspname::pg_catalog.text, o.tgname::pg_catalog.text
FROM pg_catalog.pg_trigger o JOIN pg_catalog.pg_class c ON c.oid = o.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT o.tgisinternal AND {_OURS}
UNION SELECT 'rule', n.nspname::pg_catalog.text, o.rulename::pg_catalog.text
FROM pg_catalog.pg_rewrite o JOIN pg_catalog.pg_class c ON c.oid = o.ev_class
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE o.rulename <> '_RETURN' AND {_OURS}
UNION SELECT 'policy', n.nspname::pg_catalog.text, o.polname::pg_catalog.text
FROM pg_catalog.pg_policy o JOIN pg_catalog.pg_class c ON c.oid = o.polrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS}
UNION SELECT 'event trigger', '', o.evtname::pg_catalog.text
FROM pg_catalog.pg_event_trigger o WHERE {_NOT_OF_AN_EXTENSION}
ORDER BY 1, 2, 3"""
# Printing a default or a constraint opens its table, and would wait for whoever holds this lock,
# ourselves excepted.
LOCKED = """\
SELECT DISTINCT l.relation::bigint FROM pg_catalog.pg_locks l
WHERE l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL
  AND l.pid <> pg_catalog.pg_backend_pid()"""
# Unlike pg_stat_progress_create_index, this is shown to every role. VACUUM takes the same lock.
AT_WORK = """\
SELECT DISTINCT l.relation::bigint FROM pg_catalog.pg_locks l
WHERE l.mode = 'ShareUpdateExclusiveLock' AND l.relation IS NOT NULL
  AND l.pid <> pg_catalog.pg_backend_pid()"""
_ALL_TABLES = "SELECT c.oid::bigint FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'f')"

_NAME = r"""(?:"(?:[^"]|"")+"|[^\s".]+)"""
_INDEX = re.compile(
    rf"CREATE (?:UNIQUE )?INDEX {_NAME} ON (?:ONLY )?{_NAME}(?:\.{_NAME})? (USING .*)", re.DOTALL
)


def read_catalogue(session: Answering) -> LiveSchema:
    """All that belongs to a schema but the system's own; of functions and the like the names.

    Definitions of locked tables stay empty. Raises `psycopg.Error`.
    """
    try:
        with session.attempt():
            tables = _tables(session, LOCKED)
    except errors.LockNotAvailable:  # taken between the two looks: then without any definition
        tables = _tables(session, _ALL_TABLES)
    return LiveSchema(
        evidence="",
        schemas=tuple(str(name) for (name,) in session.rows(SCHEMAS)),
        tables=tables,
        enums=tuple(
            fact(EnumType, (_name(schema, name), labels))
            for schema, name, labels in session.rows(ENUMS)
        ),
        sequences=tuple(_name(schema, name) for schema, name in session.rows(SEQUENCES)),
        search_path=session.search_path,
        extensions=tuple(fact(Extension, row) for row in session.rows(EXTENSIONS)),
        others=tuple(
            fact(OtherObject, (kind, _name(schema, name)))
            for kind, schema, name in session.rows(OTHERS)
        ),
    )


def _tables(session: Answering, locked: LiteralString) -> tuple[LiveTable, ...]:
    parameters: dict[str, object] = {
        "locked": [oid for (oid,) in session.rows(locked)],
        "at_work": [oid for (oid,) in session.rows(AT_WORK)],
    }
    constraints = facts_by_table(Constraint, _constraints(session, parameters))
    triggers = facts_by_table(Trigger, session.rows(TRIGGERS))
    columns = facts_by_table(Column, _columns(session, parameters))
    indexes = facts_by_table(Index, _indexes(session, parameters))
    policies = facts_by_table(Policy, _policies(session, parameters))
    views = _views(session)
    return tuple(
        LiveTable(
            name=_name(schema, name),
            kind=RelationKind(str(kind)),
            owner=str(owner),
            columns=tuple(columns[oid]),
            constraints=tuple(constraints[oid]),
            indexes=tuple(index.name for index in indexes[oid]),
            index_definitions=tuple(indexes[oid]),
            definition=views.get(oid),
            inherits=bool(inherits),
            row_security=bool(secured),
            forced_row_security=bool(forced),
            triggers=tuple(triggers[oid]),
            policies=tuple(policies[oid]),
        )
        for oid, schema, name, kind, owner, inherits, secured, forced in session.rows(TABLES)
    )


def _constraints(session: Answering, parameters: dict[str, object]) -> Iterator[Row]:
    for oid, name, kind, definition, validated in session.rows(CONSTRAINTS, parameters):
        yield oid, name, kind, definition or "", validated


def _indexes(session: Answering, parameters: dict[str, object]) -> Iterator[Row]:
    for oid, name, unique, written, *state in session.rows(INDEXES, parameters):
        yield oid, name, unique, _behind_table(written), *state


def _policies(session: Answering, parameters: dict[str, object]) -> list[Row]:
    """Without their expressions where a table that one of them names is locked."""
    try:
        with session.attempt():
            return session.rows(POLICIES, parameters)
    except errors.LockNotAvailable:
        everywhere: dict[str, object] = {"locked": [oid for (oid,) in session.rows(_ALL_TABLES)]}
        return session.rows(POLICIES, everywhere)


def _columns(session: Answering, parameters: dict[str, object]) -> Iterator[Row]:
    owned = {
        (oid, column): _name(schema, sequence)
        for oid, column, schema, sequence in session.rows(OWNED)
    }
    for oid, name, *rest in session.rows(COLUMNS, parameters):
        yield oid, name, *rest, owned.get((oid, name))


def _behind_table(definition: object) -> str:
    """`USING btree (a)` of what pg_get_indexdef prints, whatever the names before it hold."""
    found = _INDEX.match(str(definition)) if definition is not None else None
    return found[1] if found else ""


def _views(session: Answering) -> dict[object, str]:
    """The queries of views; printing one opens every table of it."""
    try:
        with session.attempt():
            return {oid: str(query) for oid, query in session.rows(VIEWS)}
    except errors.LockNotAvailable:
        return {}


def _name(schema: object, name: object) -> TableName:
    return TableName(schema=str(schema), table=str(name))
