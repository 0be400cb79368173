"""What changes a column into another: the statements of `preparePgAlterColumns`, in its order."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from forensics.adapters.drizzle.ddl import sql
from forensics.adapters.drizzle.ddl.style import Style
from forensics.adapters.drizzle.ddl.types import type_name, without_array
from forensics.adapters.drizzle.snapshots.postgres_shapes import PgColumn, PgIdentity, PgTable
from forensics.adapters.drizzle.snapshots.schema import Schema, given


class Altered(msgspec.Struct, frozen=True):
    """A column before and after, with the tables that hold it."""

    table: PgTable
    old: PgColumn
    new: PgColumn
    retyped: bool
    """Whether the tool sees another type."""


class Sides(msgspec.Struct):
    """Both whole schemas: what is an enumerated type, and which columns a shrunk one affects."""

    before: Schema
    after: Schema
    style: Style
    reset: frozenset[tuple[str, str, str]] = frozenset()
    """Schema, table and column whose default is written when its shrunk type is made again."""


def alter_columns(sides: Sides, old: PgTable, new: PgTable) -> list[str]:
    """All statements for the columns that both versions of a table have."""
    altered = [it for it in _altered(old, new) if it is not None]
    gains_identity = any(_gained(it.old.identity, it.new.identity) for it in altered)
    loses_identity = any(_gained(it.new.identity, it.old.identity) for it in altered)
    dropped_keys, set_keys, rest = [], [], []
    for it in altered:
        if it.old.primaryKey and not it.new.primaryKey:
            if f"{new.name}_{it.new.name}" not in new.compositePrimaryKeys:
                dropped_keys.append(sql.drop_column_key(new))
        elif it.new.primaryKey and not it.old.primaryKey:
            set_keys.append(
                f'ALTER TABLE {sql.quoted(new.schema, new.name)} ADD PRIMARY KEY ("{it.new.name}");'
            )
        if it.retyped:
            rest += _set_type(sides, it)
        rest += _set_default(sides, it)
        # The tool drops these where *any* column of the table becomes, or was, an identity.
        if it.new.notNull and not it.old.notNull and not gains_identity:
            rest.append(sql.alter_column(new, it.new, "SET NOT NULL"))
        if it.old.notNull and not it.new.notNull and not loses_identity:
            rest.append(sql.alter_column(new, it.new, "DROP NOT NULL"))
        rest += _set_identity(it)
        rest += _set_generated(sides.style, it)
    return [*dropped_keys, *set_keys, *rest]


def _altered(old: PgTable, new: PgTable) -> Iterable[Altered | None]:
    for name, before in old.columns.items():
        after = new.columns.get(name)
        if after is None or before == after:
            continue
        retyped = before.type != after.type
        # `alternationsInColumn` drops the whole column where only a blank before a bracket differs.
        if retyped and before.type.replace(" (", "(", 1) == after.type.replace(" (", "(", 1):
            continue
        yield Altered(new, before, after, retyped)


def _gained(old: object, new: object) -> bool:
    return old is UNSET and new is not UNSET


def _set_type(sides: Sides, it: Altered) -> list[str]:
    if not sides.style.types_by_kind:
        return [sql.alter_column(it.table, it.new, f"SET DATA TYPE {it.new.type}")]
    schema = given(it.new.typeSchema) or "undefined"
    type_ = type_name(sides.style, f'"{schema}".', it.new.type)
    was, is_ = _is_enum(sides.before, it.old), _is_enum(sides.after, it.new)
    default = given(it.new.default)
    told = sql.literal(default)
    name = it.new.name

    def alter(what: str) -> str:
        return sql.alter_column(it.table, it.new, what)

    if not is_:
        plain = [alter(f"SET DATA TYPE {type_}")]
        return [*plain, alter(f"SET DEFAULT {told}")] if default else plain
    if not was:
        cast = alter(f'SET DATA TYPE {type_} USING "{name}"::{type_}')
        return [alter(f"SET DEFAULT {told}::{type_}"), cast] if default else [cast]
    cast = alter(f'SET DATA TYPE {type_} USING "{name}"::text::{type_}')
    if it.old.type != it.new.type and default:
        return [alter("DROP DEFAULT"), cast, alter(f"SET DEFAULT {told}")]
    return [cast]


def _is_enum(schema: Schema, column: PgColumn) -> bool:
    named = f"{given(column.typeSchema) or 'undefined'}.{without_array(column.type)}"
    return named in schema.enums


def _set_default(sides: Sides, it: Altered) -> list[str]:
    if it.new.default is UNSET:
        gone = it.old.default is not UNSET
        return [sql.alter_column(it.table, it.new, "DROP DEFAULT")] * gone
    if it.old.default == it.new.default and type(it.old.default) is type(it.new.default):
        return []
    if sides.style.types_by_kind and (
        it.retyped or (it.table.schema, it.table.name, it.new.name) in sides.reset
    ):
        return []  # it was written with the type
    return [sql.alter_column(it.table, it.new, f"SET DEFAULT {sql.literal(it.new.default)}")]


def _set_identity(it: Altered) -> list[str]:
    old, new = given(it.old.identity), given(it.new.identity)
    if new is None:
        return [sql.alter_column(it.table, it.new, "DROP IDENTITY")] * (old is not None)
    if old is None:
        added = sql.identity(it.table.schema, new)
        return [sql.alter_column(it.table, it.new, f"ADD{added}")]
    return [sql.alter_column(it.table, it.new, f"SET {what}") for what in _identity(old, new)]


def _identity(old: PgIdentity, new: PgIdentity) -> Iterable[str]:
    if old.type != new.type:
        yield f"GENERATED {'ALWAYS' if new.type == 'always' else 'BY DEFAULT'}"
    for word, before, after in (
        ("MINVALUE", old.minValue, new.minValue),
        ("MAXVALUE", old.maxValue, new.maxValue),
        ("INCREMENT BY", old.increment, new.increment),
        ("START WITH", old.startWith, new.startWith),
        ("CACHE", old.cache, new.cache),
    ):
        if before != after:
            yield f"{word} {'undefined' if after is UNSET else after}"
    if bool(given(old.cycle)) != bool(given(new.cycle)):
        yield "CYCLE" if given(new.cycle) else "NO CYCLE"


def _set_generated(style: Style, it: Altered) -> list[str]:
    """A new expression means a new column, which loses what is not said of it here."""
    old, new = given(it.old.generated), given(it.new.generated)
    if old == new:
        return []
    if new is None:
        return [sql.alter_column(it.table, it.new, "DROP EXPRESSION")]
    bare = replace(it.new, typeSchema=UNSET, identity=UNSET)
    table = sql.quoted(it.table.schema, it.table.name)
    return [
        f'ALTER TABLE {table} drop column "{it.new.name}";',
        sql.add_column(style, it.table, bare),
    ]
