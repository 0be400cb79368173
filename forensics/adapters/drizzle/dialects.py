"""The kinds of databases in drizzle-kit's words, and the one whose code our model follows."""

from __future__ import annotations

from forensics.facts import ToolUse

FOLLOWED = "postgresql"
"""What `migrate`, `push` and `up` do is modelled after the tool's code for this dialect."""
DIALECTS = frozenset({FOLLOWED, "mysql", "sqlite", "singlestore", "turso"})
DIALECT_OF_DRIVER = {
    "pg": FOLLOWED,
    "mysql2": "mysql",
    "better-sqlite": "sqlite",
    "libsql": "sqlite",
    "turso": "sqlite",
    "expo": "sqlite",
    "d1": "sqlite",
    "d1-http": "sqlite",
    "durable-sqlite": "sqlite",
    "aws-data-api": FOLLOWED,
    "pglite": FOLLOWED,
}
"""Configs before 0.21 name a driver, not a dialect; the drivers since then imply one, too."""


SQLITE = frozenset({"sqlite", "turso"})
"""Their `migrate` is modelled, too."""


def is_sqlite(tool: ToolUse) -> bool:
    """Whether a tool is set up for SQLite or libSQL."""
    return tool.dialect in SQLITE


def follows(tool: ToolUse) -> bool:
    """Whether the model follows the tool's code for what a tool is set up for.

    A config that could not be read is taken for the usual one.
    """
    return tool.dialect in (None, FOLLOWED)


def of_journal(written: str | None) -> str | None:
    """The dialect that a journal names, in the words of the configs."""
    return DIALECT_OF_DRIVER["pg"] if written == "pg" else written
