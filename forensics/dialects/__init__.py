"""Dialects: each knows one kind of database."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.dialects.base import Dialect
from forensics.dialects.postgres.dialect import Postgres
from forensics.dialects.unexamined import Unexamined
from forensics.facts import ToolUse

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (Postgres(),)}
"""Name -> dialect. Parsers and models are imported when they are first asked."""


def case_dialect() -> Dialect:
    """The dialect of the database of a case.

    Only databases of one kind can be examined, so no bundle stores it: with a second kind, the
    collector has to.
    """
    (only,) = DIALECTS.values()
    return only


def dialect_named(name: str | None) -> Dialect:
    """The dialect of that name. One that we do not know is `Unexamined`.

    `None`, where a config could not be read, is that of the database of the case: what is known of
    it was seen there.
    """
    if name is None:
        return case_dialect()
    return DIALECTS.get(name) or Unexamined(name)


def dialect_of(tool: ToolUse) -> Dialect:
    """The dialect that a tool is set up for."""
    return dialect_named(tool.dialect)
