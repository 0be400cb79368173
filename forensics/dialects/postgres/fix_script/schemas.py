"""Schemas and tables that a fix makes where they are missing, and that its inverse takes away."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.sql import SQL, Composable, Composed

from forensics.dialects.postgres.fix_script import guards as guard
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


def schema_made_for(schema: str, owner: str | None) -> list[Composable]:
    """Create a missing schema for a role, or for whoever runs the script."""
    authorization = SQL(" AUTHORIZATION {}").format(name(owner)) if owner else SQL("")
    return [
        SQL(
            "  IF NOT EXISTS ({}) THEN\n    CREATE SCHEMA {}{};\n    COMMENT ON SCHEMA {} IS {};\n"
            "  END IF;\n"
        ).format(schema_named(schema), name(schema), authorization, name(schema), value(_MARK))
    ]


def schema_present(schema: str) -> Composed:
    """The schema exists."""
    return guard.refuse(
        SQL("NOT EXISTS ({})").format(schema_named(schema)), f"there is no schema {schema}"
    )


def schema_made(schema: str, table: TableName) -> Composed:
    """Create a missing schema for the owner of a table: who migrates needs both."""
    return SQL(
        "  IF NOT EXISTS ({}) THEN\n"
        "    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %s', {}::text,\n"
        "      (SELECT relowner::regrole FROM pg_catalog.pg_class\n        WHERE oid = {}));\n"
        "    COMMENT ON SCHEMA {} IS {};\n"
        "  END IF;\n"
    ).format(schema_named(schema), value(schema), guard.found(table), name(schema), value(_MARK))


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
    return SQL("SELECT FROM pg_catalog.pg_namespace WHERE nspname = {}").format(value(schema))
