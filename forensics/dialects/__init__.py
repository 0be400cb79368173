"""Dialects: each knows one kind of database."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.dialects.base import Dialect
from forensics.dialects.mysql.dialect import Mysql
from forensics.dialects.postgres.dialect import Postgres
from forensics.dialects.sqlite.dialect import Sqlite
from forensics.dialects.unexamined import Unexamined
from forensics.facts import ToolUse

USUAL = "postgresql"

DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect for dialect in (Postgres(), Sqlite(), Mysql())
}
"""Name -> dialect. Parsers and models are imported when they are first asked."""


_NAMED = {name: dialect for dialect in DIALECTS.values() for name in dialect.names}


def dialect_named(name: str | None) -> Dialect:
    """The dialect that tools call so. One that we do not know is `Unexamined`.

    `None`, where a config could not be read, is taken for the usual one.
    """
    return _NAMED.get(name or USUAL) or Unexamined(name or USUAL)


def dialect_of(tool: ToolUse) -> Dialect:
    """The dialect that a tool is set up for."""
    return dialect_named(tool.dialect)
