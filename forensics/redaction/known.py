"""Secrets that are known beforehand, in every form in which they may be written."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote

from forensics.redaction.find import Span, find
from forensics.redaction.names import NAME, is_name
from forensics.redaction.values import is_code, is_word

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

_NO_NAME = 12
_LONG = 8
"""Bytes from which on the inner part of its base64 is looked for: as a part of something longer."""


class Known:
    """The known secrets; of a connection string among them, the password is the secret."""

    def __init__(self, given: Iterable[str]) -> None:
        self._secret_of: dict[str, str] = {}
        for secret in sorted({secret for each in given for secret in _secrets_in(each)}):
            for form in _forms(secret):
                self._secret_of.setdefault(form, secret)
        longest_first = sorted(self._secret_of, key=lambda form: (-len(form), form))
        forms = "|".join(map(re.escape, longest_first))
        self._pattern = re.compile(forms) if forms else None

    def secret(self, form: str) -> str | None:
        """The secret that was written so."""
        return self._secret_of.get(form)

    def spans(self, text: str, file: str, *, ours: bool = False) -> Iterator[Span]:
        """Where they stand. A word could be a name too: in code and DDL it stands in quotes.

        In texts of ours it is the name of a database more likely than a password; a long one is
        no name.
        """
        for match in self._pattern.finditer(text) if self._pattern else ():
            start, end = match.span()
            if ours and is_word(match[0]) and len(match[0]) < _NO_NAME:
                continue
            named = not ours and is_word(match[0]) and (is_code(file) or file == NAME)
            if not named or _is_value(text, start, end, file):
                yield Span(start, end, "known-secret")


def _is_value(text: str, start: int, end: int, file: str) -> bool:
    quotes = "'" if file.endswith(".sql") else "'\"`"
    quoted = text[start - 1 : start] in quotes.split() or (
        start > 0 and text[start - 1] in quotes and text[end : end + 1] == text[start - 1]
    )
    return quoted and not is_name(text, start, end, file)


def _secrets_in(given: str) -> set[str]:
    """Passwords of a URL or of a libpq string, as written and URL-decoded; else the text itself."""
    found = {given[span.start : span.end] for span in find(given, "").secrets}
    if "://" not in given and ("=" not in given or not found):
        return {given}
    return found | {unquote(secret) for secret in found}


def _forms(secret: str) -> set[str]:
    """As it is, URL-encoded, escaped for JSON, SQL and HTML, in base64."""
    if len(secret) < SHORTEST or secret.lower() in COMMON:
        return set()
    import html

    raw = secret.encode("utf-8", "surrogateescape")
    encoded = quote(secret, safe="", errors="replace")
    encodings: tuple[Callable[[bytes], bytes], ...] = (base64.b64encode, base64.urlsafe_b64encode)
    return {
        secret,
        encoded,
        re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), encoded),
        quote_plus(secret, errors="replace"),
        quote(secret, errors="replace"),
        json.dumps(secret)[1:-1],
        json.dumps(json.dumps(secret)[1:-1])[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        secret.replace("'", "''"),
        secret.replace("\\", "\\\\").replace("'", "\\'"),
        html.escape(secret),
        html.escape(secret, quote=False),
        *(encode(raw).decode("ascii") for encode in encodings),
        *(encode(raw).decode("ascii").rstrip("=") for encode in encodings),
        *(_inner(raw, before) for before in range(3) if len(raw) >= _LONG),
    }


def _inner(raw: bytes, before: int) -> str:
    """What of its base64 does not depend on what stands before and after it."""
    text = base64.b64encode(b"\0" * before + raw).decode("ascii").rstrip("=")
    return text[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
