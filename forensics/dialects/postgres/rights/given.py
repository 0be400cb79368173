"""The statement that gives a role what it lacks."""

from __future__ import annotations

from psycopg.sql import SQL, Composable

from forensics.dialects.postgres.fix_script.quoting import Plain, table_name
from forensics.dialects.postgres.fix_script.quoting import name as quoted
from forensics.facts import Privileges, Right, Secured
from forensics.model import SecuredKind

_GRANT = SQL("GRANT {right} ON {what} {object} TO {role};")
_OWNER = SQL("ALTER {what} {object} OWNER TO {role};")


def given_by(right: Right, secured: Secured, role: str) -> str:
    """The GRANT, or ALTER ... OWNER TO where the owner alone may. Raises `UnsafeName`."""
    made = _OWNER if right is Right.OWNER else _GRANT
    parts: dict[str, Composable] = {
        "right": Plain(right.value),
        "what": Plain(_what(right, secured)),
        "object": _object(secured),
        "role": quoted(role),
    }
    return made.format(**parts).as_string()


def giver(secured: Secured) -> str:
    """Who may run it, if no superuser does."""
    whole = secured.owner == "pg_database_owner"
    return "the owner of the database" if whole else secured.owner


def membership(right: Right, secured: Secured, privileges: Privileges) -> str:
    """GRANT owner TO role, which is as good as ownership; empty where the owner is a superuser.

    Nor is it for the groups that PostgreSQL brings along.
    """
    owner = secured.owner
    if right is not Right.OWNER or owner in privileges.superusers or owner.startswith("pg_"):
        return ""
    both = {"owner": quoted(owner), "role": quoted(privileges.role)}
    return SQL("GRANT {owner} TO {role};").format(**both).as_string()


def _what(right: Right, secured: Secured) -> str:
    """PostgreSQL grants on views, too, as on tables."""
    noun = secured.noun.upper()
    sequence = secured.noun == "sequence"
    is_table = secured.kind is SecuredKind.RELATION and not sequence
    return "TABLE" if is_table and right is not Right.OWNER else noun


def _object(secured: Secured) -> Composable:
    if secured.kind is SecuredKind.SCHEMA:
        return quoted(secured.name.schema)
    if secured.kind is SecuredKind.DATABASE:
        return quoted(secured.name.table)
    return table_name(secured.name)
