"""A table as a pending statement meets it, and as it is before anything pending has run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.effects.catalogue import Catalogue, column_of
from forensics.dialects.postgres.effects.types import printed_type
from forensics.facts import LiveTable
from forensics.model import TableName, TrueError


@dataclass(frozen=True, slots=True)
class There:
    """A table as the statement meets it, and as it is before anything pending has run."""

    now: LiveTable
    before: LiveTable | None
    """`None` where it has another name by now: then no query of ours can name it."""
    catalogue: Catalogue

    @property
    def name(self) -> TableName:
        """Its name by now."""
        return self.now.name

    @property
    def new(self) -> bool:
        """Whether this run made it, so that it has no rows."""
        return self.name in self.catalogue.empty

    def has(self, columns: Sequence[str]) -> bool:
        """Whether the columns are there before anything pending has run."""
        held = self.before
        return held is not None and all(column_of(held, it) is not None for it in columns)

    def is_null(self, column: str) -> bool:
        """Whether this run added the column, so that it is NULL in every row."""
        return (self.name, column) in self.catalogue.null

    def plain(self, columns: Sequence[str]) -> bool:
        """Whether comparing the columns runs no code but the system's."""
        held = [column_of(self.now, it) for it in columns]
        return all(it is not None and printed_type(it.type, self.catalogue).ordered for it in held)


def there_of(name: Name, catalogue: Catalogue) -> There:
    """The table of that name; raises `PostgresError` or `Unsure`."""
    table = catalogue.table(name)
    before = next((it for it in catalogue.given.tables if it.name == table.name), None)
    return There(table, before, catalogue)


def null_values(table: TableName, column: str) -> TrueError:
    """NULL where a column allows none."""
    said = f'column "{column}" of relation "{table.table}" contains null values'
    return TrueError(text=said, sqlstate="23502")


def duplicate(index: str) -> TrueError:
    """Equal keys in a unique index that is built."""
    return TrueError(text=f'could not create unique index "{index}"', sqlstate="23505")
