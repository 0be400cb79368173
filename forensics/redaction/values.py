"""Which names announce a secret, and which values next to them are none."""

from __future__ import annotations

import re

from forensics.redaction.pattern import Match

KEY = (
    r"(?P<key>pass(?:word|wd|phrase|code)|passwort|pwd|pass|pw|secrets?|token|credentials?|_auth"
    r"|(?:api|private|secret|access|account|signing|encryption|service_role|anon|master|auth"
    r"|webhook|session|jwt|admin|shared|client|license|publishable|hmac|ssh)"
    r"[_-]?(?:key|secret)(?:[_-]?id)?|apikey|jwt|dsn_pw)"
    r"(?:[_-]?hash)?(?:_?\d{1,2})?"
)
"""A name that ends so; what stands before it is free."""
KEY_HINTS = ("pass", "pw", "secret", "token", "credential", "_auth", "jwt", "dsn_pw") + tuple(
    f"{last}{joint}key"
    for last in ("i", "e", "s", "t", "g", "on", "in", "r", "h", "k", "d", "c")
    for joint in ("", "_", "-")
)
"""Of `primaryKey` and `foreignKeys`, which stand in every snapshot, none is a part."""
KEY_NEAR = len("service_role_")
"""Characters that a name has before its hint, at most."""

SHORT = frozenset({"pass", "pwd", "pw", "jwt"})

TOKEN = r"\*{3}(?:[0-9a-f]{8})?"
"""What stands in the place of a secret: see `masked.py`."""

_KEYISH = r"(?:pass|pw|pwd|secret|token|key|cred|user|host|url|name|db|value|env|port)"
_REFERENCE = (
    rf"(?:{TOKEN})+"
    r"|\$\{.*\}|\$\(.*\)|\$\d{1,2}|\$[A-Z_][A-Z0-9_]*"
    rf"|\$[a-z_]*{_KEYISH}[a-zA-Z_]*|\{{\{{.*\}}\}}"
    r"|\$\w*\$"  # the mark of a dollar quote
    r"|<[A-Za-z][A-Za-z_ .:'/-]*>|<%.*%>|<\W*>"
    r"|%(?:\([a-z_]+\))?[a-zA-Z]|%[A-Z_]+%|%\d\$[sIL]|%"
    r"|:[a-z_]+|\?|\*+|\.{2,}|…|[xX]{3,}|[\u2022\u25cf]+"
    r"|(?:process\.env|import\.meta\.env|os\.environ|env|config|secrets|vault|var|local|data"
    r"|module|op:)\b[.(\[/].*"
)
_VERSION = re.compile(r"[\^~<>= v]*\d+\.\d+[\w.+-]*(?:\s*\|\|.*)?|(?:workspace|npm|file|link):.*")
_TYPE = (
    r"(?:(?:string|text|varchar|char|number|boolean|bool|any|unknown|null|undefined|none|true|false"
    r"|write|read|inherit|enabled|disabled|always|never|auto|hidden|yes|no|on|off"
    r"|integer|int|uuid|bytea|bigint|required|optional|forbidden|z\.\w+)"
    r"(?![\w$])[;,()\d\s|!?.\]\[]*.{0,40}"
    r"|[|>][+-]?\d?(?:\s*\#.*)?|\{.*\}?|\[.*\]?"
    r"|!(?:Ref|Sub|GetAtt|ImportValue|Join|If|vault|reference|ENV|env|env_var|secret|include)\b.*)"
)
_PLACEHOLDER = re.compile(r"<[A-Za-z][A-Za-z_ .:'/-]*>|\$\{|\{\{|<%")
_WORD = re.compile(r"[A-Za-z_]+")


def is_reference(text: str) -> bool:
    """Whether a value stands for another one: a variable, a placeholder, a token of ours."""
    return re.fullmatch(_REFERENCE, text, re.DOTALL) is not None


def is_placeholder(match: Match) -> bool:
    """Whether a placeholder begins where the value does: it may have blanks in it."""
    found = _PLACEHOLDER.match(match.string, match.start("secret"))
    return found is not None and (found[0][0] != "<" or found.end() >= match.end("secret"))


def is_key(match: Match) -> bool:
    """`DB_PASS`, `dbPass`, `pass`, but not `bypass`; longer words may have anything before them."""
    if match["key"].lower() not in SHORT:
        return True
    start = match.start("key")
    before = match.string[max(0, start - 1) : start]
    camel = before.islower() and match["key"][0].isupper()
    script = before == ":" and match["key"] == "pw"  # `"test:pw": "playwright test"`
    return camel or not (before.isalnum() or script)


def is_literal(match: Match) -> bool:
    """A value that is written out, in quotes."""
    secret = match["secret"].strip()
    stands_for = is_reference(secret) or is_version(secret) or is_placeholder(match)
    return bool(secret) and not stands_for and is_key(match)


def is_plain_value(match: Match) -> bool:
    """A value without quotes, where a type, a folder or a count could stand too."""
    value = match["secret"].strip()
    folder = match["key"] == "PWD" and value.startswith("/")
    count = match["key"].lower() == "pass" and value.isdigit() and len(value) < 4
    alias = value.startswith("*") and f"&{value[1:]}" in match.string
    return not (folder or count or alias or is_type(value)) and is_literal(match)


def is_type(value: str) -> bool:
    """A type, a structure that begins here, or a block of the next lines."""
    return re.fullmatch(_TYPE, value, re.IGNORECASE | re.DOTALL) is not None


def is_version(value: str) -> bool:
    """A version of a package, or where it comes from."""
    return _VERSION.fullmatch(value) is not None


def looks_random(text: str) -> bool:
    """Letters and digits mixed as nobody names a thing; not words joined by `-` or `_`."""
    digits = sum(c.isdigit() for c in text)
    if digits >= 2 and digits * 12 >= len(text):
        return True
    parts = [part for part in re.split(r"[-_.]", text) if part]
    mixed = [p for p in parts if not p.islower() and not p.isupper() and not p.istitle()]
    return any(len(part) >= 12 for part in mixed)


def is_word(text: str) -> bool:
    """Letters and underscores alone: a thing could be called so."""
    return _WORD.fullmatch(text) is not None


_CODE = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".sql", ".json", ".prisma")


def is_code(name: str) -> bool:
    """A file in which an unquoted word after `=` or `:` is code, a type or DDL, not a value."""
    return name.endswith(_CODE)


def is_no_code(name: str) -> bool:
    """Any other file, and messages."""
    return not is_code(name)


def is_prose(name: str) -> bool:
    """A message, or a file of sentences."""
    return not name or name.endswith((".md", ".txt", ".log"))


def is_yaml(name: str) -> bool:
    """A file of YAML."""
    return name.endswith((".yml", ".yaml"))


def is_message(name: str) -> bool:
    """What a program printed or somebody told git: no file."""
    return not name


_COMMENT = re.compile(r"\s*(?:--|//|#|/?\*)")
_FAR = 2000


def in_comment(match: Match) -> bool:
    """Whether the line of a match begins as a comment."""
    at = match.start()
    start = match.string.rfind("\n", max(0, at - _FAR), at) + 1
    if not start and at > _FAR:
        return False
    return _COMMENT.match(match.string, start, at) is not None
