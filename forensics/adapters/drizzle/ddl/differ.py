"""The statements that turn one schema into another, as `applyPgSnapshotsDiff` finds them."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.adapters.drizzle.ddl import named, objects, sql, tables
from forensics.adapters.drizzle.ddl.choices import Choices, Resolved
from forensics.adapters.drizzle.ddl.columns import Sides, alter_columns
from forensics.adapters.drizzle.ddl.script import MigrationScript, Part
from forensics.adapters.drizzle.ddl.style import Style
from forensics.adapters.drizzle.ddl.tables import compare
from forensics.adapters.drizzle.ddl.views import alter_views
from forensics.adapters.drizzle.snapshots.postgres_shapes import PgTable
from forensics.adapters.drizzle.snapshots.schema import Schema, given


def differ(before: Schema, after: Schema, style: Style, choices: Choices) -> tuple[str, ...]:
    """All statements, in the tool's order, for one set of answers to its questions."""
    script = MigrationScript()
    patched = named.alter_schemas(script, before, after, choices)
    patched = named.alter_enums(script, patched, after, style, choices)
    patched = named.alter_sequences(script, patched, after, choices)
    named.alter_roles(script, patched, after, choices)
    patched, found = _tables(script, patched, after, style, choices)
    with_columns = _columns(script, patched, after, style, choices)
    compared = with_columns if style.follows_renames else patched
    _altered(script, Sides(before, after, style), compared, with_columns)
    for table in found.created:
        policies = (given(table.policies) or {}).values()
        script.add(Part.CREATE_POLICIES, *(objects.create_policy(table, it) for it in policies))
    alter_views(script, patched, after, choices)
    return script.statements(style)


def _tables(
    script: MigrationScript, before: Schema, after: Schema, style: Style, choices: Choices
) -> tuple[Schema, Resolved[PgTable]]:
    changes = compare(before.tables, after.tables)
    answer = choices.resolve(changes.added, changes.deleted)
    for table in answer.created:
        script.add(Part.CREATE_TABLES, *sql.create_table(style, table))
        foreign = (sql.add_foreign_key(style, table, it) for it in table.foreignKeys.values())
        script.add(Part.FOREIGN_OF_NEW_TABLES, *foreign)
        indexes = (sql.create_index(style, table, it) for it in table.indexes.values())
        script.add(Part.INDEXES_OF_NEW_TABLES, *indexes)
    for table in answer.deleted:
        script.add(Part.DROP_TABLES, *sql.drop_table(style, table))
    for was, is_ in answer.renamed:
        if was.schema != is_.schema:
            moved = f'ALTER TABLE "{was.schema or "public"}"."{was.name}"'
            script.add(Part.MOVE_TABLES, f'{moved} SET SCHEMA "{is_.schema or "public"}";\n')
        if was.name != is_.name:
            name = sql.quoted(is_.schema, was.name)
            script.add(Part.RENAME_TABLES, f'ALTER TABLE {name} RENAME TO "{is_.name}";')
    kept = (named.renamed_as(table, answer.renamed) for table in before.tables.values())
    return replace(before, tables=named.rekeyed(kept)), answer


def _columns(
    script: MigrationScript, before: Schema, after: Schema, style: Style, choices: Choices
) -> Schema:
    """Columns that came, went or were renamed; the tables with their columns named as now."""
    patched = dict(before.tables)
    for key, old in before.tables.items():
        if (new := after.tables.get(key)) is None:
            continue
        changes = compare(old.columns, new.columns)
        answer = choices.resolve(changes.added, changes.deleted)
        table = sql.quoted(new.schema, new.name)
        for was, is_ in answer.renamed:
            renamed = f'RENAME COLUMN "{was.name}" TO "{is_.name}"'
            script.add(Part.RENAME_COLUMNS, f"ALTER TABLE {table} {renamed};")
        dropped = (sql.drop_column(style, new, it) for it in answer.deleted)
        script.add(Part.DROP_COLUMNS, *dropped)
        script.add(Part.ADD_COLUMNS, *(sql.add_column(style, new, it) for it in answer.created))
        names = {was.name: is_.name for was, is_ in answer.renamed}
        columns = {
            names.get(name, name): replace(it, name=names.get(name, it.name))
            for name, it in old.columns.items()
        }
        patched[key] = replace(old, columns=columns)
        policies = compare(given(old.policies) or {}, given(new.policies) or {})
        told = choices.resolve(policies.added, policies.deleted)
        script.add(Part.CREATE_POLICIES, *(objects.create_policy(new, it) for it in told.created))
        script.add(Part.DROP_POLICIES, *(sql.drop_policy(new, it) for it in told.deleted))
        for gone, came in told.renamed:
            renamed = f'RENAME TO "{came.name}"'
            script.add(Part.RENAME_POLICIES, f'ALTER POLICY "{gone.name}" ON {table} {renamed};')
    return replace(before, tables=patched)


def _altered(script: MigrationScript, sides: Sides, before: Schema, patched: Schema) -> None:
    pairs = [
        (old, new)
        for key, old in before.tables.items()
        if (new := sides.after.tables.get(key)) is not None and tables.is_altered(old, new)
    ]
    reset = frozenset(
        (table.schema, table.name, column.name)
        for enum in named.shrunk(before, sides.after)
        for table, column in named.affected(enum, sides.after, sides.style)
    )
    for old, new in pairs:
        script.add(Part.ALTER_COLUMNS, *alter_columns(replace(sides, reset=reset), old, new))
    tables.alter_tables(script, sides.style, pairs)
    tables.alter_policies(script, pairs)
    if pairs and sides.style.row_security:
        tables.row_security(script, patched, sides.after)
