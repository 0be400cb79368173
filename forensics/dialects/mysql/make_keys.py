"""What becomes of a key as it is written, and what the server refuses of it."""

from __future__ import annotations

from itertools import count

from msgspec.structs import replace

from forensics.dialects.mysql import keys
from forensics.dialects.mysql.commands import INDEXES, Key, KeyKind, Part, Reference
from forensics.dialects.mysql.errors import Refused
from forensics.dialects.mysql.text import tokens
from forensics.dialects.mysql.types import WITHOUT_LENGTH, arguments_of, one_type, word_of
from forensics.dialects.mysql.work import Doubt, Work, column_of
from forensics.facts import (
    Column,
    Constraint,
    ConstraintKind,
    IdentityKind,
    Index,
    LiveTable,
    RelationKind,
)

LONGEST_KEY = 3072
"""Bytes of an index of InnoDB, in its usual row formats."""
_BYTES = {"utf8mb4": 4, "utf8": 3, "utf8mb3": 3, "latin1": 1, "ascii": 1, "binary": 1}


def with_key(table: LiveTable, key: Key, work: Work, *, lenient: bool = False) -> LiveTable:
    """The table with one more key. Raises `Refused` and `Doubt`."""
    if lenient and not work.product.is_mariadb:
        raise work.words.syntax("IF NOT EXISTS stands there in MariaDB alone")
    if key.name is not None:
        work.check_name(key.name)
    if key.kind in INDEXES:
        return _with_index(table, key, work, lenient=lenient)
    if key.kind is KeyKind.PRIMARY:
        return _with_primary(table, key, work)
    if key.kind is KeyKind.FOREIGN:
        return _with_foreign(table, key, work)
    return _with_check(table, key, work)


# --- Indexes --------------------------------------------------------------------------------------


def _with_index(table: LiveTable, key: Key, work: Work, *, lenient: bool) -> LiveTable:
    _check_parts(table, key, work)
    if work.product.is_mariadb and key.kind is KeyKind.INDEX:
        key = replace(key, parts=tuple(_shortened(table, it, work) for it in key.parts))
    name = key.name or _free_name(table, key)
    if find_index(table, name) is not None or name.upper() == keys.PRIMARY:
        if lenient:
            return table
        raise work.words.key_exists(name)
    made = keys.index_of(key, name)
    return with_indexes(table, [*_not_made_for_keys(table, made), made])


def find_index(table: LiveTable, name: str) -> Index | None:
    """An index by its name, which has no case."""
    return next((it for it in table.index_definitions if it.name.lower() == name.lower()), None)


def with_indexes(table: LiveTable, indexes: list[Index]) -> LiveTable:
    """The table with other indexes."""
    return replace(
        table,
        index_definitions=tuple(indexes),
        indexes=tuple(it.name for it in indexes),
    )


def _not_made_for_keys(table: LiveTable, new: Index) -> list[Index]:
    """The indexes without one that the server made for a foreign key, which the new one serves."""
    columns = keys.leading(new) or ()
    served = {
        it.name.lower() for it in keys.foreign_keys(table) if keys.begins_with(columns, it.columns)
    }
    return [it for it in table.index_definitions if it.name.lower() not in served]


def _free_name(table: LiveTable, key: Key) -> str:
    """That of its first column, with a number where there is one."""
    first = key.parts[0].column or "functional_index"
    if find_index(table, first) is None:
        return first
    return next(it for n in count(2) if find_index(table, it := f"{first}_{n}") is None)


def _check_parts(table: LiveTable, key: Key, work: Work) -> None:
    if any(it.column is None for it in key.parts):
        if not work.product.has(mysql=(8, 0, 13), mariadb=None):
            raise work.words.syntax(
                "an index on an expression is one of MySQL since 8.0.13: index a generated column"
            )
        return
    columns = []
    for part in key.parts:
        column = column_of(table, part.column or "")
        if column is None:
            raise work.words.no_key_column(part.column or "")
        columns.append((column, part.length))
    if not work.product.is_mariadb and key.kind not in (KeyKind.FULLTEXT, KeyKind.SPATIAL):
        _check_lengths(table, columns, work)


def _check_lengths(table: LiveTable, columns: list[tuple[Column, int | None]], work: Work) -> None:
    """MySQL refuses what MariaDB shortens, or keeps as a hash."""
    total = 0
    for column, length in columns:
        type_ = one_type(column.type, work.product)
        if word_of(type_) in WITHOUT_LENGTH and length is None:
            raise work.words.no_key_length(column.name)
        total += (length or _characters(type_)) * _bytes(table, column, work)
    if total > LONGEST_KEY:
        raise work.words.key_too_long(LONGEST_KEY)


