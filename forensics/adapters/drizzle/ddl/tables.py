"""What changes the tables that both snapshots have: keys, constraints, indexes, policies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

from forensics.adapters.drizzle.ddl import objects, sql
from forensics.adapters.drizzle.ddl.script import MigrationScript, Part
from forensics.adapters.drizzle.ddl.style import Style
from forensics.adapters.drizzle.snapshots.postgres_shapes import PgPolicy, PgTable
from forensics.adapters.drizzle.snapshots.schema import Schema, given, keyed

T = TypeVar("T")


class Changes(msgspec.Struct, Generic[T], frozen=True):
    """How the members of a dict differ, in the order of `json-diff`."""

    deleted: tuple[T, ...]
    added: tuple[T, ...]
    altered: tuple[tuple[T, T], ...]

    @property
    def made(self) -> tuple[T, ...]:
        """What is new, and what is made again."""
        return (*self.added, *(new for _, new in self.altered))

    @property
    def dropped(self) -> tuple[T, ...]:
        """What went, and what is made again."""
        return (*self.deleted, *(old for old, _ in self.altered))


def compare(old: dict[str, T], new: dict[str, T]) -> Changes[T]:
    """Deleted and altered in the old order, added in the new one."""
    return Changes(
        deleted=tuple(it for key, it in old.items() if key not in new),
        added=tuple(it for key, it in new.items() if key not in old),
        altered=tuple((it, new[key]) for key, it in old.items() if key in new and new[key] != it),
    )


def is_altered(old: PgTable, new: PgTable) -> bool:
    """Whether the tool holds a table for altered: columns that came or went are not counted."""
    columns = compare(old.columns, new.columns)
    fields = ("indexes", "foreignKeys", "compositePrimaryKeys", "uniqueConstraints", "policies")
    rest = (*fields, "checkConstraints", "isRLSEnabled")
    return bool(columns.altered) or any(getattr(old, it) != getattr(new, it) for it in rest)


def alter_tables(
    script: MigrationScript, style: Style, pairs: list[tuple[PgTable, PgTable]]
) -> None:
    """Everything but the columns; indexes and policies that changed come after all others."""
    for old, new in pairs:
        _keys(script, style, old, new)
        _constraints(script, old, new)
        _foreign_keys(script, style, old, new)
        indexes = compare(old.indexes, new.indexes)
        script.add(Part.CREATE_INDEXES, *(sql.create_index(style, new, it) for it in indexes.added))
        script.add(Part.DROP_INDEXES, *(sql.drop_index(style, new, it) for it in indexes.deleted))
    for old, new in pairs:
        for was, is_ in compare(old.indexes, new.indexes).altered:
            script.add(Part.CREATE_INDEXES, sql.create_index(style, new, is_))
            script.add(Part.DROP_INDEXES, sql.drop_index(style, new, was))


def _keys(script: MigrationScript, style: Style, old: PgTable, new: PgTable) -> None:
    keys = compare(old.compositePrimaryKeys, new.compositePrimaryKeys)
    script.add(Part.ADD_KEYS, *(sql.add_key(new, key) for key in keys.added))
    script.add(Part.DROP_KEYS, *(sql.drop_constraint(new, key.name) for key in keys.deleted))
    script.add(Part.ALTER_KEYS, *(sql.alter_key(style, new, was, it) for was, it in keys.altered))


def _constraints(script: MigrationScript, old: PgTable, new: PgTable) -> None:
    unique = compare(given(old.uniqueConstraints) or {}, given(new.uniqueConstraints) or {})
    script.add(Part.ADD_UNIQUE, *(sql.add_unique(new, it) for it in unique.made))
    script.add(Part.DROP_UNIQUE, *(sql.drop_constraint(new, it.name) for it in unique.dropped))
    checks = compare(given(old.checkConstraints) or {}, given(new.checkConstraints) or {})
    script.add(Part.ADD_CHECKS, *(sql.add_check(new, it) for it in checks.made))
    script.add(Part.DROP_CHECKS, *(sql.drop_constraint(new, it.name) for it in checks.dropped))


def _foreign_keys(script: MigrationScript, style: Style, old: PgTable, new: PgTable) -> None:
    keys = compare(old.foreignKeys, new.foreignKeys)
    dropped = (sql.drop_constraint(new, it.name, "\n") for it in keys.dropped)
    script.add(Part.ADD_FOREIGN, *(sql.add_foreign_key(style, new, it) for it in keys.made))
    script.add(Part.DROP_FOREIGN, *dropped)


def alter_policies(script: MigrationScript, pairs: Iterable[tuple[PgTable, PgTable]]) -> None:
    """Policies that both have; another kind or command needs a new one."""
    for old, new in pairs:
        for was, is_ in compare(_policies(old), _policies(new)).altered:
            if (was.as_, was.for_) != (is_.as_, is_.for_):
                script.add(Part.DROP_POLICIES, sql.drop_policy(new, was))
                script.add(Part.CREATE_POLICIES, objects.create_policy(new, is_))
            else:
                script.add(Part.ALTER_POLICIES, objects.alter_policy(new, was, is_))


def row_security(script: MigrationScript, before: Schema, after: Schema) -> None:
    """What switches row level security on and off; also, as the tool does, on tables that go."""
    for table in after.tables.values():
        old = before.tables.get(keyed(table.schema, table.name))
        had, has = bool(old and _policies(old)), bool(_policies(table))
        was, is_ = bool(old and given(old.isRLSEnabled)), bool(given(table.isRLSEnabled))
        if (has and not had and not is_) or (is_ and not was):
            script.add(Part.ENABLE_SECURITY, sql.row_security("ENABLE", table))
        if (had and not has and not is_) or (was and not is_ and not has):
            script.add(Part.DISABLE_SECURITY, sql.row_security("DISABLE", table))
    for key, table in before.tables.items():
        if key not in after.tables and not given(table.isRLSEnabled):
            script.add(Part.DISABLE_SECURITY, sql.row_security("DISABLE", table))


def _policies(table: PgTable) -> dict[str, PgPolicy]:
    return given(table.policies) or {}
