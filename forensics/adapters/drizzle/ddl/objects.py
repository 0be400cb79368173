"""The SQL of types, policies, roles and views, byte for byte as drizzle-kit writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from forensics.adapters.drizzle.ddl.sql import guarded, literal, quoted
from forensics.adapters.drizzle.ddl.style import Style
from forensics.adapters.drizzle.snapshots.postgres_shapes import (
    EnumOfList,
    PgPolicy,
    PgRole,
    PgTable,
    PgView,
)
from forensics.adapters.drizzle.snapshots.schema import given

_BARE_ROLES = frozenset({"current_user", "current_role", "session_user", "public"})


def create_enum(style: Style, enum: EnumOfList) -> str:
    """CREATE TYPE ... AS ENUM."""
    escaped = (value.replace("'", "''") if style.escapes else value for value in enum.values)
    values = ", ".join(f"'{value}'" for value in escaped)
    created = f"CREATE TYPE {quoted(enum.schema, enum.name)} AS ENUM({values})"
    return guarded(created) if style.enum_guards else f"{created};"


def add_value(style: Style, enum: EnumOfList, value: str, before: str) -> str:
    """ALTER TYPE ... ADD VALUE."""
    if style.enum_guards:
        schema = enum.schema if enum.schema != "public" else None
        return f"ALTER TYPE {quoted(schema, enum.name)} ADD VALUE '{value}';"
    place = f" BEFORE '{before}'" if before else ""
    return f"ALTER TYPE {quoted(enum.schema, enum.name)} ADD VALUE '{value}'{place};"


def create_policy(table: PgTable, policy: PgPolicy) -> str:
    """CREATE POLICY."""
    to = ", ".join(it if it in _BARE_ROLES else f'"{it}"' for it in given(policy.to) or ())
    return (
        f'CREATE POLICY "{policy.name}" ON {quoted(table.schema, table.name)} '
        f"AS {(given(policy.as_) or 'undefined').upper()} "
        f"FOR {(given(policy.for_) or 'undefined').upper()} TO {to}"
        f"{_policy_part(' USING', policy.using)}{_policy_part(' WITH CHECK', policy.withCheck)};"
    )


def alter_policy(table: PgTable, old: PgPolicy, new: PgPolicy) -> str:
    """ALTER POLICY; what is no longer said is taken from the old one."""
    using = _policy_part(" USING", new.using) or _policy_part(" USING", old.using)
    check = _policy_part(" WITH CHECK", new.withCheck) or _policy_part(
        " WITH CHECK ", old.withCheck
    )
    to = ",".join(given(new.to) or ())
    on = quoted(table.schema, table.name)
    return f'ALTER POLICY "{old.name}" ON {on} TO {to}{using}{check};'


def _policy_part(word: str, text: object) -> str:
    return f"{word} ({text})" if text and isinstance(text, str) else ""


def create_role(role: PgRole) -> str:
    """CREATE ROLE."""
    words = " CREATEDB" * bool(given(role.createDb)) + " CREATEROLE" * bool(given(role.createRole))
    words += "" if given(role.inherit) else " NOINHERIT"
    return f'CREATE ROLE "{role.name}"{" WITH" if words else ""}{words};'


def alter_role(role: PgRole) -> str:
    """ALTER ROLE."""
    options = ((role.createDb, "CREATEDB"), (role.createRole, "CREATEROLE"))
    words = "".join(f" {word if given(value) else f'NO{word}'}" for value, word in options)
    inherit = " INHERIT" if given(role.inherit) else " NOINHERIT"
    return f'ALTER ROLE "{role.name}" WITH{words}{inherit};'


def create_view(view: PgView, options: Mapping[str, object] | None) -> str:
    """CREATE VIEW or CREATE MATERIALIZED VIEW."""
    kind = "MATERIALIZED VIEW" if view.materialized else "VIEW"
    using, tablespace = given(view.using), given(view.tablespace)
    return (
        f"CREATE {kind} {quoted(view.schema, view.name)}"
        + (f' USING "{using}"' if using else "")
        + f"{'' if options is None else f' WITH ({view_options(options)})'}"
        f"{f' TABLESPACE {tablespace}' if tablespace else ''} AS ({given(view.definition)})"
        f"{' WITH NO DATA' if given(view.withNoData) else ''};"
    )


def view_options(options: Mapping[str, object]) -> str:
    """The options of a view: `check_option = local`."""
    return ", ".join(f"{snake_case(key)} = {literal(value)}" for key, value in options.items())


def snake_case(name: str) -> str:
    """As the tool's own method of strings."""
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def drop_view(view: PgView) -> str:
    """DROP VIEW."""
    kind = "MATERIALIZED VIEW" if view.materialized else "VIEW"
    return f"DROP {kind} {quoted(view.schema, view.name)};"


def alter_view(view: PgView, what: str, schema: str | None = None) -> str:
    """ALTER VIEW; the tool always writes the schema."""
    kind = "MATERIALIZED VIEW" if view.materialized else "VIEW"
    return f'ALTER {kind} "{schema or view.schema}"."{view.name}" {what};'
