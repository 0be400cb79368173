"""The exact GRANT to ask for where a role may not read."""

from __future__ import annotations

from psycopg import sql

from forensics.collect.database.search import Relation
from forensics.model import TableName

_USAGE = sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {role};")
_TABLE = sql.SQL("GRANT SELECT ON {table} TO {role};")
_SEQUENCE = sql.SQL("GRANT SELECT ON SEQUENCE {table} TO {role};")


def table_grant(relation: Relation, role: str) -> str:
    """What lets a role read a table; empty where it may already."""
    statements = ([] if relation.usage else [_USAGE]) + ([] if relation.select else [_TABLE])
    return _composed(statements, relation.name, role)


def sequence_grant(name: TableName, role: str, *, usage: bool) -> str:
    """What lets a role read a sequence; `usage` where the schema is closed too."""
    return _composed([_USAGE, _SEQUENCE] if usage else [_SEQUENCE], name, role)


def bypass_grant(role: str) -> str:
    """What lets a role see all rows in spite of row-level security; for a superuser to run."""
    return sql.SQL("ALTER ROLE {} BYPASSRLS;").format(sql.Identifier(role)).as_string()


def _composed(statements: list[sql.SQL], name: TableName, role: str) -> str:
    parts = {
        "schema": sql.Identifier(name.schema),
        "table": sql.Identifier(name.schema, name.table),
        "role": sql.Identifier(role),
    }
    return " ".join(statement.format(**parts).as_string() for statement in statements)
