"""Schemas and tables that a fix makes where they are missing, and that its inverse takes away."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.sql import SQL, Composable, Composed

from forensics.dialects.postgres.fix_script import guards as guard
from forensics.dialects.postgres.fix_script.guards import Check
from forensics.dialects.postgres.fix_script.quoting import Plain, column, name, table_name, value
from forensics.model import NewColumn, TableName
from forensics.model.characters import one_line

_MARK = "Created by fix.sql of Forensics"
"""The comment by which rollback.sql knows a schema that the fix itself created."""


def tracking_table_made(table: TableName, made: Sequence[NewColumn], owner: str | None) -> str:
    """The table as the tool makes it, for who migrates."""
    lines = SQL(",\n").join(
        SQL("  {} {}").format(column(each.name), Plain(each.definition)) for each in made
    )
    create = SQL("CREATE TABLE {} (\n{}\n);\n").format(table_name(table), lines)
    if owner is None:
        return create.as_string(None)
    given = SQL("ALTER TABLE {} OWNER TO {};\n").format(table_name(table), name(owner))
    return (create + given).as_string(None)


def schema_made_for(schema: str, owner: str | None) -> str:
    """Create a missing schema for a role, or for whoever runs the script."""
    authorization = SQL(" AUTHORIZATION {}").format(name(owner)) if owner else SQL("")
    create = SQL("CREATE SCHEMA {}{}").format(name(schema), authorization)
    return _made_if_missing(schema, create)


def schema_made(schema: str, table: TableName) -> str:
    """Create a missing schema for the owner of a table: who migrates needs both."""
    create = SQL(
        "EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %s', {}::text,\n"
        "      (SELECT relowner::regrole FROM pg_class WHERE oid = {}))"
    ).format(value(schema), guard.found(table))
    return _made_if_missing(schema, create)


def _made_if_missing(schema: str, create: Composable) -> str:
    made = SQL(
        "  IF NOT EXISTS ({}) THEN\n    {};\n    COMMENT ON SCHEMA {} IS {};\n  END IF;\n"
    ).format(schema_named(schema), create, name(schema), value(_MARK))
    return guard.block([made])


def schema_present(relation: TableName) -> Check:
    """The schema of a relation exists."""
    condition = SQL("NOT EXISTS ({})").format(schema_named(relation.schema))
    return Check(
        relation=relation,
        of_rows=False,
        query=lambda _: guard.says(f"there is no schema {relation.schema}", condition),
    )


def schema_unmade(schema: str) -> str:
    """Drop a schema that the fix created, unless something else lives in it by now."""
    ours = SQL("{}\n      AND obj_description(oid, 'pg_namespace') = {}").format(
        schema_named(schema), value(_MARK)
    )
    drop = SQL(
        "  IF EXISTS ({}) THEN\n"
        "    BEGIN\n"
        "      DROP SCHEMA {} RESTRICT;\n"
        "    EXCEPTION WHEN dependent_objects_still_exist THEN\n"
        "      RAISE NOTICE USING MESSAGE = {};\n"
        "    END;\n"
        "  END IF;\n"
    )
    stays = value(f"schema {one_line(schema)} stays: it is no longer empty")
    return guard.block([drop.format(ours, name(schema), stays)])


def schema_named(schema: str) -> Composed:
    """The query for a schema of that name."""
    return SQL("SELECT FROM pg_namespace WHERE nspname = {}").format(value(schema))
