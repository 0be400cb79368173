"""A migration that changes the search path of the session, as a dump does in its first lines."""

from __future__ import annotations

from forensics.facts import ApplyFailure, Applying, SqlStatement
from forensics.statements import line_of_search_path, where

_NOT_FOUND = frozenset({"42P01", "42704", "42883", "3F000"})
"""A relation, a type, a function or a schema is not there, by its SQLSTATE."""


def lost_search_path(applying: Applying, failure: ApplyFailure) -> SqlStatement | None:
    """The pending statement because of which a later one does not find a name without a schema."""
    if failure.statement is None or failure.error.sqlstate not in _NOT_FOUND:
        return None
    at = applying.statements.index(failure.statement)
    setting = (it for it in reversed(applying.statements[:at]) if line_of_search_path(it.text))
    return next(setting, None)


def told_search_path(setting: SqlStatement) -> str:
    """A sentence with a space before it."""
    told = where(setting)
    return (
        f" {told[0].upper()}{told[1:]} changes the search path of the session: {setting.code}. "
        "PostgreSQL does not find a name without a schema in the statements that follow."
    )
