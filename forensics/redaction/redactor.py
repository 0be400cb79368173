"""Takes credentials out of texts before anything is written, and leaves evidence as it is."""

from __future__ import annotations

import codecs
import hmac
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from urllib.parse import unquote

import msgspec

from forensics.redaction.find import Span, find, merged
from forensics.redaction.known import Known
from forensics.redaction.pattern import Pattern
from forensics.redaction.patterns import CERTAIN, PATTERNS, SHOWN
from forensics.redaction.values import TOKEN

Kept = Callable[[str], bool]
"""Whether what looks like a secret was judged to be none."""

MASK = "***"
"""What stands in the place of a secret; says nothing about its length."""
_DIGITS = 8
_TOKEN = re.compile(TOKEN)
_TOKEN_IN_MARKDOWN = re.compile(TOKEN.replace(r"\*", r"(?:\\?\*)"))
_FEW = 4


def nothing(_: str) -> bool:
    """Nothing was judged."""
    return False


class Masked(msgspec.Struct, frozen=True):
    """Secrets of one kind in one line of one text; never what they were."""

    place: str
    """The file, or what else the text is."""
    line: int
    rule: str
    """The name of the pattern."""
    count: int


class Redactor:
    """Masks what the patterns recognise, and the given secrets in every form that they may take.

    With a key, the same secret becomes the same token everywhere: `***` and eight hexadecimal
    digits, which are useless without the key. So what was equal is still seen to be equal.
    """

    def __init__(self, known: Iterable[str] = (), key: bytes | None = None) -> None:
        self._known = Known(known)
        self._key = key
        self._found: Counter[tuple[str, int, str]] = Counter()
        self._names: set[str] = set()
        self._masked_last: bytes | None = None

    def mask(self, data: bytes, path: str) -> tuple[bytes, int]:
        """A file's bytes with its secrets masked, and how many; without one, the same bytes."""
        codec, errors = _codec(data)
        text, found = self._cover(data.decode(codec, errors), path, PATTERNS)
        self._masked_last = text.encode(codec, errors) if found else data
        return self._masked_last, found

    def has_just_masked(self, data: bytes) -> bool:
        """Whether it is what `mask` returned last, which tries more than the last look does."""
        return data is self._masked_last

    def mask_text(self, text: str, place: str = "a message") -> str:
        """A message, a subject, an argument with its secrets masked."""
        return self._cover(text, "", PATTERNS, place)[0]

    def mask_message(self, text: str, patterns: tuple[Pattern, ...]) -> str:
        """A message with what some patterns find masked."""
        return self._cover(text, "", patterns)[0]

    def mask_certain(self, text: str, place: str, file: str, kept: Kept = nothing) -> str:
        """The text with only that masked which is a secret wherever it stands.

        `file` is what it is like, or `NAME`. What was seen to be a name before, and what `kept`
        knows, stays.
        """
        return self._cover(text, file, CERTAIN, place, kept)[0]

    def sees_nothing(self, text: str, file: str) -> bool:
        """Whether there is certainly nothing to mask; names count as something."""
        sight = find(text, file, CERTAIN)
        return not (sight.secrets or sight.names or any(self._known.spans(text, file, ours=True)))

    @property
    def masked(self) -> tuple[Masked, ...]:
        """All that was masked until now, in the order of places, lines and names."""
        return tuple(Masked(*where, count) for where, count in sorted(self._found.items()))

    def _cover(
        self,
        text: str,
        path: str,
        patterns: tuple[Pattern, ...],
        place: str = "",
        kept: Kept = nothing,
    ) -> tuple[str, int]:
        parts: list[str] = []
        done, lines = 0, _Lines(text)
        for span in self._spans(text, path.rpartition("/")[2].lower(), patterns, kept):
            secret = text[span.start : span.end]
            self._found[place or path, lines.line(span.start), span.name] += 1
            parts += [text[done : span.start], self._token(secret)]
            done = span.end
        return ("".join(parts) + text[done:], len(parts) // 2) if parts else (text, 0)

    def _spans(
        self, text: str, file: str, patterns: tuple[Pattern, ...], kept: Kept
    ) -> Iterable[Span]:
        sight = find(text, file, patterns)
        self._names |= sight.names
        spans = sight.secrets
        if patterns is CERTAIN:
            spans = tuple(it for it in spans if not self._is_kept(text[it.start : it.end], kept))
        if known := tuple(self._known.spans(text, file, ours=patterns is CERTAIN)):
            spans = merged((*known, *spans))
        return _unmasked(spans, text) if spans else spans

    def _is_kept(self, found: str, kept: Kept) -> bool:
        return any(found in name for name in self._names) or kept(found)

    def _token(self, secret: str) -> str:
        if self._key is None:
            return MASK
        plain = self._known.secret(secret) or unquote(secret.replace("''", "'"))
        digest = hmac.new(self._key, plain.encode("utf-8", "surrogatepass"), "sha256")
        return MASK + digest.hexdigest()[:_DIGITS]


def _unmasked(spans: Iterable[Span], text: str) -> Iterator[Span]:
    """Without those that are masked already, but for a few marks next to the token."""
    tokens = [match.span() for match in _TOKEN_IN_MARKDOWN.finditer(text)]
    at = 0
    for span in spans:
        while at < len(tokens) and tokens[at][1] <= span.start:
            at += 1
        start, left = span.start, []
        for begin, end in takewhile(lambda token: token[0] < span.end, tokens[at:]):  # noqa: B023
            left.append(text[start:begin])
            start = max(start, end)
        left.append(text[start : span.end])
        if sum(c.isalnum() for c in "".join(left)) >= _FEW or start == span.start:
            yield span


class _Lines:
    """Numbers of lines, requested in order."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def line(self, at: int) -> int:
        """The number of the line of a place, from 1."""
        self._line += self._text.count("\n", self._at, at)
        self._at = at
        return self._line


def mask(data: bytes, path: str) -> tuple[bytes, int]:
    """`Redactor.mask` where no secret is known beforehand."""
    return Redactor().mask(data, path)


def without_digits(data: bytes) -> bytes:
    """A masked file as a redactor without a key masks it: the digits of the tokens are gone."""
    codec, errors = _codec(data)
    return _TOKEN.sub(MASK, data.decode(codec, errors)).encode(codec, errors)


def mask_text(text: str) -> str:
    """`Redactor.mask_text` where no secret is known beforehand."""
    return Redactor().mask_text(text)


def mask_shown(text: str) -> str:
    """A message on the user's own screen: the folders there are theirs."""
    return Redactor().mask_message(text, SHOWN)


def _codec(data: bytes) -> tuple[str, str]:
    """A codec that gives back the same bytes, whatever they are."""
    if data.startswith(codecs.BOM_UTF16_LE) and len(data) % 2 == 0:
        return "utf-16-le", "surrogatepass"
    if data.startswith(codecs.BOM_UTF16_BE) and len(data) % 2 == 0:
        return "utf-16-be", "surrogatepass"
    return "utf-8", "surrogateescape"
