"""Keys, indexes and constraints as the catalogue here writes them, and read back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from forensics.dialects.mysql.commands import Key, KeyKind, Part, Reference
from forensics.dialects.mysql.text import quoted
from forensics.facts import Constraint, ConstraintKind, Index, LiveTable

PRIMARY = "PRIMARY"
_NAME = re.compile(r"`((?:[^`]|``)*)`")
_PART = re.compile(r"`((?:[^`]|``)*)`(?:\((\d+)\))?( DESC)?")
_PLAIN = re.compile(r"\(`(?:[^`]|``)*`(?:, `(?:[^`]|``)*`)*\)")
_FOREIGN = re.compile(
    r"FOREIGN KEY (?P<columns>\(.*?\)) REFERENCES `(?P<table>(?:[^`]|``)*)` (?P<targets>\(.*?\))"
    r"(?: ON DELETE (?P<delete>[A-Z ]+?))?(?: ON UPDATE (?P<update>[A-Z ]+))?"
)
_USUAL = frozenset({"", "NO ACTION", "RESTRICT"})


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key of a table."""

    name: str
    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]


# --- Written --------------------------------------------------------------------------------------


def listed(columns: Iterable[str]) -> str:
    """Names in brackets."""
    return f"({', '.join(map(quoted, columns))})"


def index_of(key: Key, name: str) -> Index:
    """An index as the catalogue has it."""
    word = key.kind.upper() + " " if key.kind in (KeyKind.FULLTEXT, KeyKind.SPATIAL) else ""
    parts = ", ".join(map(_part, key.parts))
    return Index(name=name, unique=key.kind is KeyKind.UNIQUE, definition=f"{word}({parts})")


def _part(part: Part) -> str:
    text = f"({part.expression})" if part.column is None else quoted(part.column)
    text += f"({part.length})" if part.length is not None else ""
    return text + (" DESC" if part.descends else "")


def primary(columns: Iterable[str]) -> Constraint:
    """The primary key of a table."""
    text = f"PRIMARY KEY {listed(columns)}"
    return Constraint(name=PRIMARY, kind=ConstraintKind.PRIMARY_KEY, definition=text)


def foreign(name: str, columns: Iterable[str], to: Reference) -> Constraint:
    """A foreign key; what it does by default is left out."""
    text = f"FOREIGN KEY {listed(columns)} REFERENCES {quoted(to.table)} {listed(to.columns)}"
    for when, action in (("DELETE", to.on_delete.upper()), ("UPDATE", to.on_update.upper())):
        text += "" if action in _USUAL else f" ON {when} {action}"
    return Constraint(name=name, kind=ConstraintKind.FOREIGN_KEY, definition=text)


def check(name: str, expression: str) -> Constraint:
    """A check."""
    return Constraint(name=name, kind=ConstraintKind.CHECK, definition=f"CHECK ({expression})")


# --- Read back ------------------------------------------------------------------------------------


def names_in(definition: str) -> tuple[str, ...]:
    """All names in a definition."""
    return tuple(it.replace("``", "`") for it in _NAME.findall(definition))


def plain_columns(definition: str) -> tuple[str, ...] | None:
    """The columns of ``(`a`, `b`)``; `None` where it says more than that."""
    return names_in(definition) if _PLAIN.fullmatch(definition) else None


def columns_of(constraint: Constraint) -> tuple[str, ...] | None:
    """The columns of a key; `None` of a check."""
    if constraint.kind is ConstraintKind.FOREIGN_KEY:
        found = foreign_key(constraint)
        return found.columns if found else None
    if constraint.kind is ConstraintKind.PRIMARY_KEY:
        return names_in(constraint.definition)
    return None


def foreign_key(constraint: Constraint) -> ForeignKey | None:
    """What a constraint says, where it is a foreign key."""
    found = _FOREIGN.fullmatch(constraint.definition)
    if constraint.kind is not ConstraintKind.FOREIGN_KEY or found is None:
        return None
    return ForeignKey(
        name=constraint.name,
        columns=names_in(found["columns"]),
        table=found["table"].replace("``", "`"),
        targets=names_in(found["targets"]),
    )


def foreign_keys(table: LiveTable) -> Iterator[ForeignKey]:
    """Those of a table."""
    return (key for it in table.constraints if (key := foreign_key(it)) is not None)


def keyed_columns(table: LiveTable) -> Iterator[tuple[str, ...]]:
    """The plain columns with which each key and index begins, in lower case."""
    for constraint in table.constraints:
        if constraint.kind is ConstraintKind.PRIMARY_KEY:
            yield tuple(it.lower() for it in names_in(constraint.definition))
    for index in table.index_definitions:
        if (columns := leading(index)) is not None:
            yield columns


def leading(index: Index) -> tuple[str, ...] | None:
    """The columns of an index in lower case, up to the first part that is more than a column."""
    if not index.definition.startswith("("):
        return None
    found = []
    for name, length, descends in _PART.findall(index.definition):
        if length or descends:
            break
        found.append(name.replace("``", "`").lower())
    return tuple(found)


def begins_with(columns: tuple[str, ...], wanted: Iterable[str]) -> bool:
    """Whether an index on columns serves a key on others."""
    names = tuple(it.lower() for it in wanted)
    return columns[: len(names)] == names


# --- Changed --------------------------------------------------------------------------------------


def renamed(definition: str, old: str, new: str) -> str:
    """A definition with another name for a column."""
    return _NAME.sub(
        lambda it: quoted(new) if it[1].replace("``", "`").lower() == old.lower() else it[0],
        definition,
    )


def without_column(index: Index, column: str) -> Index | None:
    """An index without a column that is dropped; `None` where nothing is left of it."""
    left = [
        it[0]
        for it in _PART.finditer(index.definition)
        if it[1].replace("``", "`").lower() != column.lower()
    ]
    if not left:
        return None
    word = index.definition.partition("(")[0]
    return replace(index, definition=f"{word}({', '.join(left)})")
