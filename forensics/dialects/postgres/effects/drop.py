"""DROP of tables, types, indexes, sequences, schemas, columns and constraints."""

from __future__ import annotations

from forensics.dialects.postgres.commands import Drop, DropPart
from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.effects.catalogue import Catalogue, column_of, constraint_of
from forensics.dialects.postgres.effects.constraints import key_columns, referenced
from forensics.dialects.postgres.effects.types import printed_type
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.facts import INDEXED_KINDS, KEY_KINDS, VIEW_KINDS, Constraint, LiveTable
from forensics.model import TableName

# How DROP names what it does not find (dropcmds.c, dropmsgstringarray).
_MISSING = {"table": "42P01", "sequence": "42P01", "index": "42704"}


def drop(command: Drop, catalogue: Catalogue) -> None:
    """DROP of a table, index, sequence, type, schema or extension."""
    if command.what in _DROPS:
        _drop_relations(command, catalogue)
        return
    run = _ALONE.get(command.what)
    if run is None or len(command.names) > 1:
        raise Unsure(f"what DROP {command.what.upper()} takes with it")
    run(command, catalogue)


def _drop_relations(command: Drop, catalogue: Catalogue) -> None:
    found = [
        _find(catalogue, name, command.what, lenient=command.lenient) for name in command.names
    ]
    if len(found) > 1 and not command.cascade:
        raise Unsure("what depends on several objects that are dropped together")
    for name in found:
        if name is not None:
            _DROPS[command.what](catalogue, name, command.cascade)


def _find(catalogue: Catalogue, name: Name, kind: str, *, lenient: bool) -> TableName | None:
    if name.schema is not None and name.schema not in catalogue.schemas:
        if lenient:
            return None
        catalogue.require_schema(name.schema)
    found = catalogue.find_relation(name)
    if found is None:
        if lenient:
            return None
        raise PostgresError(_MISSING[kind], f'{kind} "{name.name}" does not exist')
    if catalogue.kind_of(found) != kind:
        article = "an" if kind == "index" else "a"
        raise PostgresError("42809", f'"{name.name}" is not {article} {kind}')
    return found


def _drop_table(catalogue: Catalogue, table: TableName, cascade: bool) -> None:
    pointing = _foreign_keys_to(catalogue, table, None)
    if pointing and not cascade:
        raise _needed(f"table {table.table}")
    if catalogue.has_views():
        if not cascade:
            raise Unsure(f"whether a view uses {table}")
        _doubt_views(catalogue)
    for other, constraint in pointing:
        _remove_constraint(catalogue, other, constraint)
    for index in [name for name, of in catalogue.indexes.items() if of == table]:
        del catalogue.indexes[index]
    _drop_owned_sequences(catalogue, catalogue.tables[table], None)
    del catalogue.tables[table]
    catalogue.empty.discard(table)


def _drop_index(catalogue: Catalogue, index: TableName, cascade: bool) -> None:
    table = catalogue.indexes[index]
    if constraint_of(catalogue.tables[table], index.table) is not None:
        if cascade:
            raise Unsure("an index that goes with its constraint")
        message = (
            f"cannot drop index {index.table} because constraint {index.table} on table "
            f"{table.table} requires it"
        )
        raise PostgresError("2BP01", message)
    catalogue.remove_index(index)


def _drop_sequence(catalogue: Catalogue, sequence: TableName, cascade: bool) -> None:
    uses = [
        column
        for table in catalogue.tables.values()
        for column in table.columns
        if sequence.table in (column.default or "")
    ]
    if uses or catalogue.sequences[sequence] is not None:
        raise Unsure(f"what uses the sequence {sequence}")
    del catalogue.sequences[sequence]


_DROPS = {"table": _drop_table, "index": _drop_index, "sequence": _drop_sequence}


def _cast_to(default: str | None, catalogue: Catalogue) -> set[TableName | None]:
    """The enum of a constant default, which stays of it when the column gets another type."""
    constant, cast, of = (default or "").rpartition("::")
    return {printed_type(of, catalogue).enum} if cast and constant.endswith("'") else set()


