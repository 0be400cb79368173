"""The definition of one column, as CREATE TABLE and ADD COLUMN write it."""

from __future__ import annotations

from dataclasses import dataclass, field

from forensics.effects.catalogue import Catalogue
from forensics.effects.cursor import Cursor
from forensics.effects.tokens import Token
from forensics.effects.types import Type, check_default, printed_default, qualified, read_type
from forensics.facts import Column
from forensics.model import TableName

_NEXT = (
    *("default", "not", "null", "primary", "unique", "constraint", "check", "references"),
    *("generated", "collate", ",", ")"),
)


@dataclass(slots=True)
class Definition:
    """One column as written."""

    name: str
    type: Type
    not_null: bool = False
    default: tuple[Token, ...] | None = None
    primary: bool = False
    unique: bool = False
    identity: bool = False
    identity_sequence: str | None = None
    names: dict[str, str] = field(default_factory=dict)
    """Names of the inline constraints, by kind."""

    @property
    def filled(self) -> bool:
        """Whether every row gets a value by itself."""
        return self.default is not None or self.identity or self.type.serial

    @property
    def generates(self) -> bool:
        """Whether a sequence comes with it."""
        return self.identity or self.type.serial

    def column(self, sequence: TableName | None) -> Column:
        """The column as the catalogue has it; defaults in the words of the statement."""
        default = None if self.default is None else printed_default(self.default)
        if self.type.serial and sequence is not None:
            default = f"nextval('{qualified(sequence)}'::regclass)"
        not_null = self.not_null or self.primary or self.generates
        return Column(
            name=self.name,
            type=self.type.printed,
            not_null=not_null,
            default=default,
            sequence=sequence,
        )


def read_definition(cursor: Cursor, catalogue: Catalogue) -> Definition:
    """Read name, type and inline constraints."""
    name = cursor.name()
    found = Definition(name=name, type=read_type(cursor, catalogue))
    while not cursor.ended and not cursor.sees(",") and not cursor.sees(")"):
        _read_constraint(cursor, found)
    return found


def check_definition_default(found: Definition, catalogue: Catalogue) -> None:
    """PostgreSQL looks at the default last, after it made or found the table."""
    if found.default is not None:
        check_default(found.default, found.type, catalogue)


def _read_constraint(cursor: Cursor, found: Definition) -> None:
    named = cursor.name() if cursor.took("constraint") else None
    if cursor.took("not", "null"):
        found.not_null = True
    elif cursor.took("null"):
        pass
    elif cursor.took("default"):
        # The first token belongs to the expression, whatever word it is: DEFAULT null.
        first = cursor.next()
        found.default = (first, *cursor.until(*_NEXT))
    elif cursor.took("primary", "key"):
        found.primary = True
        found.names |= {"p": named} if named else {}
    elif cursor.took("unique"):
        found.unique = True
        found.names |= {"u": named} if named else {}
    elif cursor.took("generated"):
        _read_identity(cursor, found)
    else:
        raise cursor.unknown()


def _read_identity(cursor: Cursor, found: Definition) -> None:
    if not cursor.took("by", "default"):
        cursor.take("always")
    cursor.take("as", "identity")
    found.identity = True
    if cursor.sees("("):
        options = Cursor(cursor.group())
        while not options.ended:
            if options.took("sequence", "name"):
                found.identity_sequence = options.qualified().name
            else:
                options.next()
