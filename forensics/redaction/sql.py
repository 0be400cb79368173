"""Credentials in SQL: in any literal, with comments between, inside a statement that is a text."""

from __future__ import annotations

import re

from forensics.redaction.pattern import Example, Match, Pattern
from forensics.redaction.values import (
    KEY,
    KEY_HINTS,
    KEY_NEAR,
    in_comment,
    is_key,
    is_literal,
    is_reference,
)

_P = "hunter2" + "x9q4"

GAP = r"(?:\s|--[^\n]{0,200}\n|/\*[^*]{0,200}\*+/){0,5}"
"""White space and comments."""
BODY = r"(?P<secret>(?:[^']|''){1,4096})"
_LITERALS = (
    (
        "literal",
        rf"(?:[NnBb]|_\w{{2,12}}{GAP})?(?<![Ee])'{BODY}'(?!')",
        f"'it''s {_P}'",
        f"it''s {_P}",
    ),
    ("escape", r"E'(?P<secret>(?:[^'\\]|''|\\.){1,4096})'", rf"E'hun\'t{_P}'", rf"hun\'t{_P}"),
    ("unicode", rf"U&'{BODY}'", f"U&'d\\0061t{_P}'", f"d\\0061t{_P}"),
    (
        "dollar",
        r"(?P<tag>\$\w{0,30}\$)(?P<secret>(?:(?!(?P=tag)).){1,999})(?P=tag)",
        f"$x$it's {_P}$x$",
        f"it's {_P}",
    ),
    # Inside a literal its quotes are doubled, inside one of that again.
    (
        "nested",
        r"(?P<open>(?:''){1,4})(?P<secret>[^'\n;]{1,500})(?P=open)(?!'')",
        f"''{_P}''",
        _P,
    ),
    (
        "escaped",
        r"(?P<open>\\{1,7}')(?P<secret>(?:(?!(?P=open))[^\n]){1,500})(?P=open)",
        rf"\'{_P}\'",
        _P,
    ),
)


_FAR, _NEAR = 2000, 40
_ROW = re.compile(r"(?:\bvalues|\),)\s{0,20}$", re.IGNORECASE)


def _written_out(match: Match) -> bool:
    return not is_reference(match["secret"].strip())


def _is_setting(match: Match) -> bool:
    """A row of INSERT, not the labels of a type or the members of a list."""
    return _ROW.search(match.string[max(0, match.start() - _NEAR) : match.start()]) is not None


def _is_statement(match: Match) -> bool:
    """The quote opens a literal: `'the password ')` closes one."""
    at = match.start()
    line = match.string[match.string.rfind("\n", max(0, at - _FAR), at) + 1 : at]
    return _written_out(match) and (line.count("'") % 2 == 0 or in_comment(match))


def _password(kind: str, literal: str, written: str, secret: str) -> Pattern:
    statement = f"ALTER ROLE app /* new */ PASSWORD -- it\n {written};"
    return Pattern(
        name=f"sql-password-{kind}",
        expression=rf"\bPASSWORD\b(?:[\"`]?{GAP}(?:=>?|\(){GAP}|(?=[\s/-]|[\"`]\s){GAP}[\"`]?{GAP}(?:TO\s+)?){literal}",
        hints=("password",),
        lines=4,
        flags=re.IGNORECASE | re.DOTALL,
        holds=_is_statement if kind == "literal" else _written_out,
        certain=kind != "nested",
        examples=(Example(statement, secret, "0001_a.sql"),),
    )


def _assigned(kind: str, literal: str, written: str, secret: str) -> Pattern:
    return Pattern(
        name=f"sql-assigned-{kind}",
        expression=rf"{KEY}[\"`]?{GAP}(?:\s(?:CONSTANT\s+)?(?:text|varchar|character varying)"
        rf"(?:\(\d+\))?\s{{0,8}})?(?::=|=|\sTO\s){GAP}{literal}",
        hints=KEY_HINTS,
        near=KEY_NEAR,
        lines=4,
        flags=re.IGNORECASE | re.DOTALL,
        holds=is_literal,
        examples=(Example(f"UPDATE s SET api_key = {written} WHERE id = 1;", secret, "1.sql"),),
    )


