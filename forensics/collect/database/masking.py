"""Takes secrets out of what the database holds as text, before anything is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from forensics.facts import (
    Attached,
    Attachments,
    LiveSchema,
    LiveTable,
    TrackingRow,
    TrackingTable,
)
from forensics.model import Scalar

Written = TypeVar("Written", str, str | None)
Mask = Callable[[bytes, str], tuple[bytes, int]]
"""Content and path -> the content with its secrets masked, and how many there were."""

_PATH = "database.sql"
"""What the texts are closest to: statements and literals."""


def unmasked(content: bytes, path: str) -> tuple[bytes, int]:
    """Mask nothing."""
    return content, 0


@dataclass(slots=True)
class Masking:
    """One value being masked, and how many secrets it had."""

    mask: Mask
    count: int = 0

    def table(self, table: TrackingTable) -> TrackingTable:
        """Mask the rows of other tools' tables, logs and SQL."""
        raw = tuple(tuple(self._cell(cell) for cell in row) for row in table.raw_rows)
        rows = tuple(self._row(it) for it in table.rows)
        return replace(table, raw_rows=raw, rows=rows)

    def _row(self, row: TrackingRow) -> TrackingRow:
        if not row.log and not row.text:
            return row
        return replace(row, log=self._text(row.log), text=self._text(row.text))

    def schema(self, schema: LiveSchema) -> LiveSchema:
        """Mask the literals in defaults, constraints, indexes, policies and views."""
        return replace(
            schema,
            tables=tuple(self._live_table(table) for table in schema.tables),
            statements=tuple(map(self._literals, schema.statements)),
        )

    def attachments(self, found: Attachments) -> Attachments:
        """Mask the literals in triggers, defaults, policies and the like."""
        tables = tuple(replace(it, attached=self._attached(it.attached)) for it in found.tables)
        return replace(found, tables=tables, event_triggers=self._attached(found.event_triggers))

    def _attached(self, things: tuple[Attached, ...]) -> tuple[Attached, ...]:
        return tuple(replace(it, definition=self._literals(it.definition)) for it in things)

    def _live_table(self, table: LiveTable) -> LiveTable:
        return replace(
            table,
            columns=tuple(replace(it, default=self._literals(it.default)) for it in table.columns),
            constraints=tuple(
                replace(it, definition=self._literals(it.definition)) for it in table.constraints
            ),
            index_definitions=tuple(
                replace(it, definition=self._literals(it.definition))
                for it in table.index_definitions
            ),
            policies=tuple(
                replace(it, using=self._literals(it.using), check=self._literals(it.check))
                for it in table.policies
            ),
            definition=table.definition and self._text(table.definition),
        )

    def _cell(self, cell: Scalar) -> Scalar:
        return self._text(cell) if isinstance(cell, str) else cell

    def _literals(self, text: Written) -> Written:
        """A text without a quote has no literal that could be a secret."""
        return self._text(text) if text and "'" in text else text

    def _text(self, text: str) -> str:
        masked, count = self.mask(text.encode(), _PATH)
        self.count += count
        return masked.decode("utf-8", errors="replace")
