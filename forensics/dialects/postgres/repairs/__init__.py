"""SQL in the place of a statement that fails: what says the same, and runs."""

from __future__ import annotations

from forensics.dialects.base import Repairs, Reworded
from forensics.dialects.postgres.repairs import (
    absent,
    casts,
    defaults,
    extensions,
    labels,
    lenient,
    newer,
    rewording,
    views,
)
from forensics.facts import LiveSchema
from forensics.model import TrueError


class PostgresRepairs(Repairs):
    """What we know to write instead."""

    def refused_in_transaction(self, text: str) -> str:
        """VACUUM, CREATE INDEX CONCURRENTLY and the like."""
        return lenient.refused_in_transaction(text)

    def allowed_in_transaction(self, text: str) -> str | None:
        """The same without CONCURRENTLY."""
        return lenient.allowed_in_transaction(text)

    def lenient(self, text: str) -> str | None:
        """The same with IF NOT EXISTS."""
        return lenient.lenient(text)

    def makes_schema(self, text: str) -> str | None:
        """The schema that CREATE SCHEMA makes."""
        return lenient.makes_schema(text)

    def makes_table(self, text: str) -> tuple[str | None, str] | None:
        """The table that CREATE TABLE makes."""
        return lenient.makes_table(text)

    def names_made(self, text: str) -> tuple[str, ...]:
        """Of CREATE, of a rename, and of the columns that ALTER TABLE adds."""
        return lenient.names_made(text)

    def newer(self, text: str) -> tuple[str, int] | None:
        """By the release notes."""
        return newer.newer(text)

    def not_found(self, error: TrueError) -> tuple[str | None, str] | None:
        """By the text of the error."""
        return absent.not_found(error)

    def may_make(self, text: str, name: str) -> bool:
        """By the names that it makes, or what it is."""
        return absent.may_make(text, name)

    def changes_type(self, text: str) -> str | None:
        """The column of ALTER COLUMN ... TYPE."""
        return casts.changes_type(text)

    def with_cast(self, text: str, schema: LiveSchema) -> tuple[str, ...]:
        """The type change with USING; its default is dropped before and set again behind it."""
        return casts.with_using(text, schema)

    def lacks_extension(self, message: str) -> tuple[str, str] | None:
        """By the names of the extensions that are met most."""
        return extensions.lacking(message)

    def makes_extension(self, extension: str) -> str:
        """CREATE EXTENSION IF NOT EXISTS."""
        return f"CREATE EXTENSION IF NOT EXISTS {casts.quoted(extension)}"

    def adds_label(self, text: str) -> str | None:
        """The label of ALTER TYPE ... ADD VALUE."""
        return labels.adds_label(text)

    def around_view(self, text: str, detail: str, schema: LiveSchema) -> tuple[str, ...]:
        """DROP VIEW before, CREATE VIEW behind."""
        return views.around_view(text, detail, schema)

    def defaults_in_the_way(
        self, text: str, schema: LiveSchema
    ) -> tuple[tuple[str, str, str], ...]:
        """Of DROP TYPE, for enums."""
        return defaults.in_the_way(text, schema)

    def reworded(self, text: str, message: str, schema: LiveSchema) -> Reworded | None:
        """An index without wrong operator classes; a name with the schema of its extension."""
        return rewording.reworded(text, message, schema)

    def remade_type(self, text: str, schema: LiveSchema) -> tuple[str, ...]:
        """A new type with the label in the place of the old one, in one transaction."""
        return labels.remade(text, schema)


__all__ = ["PostgresRepairs"]