def _call(name: str, expression: str, hint: str | tuple[str, ...], text: str) -> Pattern:
    return Pattern(
        name=name,
        expression=expression,
        hints=(hint,) if isinstance(hint, str) else hint,
        flags=re.IGNORECASE | re.DOTALL,
        lines=4,
        holds=_written_out,
        examples=(Example(text, _P, "0001_a.sql"),),
    )


_ARGUMENT = rf"E?'{BODY}'(?!')"
_FIRST = r"\([^,()\n]{0,400}," + GAP

CALLS = (
    _call(
        "crypt", rf"\bcrypt\({GAP}{_ARGUMENT}", "crypt(", f"SELECT crypt('{_P}', gen_salt('bf'))"
    ),
    _call(
        "pgp-sym",
        rf"\bpgp_sym_\w{{1,20}}{_FIRST}{_ARGUMENT}",
        "pgp_sym_",
        f"SELECT pgp_sym_encrypt(data, '{_P}')",
    ),
    _call(
        "hmac",
        rf"\b(?:hmac|encrypt|decrypt|sign){_FIRST}{_ARGUMENT}{GAP},?",
        ("hmac", "crypt(", "sign("),
        f"SELECT hmac(x, '{_P}', 'sha256')",
    ),
    _call(
        "create-secret",
        rf"\bcreate_secret\({GAP}{_ARGUMENT}",
        "create_secret",
        f"SELECT vault.create_secret('{_P}', 'smtp');",
    ),
    _call(
        "set-config",
        rf"\bset_config\({GAP}'[^'\n]{{0,100}}?{KEY}'{GAP},{GAP}{_ARGUMENT}",
        "set_config",
        f"SELECT set_config('app.jwt_secret', '{_P}', false);",
    ),
    _call(
        "aws-credentials",
        rf"\bcreate_aws_credentials\({GAP}'[^'\n]{{0,100}}'{GAP},{GAP}{_ARGUMENT}",
        "create_aws_credentials",
        f"SELECT aws_commons.create_aws_credentials('id', '{_P}', '')",
    ),
    _call(
        "format-password",
        rf"\bPASSWORD\s+'{{0,4}}%\d{{0,2}}\$?[LsI][^'\n]{{0,60}}'{GAP},"
        rf"[^';\n]{{0,100}}'(?P<secret>[^;\n]{{1,400}})'{GAP}\)",
        "password",
        f"EXECUTE format('ALTER ROLE app PASSWORD %L', '{_P}');",
    ),
    _call(
        "joined-password",
        rf"\bPASSWORD\s+'{{1,4}}{GAP}\|\|{GAP}(?:quote_literal\({GAP})?{_ARGUMENT}",
        "password",
        f"EXECUTE 'ALTER ROLE app PASSWORD ' || quote_literal('{_P}');",
    ),
    _call(
        "json-build",
        rf"\bjsonb?_build_object\([^;\n]{{0,400}}?'[^'\n]{{0,60}}?{KEY}'{GAP},{GAP}{_ARGUMENT}",
        "_build_object",
        f"SELECT jsonb_build_object('user', 'a', 'api_key', '{_P}')",
    ),
    _call(
        "options",
        rf"\bOPTIONS{GAP}\([^;]{{0,300}}?\b\w{{0,24}}?{KEY}\"?{GAP}{_ARGUMENT}",
        "options",
        f"CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'h', api_key '{_P}');",
    ),
    _call(
        "password-for",
        rf"\bPASSWORD\s+FOR\s+\S{{1,200}}\s{{0,8}}=\s{{0,8}}(?:PASSWORD\()?{_ARGUMENT}",
        "password",
        f"SET PASSWORD FOR 'u'@'h' = '{_P}'",
    ),
    _call(
        "identified-by",
        r"\bIDENTIFIED\s+(?:WITH\s+\S{1,80}\s+)?(?:BY|AS)\s+(?:PASSWORD\s+)?(?P<quote>\\?['\"])"
        r"(?P<secret>(?:(?!(?P=quote))[^\n]){1,4096})(?P=quote)",
        "identified",
        f"CREATE USER a IDENTIFIED WITH mysql_native_password BY '{_P}';",
    ),
    _call(
        "psql-variable",
        rf"\\set\s+\w{{0,40}}?{KEY}\s+'{{0,4}}(?P<secret>[^'\n]{{1,400}})'{{0,4}}",
        "\\set",
        f"\\set app_password '''{_P}'''",
    ),
    Pattern(
        name="key-and-value",
        expression=rf"\(\s{{0,8}}(?:\d{{1,9}}\s{{0,4}},\s{{0,4}})?'[\w.\-/]{{0,60}}?{KEY}'{GAP},{GAP}"
        r"'(?P<secret>(?=[^'\n]*(?:\d|[^\w\s'.,]))(?:[^'\n]|''){4,2000})'",
        hints=KEY_HINTS,
        holds=_is_setting,
        examples=(Example(f"INSERT INTO settings VALUES ('smtp_password', '{_P}');", _P, "1.sql"),),
    ),
)