def _drop_type(command: Drop, catalogue: Catalogue) -> None:
    (name,) = command.names
    if command.lenient and catalogue.find_enum(name) is None:
        if catalogue.is_other_type(name):
            raise Unsure(f"what uses the type {name}")
        return
    enum = catalogue.require_enum(name)
    users = [
        (table, column.name)
        for table in catalogue.tables.values()
        for column in table.columns
        if printed_type(column.type, catalogue).enum == enum
        or enum in _cast_to(column.default, catalogue)
    ]
    if users and not command.cascade:
        raise _needed(f"type {enum.table}")
    if users:
        raise Unsure(f"what else goes with the columns of type {enum}")
    del catalogue.enums[enum]


def _drop_schema(command: Drop, catalogue: Catalogue) -> None:
    name, cascade = str(command.names[0]), command.cascade
    if name not in catalogue.schemas:
        if not command.lenient:
            catalogue.require_schema(name)
        return
    everything = (*catalogue.tables, *catalogue.enums, *catalogue.sequences)
    inside = [item for item in everything if item.schema == name]
    if inside and not cascade:
        raise _needed(f"schema {name}")
    if not cascade:
        raise Unsure(f"whether schema {name} holds functions or other objects")
    for table in [item for item in catalogue.tables if item.schema == name]:
        _drop_table(catalogue, table, True)
    if any(item.schema == name for item in catalogue.enums):
        raise Unsure(f"what uses the types of schema {name}")
    for sequence in [item for item in catalogue.sequences if item.schema == name]:
        _drop_sequence(catalogue, sequence, True)
    catalogue.schemas.discard(name)


def _drop_extension(command: Drop, catalogue: Catalogue) -> None:
    name = str(command.names[0])
    if name == "plpgsql" or any(it.name == name for it in catalogue.given.extensions):
        raise Unsure(f"what uses the extension {name}")
    if not command.lenient:
        raise PostgresError("42704", f'extension "{name}" does not exist')


_ALONE = {"type": _drop_type, "schema": _drop_schema, "extension": _drop_extension}


# --- Parts of tables ----------------------------------------------------------------------------


def drop_part(command: DropPart, catalogue: Catalogue, table: TableName) -> None:
    """DROP COLUMN | CONSTRAINT [IF EXISTS] name [CASCADE]."""
    run = _drop_constraint if command.what == "constraint" else _drop_column
    run(command, catalogue, table)


def _drop_constraint(command: DropPart, catalogue: Catalogue, table: TableName) -> None:
    name = command.name
    held = catalogue.tables[table]
    constraint = constraint_of(held, name)
    if constraint is None:
        if command.lenient:
            return
        message = f'constraint "{name}" of relation "{table.table}" does not exist'
        raise PostgresError("42704", message)
    what = f"constraint {name} on table {table.table}"
    _require_sole_key(catalogue, table, constraint)
    _drop_pointing(catalogue, table, constraint, what, command.cascade)
    _remove_constraint(catalogue, table, constraint)


def _require_sole_key(catalogue: Catalogue, table: TableName, constraint: Constraint) -> None:
    """A foreign key needs one of the keys on its columns; which one was not collected."""
    if constraint.kind not in KEY_KINDS:
        return
    columns, held = frozenset(key_columns(constraint)), catalogue.tables[table]
    keys = (it for it in held.constraints if it.kind in KEY_KINDS and it.name != constraint.name)
    alike = any(frozenset(key_columns(it)) == columns for it in keys)
    backed = {it.name for it in held.constraints}
    indexes = (it for it in held.index_definitions if it.unique and it.name not in backed)
    alike = alike or any(all(c in it.definition for c in columns) for it in indexes)
    if alike and _foreign_keys_to(catalogue, table, columns):
        raise Unsure(f"which of several keys of {table} foreign keys use")


