"""The database steps of a fix as one guarded transaction for SQLite, and its exact inverse.

SQLite has no procedural language: what must hold stands in CHECK constraints of a temporary table,
and the first that does not hold ends the script, since `.bail on` stops at the first error.
"""

from __future__ import annotations

from collections.abc import Sequence

from forensics.dialects.base import ScriptOptions
from forensics.dialects.guarded import Guarded, comment, safe
from forensics.dialects.sqlite.text import literal, quoted
from forensics.model.characters import one_line

_OPENING = """\
.bail on
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TEMP TABLE forensics_guard (
  what text NOT NULL,
  holds integer NOT NULL,
  CONSTRAINT "Nothing was changed; if it ran before, it was probably already applied"
    CHECK (holds)
);
"""
_CLOSING = """\
DROP TABLE temp.forensics_guard;
COMMIT;
"""


def _script(parts: Sequence[str], options: ScriptOptions) -> str:
    if not parts:
        return ""
    return "\n".join((*map(comment, filter(None, options.header)), _OPENING, *parts, _CLOSING))


def _guard(what: str, holds: str) -> str:
    return f"INSERT INTO temp.forensics_guard VALUES ({literal(one_line(what))}, {holds});\n"


def _name(table: str) -> str:
    return f"main.{quoted(safe(table))}"


def _is_table(table: str) -> str:
    named = f"type = 'table' AND name = {literal(table)}"
    return f"(SELECT count(*) FROM main.sqlite_schema WHERE {named}) = 1"


def _none(table: str, where: str) -> str:
    return f"NOT EXISTS (SELECT 1 FROM {table} WHERE {where})"


def _has_no_trigger(table: str) -> str:
    return _none("main.sqlite_schema", f"type = 'trigger' AND tbl_name = {literal(table)}")


def _is_free(table: str) -> str:
    return _none("main.sqlite_schema", f"name = {literal(table)}")


def _renaming(table: str, to: str) -> str:
    return f"ALTER TABLE {_name(table)} RENAME TO {quoted(safe(to))}"


SCRIPTS = Guarded(
    same="IS",
    count="count(*)",
    apart="\n  ",
    one="",
    quoted=quoted,
    literal=literal,
    name=_name,
    is_table=_is_table,
    has_no_trigger=_has_no_trigger,
    is_free=_is_free,
    none=_none,
    renaming=_renaming,
    rows=lambda number: f"{number} rows",
    check=_guard,
    act=lambda statement: f"{statement};\n",
    script=_script,
)