def _verifier(name: str, expression: str, hint: str | tuple[str, ...], *parts: str) -> Pattern:
    text = "".join(parts)
    return Pattern(
        name=name,
        expression=expression,
        hints=(hint,) if isinstance(hint, str) else hint,
        certain=True,
        examples=(Example(f"rolpassword | {text} |", text),),
    )


VERIFIERS = (
    _verifier(
        "scram-verifier",
        r"(?P<secret>SCRAM-SHA-(?:1|256|512)\$\d{1,9}:[A-Za-z0-9+/=]{4,200}"
        r"\$[A-Za-z0-9+/=]{10,200}:[A-Za-z0-9+/=]{10,200})",
        "scram-sha-",
        "SCRAM-SHA-256$4096:",
        "c2FsdHNhbHQ=",
        "$c3RvcmVka2V5c3RvcmVk:",
        "c2VydmVya2V5c2VydmVy",
    ),
    _verifier(
        "md5-verifier", r"\b(?P<secret>md5[0-9a-f]{32})\b", "md5", "md5" + "0123456789abcdef" * 2
    ),
    _verifier(
        "bcrypt",
        r"(?P<secret>\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53})",
        "$2",
        "$2b$10$",
        "N9qo8uLOickgx2ZMRZoMye",
        "I" * 31,
    ),
    _verifier(
        "crypt-hash",
        r"(?P<secret>\$(?:1|5|6|y|apr1)\$(?:rounds=\d+\$)?[./A-Za-z0-9$]{4,80}\$[./A-Za-z0-9]{22,90})",
        ("$1$", "$5$", "$6$", "$y$", "$apr1$"),
        "$6$",
        "saltsalt$",
        "qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2",
    ),
    _verifier(
        "argon2",
        r"(?P<secret>\$argon2(?:id|i|d)\$[^\s'\"`]{20,300})",
        "$argon2",
        "$argon2id$v=19$",
        "m=65536,t=3,p=4$c2FsdA$",
        "aGFzaGhhc2hoYXNo",
    ),
    _verifier(
        "pbkdf2",
        r"(?P<secret>(?:pbkdf2[_:-]sha\d+|scrypt)[$:]{1,2}[^\s'\"`]{20,400})",
        ("pbkdf2", "scrypt"),
        "pbkdf2_sha256$600000$",
        "saltsalt$",
        "aGFzaGhhc2hoYXNoaGFzaA==",
    ),
)

SQL = (
    *(_password(*literal) for literal in _LITERALS),
    *(_assigned(*literal) for literal in _LITERALS if literal[0] not in ("nested", "escaped")),
    *CALLS,
    *VERIFIERS,
)


def key_of(name: str) -> bool:
    """Whether a column of this name holds secrets."""
    match = re.search(rf"(?:^|.*?){KEY}$", name, re.IGNORECASE)
    return match is not None and is_key(match)
