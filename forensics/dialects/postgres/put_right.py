"""How a person makes valid what exists and is not: statements, and queries that only read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from psycopg.sql import SQL

from forensics.dialects.base import UnsafeName
from forensics.dialects.postgres.cursor import Cursor
from forensics.dialects.postgres.effects.catalogue import constraint_of
from forensics.dialects.postgres.effects.constraints import read_definition
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.fix_script.quoting import column, columns, scalar, table_name
from forensics.dialects.postgres.tokens import Token, statements
from forensics.dialects.things import ROW_SECURITY_FORCED
from forensics.facts import (
    Constraint,
    ConstraintKind,
    Difference,
    Index,
    LiveSchema,
    LiveTable,
    ObjectKind,
    RelationKind,
)
from forensics.model import InsertRows, RunSql, TableName

_CHECK = re.compile(r"CHECK (\(.*\))(?: NO INHERIT)?(?: NOT VALID)?", re.DOTALL)
_CUT = "..."
"""How a statement ends that was too long to be kept."""


def put_right(fault: Difference, schema: LiveSchema, statement: str) -> tuple[RunSql, ...]:
    """The steps in their order; empty where what is known does not tell them."""
    try:
        steps = tuple(_STEPS[fault.kind](fault, schema, statement))
    except (KeyError, Unsure, UnsafeName):
        return ()
    return steps if all(step.text.isprintable() for step in steps) else ()


def record(step: InsertRows, only_if_valid: TableName) -> RunSql:
    """The rows as one INSERT, which inserts them only if the index is valid."""
    names = columns(name for name, _ in step.rows[0].cells)
    rows = SQL(" UNION ALL ").join(
        SQL("SELECT {}").format(SQL(", ").join(scalar(value) for _, value in row.cells))
        for row in step.rows
    )
    text = SQL(
        "INSERT INTO {} ({})\nSELECT * FROM ({}) AS applied\nWHERE EXISTS (SELECT FROM "
        "pg_catalog.pg_index WHERE indexrelid = {}::pg_catalog.regclass AND indisvalid);"
    ).format(table_name(step.table), names, rows, scalar(_relation(only_if_valid)))
    keys = ", ".join(row.key for row in step.rows)
    return RunSql(
        text=text.as_string(),
        why=f"record {keys} last; it inserts nothing (`INSERT 0 0`) while the index is not valid",
    )


def _relation(table: TableName) -> str:
    return f"{_name(table.schema)}.{_name(table.table)}"


def _name(text: str) -> str:
    return column(text).as_string()


def _table(fault: Difference, schema: LiveSchema) -> LiveTable:
    for table in schema.tables:
        if table.name == fault.name and table.kind is RelationKind.TABLE:
            return table
    raise Unsure("a table that is not there, or is partitioned")


# --- Indexes ------------------------------------------------------------------------------------


def _index(fault: Difference, schema: LiveSchema, statement: str) -> Iterator[RunSql]:
    table, index = _held(fault, schema)
    yield RunSql(
        text=f"DROP INDEX CONCURRENTLY {_relation(fault.name)};",
        why="drop the index that was never finished: it only slows writes down",
    )
    if index.unique:
        yield RunSql(
            text=f"{_duplicates(table, index)};",
            why="list the keys that several rows share, and resolve them all first; the query only "
            "reads",
        )
    unique = "UNIQUE " if index.unique else ""
    yield RunSql(
        text=f"CREATE {unique}INDEX CONCURRENTLY {_name(index.name)} ON {_relation(table.name)} "
        f"{index.definition};",
        why="build it, outside any transaction",
    )


def _held(fault: Difference, schema: LiveSchema) -> tuple[LiveTable, Index]:
    for table in schema.tables:
        for index in table.index_definitions:
            same = index.name == fault.name.table and table.name.schema == fault.name.schema
            if same and index.definition and table.kind is RelationKind.TABLE:
                return table, index
    raise Unsure("what the index is on")


def _duplicates(table: LiveTable, index: Index) -> str:
    (tokens,) = statements(index.definition)
    cursor = Cursor(tokens)
    cursor.take("using")
    cursor.name()
    keys = [_key(item, index.definition) for item in Cursor(cursor.group()).items()]
    more = cursor.until("where")
    conditions = []
    if "distinct" not in [token.word for token in more]:
        conditions = [f"{key} IS NOT NULL" for key in keys]
    if cursor.took("where"):
        conditions.append(_text(cursor.remaining(), index.definition))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    listed = ", ".join(keys)
    return (
        f"SELECT {listed}, count(*) FROM {_relation(table.name)}{where} "
        f"GROUP BY {listed} HAVING count(*) > 1"
    )


def _key(cursor: Cursor, text: str) -> str:
    """A key without its ordering; other options may decide what is equal."""
    ending = {"asc", "desc", "nulls", "first", "last"}
    tokens = list(cursor.remaining())
    while tokens and tokens[-1].word in ending:
        tokens.pop()
    if len(tokens) > 1 and tokens[-1].value != ")":
        raise Unsure("what a collation or an operator class takes for equal")
    return _text(tuple(tokens), text)


def _text(tokens: tuple[Token, ...], text: str) -> str:
    return text[tokens[0].start : tokens[-1].start + len(tokens[-1].raw)]


# --- Constraints --------------------------------------------------------------------------------


def _constraint(fault: Difference, schema: LiveSchema, statement: str) -> Iterator[RunSql]:
    table = _table(fault, schema)
    constraint = constraint_of(table, fault.part)
    if constraint is None:
        raise Unsure("a constraint that is not there")
    if (query := _offenders(table, constraint)) is not None:
        yield RunSql(
            text=f"{query};",
            why="count the rows that break it, and correct them first; the query only reads",
        )
    yield RunSql(
        text=f"ALTER TABLE {_relation(table.name)} VALIDATE CONSTRAINT {_name(fault.part)};",
        why="check the existing rows; if one breaks it, this fails and changes nothing",
    )


def _offenders(table: LiveTable, constraint: Constraint) -> str | None:
    if constraint.kind is ConstraintKind.CHECK:
        found = _CHECK.fullmatch(constraint.definition)
        return found and f"SELECT count(*) FROM {_relation(table.name)} WHERE NOT {found[1]}"
    if constraint.kind is not ConstraintKind.FOREIGN_KEY or "MATCH FULL" in constraint.definition:
        return None
    key = read_definition(constraint)
    if key.target is None or key.target.schema is None or not key.target_columns:
        return None
    target = TableName(schema=key.target.schema, table=key.target.name)
    pairs = list(zip(key.columns, key.target_columns, strict=True))
    given = " AND ".join(f"one.{_name(of)} IS NOT NULL" for of, _ in pairs)
    same = " AND ".join(f"other.{_name(to)} = one.{_name(of)}" for of, to in pairs)
    return (
        f"SELECT count(*) FROM {_relation(table.name)} AS one WHERE {given} "
        f"AND NOT EXISTS (SELECT FROM {_relation(target)} AS other WHERE {same})"
    )


# --- Triggers and row level security ------------------------------------------------------------


def _trigger(fault: Difference, schema: LiveSchema, statement: str) -> Iterator[RunSql]:
    table = _table(fault, schema)
    yield RunSql(
        text=f"ALTER TABLE {_relation(table.name)} ENABLE TRIGGER {_name(fault.part)};",
        why="let it fire again; it does nothing for the rows that were written meanwhile",
    )


def _row_security(fault: Difference, schema: LiveSchema, statement: str) -> Iterator[RunSql]:
    table = _table(fault, schema)
    word = "FORCE" if fault.part == ROW_SECURITY_FORCED else "ENABLE"
    yield RunSql(
        text=f"ALTER TABLE {_relation(table.name)} {word} ROW LEVEL SECURITY;",
        why="without a policy nobody but the owner then sees a row: make the policies first",
    )


def _policy(fault: Difference, schema: LiveSchema, statement: str) -> Iterator[RunSql]:
    _table(fault, schema)
    if not statement.upper().startswith("CREATE POLICY") or statement.endswith(_CUT):
        raise Unsure("the whole text of the policy")
    yield RunSql(text=f"{statement.rstrip('; ')};", why="make the policy again")


_STEPS: dict[ObjectKind, Callable[[Difference, LiveSchema, str], Iterator[RunSql]]] = {
    ObjectKind.INDEX: _index,
    ObjectKind.CONSTRAINT: _constraint,
    ObjectKind.TRIGGER: _trigger,
    ObjectKind.ROW_SECURITY: _row_security,
    ObjectKind.POLICY: _policy,
}
