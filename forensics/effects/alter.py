"""ALTER TABLE and ALTER TYPE."""

from __future__ import annotations

import re

from msgspec.structs import replace

from forensics.effects.catalogue import Catalogue, column_of, constraint_of, taken
from forensics.effects.columns import check_definition_default, read_definition
from forensics.effects.constraints import add_constraint, key_columns, read_constraint, referenced
from forensics.effects.create import add_sequence, inline_keys
from forensics.effects.cursor import Cursor
from forensics.effects.drop import drop_column, drop_constraint, may_own
from forensics.effects.outcome import PostgresError, Unsure
from forensics.effects.types import (
    check_default,
    printed_default,
    printed_type,
    qualified,
    quoted,
    read_type,
)
from forensics.facts import Column, LiveTable
from forensics.model import TableName


def alter_table(cursor: Cursor, catalogue: Catalogue) -> None:
    """ALTER TABLE [IF EXISTS] [ONLY] name action, action ..."""
    lenient = cursor.took("if", "exists")
    cursor.took("only")
    written = cursor.qualified()
    if lenient and catalogue.find_relation(written) is None:
        return
    table = catalogue.table(written).name
    if _moved(cursor, catalogue, table):
        cursor.end()
        return
    while True:
        _act(cursor, catalogue, table)
        if not cursor.took(","):
            break
    cursor.end()


def _act(cursor: Cursor, catalogue: Catalogue, table: TableName) -> None:
    if cursor.took("add"):
        _add(cursor, catalogue, table)
    elif cursor.took("drop", "constraint"):
        drop_constraint(cursor, catalogue, table)
    elif cursor.took("drop"):
        cursor.took("column")
        drop_column(cursor, catalogue, table)
    elif cursor.took("alter"):
        cursor.took("column")
        _alter_column(cursor, catalogue, table)
    elif any(
        cursor.took(*action, "row", "level", "security")
        for action in (("enable",), ("disable",), ("force",), ("no", "force"))
    ):
        return
    else:
        raise cursor.unknown()


def _add(cursor: Cursor, catalogue: Catalogue, table: TableName) -> None:
    if any(cursor.sees(word) for word in ("constraint", "primary", "unique", "foreign", "check")):
        written = read_constraint(cursor)
        if written.kind == "p":
            # A key makes its columns NOT NULL first, and fails there (transformIndexConstraint).
            for name in written.columns:
                _require_column(catalogue, table, name)
        add_constraint(catalogue, table, written)
        return
    cursor.took("column")
    _add_column(cursor, catalogue, table)


def _add_column(cursor: Cursor, catalogue: Catalogue, table: TableName) -> None:
    lenient = cursor.took("if", "not", "exists")
    # PostgreSQL looks for the name first, and at the type only then (ATExecAddColumn).
    if column_of(catalogue.tables[table], cursor.here.value) is not None:
        if not lenient:
            name = cursor.here.value
            message = f'column "{name}" of relation "{table.table}" already exists'
            raise PostgresError("42701", message)
        cursor.until(",")
        return
    added = read_definition(cursor, catalogue)
    sequence = add_sequence(catalogue, table, added) if added.generates else None
    check_definition_default(added, catalogue)
    column = added.column(sequence)
    if column.not_null and not added.filled and table not in catalogue.empty:
        raise Unsure(f"whether {table} has rows: they would have NULL in the new column")
    catalogue.set_column(table, column)
    if not added.filled:
        catalogue.null.add((table, added.name))
    for key in inline_keys(added):
        add_constraint(catalogue, table, key)


# --- ALTER COLUMN -------------------------------------------------------------------------------


def _alter_column(cursor: Cursor, catalogue: Catalogue, table: TableName) -> None:
    name = cursor.name()
    column = _require_column(catalogue, table, name)
    if cursor.took("set", "default"):
        tokens = (cursor.next(), *cursor.until(","))
        check_default(tokens, printed_type(column.type, catalogue), catalogue)
        catalogue.set_column(table, replace(column, default=printed_default(tokens)))
        catalogue.null.discard((table, name))
    elif cursor.took("drop", "default"):
        catalogue.set_column(table, replace(column, default=None))
    elif cursor.took("set", "not", "null"):
        _set_not_null(catalogue, table, column)
    elif cursor.took("drop", "not", "null"):
        _drop_not_null(catalogue, table, column)
    elif cursor.took("set", "data", "type") or cursor.took("type"):
        _set_type(cursor, catalogue, table, column)
    else:
        raise cursor.unknown()


