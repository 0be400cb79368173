"""Credentials of connections: libpq strings, .pgpass, service files, .netrc, ADO strings."""

from __future__ import annotations

import re

from forensics.redaction.pattern import Example, Pattern
from forensics.redaction.values import KEY, is_literal, is_no_code, is_plain_value

_P = "hunter2" + "x9q4"

_COMPANION = r"(?:host|hostaddr|dbname|database|user|user id|uid|port|sslmode|server)\s*=\s*\S"
_VALUE = (
    r"(?:(?P<open>\\{0,3}'{1,2}|\\{1,3}\"|(?<==)\")(?P<quoted>)?)?"
    r"(?P<secret>(?<=['\"])(?:\\{1,4}.|(?!\\{0,3}['\"])[^\n]){1,1000}|(?<!['\"])(?:\\[^\n\"]|[^\s\"'`;\\]"
    r"|;(?!\s|$|[A-Za-z ]{1,30}=)){1,1000})"
)
_HINTS = ("password", "passwd", "pwd", "pass", "pw")


def _is_pgpass(name: str) -> bool:
    return name.endswith(("pgpass", "pgpass.conf"))


def _is_service(name: str) -> bool:
    return name.endswith(("pg_service.conf", ".ini", ".conf", ".cnf", ".properties"))


CONNECTIONS = (
    # Keyword/value strings of libpq are recognised by a companion on the same line.
    Pattern(
        name="libpq-after",
        expression=rf"(?:\b{_COMPANION}[^\n]{{0,400}}?)(?<![\w])(?:ssl)?{KEY}\s{{0,4}}=\s{{0,4}}{_VALUE}",
        hints=_HINTS,
        holds=is_plain_value,
        examples=(
            Example(f"host=db dbname=app user=app password={_P}", _P),
            Example(f"host=db password='a b {_P}'", f"a b {_P}"),
            Example(
                f"CREATE SUBSCRIPTION s CONNECTION 'host=db password=<{_P}' PUBLICATION p;",
                f"<{_P}",
                "1.sql",
            ),
        ),
    ),
    Pattern(
        name="libpq-before",
        expression=rf"(?<![\w])(?:ssl)?{KEY}\s{{0,4}}=\s{{0,4}}{_VALUE}(?:\\{{0,3}}'{{1,2}}|\\{{0,3}}\")?"
        rf"(?=[ \t;]+{_COMPANION})",
        hints=_HINTS,
        holds=is_plain_value,
        examples=(Example(f"password='a b {_P}' host=db", f"a b {_P}"),),
    ),
    Pattern(
        name="pgpass-file",
        expression=r"^(?!#)(?:[^:\n\\]|\\.){0,255}:(?:\*|\d{1,5}):(?:[^:\n\\]|\\.){0,255}:"
        r"(?:[^:\n\\]|\\.){0,255}:(?P<secret>[^\n]{1,1000}?)\r?$",
        hints=(":",),
        applies=_is_pgpass,
        flags=re.MULTILINE,
        examples=(Example(f"*:*:*:app:{_P}", _P, ".pgpass"),),
    ),
    Pattern(
        name="pgpass-line",
        expression=r"^[ \t>+-]*[\w.*-]{1,255}:(?:\*|\d{2,5})"
        r":[A-Za-z_*][\w*-]{0,62}:[A-Za-z_*][\w.*-]{0,62}:"
        r"(?P<secret>[^\s/][^\s]{0,1000})[ \t]*\r?$",
        hints=(":",),
        applies=is_no_code,
        flags=re.MULTILINE,
        examples=(Example(f"db.internal:5432:app:app:{_P}", _P),),
    ),
    Pattern(
        name="pgpass-inline",
        expression=r"(?<=[\s\"'`(=])(?:[a-z][\w-]{0,60}\.[\w.-]{1,190}|localhost|\*|\d{1,3}(?:\.\d{1,3}){3})"
        r":(?:\*|\d{4,5}):[A-Za-z_*][\w*-]{0,62}:[A-Za-z_*][\w.*-]{0,62}:(?P<secret>[^\s/\"'`][^\s\"'`]{0,500})",
        hints=(":*:", *(f":{digit}" for digit in "0123456789")),
        flags=re.MULTILINE,
        examples=(Example(f"echo 'db.internal:5432:app:app:{_P}' > ~/.pgpass", _P, "a.sh"),),
    ),
    Pattern(
        name="service-file",
        expression=r"^[ \t]*(?:spring\.datasource\.|datasource\.|db\.|database\.)?"
        r"(?P<key>password|passwd|pwd|sslpassword)[ \t]*[=:][ \t]*"
        r"(?P<secret>[^\n]{1,1000}?)[ \t]*\r?$",
        hints=("pass", "pwd"),
        applies=_is_service,
        flags=re.IGNORECASE | re.MULTILINE,
        holds=is_literal,
        examples=(
            Example(f"[prod]\nhost=db\npassword=\"{_P}' x", f"\"{_P}' x", "pg_service.conf"),
        ),
    ),
    Pattern(
        name="netrc",
        expression=r"\b(?:machine\s+\S{1,255}|default)\s+login\s+\S{1,255}\s+(?:account\s+\S{1,255}\s+)?password\s+(?P<secret>\S{1,1000})",
        hints=("machine", "default"),
        lines=5,
        examples=(Example(f"machine git.internal login me password {_P}", _P, ".netrc"),),
    ),
    Pattern(
        name="docker-auth",
        expression=r"\"auth\"\s{0,4}:\s{0,4}\"(?P<secret>[A-Za-z0-9+/=]{8,1000})\"",
        hints=('"auth"',),
        examples=(
            Example('{"auth": "YXBwOmh1' + 'bnRlcjI="}', "YXBwOmh1" + "bnRlcjI=", "config.json"),
        ),
    ),
)
