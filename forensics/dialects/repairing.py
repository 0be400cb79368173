"""SQL that says the same as a statement that fails, and runs: what a dialect may know of it."""

from __future__ import annotations

from typing import Protocol

from forensics.facts import LiveSchema
from forensics.model import Record, TrueError


class Reworded(Record, frozen=True, kw_only=True):
    """A statement in other words, because of what the database said of it."""

    text: str
    why: str
    """A sentence."""
    title: str
    """What is done, with `{}` for where the statement stands."""
    note: str
    """When it is right, in sentences."""


class Repairs(Protocol):
    """What can be written instead of a statement that fails. Texts are one statement each.

    `schema` is the catalogue before that statement.
    """

    def refused_in_transaction(self, text: str) -> str:
        """What the database calls a statement that no transaction may hold; empty of others."""

    def allowed_in_transaction(self, text: str) -> str | None:
        """The same for a transaction, where that only costs a lock; else `None`."""

    def lenient(self, text: str) -> str | None:
        """The same that passes where its object is there; `None` where it cannot say so."""

    def if_missing(self, text: str, schema: LiveSchema) -> str | None:
        """The same where the catalogue has the column just as it adds it; `None` of others."""

    def makes_schema(self, text: str) -> str | None:
        """The schema that it makes, and fails where that is there; `None` of others."""

    def makes_table(self, text: str) -> tuple[str | None, str] | None:
        """Schema and name of the table that it makes, and fails where that is there."""

    def names_made(self, text: str) -> tuple[str, ...]:
        """The names, without a schema, of what it makes; empty for other statements.

        A column counts as well where it is added to a table.
        """

    def newer(self, text: str) -> tuple[str, int] | None:
        """What in it only newer servers can parse, and the first release; `None` of others."""

    def not_found(self, error: TrueError) -> tuple[str | None, str] | None:
        """Schema and name of the relation or type that an error says is not there."""

    def may_make(self, text: str, name: str) -> bool:
        """Whether a statement makes what has this name, or may, as a block of code."""

    def changes_type(self, text: str) -> str | None:
        """The column whose type it changes; `None` of other statements."""

    def with_cast(self, text: str, schema: LiveSchema) -> tuple[str, ...]:
        """A change of type that says how values are converted; none where we know none."""

    def lacks_extension(self, message: str) -> tuple[str, str] | None:
        """The name that an error says is unknown, and the extension that brings it."""

    def makes_extension(self, extension: str) -> str:
        """What installs it where it is not there."""

    def adds_label(self, text: str) -> str | None:
        """The label that it adds to an enum; `None` of others."""

    def around_view(self, text: str, detail: str, schema: LiveSchema) -> tuple[str, ...]:
        """The same with the view that stops it dropped before and made again; none if unsure.

        `detail` is that of the error.
        """

    def defaults_in_the_way(
        self, text: str, schema: LiveSchema
    ) -> tuple[tuple[str, str, str], ...]:
        """Of what drops a type: defaults that keep it in use, each as three texts.

        The column, the statement that drops the default, and the one that sets it again.
        """

    def reworded(self, text: str, message: str, schema: LiveSchema) -> Reworded | None:
        """The same statement without the words that an error is about; `None` where unsure."""

    def remade_type(self, text: str, schema: LiveSchema) -> tuple[str, ...]:
        """What gives an enum a label that can be used at once; none where we know none."""
