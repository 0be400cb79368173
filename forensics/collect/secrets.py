"""What a credential looks like in the texts around migrations: one rule per way of writing it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

Match = re.Match[str]


def _always(_: Match) -> bool:
    return True


def _everywhere(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class SecretPattern:
    """A pattern whose group `secret` is to be masked, and when to try it at all.

    Quantifiers over hostile text are bounded: no rule takes more than linear time.
    """

    expression: str
    hints: tuple[str, ...]
    """Lower-case strings of which each match holds one in its first line or the one before: only
    the lines around them are looked at, which makes most files cheap."""
    flags: re.RegexFlag = re.IGNORECASE
    lines: int = 3
    """How many lines a match may span; 0 is any number."""
    holds: Callable[[Match], bool] = _always
    """Whether a match is a secret; may look at the text around it."""
    applies: Callable[[str], bool] = _everywhere
    """Whether the rule makes sense in a file of this lower-case name; messages have none."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when a text first holds one of the hints: most rules never meet theirs."""
        return _compiled(self.expression, self.flags)


@lru_cache(maxsize=128)
def _compiled(expression: str, flags: re.RegexFlag) -> re.Pattern[str]:
    return re.compile(expression, flags)


# --- Names that announce a secret ---------------------------------------------------------------

_KEY = (
    r"(?P<key>pass(?:word|wd|phrase|code)|pwd|pass|pw|secrets?|token|credentials?|_auth"
    r"|(?:api|private|secret|access|account|signing|encryption|service_role)[_-]?key(?:[_-]?id)?)"
    r"(?:[_-]?hash)?(?:_?\d{1,2})?"
)
_KEY_HINTS = ("pass", "pw", "secret", "token", "credential", "_auth") + tuple(
    f"{kind}{joint}key"
    for kind in ("api", "private", "access", "account", "signing", "encryption", "service_role")
    for joint in ("", "_", "-")
)
_SHORT = frozenset({"pass", "pwd", "pw"})

_REFERENCE = re.compile(
    r"\$\{.*\}|\$\w+|\$\(.*\)|\{\{.*\}\}|<.*>|%\w*%?|:\w+|\?|\*+|\.{2,}|…|[xX]{3,}"
    r"|(?:process\.env|import\.meta\.env|os\.environ|env|config|secrets|vault)\b[.(\[].*",
    re.DOTALL,
)
_VERSION = re.compile(r"[\^~<>= v]*\d+\.\d+[\w.+-]*(?:\s*\|\|.*)?|(?:workspace|npm|file|link):.*")
_TYPE = re.compile(
    r"(?:string|text|varchar|char|number|boolean|bool|any|unknown|null|undefined|none|true|false"
    r"|integer|int|uuid|bytea|required|optional|z\.\w+|[|>&*!\[{].*)[;,()\d\s|!?]*.{0,40}",
    re.IGNORECASE,
)


def _is_key(match: Match) -> bool:
    """`DB_PASS`, `dbPass`, `pass`, but not `bypass`; longer words may have anything before them."""
    if match["key"].lower() not in _SHORT:
        return True
    start = match.start("key")
    before = match.string[start - 1 : start]
    camel = before.islower() and match["key"][0].isupper()
    script = before == ":" and match["key"] == "pw"  # `"test:pw": "playwright test"`
    return camel or not (before.isalnum() or script)


def _is_literal(match: Match) -> bool:
    secret = match["secret"].strip()
    written_out = not (_REFERENCE.fullmatch(secret) or _VERSION.fullmatch(secret))
    return bool(secret) and written_out and _is_key(match)


def _is_plain_value(match: Match) -> bool:
    value = match["secret"].strip()
    folder = match["key"] == "PWD" and value.startswith("/")
    count = match["key"].lower() == "pass" and value.isdigit() and len(value) < 4
    return not (folder or count or _TYPE.fullmatch(value)) and _is_literal(match)


def _in_comment(match: Match) -> bool:
    line = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
    return bool(re.match(r"\s*(?:--|//|#|/?\*)", line)) and _is_plain_value(match)


# --- Files in which an unquoted word after `=` or `:` is code, a type or DDL, not a value --------

_CODE = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".sql", ".json", ".prisma")


def _is_code(name: str) -> bool:
    return name.endswith(_CODE)


def _is_no_code(name: str) -> bool:
    return not _is_code(name)


def _is_prose(name: str) -> bool:
    return not name or name.endswith((".md", ".txt"))


def _is_pgpass(name: str) -> bool:
    return name.endswith(("pgpass", "pgpass.conf"))


