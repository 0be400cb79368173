"""What the rules would be given by a tool that calls everything otherwise, and has no sync."""

import re
from collections.abc import Iterator
from enum import Enum

import msgspec

from forensics.facts import Facts, ToolWords
from forensics.model import Finding, Record, Unanswered

WORDS = ToolWords(apply="deploy", listed_in="the folder")

TOOLS_WORDS = re.compile(
    r"drizzle|prisma|_journal\.json|\bpush\b|\bmigrate\b|(?<!-)\bjournal\b|\bmeta/|_snapshot\.json",
    re.IGNORECASE,
)
"""What only drizzle or prisma calls so; names of rules (`missing-journal`) are settled."""

_RENAMED = {
    "__drizzle_migrations": "applied",
    "_journal.json": "list.json",
    "_snapshot.json": "_state.json",
    "/meta": "/states",
    "drizzle-kit": "shipper",
    "drizzle": "ship",
    "_prisma_migrations": "applied",
    "prisma": "ship",
    "migrate": "deploy",
    "push": "sync",
    "journal": "list",
}
_OLD = re.compile("|".join(_RENAMED))


def as_another_tool(facts: Facts) -> Facts:
    """The same facts, in which every path, name and text is that of the other tool."""
    renamed = _renamed(facts)
    assert isinstance(renamed, Facts)
    tool = msgspec.structs.replace(renamed.tool, words=WORDS)
    return msgspec.structs.replace(renamed, tool=tool)


def _renamed(value: object) -> object:
    if isinstance(value, Record):
        fields = {name: _renamed(getattr(value, name)) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    if isinstance(value, tuple | frozenset):
        return type(value)(map(_renamed, value))
    if isinstance(value, str) and not isinstance(value, Enum):
        return _OLD.sub(lambda found: _RENAMED[found[0]], value)
    return value


_NO_COMMAND = re.compile(r"`None`")


def tools_words(answer: Finding | Unanswered) -> set[str]:
    """The words that an answer may not say: those of a tool, and the name of no command."""
    texts = tuple(_texts(answer))
    patterns = (TOOLS_WORDS, _NO_COMMAND)
    return {found[0] for text in texts for each in patterns for found in each.finditer(text)}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Record):
        yield from (
            it for n in value.__struct_fields__ if n != "rule" for it in _texts(getattr(value, n))
        )
    elif isinstance(value, tuple | frozenset):
        yield from (it for each in value for it in _texts(each))
    elif isinstance(value, str) and not isinstance(value, Enum):
        yield value
