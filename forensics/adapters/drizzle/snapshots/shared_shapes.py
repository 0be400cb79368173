"""What the shapes of all dialects share."""

# A table in the form of classes: the names are zod's, and say what a docstring would.
# ruff: noqa: D101

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

ORIGIN = "00000000-0000-0000-0000-000000000000"
"""The parent of a first snapshot."""
Names = dict[str, str]
Tables = dict[str, msgspec.Raw]
"""Undecoded: neighbouring snapshots share nearly all of them."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An object in which zod accepts no further keys."""


class Loose(msgspec.Struct, frozen=True):
    """An object in which zod drops further keys."""


class Head(Loose, frozen=True):
    id: str
    prevId: str
    tables: Tables


class ForeignKey(Strict, frozen=True):
    name: str
    tableFrom: str
    columnsFrom: list[str]
    tableTo: str
    columnsTo: list[str]
    onUpdate: str | UnsetType = UNSET
    onDelete: str | UnsetType = UNSET


class NamedColumns(Strict, frozen=True):
    name: str
    columns: list[str]


class Check(Strict, frozen=True):
    name: str
    value: str


class Generated(Loose, frozen=True):
    type: Literal["stored", "virtual"]
    as_: str = msgspec.field(name="as")


class Renames(Loose, frozen=True):
    tables: Names
    columns: Names


class RenamesWithSchemas(Renames, frozen=True, kw_only=True):
    schemas: Names


class ColumnNote(Loose, frozen=True):
    isArray: bool | UnsetType = UNSET
    dimensions: float | UnsetType = UNSET
    rawType: str | UnsetType = UNSET
    isDefaultAnExpression: bool | UnsetType = UNSET
    isExpression: bool | UnsetType = UNSET


class ColumnNotes(Loose, frozen=True):
    columns: dict[str, ColumnNote]


class Notes(Loose, frozen=True):
    tables: dict[str, ColumnNotes] | UnsetType = UNSET
    indexes: dict[str, ColumnNotes] | UnsetType = UNSET