# --- URLs ---------------------------------------------------------------------------------------

_WEB = ("http", "https", "git+https", "git+http", "ws", "wss")


def _is_password_in_url(match: Match) -> bool:
    """A port before an `@` in the path of a web address is no password."""
    secret = match["secret"]
    port = secret.partition("/")[0].isdigit() and "/" in secret
    web = match["scheme"].lower() in _WEB
    return not (port and web) and not _REFERENCE.fullmatch(secret)


def _is_token_in_url(match: Match) -> bool:
    return match["scheme"].lower() in _WEB and match["secret"].lower() not in ("git", "oauth2")


# --- The rules ----------------------------------------------------------------------------------


def _rule(
    pattern: str,
    *hints: str,
    holds: Callable[[Match], bool] = _always,
    applies: Callable[[str], bool] = _everywhere,
    flags: re.RegexFlag = re.IGNORECASE,
) -> SecretPattern:
    return SecretPattern(
        expression=pattern,
        flags=flags,
        hints=hints,
        holds=holds,
        applies=applies,
        lines=0 if flags & re.DOTALL else 3,
    )


_SINGLE = r"'(?P<secret>(?:[^'\n]|''){0,4096})'"
_ESCAPING = r"E'(?P<secret>(?:[^'\\\n]|''|\\.){0,4096})'"
_COMPANION = r"(?:host|hostaddr|dbname|user|port|sslmode)\s*=\s*\S"
_SEPARATOR = r"\s{0,8}(?:(?::\s{0,4}[\w|]{1,20}\s{0,4})?=>?|:=|:|\|\||\?\?)\s{0,8}"

_BLOCKS = (
    _rule(
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?P<secret>.{1,20000}?)"
        r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)",
        "private key-----",
        flags=re.DOTALL,
    ),
    _rule(
        r"(?<![A-Za-z0-9+.-])(?P<scheme>[a-z][a-z0-9+.-]{0,30})://[^\s'\"`<>:/@]{0,256}:"
        r"(?P<secret>[^\s'\"`<>]{1,2048})@",
        "://",
        holds=_is_password_in_url,
    ),
    _rule(
        r"(?<![A-Za-z0-9+.-])(?P<scheme>[a-z][a-z0-9+.-]{0,30})://"
        r"(?P<secret>[^\s'\"`<>:/@$]{3,256})@",
        "://",
        holds=_is_token_in_url,
    ),
)

_SQL = (
    _rule(rf"\bPASSWORD\s{{1,8}}{_ESCAPING}", "password"),
    _rule(rf"\bPASSWORD\s{{1,8}}{_SINGLE}", "password"),
    _rule(r"\bPASSWORD\s{1,8}(?P<tag>\$\w{0,30}\$)(?P<secret>.{0,999}?)(?P=tag)", "password"),
    _rule(rf"\bPASSWORD\s{{0,8}}\(\s{{0,8}}{_SINGLE}", "password"),
    _rule(rf"\bPASSWORD\s+FOR\s+\S{{1,200}}\s{{0,8}}=\s{{0,8}}{_SINGLE}", "password"),
    _rule(rf"\bcrypt\(\s{{0,8}}{_SINGLE}", "crypt("),
    _rule(rf"\bpgp_sym_\w{{1,20}}\([^,()\n]{{0,400}},\s{{0,8}}{_SINGLE}", "pgp_sym_"),
    _rule(
        r"\bIDENTIFIED\s+(?:WITH\s+\S{1,80}\s+)?(?:BY|AS)\s+(?:PASSWORD\s+)?(?P<quote>['\"])"
        r"(?P<secret>(?:(?!(?P=quote))[^\n]){1,4096})(?P=quote)",
        "identified",
    ),
    _rule(
        r"(?P<secret>SCRAM-SHA-(?:1|256|512)\$\d{1,9}:[A-Za-z0-9+/=]{4,200}"
        r"\$[A-Za-z0-9+/=]{10,200}:[A-Za-z0-9+/=]{10,200})",
        "scram-sha-",
    ),
    _rule(r"\b(?P<secret>md5[0-9a-f]{32})\b", "md5"),
    _rule(r"(?P<secret>\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53})", "$2"),
    _rule(r"(?P<secret>\$argon2(?:id|i|d)\$[^\s'\"`]{20,300})", "$argon2"),
)

