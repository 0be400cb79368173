"""Where the secrets of a text stand: what all patterns find, as stretches without overlap."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise

import msgspec

from forensics.redaction import inserts
from forensics.redaction.names import is_name
from forensics.redaction.pattern import Hinted, Pattern, places
from forensics.redaction.patterns import PATTERNS

_JSON = ".json"
_SNAPSHOT = "snapshot.json"
_LOCK = "bun.lock"
_MOST_LINES = 2**16
_END = re.compile("\n")
_NUMBERS: dict[str, list[int]] = {}
"""Hint -> the places in `PATTERNS` of those that have it."""
_STARTS: dict[tuple[str, ...], list[str]] = {}
"""The first two characters of hints -> the hints."""
for _number, _pattern in enumerate(PATTERNS):
    for _hint in _pattern.hints:
        _NUMBERS.setdefault(_hint, []).append(_number)
for _hint in _NUMBERS:
    _STARTS.setdefault(tuple(_hint[:2]), []).append(_hint)
_SIGNS = [hint for hint in _NUMBERS if len(hint) == 1]
_TOP = 8
"""Lines at the beginning of a snapshot: its ids, its version."""
_LONG = 1000
"""Characters of a line, on average, that no tool writes which puts each value on its own."""
_BEGIN = 16 * _LONG
"""Characters at the beginning of a text that tell."""
_KEY_ALONE = re.compile(r":[ \t\r]*\Z")
_NAMED = re.compile(r"\"(?:string_?)?value\"\s*:", re.IGNORECASE)
"""What `name` announces stands behind this, on another line."""


class Span(msgspec.Struct, frozen=True):
    """A secret: where it stands, and the pattern that found it."""

    start: int
    end: int
    name: str


class Sight(msgspec.Struct, frozen=True):
    """What was found in a text."""

    secrets: tuple[Span, ...] = ()
    names: frozenset[str] = frozenset()
    """What looks like a secret and is the name of something."""


NOTHING = Sight()


def find(text: str, file: str, patterns: tuple[Pattern, ...] = PATTERNS) -> Sight:
    """Look through a text, as a file of this lower-case name; a message has none.

    `patterns` are some of `PATTERNS`.
    """
    seen = _SEEN.get(_kind(file)) if patterns is PATTERNS else None
    if seen is not None:
        if _has_long_lines(text):
            if _is_clean(text, seen):
                return NOTHING
        elif (sight := _by_lines(text, seen)) is not None:
            return sight
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
    seen = _numbers_in(lowered)
    found = (PATTERNS[number] for number in sorted({it for numbers in seen for it in numbers}))
    return tuple(
        it for it in found if it.applies(file) and (patterns is PATTERNS or it in patterns)
    )


def _numbers_in(lowered: str) -> list[list[int]]:
    """Of each hint in a text, the patterns that have it; most hints begin as nothing in it does."""
    starts = _STARTS.keys() & {*pairwise(lowered)}
    hints = chain(_SIGNS, *(_STARTS[start] for start in starts))
    return [_NUMBERS[hint] for hint in hints if hint in lowered]


def _look(text: str, lowered: str, file: str, patterns: Iterable[Pattern]) -> Sight:
    spans: list[Span] = []
    names: set[str] = set()
    hinted = Hinted(lowered)
    for pattern in patterns:
        for match in pattern.spans(text, hinted):
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


class _Lines:
    """Hundreds of snapshots repeat the same lines, and each is examined once."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._clean: set[str] = set()
        self._sights: dict[str, Sight] = {}
        self._begun: set[str] = set()
        self._last = ""
        """The text of this kind in which nothing was found last."""

    def found_in(self, text: str) -> dict[str, Sight] | None:
        """Line -> what was found in it, as `sights` says."""
        found = self.sights(set(_unlike(text, self._last).split("\n")))
        if found == {}:
            self._last = text
        return found

    def sights(self, lines: set[str]) -> dict[str, Sight] | None:
        """What was found in those that are not clean; `None` where the value of one is on the next.

        Sets are compared as a whole, because there are millions of lines and few different ones.
        """
        if lines <= self._clean:
            return {}
        self._look(tuple(lines - self._clean - self._sights.keys() - self._begun))
        if not lines.isdisjoint(self._begun):
            return None
        return {line: self._sights[line] for line in lines & self._sights.keys()}

    def _look(self, unseen: tuple[str, ...]) -> None:
        if len(self._clean) > _MOST_LINES:
            self._clean.clear()
        self._begun.update(line for line in unseen if _KEY_ALONE.search(line))
        self._clean.update(unseen)
        for number, patterns in self._hinted("\n".join(unseen).lower()).items():
            line = unseen[number]
            sight = _look(line, line.lower(), self.kind, patterns)
            if sight is not NOTHING:
                self._sights[line] = sight
        self._clean -= self._begun | self._sights.keys()

    def _hinted(self, lowered: str) -> dict[int, list[Pattern]]:
        """Number of a line -> the patterns of which it has a hint, from those alone."""
        ends = [found.start() for found in _END.finditer(lowered)]
        lines: dict[tuple[str, ...], set[int]] = {}
        found: dict[int, list[Pattern]] = {
            bisect(ends, at): [] for at in places(inserts.HINTS, lowered)
        }
        for pattern in _tried(PATTERNS, self.kind, lowered):
            hints = pattern.hints
            if hints not in lines:
                lines[hints] = {bisect(ends, at) for at in places(hints, lowered)}
            for number in lines[hints]:
                found.setdefault(number, []).append(pattern)
        return found


