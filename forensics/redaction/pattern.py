"""What one pattern of a secret is: its name, its expression, when to try it, and examples."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import lru_cache

import msgspec

Match = re.Match[str]


def always(_: Match) -> bool:
    """Every match is a secret."""
    return True


def everywhere(_: str) -> bool:
    """In files of every name."""
    return True


class Example(msgspec.Struct, frozen=True):
    """A text in a file of this name (a message has none) with a secret in it."""

    text: str
    secret: str
    file: str = ""


class Pattern(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A pattern whose group `secret` is to be masked, and when to try it at all.

    Equal to itself alone: patterns are looked up in each other's lists for every text.

    Quantifiers over hostile text are bounded: no pattern takes more than linear time.
    """

    name: str
    """For the redaction report: what kind of secret it is, in kebab case."""
    expression: str
    hints: tuple[str, ...]
    """Lower-case strings of which each match holds one in its first line or the one before: only
    the lines around them are examined, which makes most files cheap."""
    examples: tuple[Example, ...]
    """The tests are generated from them."""
    flags: re.RegexFlag = re.IGNORECASE
    lines: int = 3
    """How many lines a match may span; 0 is any number."""
    holds: Callable[[Match], bool] = always
    """Whether a match is a secret; may look at the text around it."""
    applies: Callable[[str], bool] = everywhere
    """Whether the pattern makes sense in a file of this lower-case name; messages have none."""
    certain: bool = False
    """Whether a match is a secret wherever it stands, also in what we wrote ourselves."""
    may_be_name: bool = False
    """Whether a table or a file could be called so: then it is kept where a name stands."""
    near: int = 0
    """A match begins with what the hint is a part of, at most so many characters before the hint;
    0 where it may begin anywhere around."""

    @property
    def compiled(self) -> re.Pattern[str]:
        """Compiled when a text first holds one of the hints: most patterns never meet theirs."""
        return _compiled(self.expression, self.flags)

    def spans(self, text: str, hinted: Hinted) -> Iterator[Match]:
        """The matches that hold, looked for around the hints only, of which the text has one."""
        look = self._begun if self.near and len(hinted.lowered) == len(text) else self._anywhere
        for start, end in windows_of(self, hinted, len(text)):
            for match in look(text, start, end, hinted):
                if match["secret"] and self.holds(match):
                    yield match

    def _anywhere(self, text: str, start: int, end: int, _: Hinted) -> Iterator[Match]:
        return self.compiled.finditer(text, start, end)

    def _begun(self, text: str, start: int, end: int, hinted: Hinted) -> Iterator[Match]:
        """The same matches, tried where they may begin: an expression alone tries everywhere."""
        places, match = hinted.places(self.hints), self.compiled.match
        for hint in places[bisect_left(places, start) : bisect_left(places, end)]:
            start = max(start, hint - self.near)
            while start <= hint:
                found = match(text, start, end)
                if found:
                    yield found
                start = found.end() if found else start + 1


@lru_cache(maxsize=256)
def _compiled(expression: str, flags: re.RegexFlag) -> re.Pattern[str]:
    return re.compile(expression, flags)


class Hinted:
    """A text in lower case, and where the hints are: many patterns share theirs."""

    def __init__(self, lowered: str) -> None:
        self.lowered = lowered
        self._places: dict[tuple[str, ...], tuple[int, ...]] = {}

    def places(self, hints: tuple[str, ...]) -> tuple[int, ...]:
        """Of some hints, in order."""
        if hints not in self._places:
            self._places[hints] = tuple(sorted(places(hints, self.lowered)))
        return self._places[hints]


def windows_of(pattern: Pattern, hinted: Hinted, length: int) -> Iterator[tuple[int, int]]:
    """The stretches of whole lines in which the pattern may match, in order, without overlap."""
    lowered = hinted.lowered
    one_line = "\n" not in lowered
    if (
        one_line or not pattern.lines or len(lowered) != length
    ):  # some letters are two in lower case
        yield 0, length
        return
    start = end = same_line = 0
    for at in hinted.places(pattern.hints):
        if at < same_line:
            continue
        if at >= end:
            line = lowered.rfind("\n", end, at)
            begin = max(end, lowered.rfind("\n", end, max(end, line)) + 1)
            if begin > end:
                yield start, end
                start = begin
        same_line = _lines_on(lowered, at, 1)
        end = max(end, _lines_on(lowered, same_line, pattern.lines - 1))
    yield start, end


def _lines_on(text: str, at: int, lines: int) -> int:
    """The end of the line that so many lines further on begins."""
    for _ in range(lines):
        if not (at := text.find("\n", at) + 1):
            return len(text)
    return at


def places(hints: tuple[str, ...], lowered: str) -> Iterator[int]:
    """Where the hints stand in a text, each hint's own places in order."""
    for hint in hints:
        at = lowered.find(hint)
        while at >= 0:
            yield at
            at = lowered.find(hint, at + len(hint))