def _require_column(catalogue: Catalogue, table: TableName, name: str) -> Column:
    column = column_of(catalogue.tables[table], name)
    if column is None:
        message = f'column "{name}" of relation "{table.table}" does not exist'
        raise PostgresError("42703", message)
    return column


def _set_not_null(catalogue: Catalogue, table: TableName, column: Column) -> None:
    if not column.not_null and table not in catalogue.empty:
        raise Unsure(f"whether {table}.{column.name} has NULLs")
    catalogue.set_column(table, replace(column, not_null=True))


def _drop_not_null(catalogue: Catalogue, table: TableName, column: Column) -> None:
    keys = (c for c in catalogue.tables[table].constraints if c.kind == "p")
    if any(column.name in key_columns(key) for key in keys):
        raise PostgresError("42P16", f'column "{column.name}" is in a primary key')
    catalogue.set_column(table, replace(column, not_null=False))


def _set_type(cursor: Cursor, catalogue: Catalogue, table: TableName, column: Column) -> None:
    wanted = read_type(cursor, catalogue)
    if cursor.sees("using") or cursor.sees("collate"):
        raise Unsure(f"whether the rows of {table} can be converted")
    if wanted == printed_type(column.type, catalogue):
        return
    if not _widens(column.type, wanted.printed):
        raise Unsure(f"whether {table}.{column.name} can become {wanted.printed}")
    if catalogue.has_views():
        raise Unsure(f"whether a view uses {table}.{column.name}")
    catalogue.set_column(table, replace(column, type=wanted.printed))


_INTEGERS = ("smallint", "integer", "bigint")


def _widens(old: str, new: str) -> bool:
    """Conversions that no row and no default can stop."""
    if old in _INTEGERS and new in _INTEGERS:
        return _INTEGERS.index(old) < _INTEGERS.index(new)
    old_length, new_length = (_varchar(name) for name in (old, new))
    return old_length is not None and new_length is not None and old_length <= new_length


def _varchar(name: str) -> float | None:
    if name in ("text", "character varying"):
        return float("inf")
    found = re.fullmatch(r"character varying\((\d+)\)", name)
    return float(found[1]) if found else None


# --- Renames and moves --------------------------------------------------------------------------


def _moved(cursor: Cursor, catalogue: Catalogue, table: TableName) -> bool:
    if cursor.took("rename", "to"):
        _move(catalogue, table, TableName(schema=table.schema, table=cursor.name()), renamed=True)
    elif cursor.took("set", "schema"):
        schema = cursor.name()
        catalogue.require_schema(schema)
        _move(catalogue, table, TableName(schema=schema, table=table.table), renamed=False)
    elif cursor.took("rename", "constraint"):
        _rename_constraint(cursor, catalogue, table)
    elif cursor.took("rename"):
        cursor.took("column")
        _rename_column(cursor, catalogue, table)
    else:
        return False
    return True


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
    _require_known_references(catalogue, old)
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


def _require_known_references(catalogue: Catalogue, table: TableName) -> None:
    """Sequences that a table owns move with it, and foreign keys print its name."""
    if any(may_own(table, name, owner) for name, owner in catalogue.sequences.items()):
        raise Unsure(f"which sequences move with {table}")
    for other in catalogue.tables.values():
        for constraint in other.constraints:
            target = referenced(constraint)
            if target is not None and catalogue.find_relation(target[0]) == table:
                raise Unsure(f"the foreign keys that point to {table} once it has another name")


def _rename_constraint(cursor: Cursor, catalogue: Catalogue, table: TableName) -> None:
    old = cursor.name()
    cursor.take("to")
    new = cursor.name()
    held = catalogue.tables[table]
    constraint = constraint_of(held, old)
    if constraint is None:
        message = f'constraint "{old}" for table "{table.table}" does not exist'
        raise PostgresError("42704", message)
    if constraint_of(held, new) is not None:
        message = f'constraint "{new}" for relation "{table.table}" already exists'
        raise PostgresError("42710", message)
    if constraint.kind in "pux":
        raise Unsure("a constraint that is renamed with its index")
    others = tuple(c for c in held.constraints if c.name != old)
    catalogue.set_constraints(table, (*others, replace(constraint, name=new)))


