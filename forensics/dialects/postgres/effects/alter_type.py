"""ALTER TYPE of enums."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.dialects.postgres.commands import AddLabel, Alter, RenameLabel
from forensics.dialects.postgres.effects.catalogue import Catalogue
from forensics.dialects.postgres.effects.types import printed_type, qualified
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.facts import Column
from forensics.model import TableName


def add_label(command: AddLabel, catalogue: Catalogue) -> None:
    """ALTER TYPE name ADD VALUE."""
    enum = catalogue.require_enum(command.name)
    labels = list(catalogue.enums[enum])
    if command.label in labels:
        if not command.lenient:
            raise _label_taken(command.label)
        return
    at = len(labels)
    if command.beside is not None:
        if command.beside not in labels:
            raise _no_label(command.beside)
        at = labels.index(command.beside) + (not command.before)
    labels.insert(at, command.label)
    catalogue.enums[enum] = tuple(labels)
    if enum not in catalogue.new_enums:
        catalogue.unsafe_labels.add((enum, command.label))


def rename_label(command: RenameLabel, catalogue: Catalogue) -> None:
    """ALTER TYPE name RENAME VALUE."""
    enum = catalogue.require_enum(command.name)
    labels = catalogue.enums[enum]
    if command.old not in labels:
        raise _no_label(command.old)
    if command.new in labels:
        raise _label_taken(command.new)
    renamed = (command.new if label == command.old else label for label in labels)
    catalogue.enums[enum] = tuple(renamed)


def alter(command: Alter, catalogue: Catalogue) -> None:
    """ALTER of something in a way that is not modelled: a type that is not there fails anyhow."""
    if command.what == "type":
        catalogue.require_enum(command.name)
    raise Unsure(f"what this does to the {command.what} {command.name}")


def _label_taken(label: str) -> PostgresError:
    return PostgresError("42710", f'enum label "{label}" already exists')


def _no_label(label: str) -> PostgresError:
    return PostgresError("22023", f'"{label}" is not an existing enum label')


def move_type(catalogue: Catalogue, old: TableName, new: TableName, where: str) -> None:
    """Another name or schema; `where` is what PostgreSQL adds if that is taken."""
    catalogue.require_free_type(new, where)
    for table in list(catalogue.tables.values()):
        columns = tuple(_retyped(catalogue, column, old, new) for column in table.columns)
        if columns != table.columns:
            catalogue.change(table.name, columns=columns)
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
