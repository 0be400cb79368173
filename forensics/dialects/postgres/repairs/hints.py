"""What a person can do about an error, where nothing follows from the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.dialects.base import Hint

_ROLE = re.compile(r'role "(?P<name>[ !#-~]{1,63})" does not exist')
"""A name in printable ASCII: any other may deceive whoever pastes a statement with it."""
_NO_KEY = re.compile(r"there is no unique constraint matching given keys for referenced table .+")
_REFERS = re.compile(r"REFERENCES (?P<table>[^(]+?) ?\((?P<columns>[^)]+)\)", re.IGNORECASE)
_PARAMETER = re.compile(r"there is no parameter \$\d+")
_PLACEHOLDER = re.compile(r"\$\d+")


def hints(written: str, said: str) -> Iterator[Hint]:
    """See `Dialect.hints`."""
    if found := _ROLE.fullmatch(said):
        yield _role(found["name"])
    if _NO_KEY.fullmatch(said) and (other := _REFERS.search(written)):
        yield Hint(
            title="Give the columns that the foreign key refers to a key of their own",
            text=f'ALTER TABLE {other["table"]} ADD CONSTRAINT "A_NAME" UNIQUE '
            f"({other['columns']});\n{written};",
            why="A foreign key needs a primary key or a unique constraint on just these columns. "
            "If the schema code lacks it, write it there, such as the primary key, and generate "
            "the migration again. Rows that are equal in these columns stop it: settle them first.",
        )
    if _PARAMETER.fullmatch(said):
        yield Hint(
            title="Write the value instead of its placeholder",
            text=f"{_PLACEHOLDER.sub('/* the value */', written)};",
            why="Write the value itself. Write it into the SQL of the schema code, too, instead of "
            "a function that makes a placeholder of it: else the next generated migration has it "
            "again.",
        )


def _role(name: str) -> Hint:
    return Hint(
        title=f"Create the role {name}, or run it where the role exists",
        text=f'CREATE ROLE "{name}" NOLOGIN;',
        why=f"create the role {name}",
        note="Roles belong to the whole server, and need a role with CREATEROLE. A hosting service "
        "creates some roles itself: if this one is among them, this is another server than was "
        "meant, or the service's feature is off.",
    )