_ASSIGNED = (
    # The value may be in JSON that is a string of JSON: then its quotes are escaped.
    _rule(
        rf"{_KEY}(?:\\{{0,7}}[\"'`])?\]?{_SEPARATOR}(?P<open>\\{{0,7}}[\"`]|\\{{1,7}}')"
        r"(?P<secret>(?:(?!(?P=open))(?:\\.|[^\n\\])){1,4096}?)(?P=open)",
        *_KEY_HINTS,
        holds=_is_literal,
    ),
    _rule(
        rf"{_KEY}(?:\\{{0,7}}[\"'`])?\]?{_SEPARATOR}{_ESCAPING}", *_KEY_HINTS, holds=_is_literal
    ),
    _rule(
        rf"{_KEY}(?:\\{{0,7}}[\"'`])?\]?{_SEPARATOR}{_SINGLE}", *_KEY_HINTS, holds=_is_literal
    ),
    _rule(
        rf"(?:getenv|environ\.get|\benv)\(\s*[\"'][\w.-]{{0,60}}?{_KEY}[\"']\s*,\s*"
        r"(?P<quote>[\"'])(?P<secret>(?:(?!(?P=quote))[^\n]){1,1000})(?P=quote)",
        "env",
        holds=_is_literal,
    ),
    # A line of an environment file, an INI file, YAML.
    _rule(
        rf"^[ \t]*(?:export[ \t]+|set[ \t]+|-[ \t]+)?[\w.-]{{0,60}}?{_KEY}[\"']?"
        r"(?:[ \t]*=[ \t]*|:[ \t]+)(?P<secret>[^\s\"'`][^\n]{0,4096}?)"
        r"(?=[ \t]*(?:[ \t]#[^\n]*)?\r?$)",
        *_KEY_HINTS,
        holds=_is_plain_value,
        applies=_is_no_code,
        flags=re.IGNORECASE | re.MULTILINE,
    ),
    _rule(
        rf"{_KEY}=(?!\$[\w{{(])(?P<secret>[^\s\"'`&;,)<>{{}}]{{1,1000}})",
        *_KEY_HINTS,
        holds=_is_plain_value,
        applies=_is_no_code,
    ),
    _rule(
        rf"{_KEY}[ \t]{{0,4}}[:=][ \t]{{0,4}}(?P<secret>[^\s\"'`&;,)<>{{}}]{{1,1000}})",
        *_KEY_HINTS,
        holds=_in_comment,
        applies=_is_code,
    ),
    # A variable of the environment set for a command, also in the scripts of package.json.
    _rule(
        r"(?<![\w.])[A-Z0-9_]{0,60}?(?P<key>PASSWORD|PASSWD|TOKEN|SECRET|(?:API|SECRET|PRIVATE)_KEY"
        r"|_PWD|_PASS)=(?!\$[\w{(])(?P<secret>[^\s\"'`&;,)<>{}\\]{1,1000})",
        "password=", "passwd=", "token=", "secret=", "_key=", "_pwd=", "_pass=",
        holds=_is_literal,
        flags=re.NOFLAG,
    ),
)  # fmt: skip

_CONNECTIONS = (
    # Keyword/value strings of libpq are recognised by a companion on the same line.
    _rule(
        rf"(?:\b{_COMPANION}[^\n]{{0,400}}?)\b{_KEY}\s{{0,4}}=\s{{0,4}}\\?'?"
        r"(?P<secret>[^\s\"'`&;,)<>{}\\]{1,1000})",
        "password", "passwd", "pwd",
        holds=_is_plain_value,
    ),
    _rule(
        rf"\b{_KEY}\s{{0,4}}=\s{{0,4}}\\?'?(?P<secret>[^\s\"'`&;,)<>{{}}\\]{{1,1000}})'?"
        rf"(?=[ \t]+{_COMPANION})",
        "password", "passwd", "pwd",
        holds=_is_plain_value,
    ),
    _rule(
        r"[?&](?:ssl)?password=(?P<secret>[^\s\"'`&<>]{1,1000})",
        "password=",
        holds=lambda match: not _REFERENCE.fullmatch(match["secret"]),
    ),
    _rule(
        r"^(?!#)(?:[^:\n\\]|\\.){0,255}:(?:\*|\d{1,5}):(?:[^:\n\\]|\\.){0,255}:(?:[^:\n\\]|\\.){0,255}:"
        r"(?P<secret>[^\n]{1,1000}?)\r?$",
        ":",
        applies=_is_pgpass,
        flags=re.MULTILINE,
    ),
    _rule(
        r"^[ \t]*[\w.*-]{1,255}:(?:\*|\d{2,5}):[A-Za-z_*][\w*-]{0,62}:[A-Za-z_*][\w.*-]{0,62}:"
        r"(?P<secret>[^\s/][^\s]{0,1000})[ \t]*\r?$",
        ":",
        applies=_is_no_code,
        flags=re.MULTILINE,
    ),
    _rule(
        r"\bmachine\s+\S{1,255}\s+login\s+\S{1,255}\s+password\s+(?P<secret>\S{1,1000})", "machine"
    ),
)  # fmt: skip

