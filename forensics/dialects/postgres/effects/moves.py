"""Renames, and moves to another schema."""

from __future__ import annotations

import re

from msgspec.structs import replace

from forensics.dialects.postgres.commands import Rename, SetSchema
from forensics.dialects.postgres.effects.alter_type import move_type
from forensics.dialects.postgres.effects.catalogue import Catalogue, column_of, constraint_of, taken
from forensics.dialects.postgres.effects.constraints import referenced
from forensics.dialects.postgres.effects.drop import may_own
from forensics.dialects.postgres.effects.types import qualified, quoted
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.facts import INDEXED_KINDS, Constraint, LiveTable
from forensics.model import TableName


def rename(command: Rename, catalogue: Catalogue) -> None:
    """ALTER TABLE ... RENAME [COLUMN | CONSTRAINT] and ALTER TYPE ... RENAME."""
    if command.what == "type":
        enum = catalogue.require_enum(command.name)
        move_type(catalogue, enum, TableName(schema=enum.schema, table=command.new), "")
        return
    table = _table(command, catalogue)
    if table is None:
        return
    if command.what == "table":
        new = TableName(schema=table.schema, table=command.new)
        _move(catalogue, table, new, renamed=True)
    elif command.what == "constraint":
        _rename_constraint(catalogue, table, command.part, command.new)
    else:
        _rename_column(catalogue, table, command.part, command.new)


def set_schema(command: SetSchema, catalogue: Catalogue) -> None:
    """ALTER TABLE | TYPE ... SET SCHEMA."""
    schema = command.schema
    if command.what == "type":
        enum = catalogue.require_enum(command.name)
        catalogue.require_schema(schema)
        there = TableName(schema=schema, table=enum.table)
        move_type(catalogue, enum, there, f' in schema "{schema}"')
    elif (table := _table(command, catalogue)) is not None:
        catalogue.require_schema(schema)
        _move(catalogue, table, TableName(schema=schema, table=table.table), renamed=False)


def _table(command: Rename | SetSchema, catalogue: Catalogue) -> TableName | None:
    """The table that it is about; `None` if it is missing and may be."""
    if command.what not in ("table", "column", "constraint"):
        raise Unsure(f"renames and moves of the kind {command.what} are not modelled")
    if command.lenient and catalogue.find_relation(command.name) is None:
        return None
    return catalogue.table(command.name).name


def _move(catalogue: Catalogue, old: TableName, new: TableName, *, renamed: bool) -> None:
    if old == new and not renamed:
        return
    if catalogue.has_relation(new):
        if renamed:
            raise taken(new)
        message = f'relation "{new.table}" already exists in schema "{new.schema}"'
        raise PostgresError("42P07", message)
    if new in catalogue.enums:
        raise Unsure(f"a table that takes the name of the type {new}")
    if not renamed and any(may_own(old, name, of) for name, of in catalogue.sequences.items()):
        raise Unsure(f"which sequences move with {old}")
    _retarget(catalogue, old, new)
    held = catalogue.tables.pop(old)
    catalogue.tables[new] = replace(held, name=new)
    _move_what_hangs_on(catalogue, old, new)
    if old in catalogue.empty:
        catalogue.empty.add(new)
    catalogue.null |= {(new, column) for table, column in catalogue.null if table == old}


def _move_what_hangs_on(catalogue: Catalogue, old: TableName, new: TableName) -> None:
    """Indexes and owned sequences follow into another schema, under their names."""
    for index in [name for name, table in catalogue.indexes.items() if table == old]:
        del catalogue.indexes[index]
        catalogue.indexes[TableName(schema=new.schema, table=index.table)] = new
    for sequence, owner in list(catalogue.sequences.items()):
        if owner is not None and owner[0] == old:
            del catalogue.sequences[sequence]
            moved = TableName(schema=new.schema, table=sequence.table)
            catalogue.sequences[moved] = (new, owner[1])


def _retarget(catalogue: Catalogue, old: TableName, new: TableName) -> None:
    """Foreign keys print the new name of the table that they point to."""
    for other in list(catalogue.tables.values()):
        changed = tuple(_pointing_to(c, catalogue, old, new) for c in other.constraints)
        if changed != other.constraints:
            catalogue.set_constraints(other.name, changed)


def _pointing_to(
    constraint: Constraint, catalogue: Catalogue, old: TableName, new: TableName
) -> Constraint:
    target = referenced(constraint)
    if target is None or catalogue.find_relation(target[0]) != old:
        return constraint
    own, arrow, rest = constraint.definition.partition(" REFERENCES ")
    columns = rest[rest.index("(") :]
    return replace(constraint, definition=f"{own}{arrow}{qualified(new)}{columns}")


def _rename_constraint(catalogue: Catalogue, table: TableName, old: str, new: str) -> None:
    held = catalogue.tables[table]
    constraint = constraint_of(held, old)
    if constraint is None:
        message = f'constraint "{old}" for table "{table.table}" does not exist'
        raise PostgresError("42704", message)
    catalogue.require_free_constraint(table, new)
    if constraint.kind in INDEXED_KINDS:
        raise Unsure("a constraint that is renamed with its index")
    others = tuple(c for c in held.constraints if c.name != old)
    catalogue.set_constraints(table, (*others, replace(constraint, name=new)))


def _rename_column(catalogue: Catalogue, table: TableName, old: str, new: str) -> None:
    held = catalogue.tables[table]
    if column_of(held, old) is None:
        raise PostgresError("42703", f'column "{old}" does not exist')
    catalogue.require_free_column(table, new)
    _rewrite_definitions(catalogue, held, old, new)
    columns = tuple(replace(c, name=new) if c.name == old else c for c in held.columns)
    catalogue.change(table, columns=columns)
    if (table, old) in catalogue.null:
        catalogue.null.add((table, new))


def _rewrite_definitions(catalogue: Catalogue, table: LiveTable, old: str, new: str) -> None:
    """Constraints print the new name from now on, also those of other tables that point here."""
    for other in list(catalogue.tables.values()):
        changed = []
        for constraint in other.constraints:
            definition = constraint.definition
            target = referenced(constraint)
            points_here = target is not None and catalogue.find_relation(target[0]) == table.name
            own, arrow, rest = definition.partition(" REFERENCES ")
            own = _renamed(own, old, new) if other.name == table.name else own
            rest = _renamed_target(rest, old, new) if points_here else rest
            changed.append(replace(constraint, definition=own + arrow + rest))
        if tuple(changed) != other.constraints:
            catalogue.set_constraints(other.name, tuple(changed))


def _renamed(text: str, old: str, new: str) -> str:
    name = re.escape(quoted(old))
    return re.sub(rf'(?<![\w"]){name}(?![\w"])', lambda _: quoted(new), text)


def _renamed_target(rest: str, old: str, new: str) -> str:
    table, bracket, columns = rest.partition("(")
    listed, close, actions = columns.partition(")")
    return table + bracket + _renamed(listed, old, new) + close + actions
