"""Where the secrets of a text stand: what all patterns find, as stretches without overlap."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forensics.redaction import inserts
from forensics.redaction.names import is_name
from forensics.redaction.pattern import Pattern, places
from forensics.redaction.patterns import PATTERNS

_JSON = ".json"
_SNAPSHOT = "snapshot.json"
_MOST_LINES = 2**16
_END = re.compile("\n")
_ALL_HINTS = frozenset(hint for pattern in PATTERNS for hint in pattern.hints)
_KEY_ALONE = re.compile(r":[ \t\r]*\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A secret: where it stands, and the pattern that found it."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What was found in a text."""

    secrets: tuple[Span, ...] = ()
    names: frozenset[str] = frozenset()
    """What looks like a secret and is the name of something."""


NOTHING = Sight()


def find(text: str, file: str, patterns: tuple[Pattern, ...] = PATTERNS) -> Sight:
    """Look through a text, as a file of this lower-case name; a message has none.

    `patterns` are some of `PATTERNS`.
    """
    if patterns is PATTERNS and file.endswith(_JSON) and _KEY_ALONE.search(text) is None:
        return _by_lines(text, snapshot=file.endswith(_SNAPSHOT))
    lowered = text.lower()
    return _look(text, lowered, file, _tried(patterns, file, lowered))


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order; those that overlap become one, with the name of the longest."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda it: (it.start, -it.end)):
        if found and span.start < found[-1].end:
            last = found[-1]
            longer = last if last.end - last.start >= span.end - span.start else span
            found[-1] = Span(last.start, max(last.end, span.end), longer.name)
        else:
            found.append(span)
    return tuple(found)


def _tried(patterns: tuple[Pattern, ...], file: str, lowered: str) -> tuple[Pattern, ...]:
    """Those of which the text has a hint."""
    seen = {hint for hint in _ALL_HINTS if hint in lowered}
    return tuple(it for it in patterns if not seen.isdisjoint(it.hints) and it.applies(file))


def _look(text: str, lowered: str, file: str, patterns: Iterable[Pattern]) -> Sight:
    spans: list[Span] = []
    names: set[str] = set()
    for pattern in patterns:
        for match in pattern.spans(text, lowered):
            start, end = match.span("secret")
            if pattern.may_be_name and is_name(text, start, end, file):
                names.add(match["secret"])
            else:
                spans.append(Span(start, end, pattern.name))
    spans += _inserted(text, lowered)
    return Sight(merged(spans), frozenset(names)) if spans or names else NOTHING


def _inserted(text: str, lowered: str) -> Iterator[Span]:
    if any(hint in lowered for hint in inserts.HINTS):
        for found in inserts.inserted(text):
            yield Span(found.start, found.end, found.name)


class _Lines(dict[str, Sight]):
    """Hundreds of snapshots repeat the same lines, and each is examined once."""

    def __init__(self, file: str) -> None:
        self._file = file

    def look(self, lines: set[str]) -> None:
        """Look at those that were not seen before."""
        if len(self) > _MOST_LINES:
            self.clear()
        unseen = tuple(lines - self.keys())
        self.update(dict.fromkeys(unseen, NOTHING))
        for number, patterns in self._hinted("\n".join(unseen).lower()).items():
            line = unseen[number]
            self[line] = _look(line, line.lower(), self._file, patterns)

    def _hinted(self, lowered: str) -> dict[int, list[Pattern]]:
        """Number of a line -> the patterns of which it has a hint, from those alone."""
        ends = [found.start() for found in _END.finditer(lowered)]
        found: dict[int, list[Pattern]] = {
            bisect(ends, at): [] for at in places(inserts.HINTS, lowered)
        }
        for pattern in _tried(PATTERNS, self._file, lowered):
            for number in {bisect(ends, at) for at in places(pattern.hints, lowered)}:
                found.setdefault(number, []).append(pattern)
        return found


_OF_JSON, _OF_SNAPSHOTS = _Lines(_JSON), _Lines(_SNAPSHOT)


def _by_lines(text: str, *, snapshot: bool) -> Sight:
    lines, seen = text.split("\n"), _OF_SNAPSHOTS if snapshot else _OF_JSON
    different = set(lines)
    seen.look(different)
    if all(seen[line] is NOTHING for line in different):
        return NOTHING
    spans: list[Span] = []
    names: set[str] = set()
    at = 0
    for line in lines:
        if (sight := seen[line]) is not NOTHING:
            spans += (Span(it.start + at, it.end + at, it.name) for it in sight.secrets)
            names |= sight.names
        at += len(line) + 1
    return Sight(tuple(spans), frozenset(names))