_SEEN = {kind: _Lines(kind) for kind in (_SNAPSHOT, _JSON, _LOCK)}
"""End of a file's name -> its lines: tools write these files with each value on its own."""


def _kind(file: str) -> str:
    return next((kind for kind in _SEEN if file.endswith(kind)), "")


def _by_lines(text: str, seen: _Lines) -> Sight | None:
    """What its lines show, each by itself; `None` where that is not enough."""
    if seen.kind != _SNAPSHOT and _NAMED.search(text) is not None:
        return None
    sights = seen.found_in(text)
    if sights is None:
        return None
    return _joined(text.split("\n"), sights) if sights else NOTHING


def _unlike(text: str, last: str) -> str:
    """The lines of a text that another one has not at its beginning or its end.

    A snapshot repeats nearly all of the one before it. The first lines, of which some always
    differ, are not compared.
    """
    top, other = _behind_the_top(text), _behind_the_top(last)
    most = min(len(text) - top, len(last) - other)
    alike = _longest(
        most, lambda low, high: text.startswith(last[other + low : other + high], top + low)
    )
    begin = max(top, text.rfind("\n", top, top + alike) + 1)
    text_end, last_end = len(text), len(last)
    alike = _longest(
        most - (begin - top),
        lambda low, high: text.startswith(last[last_end - high : last_end - low], text_end - high),
    )
    end = text.find("\n", text_end - alike)
    return text[:top] + text[begin : text_end if end < 0 else end]


def _behind_the_top(text: str) -> int:
    at = 0
    for _ in range(_TOP):
        at = text.find("\n", at) + 1
        if at == 0:
            return len(text)
    return at


def _longest(most: int, are_alike: Callable[[int, int], bool]) -> int:
    """The highest number up to which all are alike; nothing is compared twice that was alike."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if are_alike(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _joined(lines: Iterable[str], seen: dict[str, Sight]) -> Sight:
    spans: list[Span] = []
    names: set[str] = set()
    at = 0
    for line in lines:
        if (sight := seen.get(line)) is not None:
            spans += (Span(it.start + at, it.end + at, it.name) for it in sight.secrets)
            names |= sight.names
        at += len(line) + 1
    return Sight(tuple(spans), frozenset(names))


def _has_long_lines(text: str) -> bool:
    begin = text[:_BEGIN]
    return len(begin) > _LONG * (begin.count("\n") + 1)


def _is_clean(text: str, seen: _Lines) -> bool:
    """Whether JSON on few lines shows nothing where each value has a line of its own."""
    try:
        parted = msgspec.json.format(text.encode("utf-8"), indent=1).decode("utf-8")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return _by_lines(parted, seen) is NOTHING