_ARGUMENTS = (
    _rule(
        rf"(?<![\w-])--?[\w-]{{0,40}}?{_KEY}(?:[ \t]+|=)[\"']?"
        r"(?P<secret>[^\s\"'`$<{\[\\-][^\s\"'`\\]{0,1000})",
        *_KEY_HINTS,
        holds=_is_literal,
    ),
    _rule(
        r"\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\b[^\n|;]{0,300}?[ \t]-p"
        r"(?P<secret>[^\s\"'`$<\\]{1,1000})",
        "mysql", "mariadb",
    ),
    _rule(
        r"\bcurl\b[^\n]{0,300}?[ \t](?:-u|--user)[ \t=]{0,4}[\"']?[^\s:\"'$]{1,200}:"
        r"(?P<secret>[^\s\"'`$\\]{1,1000})",
        "curl",
    ),
    _rule(r"\bsshpass[ \t]+-p[ \t]*[\"']?(?P<secret>[^\s\"'$]{1,1000})", "sshpass"),
    _rule(
        r"\bredis-cli\b[^\n]{0,300}?[ \t]-a[ \t]+[\"']?(?P<secret>[^\s\"'$]{1,1000})",
        "redis-cli",
    ),
)  # fmt: skip

_TOKENS = (
    _rule(
        r"\bAuthorization[\"']?\s{0,4}[:=,]\s{0,4}\\?[\"'`]?(?:Basic|Bearer|Token|Digest)\s+"
        r"(?P<secret>[^\s\"'`,$\\]{1,4096})",
        "authorization",
    ),
    _rule(
        r"\b(?:Basic|Bearer)\s+(?P<secret>(?=[^\s\"']{0,200}\d)[A-Za-z0-9+/=._~-]{16,4096})",
        "basic ", "bearer ",
    ),
    _rule(
        r"\b(?P<secret>eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,8192}(?:\.[A-Za-z0-9_-]{0,4096})?)",
        "eyj",
    ),
    _rule(r"\b(?P<secret>(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[0-9A-Z]{16})\b",
        "akia", "asia", "agpa", "aida", "aroa", "anpa",
        flags=re.NOFLAG,
    ),
    _rule(
        r"\b(?P<secret>gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{30,255}|glpat-[\w-]{20,64}"
        r"|npm_[A-Za-z0-9]{36}|npg_[A-Za-z0-9]{10,40}|xox[abeprs]-[A-Za-z0-9-]{10,255}"
        r"|[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}|whsec_[A-Za-z0-9+/=]{16,255}|sbp_[0-9a-f]{40}"
        r"|sk-[A-Za-z0-9_-]{20,255}|AIza[\w-]{35}|pscale_(?:pw|tkn)_[\w.-]{20,255}"
        r"|dop_v1_[0-9a-f]{64}|hf_[A-Za-z0-9]{30,64})",
        "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "npm_", "npg_", "xox",
        "k_live_", "k_test_", "whsec_", "sbp_", "sk-", "aiza", "pscale_",
        "dop_v1_", "hf_",
        flags=re.NOFLAG,
    ),
)  # fmt: skip


def _is_told(match: Match) -> bool:
    """Prose names a password only where the word looks like one: `to hunter2`, not `to null`."""
    word = match["secret"]
    mixed = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
    odd = any(c in "!@#$%^&*+=?" for c in word.rstrip("?!.,"))
    return (mixed or odd) and not _VERSION.fullmatch(word) and not _REFERENCE.fullmatch(word)


_PROSE = (
    _rule(
        r"\b(?:password|passwd|pwd|passphrase|secret|token)s?\b(?:[ \t]+\w{1,20}){0,3}?[ \t]+"
        r"(?:is|was|to|from|as|with|be)[ \t]*:?[ \t]+[\"'`(]?(?P<secret>[^\s\"'`()<>,;]{4,200})",
        "password", "passwd", "pwd", "passphrase", "secret", "token",
        holds=_is_told,
        applies=_is_prose,
    ),
)  # fmt: skip

RULES: tuple[SecretPattern, ...] = (
    *_BLOCKS,
    *_SQL,
    *_ASSIGNED,
    *_CONNECTIONS,
    *_ARGUMENTS,
    *_TOKENS,
    *_PROSE,
)
"""In this order: whole blocks first, words in prose last."""