def _rename_column(cursor: Cursor, catalogue: Catalogue, table: TableName) -> None:
    old = cursor.name()
    cursor.take("to")
    new = cursor.name()
    held = catalogue.tables[table]
    if column_of(held, old) is None:
        raise PostgresError("42703", f'column "{old}" does not exist')
    if column_of(held, new) is not None:
        message = f'column "{new}" of relation "{table.table}" already exists'
        raise PostgresError("42701", message)
    _rewrite_definitions(catalogue, held, old, new)
    catalogue.set_columns(
        table,
        tuple(replace(c, name=new) if c.name == old else c for c in held.columns),
    )
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


# --- ALTER TYPE ---------------------------------------------------------------------------------


def alter_type(cursor: Cursor, catalogue: Catalogue) -> None:
    """ALTER TYPE name ADD VALUE | RENAME VALUE | RENAME TO | SET SCHEMA."""
    written = cursor.qualified()
    if written.schema is not None:
        catalogue.require_schema(written.schema)
    enum = catalogue.find_enum(written)
    if enum is None:
        raise PostgresError("42704", f'type "{written}" does not exist')
    if cursor.took("add", "value"):
        _add_value(cursor, catalogue, enum)
    elif cursor.took("rename", "value"):
        _rename_value(cursor, catalogue, enum)
    elif cursor.took("rename", "to"):
        _move_type(catalogue, enum, TableName(schema=enum.schema, table=cursor.name()), "")
    elif cursor.took("set", "schema"):
        schema = cursor.name()
        catalogue.require_schema(schema)
        there = TableName(schema=schema, table=enum.table)
        _move_type(catalogue, enum, there, f' in schema "{schema}"')
    else:
        raise cursor.unknown()
    cursor.end()


def _add_value(cursor: Cursor, catalogue: Catalogue, enum: TableName) -> None:
    lenient = cursor.took("if", "not", "exists")
    label = cursor.string()
    labels = list(catalogue.enums[enum])
    before, after = cursor.took("before"), cursor.took("after")
    beside = cursor.string() if before or after else None
    if label in labels:
        if not lenient:
            raise PostgresError("42710", f'enum label "{label}" already exists')
        return
    if beside is not None and beside not in labels:
        raise PostgresError("22023", f'"{beside}" is not an existing enum label')
    at = len(labels) if beside is None else labels.index(beside) + (not before)
    labels.insert(at, label)
    catalogue.enums[enum] = tuple(labels)
    if enum not in catalogue.new_enums:
        catalogue.unsafe_labels.add((enum, label))


def _rename_value(cursor: Cursor, catalogue: Catalogue, enum: TableName) -> None:
    old = cursor.string()
    cursor.take("to")
    new = cursor.string()
    labels = catalogue.enums[enum]
    if old not in labels:
        raise PostgresError("22023", f'"{old}" is not an existing enum label')
    if new in labels:
        raise PostgresError("42710", f'enum label "{new}" already exists')
    catalogue.enums[enum] = tuple(new if label == old else label for label in labels)


def _move_type(catalogue: Catalogue, old: TableName, new: TableName, where: str) -> None:
    if catalogue.has_type(new):
        raise PostgresError("42710", f'type "{new.table}" already exists{where}')
    for table in list(catalogue.tables.values()):
        columns = tuple(_retyped(catalogue, column, old, new) for column in table.columns)
        if columns != table.columns:
            catalogue.set_columns(table.name, columns)
    catalogue.enums[new] = catalogue.enums.pop(old)
    if old in catalogue.new_enums:
        catalogue.new_enums.add(new)
    catalogue.unsafe_labels |= {(new, v) for enum, v in catalogue.unsafe_labels if enum == old}


def _retyped(catalogue: Catalogue, column: Column, old: TableName, new: TableName) -> Column:
    """Columns print the type's new name."""
    of = printed_type(column.type, catalogue)
    if of.enum != old:
        return column
    return replace(column, type=qualified(new) + ("[]" if of.array else ""))
