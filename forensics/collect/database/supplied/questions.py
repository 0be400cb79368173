"""The queries of the collector that the one query asks too, and what rows they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import GenericAlias
from typing import Any, LiteralString, get_args

from forensics.collect.database import (
    attachments,
    catalogue,
    circumstances,
    identity,
    privileges,
    search,
)
from forensics.facts import SETTINGS

FORMAT = 1
"""Of the answer; raise it with every change of `shapes`."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query of the collector, asked of the whole database."""

    name: str
    text: LiteralString
    row: Any
    """The type of a row: a tuple."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Name -> the expression that stands in its place, where others have values."""
    opens_tables: bool = False
    """Whether it opens tables of all kinds, so that it must not run while one is locked."""

    @property
    def width(self) -> int:
        """How many columns a row has."""
        return len(get_args(self.row))

    @property
    def rows(self) -> Any:  # noqa: ANN401 - a type that is made here
        """The type of all rows."""
        return GenericAlias(list, (self.row,))


LOCKED = "(ARRAY(SELECT l.oid FROM locked l))"
"""The tables that somebody keeps for themselves: printing what is theirs would wait."""
_EXPRESSIONS = {"locked": LOCKED, "at_work": "(ARRAY(SELECT w.oid FROM at_work w))"}
# An expression of a policy, or a view, may open any table.
_ANYWHERE = "CASE WHEN EXISTS (SELECT FROM locked) THEN ARRAY(SELECT c.oid::pg_catalog.int8"
_ALL_IF_LOCKED = {
    "locked": f"({_ANYWHERE} FROM pg_catalog.pg_class c) ELSE '{{}}'::pg_catalog.int8[] END)"
}
_SETTINGS = {"names": f"ARRAY[{', '.join(repr(name) for name in SETTINGS)}]"}
# Some of what is attached is printed by opening the table.
_OIDS = {
    "oids": "(ARRAY(SELECT s.oid FROM states s WHERE NOT EXISTS (SELECT FROM states x "
    "WHERE x.locked)))"
}

_Names = tuple[str]
_TwoNames = tuple[str, str]
_Rights = tuple[str, str, str, str, str, list[str]]

QUESTIONS = (
    Question("identity", identity.QUERY, tuple[str, str, str, bool, bool, int]),
    Question("settings", circumstances.SETTINGS_QUERY, tuple[str, str | None, str], _SETTINGS),
    Question("fixed_settings", circumstances.FIXED, tuple[str, str, str, bool], _SETTINGS),
    Question("held_locks", circumstances.LOCKS, tuple[str, str, str, int, str, str, str]),
    Question("locked", catalogue.LOCKED, tuple[int]),
    Question("at_work", catalogue.AT_WORK, tuple[int]),
    Question("schemas", catalogue.SCHEMAS, _Names),
    Question("tables", catalogue.TABLES, tuple[int, str, str, str, str, bool, bool, bool]),
    Question(
        "columns",
        catalogue.COLUMNS,
        tuple[int, str, str, bool, str | None, str, str],
        _EXPRESSIONS,
    ),
    Question(
        "constraints",
        catalogue.CONSTRAINTS,
        tuple[int, str, str, str | None, bool],
        _EXPRESSIONS,
    ),
    Question(
        "indexes",
        catalogue.INDEXES,
        tuple[int, str, bool, str | None, bool, bool, bool, bool],
        _EXPRESSIONS,
    ),
    Question("triggers", catalogue.TRIGGERS, tuple[int, str, bool]),
    Question(
        "policies",
        catalogue.POLICIES,
        tuple[int, str, str, bool, list[str], str | None, str | None],
        _ALL_IF_LOCKED,
    ),
    Question("owned_sequences", catalogue.OWNED, tuple[int, str, str, str]),
    Question("views", catalogue.VIEWS, tuple[int, str], opens_tables=True),
    Question("enums", catalogue.ENUMS, tuple[str, str, list[str]]),
    Question("sequences", catalogue.SEQUENCES, _TwoNames),
    Question("extensions", catalogue.EXTENSIONS, _TwoNames),
    Question("others", catalogue.OTHERS, tuple[str, str, str]),
    Question("role", privileges.ROLE, tuple[str, str, bool]),
    Question("rights_on_database", privileges.DATABASE, _Rights),
    Question("rights_on_schemas", privileges.SCHEMAS, _Rights),
    Question("rights_on_relations", privileges.RELATIONS, _Rights),
    Question("rights_on_types", privileges.TYPES, _Rights),
    Question("superusers", privileges.SUPERUSERS, _Names),
    Question("trusted_extensions", privileges.TRUSTED, _Names),
    Question("available_extensions", privileges.EXTENSIONS, _Names),
    Question("roles", privileges.ROLES, _Names),
    Question("attached", attachments.ATTACHED_QUERY, tuple[int, str, str, str, str, bool], _OIDS),
    Question(
        "attached_to", attachments.TABLES, tuple[int, str, str, str, str, str, bool, bool], _OIDS
    ),
)
"""Asked of a whole database, each by the very text that the collector sends."""

FOUND = Question(
    "found",
    search.QUERY,
    tuple[
        int,
        str,
        str,
        str,
        str,
        bool,
        bool,
        list[str],
        list[str],
        list[bool],
        str | None,
        bool,
        bool,
    ],
)
"""What may be a tracking table; decides which tables the one query reads."""
