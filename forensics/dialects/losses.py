"""Indexes and constraints that statements make or had, and that are not there after all of them."""

from __future__ import annotations

from forensics.facts import LiveSchema, Migration
from forensics.model import Record

Texts = tuple[tuple[Migration, str], ...]
"""Migrations in the order of the list, each with the text of its file."""


class Swallowed(Record, frozen=True, kw_only=True):
    """A constraint or an index that was not made, because its cut name was taken."""

    migration: Migration
    line: int
    kind: str
    """`constraint` or `index`."""
    name: str
    """As it was written."""
    cut: str
    """What the database makes of that name, and of the one before."""
    most: int
    """How many bytes of a name it keeps."""
    taken_by: str
    """The longer name of what was made before."""
    renamed: str
    """The statement with a placeholder for the name, which fails where that is taken."""


class TakenAlong(Record, frozen=True, kw_only=True):
    """An index or a constraint that is no longer there since its column was added again."""

    migration: Migration
    """The one that drops the column."""
    column: str
    name: str
    kind: str
    """`index` or `constraint`."""
    unique: bool
    statement: str
    """What made it."""
    table: str

    def is_in(self, schema: LiveSchema) -> bool:
        """Whether the database has it by now."""
        return any(
            self.name in (*table.indexes, *(it.name for it in table.constraints))
            for table in schema.tables
        )