def _drop_pointing(
    catalogue: Catalogue, table: TableName, constraint: Constraint, what: str, cascade: bool
) -> None:
    """Foreign keys need the key that they point to: an error, or they go with it."""
    if constraint.kind not in KEY_KINDS:
        return
    pointing = _foreign_keys_to(catalogue, table, frozenset(key_columns(constraint)))
    if pointing and not cascade:
        raise _needed(what)
    for other, foreign in pointing:
        _remove_constraint(catalogue, other, foreign)


def _drop_column(command: DropPart, catalogue: Catalogue, table: TableName) -> None:
    name, cascade = command.name, command.cascade
    held = catalogue.tables[table]
    if command.lenient and column_of(held, name) is None:
        return
    catalogue.column(table, name)
    own = [c for c in held.constraints if name in key_columns(c)]
    for constraint in own:
        _drop_pointing(
            catalogue, table, constraint, f"column {name} of table {table.table}", cascade
        )
    if catalogue.has_views():
        if not cascade:
            raise Unsure(f"whether a view uses {table}.{name}")
        _doubt_views(catalogue)
    for constraint in own:
        _remove_constraint(catalogue, table, constraint)
    _doubt_indexes(catalogue, table)
    held = catalogue.tables[table]
    _drop_owned_sequences(catalogue, held, name)
    catalogue.change(table, columns=tuple(c for c in held.columns if c.name != name))
    catalogue.null.discard((table, name))


def _remove_constraint(catalogue: Catalogue, table: TableName, constraint: Constraint) -> None:
    held = catalogue.tables[table]
    kept = tuple(c for c in held.constraints if c.name != constraint.name)
    catalogue.set_constraints(table, kept)
    index = TableName(schema=table.schema, table=constraint.name)
    if constraint.kind in INDEXED_KINDS and index in catalogue.indexes:
        catalogue.remove_index(index)


def _foreign_keys_to(
    catalogue: Catalogue, table: TableName, columns: frozenset[str] | None
) -> list[tuple[TableName, Constraint]]:
    """Foreign keys to a table from others, or, with columns, to exactly these columns."""
    found = []
    for other in catalogue.tables.values():
        for constraint in other.constraints:
            target = referenced(constraint)
            if target is None or catalogue.find_relation(target[0]) != table:
                continue
            same = other.name == table if columns is None else frozenset(target[1]) != columns
            if not same:
                found.append((other.name, constraint))
    return found


def _doubt_indexes(catalogue: Catalogue, table: TableName) -> None:
    """Indexes on a dropped column go with it; which ones they are is not collected."""
    held = catalogue.tables[table]
    backed = {c.name for c in held.constraints}
    catalogue.doubtful |= {
        name for name, of in catalogue.indexes.items() if of == table and name.table not in backed
    }


def _doubt_views(catalogue: Catalogue) -> None:
    catalogue.doubtful |= {t.name for t in catalogue.tables.values() if t.kind in VIEW_KINDS}


def _drop_owned_sequences(catalogue: Catalogue, table: LiveTable, column: str | None) -> None:
    """Sequences of serial and identity columns go with them."""
    for name, owner in list(catalogue.sequences.items()):
        owned = owner is not None and owner[0] == table.name and column in (None, owner[1])
        named = any(
            name.schema == table.name.schema
            and (c.default or "").startswith("nextval(")
            and name.table in (c.default or "")
            and column in (None, c.name)
            for c in table.columns
        )
        if owned or named:
            del catalogue.sequences[name]
        elif may_own(table.name, name, owner) and column in (None, *_column_of(table, name)):
            del catalogue.sequences[name]
            catalogue.doubtful.add(name)


def may_own(table: TableName, sequence: TableName, owner: tuple[TableName, str] | None) -> bool:
    """Whether a sequence is named like an identity column's; who owns it is not collected."""
    same = table.schema == sequence.schema and owner is None
    return same and sequence.table.startswith(f"{table.table}_") and sequence.table.endswith("_seq")


def _column_of(table: LiveTable, sequence: TableName) -> tuple[str, ...]:
    return (sequence.table.removeprefix(f"{table.name.table}_").removesuffix("_seq"),)


def _needed(what: str) -> PostgresError:
    message = f"cannot drop {what} because other objects depend on it"
    return PostgresError("2BP01", message)
