"""What ALTER TABLE makes of a table; all of its actions together, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from forensics.dialects.mysql import commands as sql
from forensics.dialects.mysql import keys
from forensics.dialects.mysql.make_columns import (
    has_expressions,
    instead_of,
    made,
    required,
    with_column,
)
from forensics.dialects.mysql.make_keys import find_index, primary_of, with_indexes, with_key
from forensics.dialects.mysql.types import one_default, one_type
from forensics.dialects.mysql.work import Doubt, Work, column_of
from forensics.facts import Constraint, ConstraintKind, IdentityKind, LiveTable


def alter(command: sql.AlterTable, work: Work) -> None:
    """Do all actions. Raises `Refused` and `Doubt`."""
    table = work.table(command.name)
    for action in command.actions:
        if not isinstance(action, sql.RenameTo | sql.Option):
            table = _DOES[type(action)](table, action, work)
    check_auto(table, work)
    _check_targets(table, work)
    work.put(table)
    for action in command.actions:
        if isinstance(action, sql.RenameTo):
            work.rename(command.name, action.to)
        elif isinstance(action, sql.RenameColumn) or _renames(action):
            _rename_targets(command.name, action, work)


def _check_targets(table: LiveTable, work: Work) -> None:
    """Raises `Doubt` where no index is left for a foreign key of the table, or one to it."""
    columns = list(keys.keyed_columns(table))
    own = [(it.name, it.columns) for it in keys.foreign_keys(table)]
    pointing = [(it.name, it.targets) for _, it in work.referring(table.name.table)]
    for name, needed in (*own, *pointing):
        known = all(column_of(table, it) is not None for it in needed)
        if known and not any(keys.begins_with(it, needed) for it in columns):
            raise Doubt(f"whether the foreign key {name} needs the key that is gone")


def _renames(action: sql.Action) -> bool:
    return (
        isinstance(action, sql.ChangeColumn) and action.name.lower() != action.column.name.lower()
    )


# --- Columns --------------------------------------------------------------------------------------


def add_column(table: LiveTable, action: sql.AddColumn, work: Work) -> LiveTable:
    """The table with a column and what its definition says of keys."""
    spec = action.column
    if action.lenient:
        if not work.product.is_mariadb:
            raise work.words.syntax("IF NOT EXISTS stands there in MariaDB alone")
        if column_of(table, spec.name) is not None:
            return table
    if spec.reference is not None:
        raise Doubt("whether REFERENCES behind a column makes a foreign key")
    table = with_column(table, made(spec, work), spec.place, work)
    serial = spec.type == "serial" and not (spec.primary and work.product.is_mariadb)
    table = _with_own_keys(table, spec, work, unique=spec.unique or serial)
    for check in spec.checks:
        table = with_key(table, check, work)
    return table


def _drop_column(table: LiveTable, action: sql.DropColumn, work: Work) -> LiveTable:
    column = column_of(table, action.name)
    if column is None:
        if action.lenient and work.product.is_mariadb:
            return table
        raise work.words.cannot_drop("COLUMN", action.name)
    if len(table.columns) == 1:
        raise work.words.last_column()
    _check_free(table, action.name, work)
    left = [it for it in table.index_definitions if _of_column(it.definition, action.name)]
    if any(it.unique and len(keys.names_in(it.definition)) > 1 for it in left):
        raise Doubt("whether rows differ in what is left of a unique key")
    indexes = [
        kept
        for it in table.index_definitions
        if (kept := keys.without_column(it, action.name) if it in left else it) is not None
    ]
    return replace(
        with_indexes(table, indexes),
        columns=tuple(it for it in table.columns if it is not column),
        constraints=tuple(_without(table, action.name)),
    )


def _of_column(definition: str, column: str) -> bool:
    return column.lower() in {it.lower() for it in keys.names_in(definition)}


def _without(table: LiveTable, column: str) -> Iterable[Constraint]:
    for it in table.constraints:
        if it.kind is not ConstraintKind.PRIMARY_KEY or not _of_column(it.definition, column):
            yield it
            continue
        left = [name for name in keys.names_in(it.definition) if name.lower() != column.lower()]
        if left:
            raise Doubt("whether rows differ in what is left of the primary key")


def _check_free(table: LiveTable, column: str, work: Work) -> None:
    """Raises where a foreign key, a check or an expression needs a column."""
    for key in keys.foreign_keys(table):
        if column.lower() in (it.lower() for it in key.columns):
            raise Doubt(f"the foreign key {key.name} needs it")
    for _, key in work.referring(table.name.table):
        if column.lower() in (it.lower() for it in key.targets):
            raise Doubt(f"the foreign key {key.name} points to it")
    _check_expressions(table, column)


def _check_expressions(table: LiveTable, column: str) -> None:
    checks = (it for it in table.constraints if it.kind is ConstraintKind.CHECK)
    if has_expressions(table) or any(column.lower() in it.definition.lower() for it in checks):
        raise Doubt("whether an expression of the table needs the column")


def _change(table: LiveTable, action: sql.ChangeColumn, work: Work) -> LiveTable:
    spec = action.column
    if action.lenient and work.product.is_mariadb and column_of(table, action.name) is None:
        return table
    held = required(table, action.name, work)
    new = made(spec, work)
    if _in_key(table, action.name):
        new = replace(new, not_null=True)
    if one_type(held.type, work.product) != one_type(new.type, work.product):
        _check_unkeyed(table, action.name, work)
    if spec.name.lower() != action.name.lower():
        table = _rename_column(table, sql.RenameColumn(action.name, spec.name), work)
    table = instead_of(table, spec.name, new, spec.place, work)
    return _with_own_keys(table, spec, work, unique=spec.unique)


def _with_own_keys(
    table: LiveTable, spec: sql.ColumnSpec, work: Work, *, unique: bool
) -> LiveTable:
    own = (sql.Part(spec.name),)
    if spec.primary:
        table = with_key(
            table, sql.Key(kind=sql.KeyKind.PRIMARY, name=keys.PRIMARY, parts=own), work
        )
    return with_key(table, sql.Key(kind=sql.KeyKind.UNIQUE, parts=own), work) if unique else table


def _in_key(table: LiveTable, column: str) -> bool:
    primary = primary_of(table)
    return primary is not None and _of_column(primary.definition, column)


def _check_unkeyed(table: LiveTable, column: str, work: Work) -> None:
    """Raises `Doubt` where a foreign key holds the type of a column."""
    own = (name for it in keys.foreign_keys(table) for name in it.columns)
    others = (name for _, it in work.referring(table.name.table) for name in it.targets)
    if column.lower() in {it.lower() for it in (*own, *others)}:
        raise Doubt(f"a foreign key uses {column}, whose type is changed")


def _rename_column(table: LiveTable, action: sql.RenameColumn, work: Work) -> LiveTable:
    if not work.product.has(mysql=(8, 0, 0), mariadb=(10, 5, 2)):
        raise work.words.syntax("this release says CHANGE, with the whole definition")
    held = required(table, action.name, work)
    _check_expressions(table, action.name)
    work.check_name(action.to)
    table = instead_of(table, action.name, replace(held, name=action.to), None, work)
    return replace(
        table,
        index_definitions=tuple(
            replace(it, definition=keys.renamed(it.definition, action.name, action.to))
            for it in table.index_definitions
        ),
        constraints=tuple(_with_name(it, action) for it in table.constraints),
    )


def _with_name(constraint: Constraint, action: sql.RenameColumn) -> Constraint:
    """Of a foreign key only the columns before REFERENCES are the table's own."""
    own, mark, target = constraint.definition.partition(" REFERENCES ")
    if constraint.kind is ConstraintKind.CHECK:
        return constraint
    return replace(constraint, definition=keys.renamed(own, action.name, action.to) + mark + target)