def _shortened(table: LiveTable, part: Part, work: Work) -> Part:
    """Of a text that is too long, MariaDB takes as much as an index holds."""
    column = column_of(table, part.column or "")
    if column is None or part.length is not None:
        return part
    type_ = one_type(column.type, work.product)
    width = _bytes(table, column, work)
    whole = word_of(type_) in WITHOUT_LENGTH
    if not whole and _characters(type_) * width <= LONGEST_KEY:
        return part
    return replace(part, length=LONGEST_KEY // width)


def _characters(type_: str) -> int:
    length = arguments_of(type_)
    return int(length) if word_of(type_) in ("char", "varchar") and length.isdecimal() else 0


def _bytes(table: LiveTable, column: Column, work: Work) -> int:
    """Of a character; 1 where that is not known."""
    written = f"{column.type} {table.definition or ''}".lower().replace("=", " ").split()
    named = [then for word, then in zip(written, written[1:], strict=False) if word in _CHARSETS]
    usual = work.product.settings.get("character_set_database", "")
    return _BYTES.get((named[0] if named else usual).partition("_")[0], 1)


_CHARSETS = frozenset({"set", "charset", "collate"})


# --- Constraints ----------------------------------------------------------------------------------


def _with_constraint(table: LiveTable, constraint: Constraint) -> LiveTable:
    return replace(table, constraints=(*table.constraints, constraint))


def _with_primary(table: LiveTable, key: Key, work: Work) -> LiveTable:
    _check_parts(table, key, work)
    if primary_of(table) is not None:
        raise work.words.primary_exists()
    names = [it.column or "" for it in key.parts]
    wanted = {it.lower() for it in names}
    columns = tuple(
        replace(it, not_null=True) if it.name.lower() in wanted else it for it in table.columns
    )
    return _with_constraint(replace(table, columns=columns), keys.primary(names))


def primary_of(table: LiveTable) -> Constraint | None:
    """The primary key."""
    kind = ConstraintKind.PRIMARY_KEY
    return next((it for it in table.constraints if it.kind is kind), None)


def _with_check(table: LiveTable, key: Key, work: Work) -> LiveTable:
    if not work.product.has(mysql=(8, 0, 16), mariadb=(10, 2, 1)):
        return table  # it is read, and kept nowhere
    name = key.name or _free_check(table, work)
    auto = next((it for it in table.columns if it.identity is not IdentityKind.NONE), None)
    words = {it.name.lower() for it in tokens(key.check) if it.is_name}
    if auto is not None and auto.name.lower() in words:
        raise work.words.check_on_auto(name, auto.name)
    if any(it.name.lower() == name.lower() for it in table.constraints):
        raise Doubt(f"there is a constraint {name} already")
    return _with_constraint(table, keys.check(name, key.check))


def _free_check(table: LiveTable, work: Work) -> str:
    taken = {it.name for it in table.constraints}
    made = "CONSTRAINT_{}" if work.product.is_mariadb else f"{table.name.table}_chk_{{}}"
    return next(name for n in count(1) if (name := made.format(n)) not in taken)


# --- Foreign keys ---------------------------------------------------------------------------------


def _with_foreign(table: LiveTable, key: Key, work: Work) -> LiveTable:
    assert key.reference is not None
    columns = tuple(it.column or "" for it in key.parts)
    for name in columns:
        if column_of(table, name) is None:
            raise work.words.no_key_column(name)
    name = key.name or f"{table.name.table}_ibfk_{len(list(keys.foreign_keys(table))) + 1}"
    if name.lower() in {*work.foreign_key_names(), *(it.name.lower() for it in table.constraints)}:
        raise work.words.foreign_key_exists(name, table.name.table)
    to = _target(table, key.reference, columns, name, work)
    made = keys.foreign(name, columns, to)
    served = any(keys.begins_with(it, columns) for it in keys.keyed_columns(table))
    if not served:
        if find_index(table, name) is not None:
            raise Doubt(f"there is an index {name} already")
        index = Index(name=name, unique=False, definition=keys.listed(columns))
        table = with_indexes(table, [*table.index_definitions, index])
    return _with_constraint(table, made)


def _target(
    table: LiveTable, to: Reference, columns: tuple[str, ...], name: str, work: Work
) -> Reference:
    """To where it points, with its columns. Raises `Refused` where it cannot."""
    own = table.name.table
    itself = work.key(to.table) == work.key(own)
    other = table if itself else work.get(to.table)
    if other is None or other.kind is not RelationKind.TABLE:
        raise work.words.no_referenced_table(to.table, own)
    targets = to.columns or columns
    if not any(keys.begins_with(it, targets) for it in keys.keyed_columns(other)):
        raise work.words.no_referenced_key(name, to.table, own)
    for from_, into in zip(columns, targets, strict=False):
        _check_types(table, from_, other, into, name, work)
    return replace(to, columns=targets)


def _check_types(
    table: LiveTable, from_: str, other: LiveTable, into: str, name: str, work: Work
) -> None:
    one, two = column_of(table, from_), column_of(other, into)
    if one is None or two is None:
        raise Doubt("a column of a foreign key is not there")
    types = [one_type(it.type, work.product) for it in (one, two)]
    texts = [word_of(it) in ("char", "varchar") for it in types]
    if all(texts):
        _check_charsets(table, one, other, two)
    elif types[0] != types[1]:
        raise _incompatible(types, from_, into, name, table, work)


def _incompatible(
    types: list[str], from_: str, into: str, name: str, table: LiveTable, work: Work
) -> Refused:
    words = [word_of(it) for it in types]
    if words[0] == words[1] and "unsigned" not in "".join(types):
        raise Doubt(f"whether {types[0]} may refer to {types[1]}")
    return work.words.incompatible(from_, into, name, table.name.table)


def _check_charsets(table: LiveTable, one: Column, other: LiveTable, two: Column) -> None:
    own = [
        f"{it.type.partition(' ')[2]} {of.definition}" for it, of in ((one, table), (two, other))
    ]
    if own[0] != own[1]:
        raise Doubt("whether both columns of a foreign key have one character set and collation")
