"""Credentials in headers of requests, cookies, and blocks of keys."""

from __future__ import annotations

import re

from forensics.redaction.pattern import Example, Match, Pattern
from forensics.redaction.values import is_reference

_P = "hunter2" + "x9q4"
_QUOTES = r"\\{0,3}[\"'`]?"


def _written_out(match: Match) -> bool:
    return not is_reference(match["secret"])


HEADERS = (
    Pattern(
        name="private-key",
        expression=r"-----BEGIN (?P<kind>[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?)-----"
        r"(?P<secret>.{1,20000}?)"
        r"(?:-----END (?P=kind)-----|\Z)",
        hints=("private key",),
        flags=re.DOTALL,
        lines=0,
        certain=True,
        examples=(
            Example(
                "-----BEGIN RSA "
                + "PRIVATE KEY-----\nMIIEvQ\nIBAD\n-----END RSA "
                + "PRIVATE KEY-----",
                "MIIEvQ\nIBAD",
                "key.pem",
            ),
        ),
    ),
    Pattern(
        name="putty-key",
        expression=r"Private-Lines: \d{1,4}\r?\n(?P<secret>(?:[A-Za-z0-9+/=]{1,80}\r?\n){1,200})",
        hints=("private-lines",),
        lines=210,
        examples=(
            Example("Private-Lines: 2\nMIIEvQIBADAN\nBgkqhkiG9w0=\n", "MIIEvQIBADAN\nBgkqhkiG9w0="),
        ),
    ),
    Pattern(
        name="authorization",
        expression=rf"\bAuthorization{_QUOTES}\s{{0,4}}[:=,]\s{{0,4}}{_QUOTES}"
        r"(?:(?:Basic|Bearer|Token|Digest|ApiKey|Api-Key|AWS4-HMAC-SHA256|Negotiate)\s+)?"
        r"(?P<secret>[^\s\"'`,$\\{}][^\s\"'`,\\]{5,4096})",
        hints=("authorization",),
        holds=lambda match: _written_out(match) and not match["secret"].isalpha(),
        certain=True,
        examples=(Example(f'headers: {{ Authorization: "Bearer {_P}" }}', _P, "a.ts"),),
    ),
    Pattern(
        name="bearer",
        expression=r"\b(?:Basic|Bearer)\s+(?P<secret>(?=[^\s\"']{0,200}\d)[A-Za-z0-9+/=._~-]{16,4096})",
        hints=tuple(f"{scheme}{end}" for scheme in ("basic", "bearer") for end in " \t\r\n"),
        certain=True,
        examples=tuple(
            Example(f"used Bearer{end}abc" + "d1234efgh5678ijkl", "abc" + "d1234efgh5678ijkl")
            for end in " \t\n"
        ),
    ),
    Pattern(
        name="key-header",
        expression=r"\b(?:X-[\w-]{0,40}?(?:Api-?Key|Token|Secret|Auth|Signature|Key)|api-key|apikey|PRIVATE-TOKEN"
        r"|Proxy-Authorization|DD-API-KEY|DD-APPLICATION-KEY|x-functions-key|Ocp-Apim-Subscription-Key)"
        rf"{_QUOTES}\s{{0,4}}:\s{{0,4}}{_QUOTES}(?:(?:Basic|Bearer)\s+)?(?P<secret>[^\s\"'`,$\\{{}}][^\s\"'`,\\]{{5,4096}})",
        hints=("x-", "api-key", "apikey", "private-token", "authorization", "key:", 'key":'),
        holds=_written_out,
        examples=(Example(f"X-Vault-Token: {_P}", _P),),
    ),
    Pattern(
        name="cookie",
        expression=rf"\b(?:Set-)?Cookie{_QUOTES}\s{{0,4}}:\s{{0,4}}{_QUOTES}"
        r"(?P<secret>[\w.%-]{1,80}=[^\n\"'`\\]{4,4096})",
        hints=("cookie",),
        examples=(Example(f"Cookie: session={_P}; a=b", f"session={_P}; a=b"),),
    ),
    Pattern(
        name="session-cookie",
        expression=r"\b(?:connect\.sid|PHPSESSID|JSESSIONID|sessionid|session_id|csrftoken|laravel_session|sid"
        r"|(?:__Secure-)?next-auth\.session-token)=(?P<secret>[^\s;\"'`,]{8,4096})",
        hints=("sid=", "sess", "csrf"),
        holds=_written_out,
        examples=(Example(f"sent connect.sid=s%3A{_P}.x", f"s%3A{_P}.x"),),
    ),
)
