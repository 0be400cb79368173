"""What becomes of a column as it is written: the column that the catalogue will show."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.dialects.mysql.commands import ColumnSpec
from forensics.dialects.mysql.types import (
    KNOWN,
    TEMPORAL,
    WITHOUT_LENGTH,
    arguments_of,
    is_null,
    one_default,
    one_type,
    shown_type,
    word_of,
)
from forensics.dialects.mysql.work import Doubt, Work, column_of
from forensics.facts import Column, GeneratedKind, IdentityKind, LiveTable

_NEW_COLLATIONS = "utf8mb4_0900_"
_OWN_COLLATIONS = "uca1400_"


def made(spec: ColumnSpec, work: Work) -> Column:
    """The column of a definition. Raises `Refused` and `Doubt`."""
    type_ = one_type(spec.type, work.product)
    if word_of(type_) not in KNOWN:
        raise Doubt(f"the type {spec.type} is not known here")
    work.check_name(spec.name)
    _check_collation(spec.collation, work)
    serial = spec.type == "serial"
    if serial and spec.auto_increment and work.product.is_mariadb:
        raise Doubt("whether SERIAL may be told to be AUTO_INCREMENT once more")
    not_null = spec.null is False or spec.primary or serial
    column = Column(
        name=spec.name,
        type=_with_collation(shown_type(type_, work.product), spec),
        not_null=not_null,
        default=_default(spec, type_, work, not_null=not_null),
        identity=IdentityKind.BY_DEFAULT if spec.auto_increment or serial else IdentityKind.NONE,
        generated=spec.generated,
    )
    return replace(column, default=spec.expression) if spec.generated else column


def _default(spec: ColumnSpec, type_: str, work: Work, *, not_null: bool) -> str | None:
    if spec.default is None:
        return None
    if is_null(spec.default):
        if not_null:
            raise work.words.invalid_default(spec.name)
        return None
    if word_of(type_) in WITHOUT_LENGTH and not work.product.is_mariadb and _is_bare(spec.default):
        raise work.words.no_default_allowed(spec.name)
    _check_moment(spec, type_, work)
    told = one_default(spec.default, type_)
    told = spec.default if told is None else told
    return f"{told} ON UPDATE current_timestamp" if spec.on_update else told


def _is_bare(default: str) -> bool:
    return not default.startswith("(")


def _check_moment(spec: ColumnSpec, type_: str, work: Work) -> None:
    """MySQL wants as many digits in the default as in the type, unless it is in brackets."""
    told = one_default(spec.default or "", type_)
    if word_of(type_) not in TEMPORAL or not (told or "").startswith("current_timestamp"):
        return
    digits = (told or "")[len("current_timestamp(") : -1]
    bare = _is_bare(spec.default or "")
    if not work.product.is_mariadb and bare and digits != arguments_of(type_):
        raise work.words.invalid_default(
            spec.name, "MySQL wants as many digits as the type has, or brackets: DEFAULT (now())"
        )


def _with_collation(type_: str, spec: ColumnSpec) -> str:
    collation = f" collate {spec.collation}" if spec.collation else ""
    return f"{type_} character set {spec.charset}{collation}" if spec.charset else type_ + collation


def _check_collation(name: str, work: Work) -> None:
    """Raises `Refused` for one that the other product alone has."""
    mariadb, mysql = work.product.is_mariadb, not work.product.is_mariadb
    later = work.product.has(mysql=None, mariadb=(11, 4, 5))
    if mariadb and name.startswith(_NEW_COLLATIONS) and not later:
        raise work.words.unknown_collation(name)
    if mysql and _OWN_COLLATIONS in name:
        raise work.words.unknown_collation(name)


def check_collations(written: str, work: Work) -> None:
    """The same of all that a table's options name."""
    words = written.lower().replace("=", " ").split()
    for word, then in zip(words, words[1:], strict=False):
        if word == "collate":
            _check_collation(then.strip("'`\""), work)


def with_column(table: LiveTable, column: Column, place: str | None, work: Work) -> LiveTable:
    """The table with one more column. Raises `Refused`."""
    if column_of(table, column.name) is not None:
        raise work.words.column_exists(column.name)
    return replace(table, columns=_placed(table, table.columns, column, place, work))


def required(table: LiveTable, name: str, work: Work) -> Column:
    """A column that has to be there. Raises `Refused`."""
    held = column_of(table, name)
    if held is None:
        raise work.words.no_column(name, table.name.table)
    return held


def instead_of(
    table: LiveTable, old: str, column: Column, place: str | None, work: Work
) -> LiveTable:
    """The table with another column in the place of one. Raises `Refused`."""
    required(table, old, work)
    if old.lower() != column.name.lower() and column_of(table, column.name) is not None:
        raise work.words.column_exists(column.name)
    if place is None:
        columns = tuple(column if it.name.lower() == old.lower() else it for it in table.columns)
        return replace(table, columns=columns)
    left = tuple(it for it in table.columns if it.name.lower() != old.lower())
    return replace(table, columns=_placed(table, left, column, place, work))


def _placed(
    table: LiveTable, columns: tuple[Column, ...], column: Column, place: str | None, work: Work
) -> tuple[Column, ...]:
    if place is None:
        return (*columns, column)
    if not place:
        return (column, *columns)
    names = [it.name.lower() for it in columns]
    if place.lower() not in names:
        raise work.words.no_column(place, table.name.table)
    at = names.index(place.lower()) + 1
    return (*columns[:at], column, *columns[at:])


def has_expressions(table: LiveTable) -> bool:
    """Whether columns are computed, so that another column may be part of an expression."""
    return any(it.generated is not GeneratedKind.NONE for it in table.columns)