def _rename_targets(name: str, action: sql.Action, work: Work) -> None:
    """Foreign keys of others follow a column that is renamed."""
    assert isinstance(action, sql.RenameColumn | sql.ChangeColumn)
    to = action.to if isinstance(action, sql.RenameColumn) else action.column.name
    for child, key in list(work.referring(name)):
        constraints = []
        for it in child.constraints:
            own, mark, target = it.definition.partition(" REFERENCES ")
            if it.name == key.name:
                table, columns, rest = target.partition(" (")
                target = table + keys.renamed(columns + rest, action.name, to)
            constraints.append(replace(it, definition=own + mark + target))
        work.put(replace(child, constraints=tuple(constraints)))


def _set_default(table: LiveTable, action: sql.SetDefault, work: Work) -> LiveTable:
    held = required(table, action.name, work)
    told = action.default
    if told is not None:
        told = one_default(told, one_type(held.type, work.product)) or told
    return instead_of(table, action.name, replace(held, default=told), None, work)


def check_auto(table: LiveTable, work: Work) -> None:
    """Raises `Refused` where a column counts up without a key that begins with it."""
    autos = [it for it in table.columns if it.identity is not IdentityKind.NONE]
    keyed = {columns[:1] for columns in keys.keyed_columns(table)}
    if len(autos) > 1 or any((it.name.lower(),) not in keyed for it in autos):
        raise work.words.auto_without_key()


