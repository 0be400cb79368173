"""What a person can do about an error, where nothing follows from the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.dialects.base import Hint

_TOO_LONG = re.compile(r"Identifier name '(?P<name>[^']+)' is too long")
_NEEDED_KEY = re.compile(r"needed in a foreign key constraint|\berrno: 150\b")
_DROPS_KEY = re.compile(
    r"ALTER TABLE (?P<table>`[^`]+`) DROP (?:PRIMARY KEY|INDEX|KEY)\b"
    r"|DROP INDEX `[^`]+` ON (?P<of>`[^`]+`)",
    re.IGNORECASE,
)
_NOT_ALIKE = re.compile(r"\berrno: 150\b|are incompatible\.$")
_ADDS_KEY = re.compile(
    r"ALTER TABLE (?P<table>`[^`]+`) ADD (?:CONSTRAINT `[^`]+` )?FOREIGN KEY ?"
    r"\((?P<column>`[^`]+`)\) REFERENCES (?P<other>`[^`]+` ?\(`[^`]+`\))",
    re.IGNORECASE,
)


def hints(written: str, said: str) -> Iterator[Hint]:
    """See `Dialect.hints`."""
    if found := _TOO_LONG.fullmatch(said):
        yield Hint(
            title="Give it a shorter name",
            text=f"{written.replace(found['name'], 'A_SHORTER_NAME', 1)};",
            why="Choose a name of at most 64 characters, and give the schema code and the newest "
            "snapshot the same name: else the next generated migration changes it back.",
        )
    if _NEEDED_KEY.search(said) and (dropped := _DROPS_KEY.match(written)):
        table = dropped["table"] or dropped["of"]
        yield Hint(
            title="Give the foreign key another index first",
            text=f"CREATE INDEX `A_NAME` ON {table} (`THE_COLUMN_OF_THE_FOREIGN_KEY`);\n{written};",
            why="A foreign key needs an index that begins with its columns, and this drops the "
            "only one. Put the new index into the schema code, too, or drop the foreign key "
            "before and add it again behind. Where the tool splits files, put its mark between "
            "the two statements.",
        )
    if _NOT_ALIKE.search(said) and (key := _ADDS_KEY.match(written)):
        yield Hint(
            title=f"Give {key['column']} the type of the column that it refers to",
            text=f"ALTER TABLE {key['table']} MODIFY COLUMN {key['column']} "
            f"THE_TYPE_OF_THE_OTHER_COLUMN;\n{written};",
            why=f"Compare the two: {key['other']} needs an index that begins with it, and the same "
            "type, UNSIGNED, character set and collation. `serial` is `bigint unsigned`, and `int` "
            "does not fit it. Change the schema code, too, and its newest snapshot.",
        )
