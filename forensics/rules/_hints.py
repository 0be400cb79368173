"""What a person can do about a failing statement, by what the database says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.facts import ApplyFailure, SqlStatement
from forensics.model import Fix, RunSql, Step
from forensics.statements import by_hand

_ROLE = re.compile(r'role "(?P<name>[ !#-~]{1,63})" does not exist')
"""A name in printable ASCII: any other may deceive whoever pastes a statement with it."""
_TOO_LONG = re.compile(r"Identifier name '(?P<name>[^']+)' is too long")
_NEEDED_KEY = re.compile(r"needed in a foreign key constraint|\berrno: 150\b")
_DROPS_KEY = re.compile(
    r"ALTER TABLE (?P<table>`[^`]+`) DROP (?:PRIMARY KEY|INDEX|KEY)\b"
    r"|DROP INDEX `[^`]+` ON (?P<of>`[^`]+`)",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"there is no parameter \$\d+")
_PLACEHOLDER = re.compile(r"\$\d+")


def hints(failure: ApplyFailure, statement: SqlStatement) -> Iterator[Fix]:
    """Ways of which nobody but a person knows whether they are right."""
    said = failure.error.text
    if found := _ROLE.fullmatch(said):
        yield _role(found["name"])
    if found := _TOO_LONG.fullmatch(said):
        yield _shorter(statement, found["name"])
    if _NEEDED_KEY.search(said) and (dropped := _DROPS_KEY.match(statement.text)):
        yield _other_key(statement, dropped["table"] or dropped["of"])
    if _PARAMETER.fullmatch(said):
        yield _literal(statement)


def _role(name: str) -> Fix:
    return _way(
        f"Create the role {name}, or run it where the role exists",
        RunSql(text=f'CREATE ROLE "{name}" NOLOGIN;', why=f"create the role {name}"),
        "Roles belong to the whole server, and need a role with CREATEROLE. A hosting service "
        "creates some roles itself: if this one is among them, this is another server than was "
        "meant, or the service's feature is off.",
    )


def _shorter(statement: SqlStatement, name: str) -> Fix:
    return _edit(
        "Give it a shorter name",
        statement,
        statement.text.replace(name, "A_SHORTER_NAME", 1),
        "Choose a name of at most 64 characters, and give the schema code and the newest "
        "snapshot the same name: else the next generated migration changes it back.",
    )


def _other_key(statement: SqlStatement, table: str) -> Fix:
    return _edit(
        "Give the foreign key another index first",
        statement,
        f"CREATE INDEX `A_NAME` ON {table} (`THE_COLUMN_OF_THE_FOREIGN_KEY`);\n{statement.text}",
        "A foreign key needs an index that begins with its columns, and this drops the only one. "
        "Put the new index into the schema code, too, or drop the foreign key before and add it "
        "again behind. Where the tool splits files, put its mark between the two statements.",
    )


def _literal(statement: SqlStatement) -> Fix:
    return _edit(
        "Write the value instead of its placeholder",
        statement,
        _PLACEHOLDER.sub("/* the value */", statement.text),
        "Write the value itself. Write it into the SQL of the schema code, too, instead of a "
        "function that makes a placeholder of it: else the next generated migration has it again.",
    )


def _edit(title: str, statement: SqlStatement, new: str, why: str) -> Fix:
    step = by_hand(statement, f"{new};", why)
    return _way(title, step, "Only change the file while no database has applied it.")


def _way(title: str, step: Step, note: str) -> Fix:
    return Fix(title=title, steps=(step,), safety_note=note, needed=False)
