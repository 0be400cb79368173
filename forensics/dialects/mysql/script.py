"""Scripts that check before they act, for a database without anonymous blocks.

Every check leaves its reason in `@forensics_stop` where it does not hold. Every change is prepared
from that variable: with a reason in it there is nothing to prepare, so the client prints the reason
in an error, and nothing is changed whether it stops there or goes on.
"""

from __future__ import annotations

from collections.abc import Sequence

from forensics.dialects.base import UnsafeName
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
    first = [] if not database else [check_database(database)]
    lines = (*map(comment, filter(None, header)), OPENING, *first, *parts, CLOSING)
    return "\n".join(lines)


def comment(sentence: str) -> str:
    """A line that no server reads, in ASCII."""
    return f"-- {one_line(sentence)}".encode("ascii", "backslashreplace").decode("ascii")


def check_database(name: str) -> str:
    """The script is for one database alone."""
    return check(f"this is the database {name}", f"DATABASE() = {literal(name)}")


def check(what: str, holds: str) -> str:
    """A condition; one that cannot be asked, or gives NULL, does not hold either."""
    reason = literal(f"{_NOTHING}{one_line(what)[:_LONGEST]}")
    return (
        f"SET @forensics_next = {reason};\n"
        f"SET @forensics_next = IF({holds}, NULL, @forensics_next);\n"
        "SET @forensics_stop = COALESCE(@forensics_stop, @forensics_next);\n" + _prepared("DO 0")
    )


def act(sql: str) -> str:
    """A change, made only while every check before it held."""
    return _prepared(sql)


def _prepared(sql: str) -> str:
    return (
        f"SET @forensics_sql = COALESCE(@forensics_stop, {literal(sql)});\n"
        "PREPARE forensics FROM @forensics_sql; EXECUTE forensics; DEALLOCATE PREPARE forensics;\n"
    )


def name(table: str) -> str:
    """A table as SQL. Raises `UnsafeName`."""
    if not table or not table.isprintable() or not table.isascii():
        raise UnsafeName(
            f"A script cannot hold the name {one_line(table[:80])!r}: make the change by hand."
        )
    return quoted(table)


# --- Conditions -----------------------------------------------------------------------------------


def _in_catalogue(view: str, schema: str, *more: str) -> str:
    where = " AND ".join((f"{schema} = DATABASE()", *more))
    return f"EXISTS (SELECT 1 FROM information_schema.{view} WHERE {where})"


def is_table(table: str) -> str:
    """It is there, and no view."""
    return _in_catalogue(
        "TABLES", "TABLE_SCHEMA", f"TABLE_NAME = {literal(table)}", "TABLE_TYPE = 'BASE TABLE'"
    )


def is_free(table: str) -> str:
    """Nothing is called so."""
    named = _in_catalogue("TABLES", "TABLE_SCHEMA", f"TABLE_NAME = {literal(table)}")
    return f"NOT {named}"


def is_view(table: str) -> str:
    """It is a view."""
    return _in_catalogue("VIEWS", "TABLE_SCHEMA", f"TABLE_NAME = {literal(table)}")


def has_no_trigger(table: str) -> str:
    """None that this role may see."""
    named = _in_catalogue(
        "TRIGGERS", "EVENT_OBJECT_SCHEMA", f"EVENT_OBJECT_TABLE = {literal(table)}"
    )
    return f"NOT {named}"


def has_column(table: str, column: str, *more: str) -> str:
    """A table has a column."""
    where = (f"TABLE_NAME = {literal(table)}", f"COLUMN_NAME = {literal(column)}", *more)
    return _in_catalogue("COLUMNS", "TABLE_SCHEMA", *where)


def has_index(table: str, index: str) -> str:
    """A table has an index; the primary key is called `PRIMARY`."""
    where = (f"TABLE_NAME = {literal(table)}", f"INDEX_NAME = {literal(index)}")
    return _in_catalogue("STATISTICS", "TABLE_SCHEMA", *where)


def has_foreign_key(table: str, constraint: str) -> str:
    """A table has a foreign key."""
    where = (
        f"TABLE_NAME = {literal(table)}",
        f"CONSTRAINT_NAME = {literal(constraint)}",
        "REFERENCED_TABLE_NAME IS NOT NULL",
    )
    return _in_catalogue("KEY_COLUMN_USAGE", "TABLE_SCHEMA", *where)


def has_check(table: str, constraint: str) -> str:
    """A table has a check."""
    where = (
        f"TABLE_NAME = {literal(table)}",
        f"CONSTRAINT_NAME = {literal(constraint)}",
        "CONSTRAINT_TYPE = 'CHECK'",
    )
    return _in_catalogue("TABLE_CONSTRAINTS", "TABLE_SCHEMA", *where)


def has_rows(table: str, number: int) -> str:
    """A table has just so many rows."""
    return f"(SELECT COUNT(*) FROM {name(table)}) = {number}"


def none(query: str) -> str:
    """A SELECT counts nothing."""
    return f"({query}) = 0"
