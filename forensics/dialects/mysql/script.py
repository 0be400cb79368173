"""Scripts that check before they act, for a database without anonymous blocks.

Every check leaves its reason in `@forensics_stop` where it does not hold. Every change is prepared
from that variable: with a reason in it there is nothing to prepare, so the client prints the reason
in an error, and nothing is changed whether it stops there or goes on.
"""

from __future__ import annotations

from collections.abc import Sequence

from forensics.dialects.guarded import comment, safe
from forensics.dialects.mysql.text import literal, quoted
from forensics.model.characters import one_line

OPENING = """\
SET @forensics_stop = NULL;
"""
CLOSING = """\
SET @forensics_stop = NULL, @forensics_next = NULL, @forensics_sql = NULL;
"""
PROMISE = (
    "It checks before each change, and stops at the first check that does not hold. MySQL commits "
    "each change of the schema at once: changes before that stay. Nothing keeps other sessions "
    "from writing between a check and the change behind it: stop the application meanwhile."
)
_NOTHING = "Stopped. Expected: "
"""The server shows 80 characters of what it cannot prepare."""
_LONGEST = 300


def script(parts: Sequence[str], header: Sequence[str], database: str = "") -> str:
    """One script, in ASCII; empty where there are no parts."""
    if not parts:
        return ""
    alone = (f"this is the database {database}", f"DATABASE() = {literal(database)}")
    first = [check(*alone)] if database else []
    lines = (*map(comment, filter(None, header)), OPENING, *first, *parts, CLOSING)
    return "\n".join(lines)


def check(what: str, holds: str) -> str:
    """A condition; one that cannot be asked, or gives NULL, does not hold either."""
    reason = literal(f"{_NOTHING}{one_line(what)[:_LONGEST]}")
    return (
        f"SET @forensics_next = {reason};\n"
        f"SET @forensics_next = IF({holds}, NULL, @forensics_next);\n"
        "SET @forensics_stop = COALESCE(@forensics_stop, @forensics_next);\n" + act("DO 0")
    )


def act(sql: str) -> str:
    """A change, made only while every check before it held."""
    return (
        f"SET @forensics_sql = COALESCE(@forensics_stop, {literal(sql)});\n"
        "PREPARE forensics FROM @forensics_sql; EXECUTE forensics; DEALLOCATE PREPARE forensics;\n"
    )


def name(table: str) -> str:
    """A table as SQL. Raises `UnsafeName`."""
    return quoted(safe(table))


# --- Conditions -----------------------------------------------------------------------------------


def _exists(
    view: str, table: str, *more: str, columns: tuple[str, str] = ("TABLE_SCHEMA", "TABLE_NAME")
) -> str:
    schema, name = columns
    where = " AND ".join((f"{schema} = DATABASE()", f"{name} = {literal(table)}", *more))
    return f"EXISTS (SELECT 1 FROM information_schema.{view} WHERE {where})"


def is_table(table: str) -> str:
    """It is there, and no view."""
    return _exists("TABLES", table, "TABLE_TYPE = 'BASE TABLE'")


def is_free(table: str) -> str:
    """Nothing is called so."""
    return f"NOT {_exists('TABLES', table)}"


def is_view(table: str) -> str:
    """It is a view."""
    return _exists("VIEWS", table)


def has_no_trigger(table: str) -> str:
    """None that this role may see."""
    columns = ("EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE")
    return f"NOT {_exists('TRIGGERS', table, columns=columns)}"


def has_column(table: str, column: str, *more: str) -> str:
    """A table has a column."""
    return _exists("COLUMNS", table, f"COLUMN_NAME = {literal(column)}", *more)


def has_index(table: str, index: str) -> str:
    """A table has an index; the primary key is called `PRIMARY`."""
    return _exists("STATISTICS", table, f"INDEX_NAME = {literal(index)}")


def has_foreign_key(table: str, constraint: str) -> str:
    """A table has a foreign key."""
    named = f"CONSTRAINT_NAME = {literal(constraint)}"
    return _exists("KEY_COLUMN_USAGE", table, named, "REFERENCED_TABLE_NAME IS NOT NULL")


def has_check(table: str, constraint: str) -> str:
    """A table has a check."""
    named = f"CONSTRAINT_NAME = {literal(constraint)}"
    return _exists("TABLE_CONSTRAINTS", table, named, "CONSTRAINT_TYPE = 'CHECK'")


def has_rows(table: str, number: int) -> str:
    """A table has just so many rows."""
    return f"(SELECT COUNT(*) FROM {name(table)}) = {number}"


def none(query: str) -> str:
    """A SELECT counts nothing."""
    return f"({query}) = 0"
