"""What changes schemas, enumerated types, sequences and roles, and what that renames in tables."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import TypeVar

from msgspec.structs import replace

from forensics.adapters.drizzle.ddl import objects, sql
from forensics.adapters.drizzle.ddl.choices import Choices
from forensics.adapters.drizzle.ddl.script import MigrationScript, Part
from forensics.adapters.drizzle.ddl.style import Style
from forensics.adapters.drizzle.ddl.tables import compare
from forensics.adapters.drizzle.ddl.types import type_name, without_array
from forensics.adapters.drizzle.snapshots.postgres_shapes import (
    EnumOfList,
    PgColumn,
    PgRole,
    PgSequence,
    PgTable,
    PgView,
)
from forensics.adapters.drizzle.snapshots.schema import Key, Schema, given, keyed

Named = TypeVar("Named", EnumOfList, PgSequence, PgTable, PgView)
Moves = dict[Key, tuple[str, str]]
"""Key of a type or sequence -> the schema and the name that it has now."""


def rekeyed(items: Iterable[Named]) -> dict[Key, Named]:
    """By the names that they have now."""
    return {keyed(it.schema, it.name): it for it in items}


def renamed_as(item: Named, renames: Iterable[tuple[Named, Named]]) -> Named:
    """An item as it is called now; one that only moved keeps its place, as in the tool."""
    for was, is_ in renames:
        if (item.schema, item.name) == (was.schema, was.name) and was.name != is_.name:
            return replace(item, name=is_.name, schema=is_.schema)
    return item


def alter_schemas(
    script: MigrationScript, before: Schema, after: Schema, choices: Choices
) -> Schema:
    """Schemas; what the old snapshot has in one that was renamed follows it."""
    changes = compare(before.schemas, after.schemas)
    answer = choices.resolve(changes.added, changes.deleted)
    script.add(Part.CREATE_SCHEMAS, *(f'CREATE SCHEMA "{name}";\n' for name in answer.created))
    script.add(Part.DROP_SCHEMAS, *(f'DROP SCHEMA "{name}";\n' for name in answer.deleted))
    for was, is_ in answer.renamed:
        script.add(Part.RENAME_SCHEMAS, f'ALTER SCHEMA "{was}" RENAME TO "{is_}";\n')
    renamed = dict(answer.renamed)

    def place(item: Named) -> Named:
        return replace(item, schema=renamed.get(item.schema, item.schema))

    return replace(
        before,
        tables=rekeyed(place(it) for it in before.tables.values()),
        enums=rekeyed(place(it) for it in before.enums.values()),
        sequences=rekeyed(place(it) for it in before.sequences.values()),
    )


def alter_enums(
    script: MigrationScript, before: Schema, after: Schema, style: Style, choices: Choices
) -> Schema:
    """Enumerated types and their values; columns follow a type that was renamed or moved."""
    changes = compare(before.enums, after.enums)
    answer = choices.resolve(changes.added, changes.deleted)
    script.add(Part.CREATE_ENUMS, *(objects.create_enum(style, it) for it in answer.created))
    script.add(
        Part.DROP_ENUMS, *(f"DROP TYPE {sql.quoted(it.schema, it.name)};" for it in answer.deleted)
    )
    _move(script, "TYPE", (Part.MOVE_ENUMS, Part.RENAME_ENUMS), answer.renamed)
    patched = rekeyed(renamed_as(it, answer.renamed) for it in before.enums.values())
    for was, is_ in compare(patched, after.enums).altered:
        _alter_values(script, style, was, is_, after)
    moves = {keyed(was.schema, was.name): (is_.schema, is_.name) for was, is_ in answer.renamed}
    return replace(before, enums=patched, tables=_retyped(before, moves))


def _move(
    script: MigrationScript,
    what: str,
    parts: tuple[Part, Part],
    renames: Iterable[tuple[Named, Named]],
) -> None:
    """Into another schema, and then under another name."""
    for was, is_ in renames:
        if was.schema != is_.schema:
            to = f'"{is_.schema}"' if is_.schema else "public"
            name = sql.quoted(was.schema, was.name)
            script.add(parts[0], f"ALTER {what} {name} SET SCHEMA {to};")
        if was.name != is_.name:
            name = sql.quoted(is_.schema, was.name)
            script.add(parts[1], f'ALTER {what} {name} RENAME TO "{is_.name}";')


def _retyped(schema: Schema, moves: Moves) -> dict[Key, PgTable]:
    def column(it: PgColumn) -> PgColumn:
        if (move := moves.get(keyed(given(it.typeSchema), it.type))) is None:
            return it
        return replace(it, type=move[1], typeSchema=move[0])

    return {
        key: replace(table, columns={name: column(it) for name, it in table.columns.items()})
        for key, table in schema.tables.items()
    }


def _alter_values(
    script: MigrationScript, style: Style, old: EnumOfList, new: EnumOfList, after: Schema
) -> None:
    """New values, in place; where one went, the tool makes the type again (0.26 and later)."""
    added, went = _values(old.values, new.values)
    if went and not style.enum_guards:
        part = Part.DROP_VALUES if style.types_by_kind else Part.DROP_VALUES_LATE
        script.add(part, *_recreate(style, new, after))
    else:
        script.add(Part.ADD_VALUES, *(objects.add_value(style, new, *it) for it in added))


def _values(old: list[str], new: list[str]) -> tuple[list[tuple[str, str]], bool]:
    """Each new value with the old one that follows it, and whether one went."""
    added: list[tuple[str, str]] = []
    went = False
    for tag, low, high, start, end in difflib.SequenceMatcher(None, old, new).get_opcodes():
        went = went or tag in ("delete", "replace")
        if tag in ("insert", "replace"):
            follows = old[high] if high < len(old) else ""
            added += [(value, follows) for value in new[start:end]]
        assert low <= high
    return added, went


def affected(enum: EnumOfList, after: Schema, style: Style) -> Iterable[tuple[PgTable, PgColumn]]:
    """The columns of a type that is made again; before 0.31 not those of an array of it."""
    bare: Callable[[str], str] = without_array if style.types_by_kind else str
    for table in after.tables.values():
        for column in table.columns.values():
            if (bare(column.type), given(column.typeSchema)) == (enum.name, enum.schema):
                yield table, column


def shrunk(before: Schema, after: Schema) -> Iterable[EnumOfList]:
    """The types that lost a value."""
    for was, is_ in compare(before.enums, after.enums).altered:
        if _values(was.values, is_.values)[1]:
            yield is_


def _recreate(style: Style, enum: EnumOfList, after: Schema) -> Iterable[str]:
    columns = list(affected(enum, after, style))
    for table, column in columns:
        yield _alter(style, table, column, "SET DATA TYPE text")
        if style.types_by_kind and given(column.default):
            yield _alter(style, table, column, f"SET DEFAULT {sql.literal(column.default)}::text")
    yield f"DROP TYPE {sql.quoted(enum.schema, enum.name)};"
    yield objects.create_enum(style, enum)
    for table, column in columns:
        type_ = sql.quoted(enum.schema, enum.name)
        if style.types_by_kind:
            type_ = type_name(style, f'"{enum.schema}".', column.type)
            if given(column.default):
                told = sql.literal(column.default)
                yield _alter(style, table, column, f"SET DEFAULT {told}::{type_}")
        yield _alter(style, table, column, f'SET DATA TYPE {type_} USING "{column.name}"::{type_}')


def _alter(style: Style, table: PgTable, column: PgColumn, what: str) -> str:
    schema = table.schema if style.types_by_kind else table.schema or "public"
    return sql.alter_column(replace(table, schema=schema), column, what)


def alter_sequences(
    script: MigrationScript, before: Schema, after: Schema, choices: Choices
) -> Schema:
    """Sequences that stand alone."""
    changes = compare(before.sequences, after.sequences)
    answer = choices.resolve(changes.added, changes.deleted)
    for it in answer.created:
        options = sql.sequence_options(it)
        script.add(
            Part.CREATE_SEQUENCES, f"CREATE SEQUENCE {sql.quoted(it.schema, it.name)}{options};"
        )
    for it in answer.deleted:
        script.add(Part.DROP_SEQUENCES, f"DROP SEQUENCE {sql.quoted(it.schema, it.name)};")
    _move(script, "SEQUENCE", (Part.MOVE_SEQUENCES, Part.RENAME_SEQUENCES), answer.renamed)
    patched = rekeyed(renamed_as(it, answer.renamed) for it in before.sequences.values())
    for _, it in compare(patched, after.sequences).altered:
        options = sql.sequence_options(it)
        script.add(
            Part.ALTER_SEQUENCES, f"ALTER SEQUENCE {sql.quoted(it.schema, it.name)}{options};"
        )
    return replace(before, sequences=patched)


def alter_roles(script: MigrationScript, before: Schema, after: Schema, choices: Choices) -> None:
    """Roles that the schema declares."""
    changes = compare(before.roles, after.roles)
    answer = choices.resolve(changes.added, changes.deleted)
    script.add(Part.CREATE_ROLES, *(objects.create_role(it) for it in answer.created))
    script.add(Part.DROP_ROLES, *(f'DROP ROLE "{it.name}";' for it in answer.deleted))
    for was, is_ in answer.renamed:
        script.add(Part.RENAME_ROLES, f'ALTER ROLE "{was.name}" RENAME TO "{is_.name}";')
    names = {was.name: is_.name for was, is_ in answer.renamed}
    patched: dict[str, PgRole] = {}
    for role in before.roles.values():
        name = names.get(role.name, role.name)
        patched[name] = replace(role, name=name)
    script.add(
        Part.ALTER_ROLES,
        *(objects.alter_role(it) for _, it in compare(patched, after.roles).altered),
    )
