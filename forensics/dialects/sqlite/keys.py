"""Keys of tables: what is unique, and which table refers to which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from forensics.dialects.sqlite.text import closing, tokens
from forensics.facts import KEY_KINDS, Constraint, ConstraintKind, LiveSchema, LiveTable

_NAME = re.compile(r'"((?:[^"]|"")*)"')
_PLAIN = re.compile(r'\((?:"(?:[^"]|"")*"(?:, )?)+\)')
_FOREIGN = re.compile(
    r'FOREIGN KEY (?P<columns>\([^)]*\)) REFERENCES (?P<table>"(?:[^"]|"")*")'
    r"(?: (?P<targets>\([^)]*\)))?(?: ON UPDATE (?P<update>[A-Z ]+?))?"
    r"(?: ON DELETE (?P<delete>[A-Z ]+))?"
)
_ACTS = frozenset({"CASCADE", "SET NULL", "SET DEFAULT"})


class ForeignKey(msgspec.Struct, frozen=True):
    """A foreign key, as the catalogue tells it."""

    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]
    on_delete: str

    @property
    def acts(self) -> bool:
        """Whether it changes rows where those that they refer to are deleted."""
        return self.on_delete in _ACTS


def plain_columns(definition: str) -> tuple[str, ...] | None:
    """The columns of `("a", "b")`; `None` where it says more than that."""
    if not _PLAIN.fullmatch(definition):
        return None
    return tuple(it.replace('""', '"') for it in _NAME.findall(definition))


def columns_of(constraint: Constraint) -> tuple[str, ...] | None:
    """The columns of a key or a foreign key."""
    if constraint.kind is ConstraintKind.FOREIGN_KEY:
        found = foreign_key(constraint)
        return found.columns if found else None
    return plain_columns(constraint.definition[constraint.definition.find("(") :])


def foreign_key(constraint: Constraint) -> ForeignKey | None:
    """What a constraint says, where it is a foreign key."""
    found = _FOREIGN.fullmatch(constraint.definition)
    if constraint.kind is not ConstraintKind.FOREIGN_KEY or found is None:
        return None
    return ForeignKey(
        columns=plain_columns(found["columns"]) or (),
        table=found["table"][1:-1].replace('""', '"'),
        targets=plain_columns(found["targets"] or "") or (),
        on_delete=found["delete"] or "NO ACTION",
    )


def unique_keys(table: LiveTable) -> Iterator[tuple[str, ...]]:
    """Sets of columns in which no two rows are the same."""
    for constraint in table.constraints:
        if constraint.kind in KEY_KINDS and (columns := columns_of(constraint)):
            yield columns
    for index in table.index_definitions:
        if index.unique and (columns := plain_columns(index.definition)):
            yield columns


def referring(schema: LiveSchema, table: str) -> Iterator[tuple[LiveTable, ForeignKey]]:
    """Every table that refers to one, with the key by which it does."""
    for child in schema.tables:
        for constraint in child.constraints:
            key = foreign_key(constraint)
            if key is not None and key.table.lower() == table.lower():
                yield child, key


def checks(definition: str) -> frozenset[str]:
    """The CHECK expressions of a table, without blanks."""
    words = list(tokens(definition))
    found = set()
    for place, (before, token) in enumerate(pairwise(words), start=1):
        end = closing(words, place) if token.raw == "(" and before.word == "check" else None
        if end is not None:
            inside = words[place + 1 : end]
            raws = (it.raw if it.raw[0] == "'" else it.name.lower() for it in inside)
            found.add(" ".join(raws))
    return frozenset(found)
