"""Whether a migration only makes what others make as well, as far as their texts say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from forensics.facts import LiveSchema
from forensics.model import TableName

Made = tuple[str, str, str]
"""Kind, table (or empty) and name of a thing that a statement makes or drops."""

_LINE = re.compile(r"--[^\n]*")
_COMMENT = re.compile(r"--[^\n]*|/\*")
_NOISE = re.compile(r'\b(?:if (?:not )?exists|concurrently|only|cascade)\b|"?public"?\.')
_ID = r'(?:"[^"]+"|`[^`]+`|[\w$]+)'
_QUALIFIED = rf"(?:{_ID}\.)?{_ID}"
_KINDS = "table|index|type|sequence|schema|extension|policy"
_CREATE = re.compile(rf"\bcreate (?:unique )?({_KINDS}) ({_QUALIFIED})(?: on ({_QUALIFIED}))?")
_DROP = re.compile(rf"\bdrop ({_KINDS}) ({_QUALIFIED})(?: on ({_QUALIFIED}))?")
_ALTER = re.compile(rf"\balter table ({_QUALIFIED}) (.*)")
_ADD = re.compile(rf"\badd (column|constraint) ({_ID})|\badd (?P<bare>`[^`]+`)")
_REMOVE = re.compile(rf"\bdrop (column|constraint) ({_ID})")
_GUARDED = re.compile(r"\bif not exists\b", re.IGNORECASE)
_ELSE = re.compile(r"\b(?:alter column|drop|rename|set)\b|\badd (?!column\b|constraint\b|`)")


def repeats(
    text: str | None, earlier: Iterable[str | None], later: Iterable[str | None] = ()
) -> bool:
    """Whether each statement of a text stands in another one, or makes what another one makes.

    What the earlier ones, in their order, drop again does not count as made; what later ones drop
    would be gone either way. Of a text that was not kept, nothing is said.
    """
    before = Earlier()
    for other in earlier:
        before.add(other)
    return before.has_all(text, later)


class Earlier:
    """What the texts that were added, in their order, make and state."""

    def __init__(self) -> None:
        self._made: set[Made] = set()
        self._stated: set[str] = set()

    def add(self, text: str | None) -> None:
        """One more text, after the others."""
        for each in _statements(text):
            self._made |= each.makes
            self._made -= each.drops
            self._stated.add(each.text)

    def has_all(self, text: str | None, later: Iterable[str | None] = ()) -> bool:
        """Whether a text repeats them, see `repeats`."""
        own = _statements(text)
        after = [each for other in later for each in _statements(other)]
        made = self._made.union(*(each.makes for each in after)) if after else self._made
        stated = self._stated | {each.text for each in after} if after else self._stated
        return bool(own) and all(_stands(each, stated, made) for each in own)


def changes_schema(text: str) -> bool:
    """Whether a text makes, changes or drops what schema code can declare."""
    return any(
        statement.makes or statement.drops or _ALTER.search(statement.text)
        for statement in _statements(text)
    )


def passes_again(text: str) -> bool:
    """Whether every statement that changes the schema is guarded by IF NOT EXISTS."""
    return all(map(_GUARDED.search, filter(changes_schema, text.split(";"))))


def lacks_all(schema: LiveSchema | None, text: str | None) -> bool:
    """Whether a text makes tables or columns, and a catalogue has none of what it makes."""
    wanted = _kept(text)
    return schema is not None and bool(wanted) and not wanted & _there(schema)


def has_all(schema: LiveSchema | None, text: str | None) -> bool:
    """Whether a text makes tables or columns, and a catalogue has every one of them."""
    wanted = _kept(text)
    return schema is not None and bool(wanted) and wanted <= _there(schema)


def _kept(text: str | None) -> set[Made]:
    """The tables and columns that a text makes and does not drop."""
    made = {each for statement in _statements(text) for each in statement.makes}
    dropped = {each for statement in _statements(text) for each in statement.drops}
    return {each for each in made - dropped if each[0] in ("table", "column")}


def _there(schema: LiveSchema) -> set[Made]:
    """What a catalogue has, as texts name it."""
    tables = {("table", "", _plain(_shown(table.name))) for table in schema.tables}
    columns = {
        ("column", _plain(_shown(table.name)), column.name.lower())
        for table in schema.tables
        for column in table.columns
    }
    return tables | columns


def _shown(name: TableName) -> str:
    """Texts are compared in lower case, and without the usual schema."""
    return (name.table if name.schema == "public" else str(name)).lower()


class _Statement(NamedTuple):
    text: str
    makes: frozenset[Made]
    drops: frozenset[Made]


def _stands(statement: _Statement, stated: set[str], made: set[Made]) -> bool:
    if statement.makes and not _does_more(statement.text):
        return statement.makes <= made
    return not statement.makes and statement.text in stated


@lru_cache(maxsize=2**11)  # the listed files are asked about for every file that is not
def _statements(text: str | None) -> tuple[_Statement, ...]:
    """Without comments, case and what only guards a statement; bodies of functions fall apart."""
    plain = without_comments((text or "").replace("--> statement-breakpoint", ";"))
    parts = (" ".join(part.split()) for part in plain.lower().split(";"))
    bare = (" ".join(_NOISE.sub(" ", part).split()) for part in parts)
    return tuple(
        _Statement(each, frozenset(_makes(each)), frozenset(_drops(each))) for each in bare if each
    )


def without_comments(text: str) -> str:
    """A text with a blank for each comment; what has no end is none, such as `'image/*'`."""
    parts: list[str] = []
    at = 0
    while (found := _COMMENT.search(text, at)) is not None:
        end = found.end() if found[0] != "/*" else text.find("*/", found.end()) + len("*/")
        if end < found.end():  # no later one has an end either
            return " ".join((*parts, _LINE.sub(" ", text[at:])))
        parts.append(text[at : found.start()])
        at = end
    return " ".join((*parts, text[at:]))


def _makes(statement: str) -> Iterator[Made]:
    yield from _named(_CREATE, statement)
    yield from _altered(_ADD, statement)


def _drops(statement: str) -> Iterator[Made]:
    yield from _named(_DROP, statement)
    yield from _altered(_REMOVE, statement)


def _named(pattern: re.Pattern[str], statement: str) -> Iterator[Made]:
    for kind, name, table in pattern.findall(statement):
        # The name of a policy is its table's own, that of an index the schema's.
        yield kind, _plain(table) if kind == "policy" else "", _plain(name)


def _altered(pattern: re.Pattern[str], statement: str) -> Iterator[Made]:
    if (altered := _ALTER.search(statement)) is not None:
        for kind, name, *bare in pattern.findall(altered[2]):
            yield kind or "column", _plain(altered[1]), _plain(name or bare[0])


def _does_more(statement: str) -> bool:
    """Whether an ALTER TABLE has other actions than those that add what has a name."""
    altered = _ALTER.search(statement)
    # The actions of a foreign key (`on delete set null`) follow `references`.
    return altered is not None and bool(_ELSE.search(altered[2].split(" references ")[0]))


def _plain(name: str) -> str:
    return name.replace('"', "").replace("`", "")
