"""Passwords and tokens in addresses, in all spellings."""

from __future__ import annotations

import re

from forensics.redaction.pattern import Example, Match, Pattern
from forensics.redaction.values import is_no_code, is_reference

_WEB = ("http", "https", "git+https", "git+http", "ws", "wss")
_DATABASES = (
    r"(?:jdbc:)?(?:postgres(?:ql)?(?:\+\w{1,20})?|mysql2?(?:\+\w{1,20})?|mariadb(?:\+\w{1,20})?"
    r"|mongodb(?:\+srv)?|rediss?|amqps?|mssql|sqlserver|cockroachdb|clickhouse|libsql|neo4j)"
)
_SCHEME = r"(?<![A-Za-z0-9+.-])(?P<scheme>[a-z][a-z0-9+.-]{0,30})"
_HOST = r"(?:\[[0-9a-f:]{2,40}\]|[\w$.{}*-]{1,255})"
_ENDS = r"(?=@" + _HOST + r"(?:[:/?,#]|[\s\"'`]|\\|[.);]?(?:\s|$)|$))"
_PORT = re.compile(r"\d{1,5}(?:/[^\s@]*)?[?\s,;\"']")
_PORT_OF_WEB = re.compile(r"\d{1,5}[/?#\s,;\"']")
_P = "hunter2" + "x9q4"


def _is_password(match: Match) -> bool:
    """A port before an `@` in the path of an address is not a password."""
    secret = match["secret"]
    if is_reference(secret) or re.fullmatch(r"\$\{[^}]*\}", secret):
        return False
    web = match["scheme"].lower() in _WEB
    return (_PORT_OF_WEB if web else _PORT).match(secret) is None


def _is_token(match: Match) -> bool:
    user = match["secret"].lower() in ("git", "oauth2", "hg", "svn")
    return match["scheme"].lower() in _WEB and not user and not is_reference(match["secret"])


URLS = (
    Pattern(
        name="url-password-in-quotes",
        expression=rf"(?P<open>[\"'`]){_SCHEME}://[^\s'\"`<>:/@]{{0,256}}:"
        rf"(?P<secret>(?:(?!(?P=open))[^\n\\@]|@(?=[^\n\"'`]{{0,300}}@))"
        rf"(?:(?!(?P=open))[^\n]){{0,1000}}){_ENDS}",
        hints=("://",),
        holds=_is_password,
        examples=(
            Example(f'url: "postgres://app:with blank {_P}@db/app"', f"with blank {_P}", "a.ts"),
            Example(f"url = 'postgres://app:a<b\"{_P}@db/app'", f'a<b"{_P}', "a.toml"),
        ),
    ),
    Pattern(
        name="url-password",
        expression=rf"{_SCHEME}://[^\s'\"`<>:/@]{{0,256}}:(?P<secret>[^\s'\"`<>]{{1,2048}})@",
        hints=("://",),
        holds=_is_password,
        certain=True,
        examples=(
            Example(f"postgres://app:{_P}@db.internal:5432/app", _P),
            Example(f"redis://:{_P}/2@x@cache:6379/0", f"{_P}/2@x"),
        ),
    ),
    Pattern(
        name="url-password-odd",
        expression=rf"(?<![A-Za-z0-9+.-])(?P<scheme>{_DATABASES})://[^\s'\"`<>:/@]{{0,256}}:"
        rf"(?P<secret>[^\s]{{1,300}}(?:[ ][^\s@]{{1,80}}(?:@[^\s@]{{1,80}}){{0,2}}?){{0,4}}?"
        rf"|(?:[^\s'\"`@\\]{{0,200}}\\?\r?\n[ \t]{{0,40}}[^\s'\"`@]{{1,200}})){_ENDS}",
        hints=("://",),
        holds=_is_password,
        examples=(
            Example(f"postgres://app:p<w\"d'{_P}@db/app", f"p<w\"d'{_P}"),
            Example(f"DATABASE_URL=postgres://app:my {_P} x@db:5432/app", f"my {_P} x", ".env"),
            Example(f"postgres://app:\n  {_P}@db/app", _P),
        ),
    ),
    Pattern(
        name="url-password-joined",
        expression=rf"{_SCHEME}://[^\s'\"`<>:/@]{{0,256}}:[\"'`]\s{{0,20}}[+.|]{{0,2}}\s{{0,20}}"
        r"[\"'`](?P<secret>[^\s'\"`]{1,500}?)(?:@[^\s\"'`]{0,300})?[\"'`]",
        hints=("://",),
        holds=_is_password,
        examples=(Example(f'"postgres://app:" + "{_P}" + "@db/app"', _P, "a.ts"),),
    ),
    Pattern(
        name="url-password-in-file",
        expression=rf"^[\w. \t-]{{0,80}}[=:][ \t]*(?P<scheme>{_DATABASES})://[^\s'\"`<>:/@]{{0,256}}:"
        r"(?P<secret>[^\n]{1,400})@" + _HOST + r"(?::\d{1,5})?(?:/[^\s@]*)?[ \t]*\r?$",
        hints=("://",),
        flags=re.IGNORECASE | re.MULTILINE,
        applies=is_no_code,
        holds=_is_password,
        examples=(Example(f"DB=mysql://app:a b '{_P}' c d e@db/app", f"a b '{_P}' c d e", ".env"),),
    ),
    Pattern(
        name="url-token",
        expression=rf"{_SCHEME}://(?P<secret>[^\s'\"`<>:/@$]{{3,256}})(?::x-oauth-basic)?@",
        hints=("://",),
        holds=_is_token,
        certain=True,
        examples=(Example(f"remote: https://{_P}@git.example/o/r.git", _P),),
    ),
    Pattern(
        name="url-query",
        expression=r"[?&;](?:(?:ssl)?password|pwd|pass|(?:access_|auth_|refresh_|id_)?token"
        r"|api_?key|(?:client_)?secret|sig(?:nature)?|X-Amz-(?:Signature|Credential|Security-Token)"
        r"|AWSAccessKeyId|key)=(?P<secret>[^\s\"'`&<>#;\\]{6,1000}|(?<=word=)[^\s\"'`&<>#;\\]+)",
        hints=("pass", "pwd", "token", "key", "secret", "sig", "x-amz"),
        holds=lambda match: not is_reference(match["secret"]),
        examples=(
            Example(f"jdbc:postgresql://db/app?user=app&password={_P}&ssl=true", _P),
            Example(f"https://files.example/a?sv=2024&sig={_P}%3D", f"{_P}%3D"),
        ),
    ),
    Pattern(
        name="go-dsn",
        expression=r"(?<![\w.-])[\w.-]{1,64}:(?P<secret>[^\s'\"`]{1,256})@(?:tcp|udp|unix)\(",
        hints=("@tcp(", "@unix(", "@udp("),
        holds=lambda match: not is_reference(match["secret"]),
        certain=True,
        examples=(Example(f"app:{_P}@tcp(db:3306)/app?parseTime=true", _P),),
    ),
    Pattern(
        name="oracle-dsn",
        expression=r"(?:thin:|\bsqlplus[ \t]+(?:-\w[ \t]+){0,4})\w{1,60}/"
        r"(?P<secret>[^\s'\"`@/]{1,256})@",
        hints=("thin:", "sqlplus"),
        examples=(Example(f"jdbc:oracle:thin:scott/{_P}@//db:1521/x", _P),),
    ),
)
"""The longest reading counts where several match."""
