"""Where the name of a table, a column or a file stands: a name is evidence, whatever it is like."""

from __future__ import annotations

import re

_FAR = 160
_PART = r"(?:\\{0,3}[\"'`]?[\w-]{1,63}\\{0,3}[\"'`]?\.)?"
_BEFORE = (
    # `CREATE TABLE x`, `relation "x" does not exist`, also with a schema
    r"(?:\b(?:tables?|relations?|columns?|schemas?|enums?|constraints?|ind(?:ex|ices)|views?"
    r"|sequences?|triggers?|references|exists|into)\s+"
    rf"{_PART}\\{{0,3}}[\"'`]?"
    r"|\b(?:types?|from|update|join|only|using|rename|to|owner|on|role|function|policy|database)\s+"
    rf"{_PART}\\{{0,3}}\""
    # `name: "x"`, `"tableTo": "x"`, `pgTable('x'`, `"tag": "0001_x`, `"columns": ["a", "x"`
    r"|(?:table|schema|name|column|index|enum|view|constraint|tag|folder|out|migration|locator)s?"
    r"\w{0,20}\\{0,3}[\"'`]?\s{0,4}[:=(]\s{0,4}(?:\[[^\]\n]{0,80})?"
    r"\\{0,3}[\"'`](?:[\w-]{1,63}\.|\d+_)?"
    # `"public"."x"`, `"public.x"`, `0001_x.sql`
    r"|\bENUM\s{0,4}\([^)\n]{0,120}'"
    r"|[\w-]{1,63}(?:\\{0,3}\")?\.\\{0,3}\"|\"[a-z_]{1,63}\.|(?:^|[\s\"'`/])\d{4,14}_)$"
)
_AFTER = re.compile(r"[\w-]{0,80}(?:\\{0,3}[\"'`](?:\s{0,4}:|\.\\{0,3}\")|\.(?:sql|json|ts|js)\b)")
NAME = "\0name"
"""As a file: the text is a name, and nothing else."""
_TABLES = (".sql", "snapshot.json")


def is_name(text: str, start: int, end: int, file: str) -> bool:
    """Whether what stands there is the name of something, as SQL, snapshots and errors have it."""
    if file == NAME:
        return True
    before = text[max(0, start - _FAR) : start]
    if re.search(_BEFORE, before, re.IGNORECASE) or _AFTER.match(text, end):
        return True
    if not file.endswith(_TABLES):
        return False
    quote = before[-1:]
    if file.endswith(".sql"):
        return quote in ('"', "`") and text[end : end + 1] == quote
    alone = before.rpartition("\n")[2].strip() == '"'
    return alone or re.search(r"[\[,]\s{0,40}\"$", before) is not None
