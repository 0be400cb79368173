"""How `migrate` meets databases that are not PostgreSQL, one module for each kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from forensics.adapters.drizzle.dialects import is_mysql, is_sqlite
from forensics.dialects.base import AskedRows
from forensics.dialects.effect import Effect, Failed
from forensics.dialects.engine import Engine
from forensics.facts import Facts, LiveSchema, PieceEffect, ToolUse
from forensics.model import TableName


class Ways(Protocol):
    """What differs from PostgreSQL."""

    def prepared(
        self, tool: ToolUse, schema: LiveSchema, name: TableName
    ) -> LiveSchema | Failed | None:
        """The schema with the migrator's table, or the error of reading it."""

    def sent(self, facts: Facts, schema: LiveSchema, texts: list[str], engine: Engine) -> Effect:
        """What the chunks do."""

    def questions(self, facts: Facts, schema: LiveSchema, texts: list[str]) -> Iterable[AskedRows]:
        """What rows decide; positions count in the texts."""

    def readable(self, texts: Iterable[str]) -> list[str]:
        """The texts as the driver reads them."""

    def says(self, failed: Failed) -> str:
        """How the driver prints an error; empty where drivers differ."""

    def piece_effect(self, facts: Facts, text: str) -> PieceEffect | None:
        """What becomes of a chunk without just one statement; `None` where that does no harm."""


def ways_of(tool: ToolUse) -> Ways | None:
    """Those of the database that a tool is set up for; `None` for PostgreSQL and unknown ones."""
    if is_sqlite(tool):
        from forensics.adapters.drizzle.commands import on_sqlite

        return on_sqlite
    if is_mysql(tool):
        from forensics.adapters.drizzle.commands import on_mysql

        return on_mysql
    return None
