"""One column of CREATE TABLE or ADD COLUMN, its type looked up."""

from __future__ import annotations

import msgspec

from forensics.dialects.postgres.commands import Column as Written
from forensics.dialects.postgres.effects.catalogue import Catalogue
from forensics.dialects.postgres.effects.types import (
    Type,
    check_default,
    find_type,
    qualified,
)
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.tokens import spelled
from forensics.facts import Column, ConstraintKind
from forensics.model import TableName


class Definition(msgspec.Struct, frozen=True):
    """One column as written, and its type."""

    written: Written
    type: Type

    @property
    def name(self) -> str:
        """The column's name."""
        return self.written.name

    @property
    def generates(self) -> bool:
        """Whether a sequence comes with it."""
        return self.written.generated is not None or self.type.serial

    @property
    def filled(self) -> bool:
        """Whether every row gets a value by itself."""
        return self.written.default is not None or self.generates

    def column(self, sequence: TableName | None) -> Column:
        """As the catalogue has it, but for defaults: those stay in the words of the statement."""
        written = self.written
        default = None if written.default is None else spelled(written.default)
        if self.type.serial and sequence is not None:
            default = f"nextval('{qualified(sequence)}'::regclass)"
        primary = any(it.kind is ConstraintKind.PRIMARY_KEY for it in written.constraints)
        return Column(
            name=self.name,
            type=self.type.printed,
            not_null=written.not_null or primary or self.generates,
            default=default,
            sequence=sequence,
        )


def define(written: Written, catalogue: Catalogue) -> Definition:
    """Look up the type; `Unsure` where the column says more than we model."""
    found = Definition(written, find_type(written.type, catalogue))
    if written.rest:
        raise Unsure(f"a form of column that we do not model, at {written.rest[0].raw!r}")
    if written.collation is not None:
        raise Unsure(f"whether there is a collation {written.collation}")
    if written.generated is not None and not written.generated.identity:
        raise Unsure("an expression that generates a column")
    return found


def check_definition_default(found: Definition, catalogue: Catalogue) -> None:
    """PostgreSQL looks at the default last, after it made or found the table."""
    if found.written.default is not None:
        check_default(found.written.default, found.type, catalogue)