# --- Keys -----------------------------------------------------------------------------------------


def _drop_key(table: LiveTable, action: sql.DropKey, work: Work) -> LiveTable:
    kind = action.kind
    if kind is sql.KeyKind.CHECK and work.product.is_mariadb:
        raise work.words.syntax("MariaDB says DROP CONSTRAINT, as MySQL does since 8.0.19")
    if kind is sql.KeyKind.ANY:
        kind = _kind_of(table, action.name, work)
    if action.lenient and not work.product.is_mariadb:
        raise work.words.syntax("IF EXISTS stands there in MariaDB alone")
    if kind is sql.KeyKind.INDEX:
        return _drop_index(table, action, work)
    gone = [it for it in table.constraints if _is_meant(it, kind, action.name)]
    if not gone:
        if action.lenient:
            return table
        raise work.words.cannot_drop(_WORD[kind], action.name)
    return replace(table, constraints=tuple(it for it in table.constraints if it not in gone))


_WORD = {
    sql.KeyKind.PRIMARY: "INDEX",
    sql.KeyKind.FOREIGN: "FOREIGN KEY",
    sql.KeyKind.CHECK: "CONSTRAINT",
}
_KINDS = {
    sql.KeyKind.PRIMARY: ConstraintKind.PRIMARY_KEY,
    sql.KeyKind.FOREIGN: ConstraintKind.FOREIGN_KEY,
    sql.KeyKind.CHECK: ConstraintKind.CHECK,
}


def _is_meant(constraint: Constraint, kind: sql.KeyKind, name: str) -> bool:
    return constraint.kind is _KINDS[kind] and constraint.name.lower() == name.lower()


def _kind_of(table: LiveTable, name: str, work: Work) -> sql.KeyKind:
    """Of what DROP CONSTRAINT names."""
    for constraint in table.constraints:
        if constraint.name.lower() == name.lower():
            return next(it for it, kind in _KINDS.items() if kind is constraint.kind)
    index = find_index(table, name)
    if index is not None and index.unique:
        return sql.KeyKind.INDEX
    raise work.words.no_constraint(name)


def _drop_index(table: LiveTable, action: sql.DropKey, work: Work) -> LiveTable:
    if action.name.upper() == keys.PRIMARY:
        return _drop_key(
            table, sql.DropKey(sql.KeyKind.PRIMARY, keys.PRIMARY, action.lenient), work
        )
    index = find_index(table, action.name)
    if index is None:
        if action.lenient:
            return table
        raise work.words.cannot_drop("INDEX", action.name)
    left = [it for it in table.index_definitions if it is not index]
    without = with_indexes(table, left)
    needed = [it.columns for it in keys.foreign_keys(table)]
    needed += [it.targets for _, it in work.referring(table.name.table)]
    for columns in needed:
        if keys.begins_with(keys.leading(index) or (), columns) and not any(
            keys.begins_with(it, columns) for it in keys.keyed_columns(without)
        ):
            raise work.words.needed_index(action.name)
    return without


def _rename_key(table: LiveTable, action: sql.RenameKey, work: Work) -> LiveTable:
    index = find_index(table, action.name)
    if index is None:
        raise work.words.no_key(action.name, table.name.table)
    if find_index(table, action.to) is not None:
        raise work.words.key_exists(action.to)
    return with_indexes(
        table,
        [replace(it, name=action.to) if it is index else it for it in table.index_definitions],
    )


def _with_key(table: LiveTable, action: sql.AddKey, work: Work) -> LiveTable:
    return with_key(table, action.key, work, lenient=action.lenient)


_DOES: dict[type[sql.Action], Callable[[LiveTable, Any, Work], LiveTable]] = {
    sql.AddKey: _with_key,
    sql.DropKey: _drop_key,
    sql.RenameKey: _rename_key,
    sql.AddColumn: add_column,
    sql.DropColumn: _drop_column,
    sql.ChangeColumn: _change,
    sql.RenameColumn: _rename_column,
    sql.SetDefault: _set_default,
}
