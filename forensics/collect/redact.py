"""Takes credentials out of texts before anything is written, and leaves evidence as it is."""

from __future__ import annotations

import base64
import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote

from forensics.collect.secrets import RULES, SecretPattern

MASK = "***"
"""What stands in the place of a secret; says nothing about its length."""

SHORTEST = 4
"""Characters that a known secret must have to be looked for everywhere."""
COMMON = frozenset(
    {
        "admin",
        "database",
        "default",
        "drizzle",
        "example",
        "localhost",
        "mysql",
        "pass",
        "passwd",
        "password",
        "postgres",
        "postgresql",
        "public",
        "root",
        "secret",
        "sqlite",
        "test",
        "testing",
        "token",
        "user",
        "username",
    }
)
"""Ordinary words: as known secrets they are masked where a password stands, not everywhere."""


_JSON = ".json"
_KEY_ALONE = re.compile(r":[ \t\r]*\n")


class Redactor:
    """Masks what the rules recognise, and the given secrets in every form that they may take.

    Of a connection string among `known`, the password is the secret.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        secrets = {secret for given in known for secret in _secrets_in(given)}
        forms = {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def mask(self, data: bytes, path: str) -> tuple[bytes, int]:
        """A file's bytes with its secrets masked, and how many; without one, the same bytes."""
        codec, errors = _codec(data)
        text, found = self._cover(data.decode(codec, errors), path)
        return (text.encode(codec, errors), found) if found else (data, 0)

    def mask_text(self, text: str) -> str:
        """A message, a subject, an argument with its secrets masked."""
        return self._cover(text, "")[0]

    def _cover(self, text: str, path: str) -> tuple[str, int]:
        found = 0
        if self._known is not None:
            text, found = self._known.subn(MASK, text)
        name = path.rpartition("/")[2].lower()
        masked, more = _by_lines(text) if _is_json_by_lines(name, text) else _by_rules(text, name)
        return masked, found + more


def mask(data: bytes, path: str) -> tuple[bytes, int]:
    """`Redactor.mask` where no secret is known beforehand."""
    return _DEFAULT.mask(data, path)


def mask_text(text: str) -> str:
    """`Redactor.mask_text` where no secret is known beforehand."""
    return _DEFAULT.mask_text(text)


def _by_rules(text: str, name: str) -> tuple[str, int]:
    lowered, found = text.lower(), 0
    for rule in RULES:
        if rule.applies(name) and any(hint in lowered for hint in rule.hints):
            text, more = _apply(rule, text, lowered)
            if more:
                lowered, found = text.lower(), found + more
    return text, found


def _is_json_by_lines(name: str, text: str) -> bool:
    """Whether no key stands on another line than its value: so `JSON.stringify` writes it."""
    return name.endswith(_JSON) and _KEY_ALONE.search(text) is None


def _by_lines(text: str) -> tuple[str, int]:
    """Line by line: hundreds of snapshots repeat the same lines, and each is looked at once."""
    masked = [_line(line) for line in text.split("\n")]
    found = sum(count for _, count in masked)
    return ("\n".join(line for line, _ in masked), found) if found else (text, 0)


@lru_cache(maxsize=2**16)
def _line(line: str) -> tuple[str, int]:
    return _by_rules(line, _JSON)


def _apply(rule: SecretPattern, text: str, lowered: str) -> tuple[str, int]:
    found = 0

    def cover(match: re.Match[str]) -> str:
        nonlocal found
        start, end = match.span("secret")
        secret = match["secret"]
        if not secret or secret == MASK or not rule.holds(match):
            return match[0]
        found += 1
        at = match.start()
        return match[0][: start - at] + MASK + match[0][end - at :]

    parts: list[str] = []
    done = 0
    for start, end in _windows(rule, lowered, len(text)):
        parts += [text[done:start], rule.pattern.sub(cover, text[start:end])]
        done = end
    return "".join(parts) + text[done:], found


def _windows(rule: SecretPattern, lowered: str, length: int) -> Iterator[tuple[int, int]]:
    """The stretches of whole lines in which the rule may match, in order, without overlap."""
    if not rule.lines or len(lowered) != length:  # some letters are two in lower case
        yield 0, length
        return
    start = end = 0
    for at in sorted(_places(rule.hints, lowered)):
        begin = lowered.rfind("\n", 0, max(0, lowered.rfind("\n", 0, at))) + 1
        if begin > end:
            yield start, end
            start = begin
        end = max(end, _lines_on(lowered, at, rule.lines))
    yield start, end


def _lines_on(text: str, at: int, lines: int) -> int:
    """The end of the line that so many lines further on begins."""
    for _ in range(lines):
        if not (at := text.find("\n", at) + 1):
            return len(text)
    return at


def _places(hints: tuple[str, ...], lowered: str) -> Iterator[int]:
    for hint in hints:
        at = lowered.find(hint)
        while at >= 0:
            yield at
            at = lowered.find(hint, at + len(hint))


def _secrets_in(given: str) -> set[str]:
    """Passwords of a URL or of a libpq string, as written and URL-decoded; else the text itself."""
    found = {
        match["secret"]
        for rule in RULES
        for match in rule.pattern.finditer(given)
        if rule.applies("") and rule.holds(match)
    }
    if "://" not in given and not found:
        return {given}
    return found | {unquote(secret) for secret in found}


def _forms(secret: str) -> set[str]:
    """As it is, URL-encoded, escaped for JSON and SQL, in base64."""
    if len(secret) < SHORTEST or secret.lower() in COMMON:
        return set()
    raw = secret.encode("utf-8", "surrogateescape")
    encodings: tuple[Callable[[bytes], bytes], ...] = (base64.b64encode, base64.urlsafe_b64encode)
    return {
        secret,
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
        quote(secret, errors="replace"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        secret.replace("'", "''"),
        *(encode(raw).decode("ascii") for encode in encodings),
        *(encode(raw).decode("ascii").rstrip("=") for encode in encodings),
    }


def _codec(data: bytes) -> tuple[str, str]:
    """A codec that gives back the same bytes, whatever they are."""
    if data.startswith(codecs.BOM_UTF16_LE) and len(data) % 2 == 0:
        return "utf-16-le", "surrogatepass"
    if data.startswith(codecs.BOM_UTF16_BE) and len(data) % 2 == 0:
        return "utf-16-be", "surrogatepass"
    return "utf-8", "surrogateescape"


_DEFAULT = Redactor()
