"""Values next to a name that announces a secret: code, JSON, YAML, TOML, environment files."""

from __future__ import annotations

import re

from forensics.redaction.pattern import Example, Match, Pattern
from forensics.redaction.values import (
    KEY,
    KEY_HINTS,
    KEY_NEAR,
    in_comment,
    is_code,
    is_literal,
    is_no_code,
    is_plain_value,
    is_yaml,
)

_P = "hunter2" + "x9q4"

_SEPARATOR = r"\s{0,8}(?:(?::\s{0,4}[\w|]{1,20}\s{0,4})?=>?|:=|:|\|\||\?\?)\s{0,8}"
_NAME = rf"{KEY}(?:\\{{0,7}}[\"'`])?\]?{_SEPARATOR}"
_LINES = re.IGNORECASE | re.MULTILINE


def _in_comment(match: Match) -> bool:
    return in_comment(match) and is_plain_value(match)


def _is_block(match: Match) -> bool:
    """An indented block with something in it that is written out."""
    return bool(match["secret"].strip())


ASSIGNED = (
    # The value may be in JSON that is a string of JSON: then its quotes are escaped.
    Pattern(
        name="assigned-quoted",
        expression=rf"{_NAME}(?P<open>\\{{0,7}}[\"`]|\\{{1,7}}')"
        r"(?P<secret>(?:(?!(?P=open))(?:\\.|[^\n\\])){1,4096}?)(?P=open)",
        hints=KEY_HINTS,
        near=KEY_NEAR,
        holds=is_literal,
        examples=(
            Example(f'{{"password": "{_P}"}}', _P, "a.json"),
            Example(f'{{"body": "{{\\"token\\":\\"{_P}\\"}}"}}', _P, "log.json"),
        ),
    ),
    Pattern(
        name="assigned-single",
        expression=rf"(?!\w{{1,40}}[ ]:'\w+'){_NAME}'(?P<secret>(?:[^'\n\\]|''|\\.){{1,4096}})'",
        hints=KEY_HINTS,
        near=KEY_NEAR,
        holds=is_literal,
        examples=(Example(f"{{ user: 'u', pw: '{_P}' }}", _P, "a.ts"),),
    ),
    Pattern(
        name="assigned-triple",
        expression=rf"{_NAME}(?P<open>\"\"\"|''')(?P<secret>.{{1,4000}}?)(?P=open)",
        hints=KEY_HINTS,
        near=KEY_NEAR,
        flags=re.IGNORECASE | re.DOTALL,
        lines=60,
        holds=is_literal,
        examples=(Example(f'secret = """\n{_P}\nmore\n"""', f"{_P}\nmore", "a.toml"),),
    ),
    Pattern(
        name="assigned-over-lines",
        expression=rf"^[ \t]*(?:export[ \t]+)?[\w.-]{{0,60}}?{KEY}[ \t]*[=:][ \t]*(?P<open>[\"'])"
        r"(?P<secret>(?:(?!(?P=open))[^\\]|\\.){1,4000})(?P=open)[ \t]*\r?$",
        hints=KEY_HINTS,
        flags=re.IGNORECASE | re.MULTILINE | re.DOTALL,
        lines=60,
        holds=is_literal,
        applies=is_no_code,
        examples=(Example(f'API_KEY="{_P}\nsecond"\nX=1', f"{_P}\nsecond", ".env"),),
    ),
    Pattern(
        name="yaml-block",
        expression=rf"^(?P<indent>[ \t]*)(?:-[ \t]+)?[\"']?[\w.-]{{0,60}}?{KEY}[\"']?:[ \t]*"
        r"(?:!\w+[ \t]+|&\w+[ \t]+)?[|>][+-]?\d?[+-]?[ \t]*(?:\#[^\n]*)?\r?\n"
        r"(?P<secret>(?:(?P=indent)[ \t]+[^\n]{1,4000}(?:\n|\Z)|[ \t]*\r?\n){1,200})",
        hints=KEY_HINTS,
        flags=_LINES,
        lines=200,
        holds=_is_block,
        applies=is_no_code,
        examples=(Example(f"db:\n  password: |-\n    {_P}\n  user: app\n", _P, "a.yml"),),
    ),
    Pattern(
        name="yaml-next-line",
        expression=rf"^(?P<indent>[ \t]*)(?:-[ \t]+)?[\"']?[\w.-]{{0,60}}?{KEY}[\"']?:[ \t]*\r?\n"
        r"(?P=indent)[ \t]+[\"']?(?P<secret>[^\s:\"'-][^\n:\"']{3,1000}?)[\"']?[ \t]*\r?$",
        hints=KEY_HINTS,
        flags=_LINES,
        holds=is_plain_value,
        applies=is_yaml,
        examples=(Example(f"password:\n  {_P}\nuser: a", _P, "a.yaml"),),
    ),
    Pattern(
        name="yaml-flow",
        expression=rf"[{{,][ \t]*[\"']?[\w.-]{{0,60}}?{KEY}[\"']?:[ \t]+"
        r"(?P<secret>[^\s,{}\[\]\"'][^,{}\[\]\n]{0,1000}?)(?=[ \t]*[,}])",
        hints=KEY_HINTS,
        holds=is_plain_value,
        applies=is_yaml,
        examples=(Example(f"db: {{ user: a, password: {_P}, host: h }}", _P, "a.yml"),),
    ),
    Pattern(
        name="named-value",
        expression=r"\bname\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?[\w.-]{0,60}?"
        + KEY
        + r"\\{0,3}[\"']?\s{0,40},?\s{0,40}\\{0,3}[\"']?(?:string_?)?value\\{0,3}[\"']?"
        r"\s{0,4}[:=]\s{0,4}"
        r"(?P<open>\\{0,3}[\"']?)(?P<secret>[^\s\"'\\][^\n\"'\\]{0,1000}?)(?:(?P=open)|$)"
        r"(?=[ \t]*(?:[,}\])]|\r?$))",
        hints=("value",),
        flags=_LINES,
        holds=is_plain_value,
        examples=(
            Example(f"- name: DB_PASSWORD\n  value: {_P}", _P, "k8s.yaml"),
            Example(f'{{"name":"API_TOKEN","value":"{_P}"}}', _P, "task.json"),
        ),
    ),
    Pattern(
        name="default-of-variable",
        expression=rf"(?:getenv|environ\.get|\benv)\(\s*[\"'][\w.-]{{0,60}}?{KEY}[\"']\s*,\s*"
        r"(?P<quote>[\"'])(?P<secret>(?:(?!(?P=quote))[^\n]){1,1000})(?P=quote)",
        hints=("env",),
        holds=is_literal,
        examples=(Example(f'os.getenv("DB_PASSWORD", "{_P}")', _P, "settings.py"),),
    ),
    Pattern(
        name="default-of-shell-variable",
        expression=rf"\$\{{\w{{0,60}}?{KEY}:?[-=](?P<secret>[^\s{{}}\"'$]{{1,1000}})\}}",
        hints=KEY_HINTS,
        holds=is_plain_value,
        examples=(Example(f"DB: ${{DB_PASSWORD:-{_P}}}", _P, "compose.yml"),),
    ),
    # A line of an environment file, an INI file, YAML.
    Pattern(
        name="assigned-line",
        expression=rf"^[ \t]*(?:export[ \t]+|set[ \t]+|ENV[ \t]+|ARG[ \t]+|-[ \t]+)?"
        rf"[\"']?[\w./:@-]{{0,80}}?"
        rf"{KEY}[\"']?(?:[ \t]*=[ \t]*|:[ \t]+(?:&\w+[ \t]+)?)"
        r"(?P<secret>[^\s\"'`][^\n]{0,4096}?)(?=[ \t]*(?:[ \t]\#[^\n]*)?\r?$)",
        hints=KEY_HINTS,
        flags=_LINES,
        holds=is_plain_value,
        applies=is_no_code,
        examples=(
            Example(f"export PGPASSWORD={_P}", _P, ".env"),
            Example(f"DB_PASSWORD=$*<:%{_P}", f"$*<:%{_P}", ".env"),
            Example(f"  - token: {_P}", _P, "a.yaml"),
        ),
    ),
    Pattern(
        name="assigned-word",
        expression=rf"{KEY}=(?!\$[{{(])(?P<secret>[^\s\"'`&;,)<>{{}}][^\s\"'`&;,)<>{{}}]{{0,1000}}"
        r"|[*<:%$][^\s\"'`&;,){}]{1,1000})",
        hints=KEY_HINTS,
        near=KEY_NEAR,
        holds=is_plain_value,
        applies=is_no_code,
        examples=(Example(f"AccountName=a;AccountKey={_P};EndpointSuffix=core", _P),),
    ),
    Pattern(
        name="assigned-in-comment",
        expression=rf"{KEY}[ \t]{{0,4}}[:=][ \t]{{0,4}}(?P<secret>[^\s\"'`&;,)<>{{}}]{{1,1000}})",
        hints=KEY_HINTS,
        near=KEY_NEAR,
        holds=_in_comment,
        applies=is_code,
        examples=(Example(f"-- the admin password: {_P}", _P, "0001_a.sql"),),
    ),
    # A variable of the environment set for a command, also in the scripts of package.json.
    Pattern(
        name="variable-of-command",
        expression=r"(?<![\w.])[A-Z0-9_]{0,60}?(?P<key>PASSWORD|PASSWD|TOKEN|SECRET"
        r"|(?:API|SECRET|PRIVATE|ACCESS)_KEY|_PWD|_PASS)=(?!\$[{(])"
        r"(?:\\?[\"'](?P<quoted>)|)(?P<secret>[^\s\"'`&;,)<>{}\\]{1,1000})",
        hints=("password=", "passwd=", "token=", "secret=", "_key=", "_pwd=", "_pass="),
        holds=is_literal,
        flags=re.NOFLAG,
        examples=(Example(f'"x": "PGPASSWORD={_P} psql -f x.sql"', _P, "package.json"),),
    ),
    Pattern(
        name="xml-element",
        expression=rf"<[\w:.-]{{0,40}}?{KEY}>(?P<secret>[^<>\n]{{1,1000}})</",
        hints=KEY_HINTS,
        holds=is_plain_value,
        examples=(Example(f"<password>{_P}</password>", _P, "settings.xml"),),
    ),
    Pattern(
        name="xml-attribute",
        expression=rf"<add\s[^<>\n]{{0,200}}?key=\"[^\"\n]{{0,80}}?{KEY}\"\s{{1,8}}value=\"(?P<secret>[^\"\n]{{1,1000}})\"",
        hints=KEY_HINTS,
        holds=is_literal,
        examples=(Example(f'<add key="DbPassword" value="{_P}" />', _P, "web.config"),),
    ),
)
