"""The statements of a migration file, each with its place and with what to cut to be rid of it."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache

from forensics.dialects import dialect_named
from forensics.dialects.base import Span
from forensics.facts import Migration, SqlStatement

_BEHIND = re.compile(r"[ \t;]*\n?")
"""What goes with a statement that is cut out: its semicolon and the end of its line."""


def placed(
    migration: Migration, text: str, mark: str | None = None, dialect: str | None = None
) -> tuple[tuple[SqlStatement, ...], ...]:
    """The statements of every piece of a file's text that is sent by itself.

    `mark` stands between the pieces of a tool that cuts its files; `dialect` is the name of that in
    which they are written.
    """
    spoken = dialect_named(dialect)
    ends = [found.start() for found in re.finditer("\n", text)]
    return tuple(
        tuple(
            SqlStatement(
                position=migration.position,
                tag=migration.key,
                path=migration.path,
                number=number,
                line=bisect_left(ends, start) + 1,
                text=spoken.on_one_line(text[start:end]),
                start=start,
                end=end,
                cut=cut,
                idle=spoken.idle,
            )
            for number, start, end, cut in piece
        )
        for piece in _spans(text, mark, dialect)
    )


def statement_at(
    pieces: tuple[tuple[SqlStatement, ...], ...], number: int, piece: int = 0
) -> SqlStatement | None:
    """The statement of that number within a piece, as `Failed` counts; the first for 0."""
    if piece >= len(pieces) or not pieces[piece]:
        return None
    return pieces[piece][max(number - 1, 0)]


@lru_cache(maxsize=4096)  # every experiment asks for the same files
def _spans(
    text: str, mark: str | None, dialect: str | None
) -> tuple[tuple[tuple[int, int, int, Span], ...], ...]:
    """Number, start, end, and what to cut, of every statement of every piece."""
    pieces = text.split(mark) if mark else [text]
    found, number, offset = [], 0, 0
    cut = dialect_named(dialect).spans
    for index, piece in enumerate(pieces):
        spans = [(offset + start, offset + end) for start, end in cut(piece)]
        whole = _whole(text, offset, offset + len(piece), len(mark or ""), first=index == 0)
        found.append(
            tuple(
                (number + place, start, end, whole if len(spans) == 1 else _one(text, start, end))
                for place, (start, end) in enumerate(spans, start=1)
            )
        )
        number += len(spans)
        offset += len(piece) + len(mark or "")
    return tuple(found)


def _whole(text: str, start: int, end: int, mark: int, *, first: bool) -> Span:
    """A whole piece with one of the marks next to it, and with the line end behind that."""
    if not first:
        return start - mark, end
    end = min(end + mark, len(text))
    return start, end + 1 if text[end : end + 1] == "\n" else end


def _one(text: str, start: int, end: int) -> Span:
    """One statement of several in a piece, with its semicolon and the line end behind it."""
    behind = _BEHIND.match(text, end)
    return start, behind.end() if behind else end
