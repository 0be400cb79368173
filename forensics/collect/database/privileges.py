"""What the role may do in the database: seven queries, however many objects there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

from msgspec.structs import replace

from forensics.collect.database.answering import Answering, fact
from forensics.facts import Privileges, Secured
from forensics.model import TableName

ROLE = """\
SELECT current_user::pg_catalog.text, pg_catalog.current_database()::pg_catalog.text,
  pg_catalog.current_setting('is_superuser') = 'on'"""
# PostgreSQL asks for ownership by pg_has_role: members of the owner own too.
_OWNER: LiteralString = "CASE WHEN pg_catalog.pg_has_role({}, 'USAGE') THEN 'owner' END"
DATABASE = f"""\
SELECT 'database', '', d.datname::pg_catalog.text, 'database',
  pg_catalog.pg_get_userbyid(d.datdba)::pg_catalog.text, pg_catalog.array_remove(ARRAY[
    {_OWNER.format("d.datdba")},
    CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CREATE') THEN 'CREATE' END,
    CASE WHEN pg_catalog.has_database_privilege(d.oid, 'TEMPORARY') THEN 'TEMPORARY' END], NULL)
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()"""
_OURS: LiteralString = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
SCHEMAS = f"""\
SELECT 'schema', n.nspname::pg_catalog.text, '', 'schema',
  pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text, pg_catalog.array_remove(ARRAY[
    {_OWNER.format("n.nspowner")},
    CASE WHEN pg_catalog.has_schema_privilege(n.oid, 'CREATE') THEN 'CREATE' END,
    CASE WHEN pg_catalog.has_schema_privilege(n.oid, 'USAGE') THEN 'USAGE' END], NULL)
FROM pg_catalog.pg_namespace n WHERE {_OURS} ORDER BY n.nspname"""
# A sequence hands out a number for USAGE and for UPDATE.
RELATIONS = f"""\
SELECT 'relation', n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
  CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
    WHEN 'f' THEN 'foreign table' ELSE 'table' END,
  pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text, pg_catalog.array_remove(
    CASE c.relkind WHEN 'S' THEN ARRAY[{_OWNER.format("c.relowner")},
    CASE WHEN pg_catalog.has_sequence_privilege(c.oid, 'USAGE, UPDATE') THEN 'USAGE' END,
    CASE WHEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') THEN 'SELECT' END]
    ELSE ARRAY[{_OWNER.format("c.relowner")},
    CASE WHEN pg_catalog.has_any_column_privilege(c.oid, 'SELECT') THEN 'SELECT' END,
    CASE WHEN pg_catalog.has_any_column_privilege(c.oid, 'INSERT') THEN 'INSERT' END,
    CASE WHEN pg_catalog.has_any_column_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END,
    CASE WHEN pg_catalog.has_any_column_privilege(c.oid, 'REFERENCES') THEN 'REFERENCES' END,
    CASE WHEN pg_catalog.has_table_privilege(c.oid, 'DELETE') THEN 'DELETE' END,
    CASE WHEN pg_catalog.has_table_privilege(c.oid, 'TRUNCATE') THEN 'TRUNCATE' END,
    CASE WHEN pg_catalog.has_table_privilege(c.oid, 'TRIGGER') THEN 'TRIGGER' END] END, NULL)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {_OURS}
ORDER BY n.nspname, c.relname"""
# Without arrays and the row types of tables.
TYPES = f"""\
SELECT 'type', n.nspname::pg_catalog.text, t.typname::pg_catalog.text, 'type',
  pg_catalog.pg_get_userbyid(t.typowner)::pg_catalog.text, pg_catalog.array_remove(ARRAY[
    {_OWNER.format("t.typowner")},
    CASE WHEN pg_catalog.has_type_privilege(t.oid, 'USAGE') THEN 'USAGE' END], NULL)
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c') AND {_OURS}
ORDER BY n.nspname, t.typname"""
SUPERUSERS = """\
SELECT r.rolname::pg_catalog.text FROM pg_catalog.pg_roles r WHERE r.rolsuper ORDER BY 1"""
# The column came with PostgreSQL 13; before, only a superuser creates an extension.
TRUSTED = """\
SELECT DISTINCT v.name::pg_catalog.text FROM pg_catalog.pg_available_extension_versions v
WHERE pg_catalog.to_jsonb(v) ->> 'trusted' = 'true' ORDER BY 1"""

EXTENSIONS = """\
SELECT e.name::pg_catalog.text FROM pg_catalog.pg_available_extensions e ORDER BY 1"""
ROLES = """\
SELECT r.rolname::pg_catalog.text FROM pg_catalog.pg_roles r ORDER BY 1"""


def read_privileges(session: Answering) -> Privileges:
    """Look at what the role owns and may do; raises `psycopg.Error`."""
    [(role, database, superuser)] = session.rows(ROLE)
    found = Privileges(
        role=str(role),
        database=str(database),
        superuser=bool(superuser),
        extensions=_names(session, EXTENSIONS),
        roles=_names(session, ROLES),
    )
    if superuser:
        return found
    return replace(
        found,
        objects=tuple(_objects(session)),
        superusers=_names(session, SUPERUSERS),
        trusted_extensions=_names(session, TRUSTED),
    )


def _names(session: Answering, query: LiteralString) -> tuple[str, ...]:
    return tuple(str(name) for (name,) in session.rows(query))


def _objects(session: Answering) -> Iterator[Secured]:
    for query in (DATABASE, SCHEMAS, RELATIONS, TYPES):
        for kind, schema, name, *rest in session.rows(query):
            yield fact(Secured, (kind, TableName(schema=str(schema), table=str(name)), *rest))
