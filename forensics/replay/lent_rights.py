"""The rights of the role that deploys, on a copy: what is not its own, and what it may do there."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from forensics.facts import Privileges, Right, Secured
from forensics.model import SecuredKind
from forensics.scratch.postgres import SUPERUSER
from forensics.scratch.server import ScratchServer

_THERE = {
    SecuredKind.SCHEMA: """\
SELECT n.nspname::text, '' FROM pg_catalog.pg_namespace n""",
    SecuredKind.RELATION: """\
SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_catalog.pg_depend d
  WHERE d.objid = c.oid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.deptype IN ('a', 'i')))""",
    SecuredKind.TYPE: """\
SELECT n.nspname::text, t.typname::text FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace""",
}
"""What has an owner of its own on the copy; the sequence of a column has that of its table."""
_OF_COLUMNS = """\
SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S'"""
_GRANTED = frozenset(Right) - {Right.OWNER, Right.WRITE}


class NotReplayed(Exception):
    """A right could not be granted on the copy; the message is PostgreSQL's."""


def take_rights(
    server: ScratchServer, database: str, role: str, owner: str, rights: Privileges
) -> None:
    """Of a copy that belongs to `role`, leave it what `rights` says; the rest belongs to `owner`.

    Kinds of which no owner was collected, such as functions, stay its own. Raises `NotReplayed`.
    """
    statements = list(_statements(server, database, role, owner, rights))
    try:
        server.execute(";\n".join(it.as_string() for it in statements), database=database)
    except psycopg.Error as error:
        raise NotReplayed(str(error).partition("\n")[0]) from error


def _statements(
    server: ScratchServer, database: str, role: str, owner: str, rights: Privileges
) -> Iterator[sql.Composed]:
    there = {kind: set(server.execute(query, database=database)) for kind, query in _THERE.items()}
    sequences = set(server.execute(_OF_COLUMNS, database=database))
    for held in rights.objects:
        if held.kind is SecuredKind.DATABASE:
            yield from _of_database(held, database, role)
            continue
        place = held.name.schema, held.name.table
        own = place in there[held.kind]
        if own and Right.OWNER not in held.rights:
            yield _owned_by(held, owner)
        if own or (held.kind is SecuredKind.RELATION and place in sequences):
            yield from _granted(held, role)


def _of_database(held: Secured, database: str, role: str) -> Iterator[sql.Composed]:
    """An owner may always create in it."""
    name, to = sql.Identifier(database), sql.Identifier(role)
    yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name)
    if Right.OWNER not in held.rights:
        yield sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, sql.Identifier(SUPERUSER))
    for right in ("CONNECT", *_rights(held)):
        yield sql.SQL("GRANT {} ON DATABASE {} TO {}").format(sql.SQL(right), name, to)


def _owned_by(held: Secured, owner: str) -> sql.Composed:
    return sql.SQL("ALTER {} {} OWNER TO {}").format(
        sql.SQL(_noun(held)), _name(held), sql.Identifier(owner)
    )


def _granted(held: Secured, role: str) -> Iterator[sql.Composed]:
    noun, name = sql.SQL(_granted_on(held)), _name(held)
    yield sql.SQL("REVOKE ALL ON {} {} FROM PUBLIC").format(noun, name)
    for right in _rights(held):
        yield sql.SQL("GRANT {} ON {} {} TO {}").format(
            sql.SQL(right), noun, name, sql.Identifier(role)
        )


def _rights(held: Secured) -> list[str]:
    """Those that can be granted; an owner needs none of them."""
    return [] if Right.OWNER in held.rights else [it for it in held.rights if it in _GRANTED]


def _noun(held: Secured) -> str:
    return (
        _NOUNS.get(held.noun, "TABLE") if held.kind is SecuredKind.RELATION else held.kind.upper()
    )


_NOUNS = {
    "view": "VIEW",
    "materialized view": "MATERIALIZED VIEW",
    "sequence": "SEQUENCE",
    "foreign table": "FOREIGN TABLE",
}


def _granted_on(held: Secured) -> str:
    if held.kind is SecuredKind.RELATION:
        return "SEQUENCE" if held.noun == "sequence" else "TABLE"
    return held.kind.upper()


def _name(held: Secured) -> sql.Identifier:
    name = held.name
    if held.kind is SecuredKind.SCHEMA:
        return sql.Identifier(name.schema)
    return sql.Identifier(name.schema, name.table)
