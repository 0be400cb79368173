"""Credentials that commands are given as arguments."""

from __future__ import annotations

from forensics.redaction.pattern import Example, Match, Pattern
from forensics.redaction.values import KEY, KEY_HINTS, is_literal, is_reference

_P = "hunter2" + "x9q4"


def _written_out(match: Match) -> bool:
    return not is_reference(match["secret"])


ARGUMENTS = (
    Pattern(
        name="option",
        expression=rf"(?<![\w-])--?[\w-]{{0,40}}?{KEY}(?:[ \t]+|=)[\"']?"
        r"(?P<secret>[^\s\"'`{\[\\-][^\s\"'`\\]{0,1000})",
        hints=KEY_HINTS,
        holds=is_literal,
        examples=(Example(f'"x": "tool --password {_P} --force"', _P, "package.json"),),
    ),
    Pattern(
        name="mysql-p",
        expression=r"\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\b[^\n|;]{0,300}?[ \t]-p"
        r"(?P<quote>[\"']?)(?P<secret>[^\s\"'`\\]{1,1000})",
        hints=("mysql", "mariadb"),
        holds=_written_out,
        examples=(Example(f"mysql -u root -p{_P} app", _P),),
    ),
    Pattern(
        name="curl-user",
        expression=r"\b(?:curl|http|wget)\b[^\n]{0,300}?[ \t]"
        r"(?:-u|--user|-a)[ \t=]{0,4}[\"']?[^\s:\"'$]{1,200}:"
        r"(?P<secret>[^\s\"'`\\]{1,1000})",
        hints=("curl", "http", "wget"),
        holds=_written_out,
        examples=(Example(f"curl -u admin:{_P} https://example.org", _P),),
    ),
    Pattern(
        name="sshpass",
        expression=r"\bsshpass[ \t]+-p[ \t]*[\"']?(?P<secret>[^\s\"']{1,1000})",
        hints=("sshpass",),
        holds=_written_out,
        examples=(Example(f"sshpass -p {_P} ssh host", _P),),
    ),
    Pattern(
        name="short-option",
        expression=r"\b(?:redis-cli|mongo(?:sh|dump|restore)?|sqlcmd|docker[ \t]+login"
        r"|az|ldapsearch|clickhouse-client)\b"
        r"[^\n]{0,300}?[ \t]-(?:a|p|P|w)[ \t]+[\"']?(?P<secret>[^\s\"'-][^\s\"']{3,1000})",
        hints=("redis-cli", "mongo", "sqlcmd", "docker", "az ", "ldapsearch", "clickhouse-client"),
        holds=lambda match: _written_out(match) and not match["secret"].isdigit(),
        examples=(Example(f"redis-cli -h cache -a {_P} ping", _P),),
    ),
    Pattern(
        name="openssl-pass",
        expression=r"\bpass:(?P<secret>[^\s\"'`]{3,500})",
        hints=("pass:",),
        holds=lambda match: "openssl" in match.string[max(0, match.start() - 300) : match.start()],
        examples=(Example(f"openssl enc -d -k x -pass pass:{_P}", _P),),
    ),
)
