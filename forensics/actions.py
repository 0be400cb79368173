"""What a piece of advice asks for: a command of the tool, SQL, or a change of files."""

from __future__ import annotations

import re
import shlex
from enum import StrEnum
from pathlib import Path

from forensics.errors import ForensicsError
from forensics.model import Record


class Kind(StrEnum):
    """What an action acts on."""

    COMMAND = "command"
    SQL = "sql"
    DELETE = "delete"
    PATCH = "patch"


class BadAction(ForensicsError):
    """An action that cannot be understood, and so not be tried."""


class Action(Record, frozen=True, kw_only=True):
    """One thing that somebody might do."""

    text: str
    """As it was given."""
    kind: Kind
    command: str = ""
    """The tool's subcommand: `migrate`, `push`, `check`, `generate`, `up`, `drop`."""
    force: bool = False
    """Whether `--force` (or `-f`) was given."""
    sql: str = ""
    paths: tuple[str, ...] = ()
    """What is deleted, as given: relative to the project or to the git top level."""
    patch: str = ""
    """A unified diff."""


_RUNNERS = frozenset({"npx", "pnpm", "yarn", "bun", "bunx", "npm", "exec", "dlx", "run", "--", "x"})
_TOOLS = frozenset({"drizzle-kit", "drizzle-kit@latest"})
_COMMANDS = frozenset({"check", "generate", "migrate", "push", "up", "drop"})
_SQL = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(?:UPDATE|INSERT|DELETE|DROP|ALTER|CREATE|TRUNCATE|BEGIN|WITH|DO|COMMENT|"
    r"GRANT|REVOKE|SET|LOCK|COPY|SELECT|VACUUM|REINDEX|START)\b",
    re.IGNORECASE,
)
_EXAMPLES = (
    "Give a command (`drizzle-kit push --force`), SQL (`UPDATE ...`), a file of SQL (`fix.sql`), a "
    "patch (`git apply fix.patch`) or a deletion (`rm drizzle/meta/x`)."
)


def parse_action(text: str) -> Action:
    """Understand an action; raises `BadAction`, which says what can be tried."""
    if _SQL.match(text):
        return Action(text=text, kind=Kind.SQL, sql=text)
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadAction(f"{text!r} cannot be taken apart: {error}. {_EXAMPLES}") from error
    if len(words) == 1 and words[0].endswith(".sql") and Path(words[0]).is_file():
        sql = Path(words[0]).read_text(encoding="utf-8", errors="replace")
        return Action(text=text, kind=Kind.SQL, sql=sql)
    if words[-1:] and words[-1].endswith((".patch", ".diff")) and Path(words[-1]).is_file():
        patch = Path(words[-1]).read_text(encoding="utf-8", errors="replace")
        return Action(text=text, kind=Kind.PATCH, patch=patch)
    if (paths := _deleted(words)) is not None:
        return Action(text=text, kind=Kind.DELETE, paths=paths)
    return _command(text, words)


def _deleted(words: list[str]) -> tuple[str, ...] | None:
    """The paths of `rm` or `git rm`, without its options."""
    if words[:2] == ["git", "rm"]:
        words = words[1:]
    if len(words) < 2 or words[0] != "rm":
        return None
    return tuple(word for word in words[1:] if not word.startswith("-"))


def _command(text: str, words: list[str]) -> Action:
    left = list(words)
    while left and left[0] in _RUNNERS:
        left.pop(0)
    if len(left) < 2 or left[0] not in _TOOLS or left[1] not in _COMMANDS:
        raise BadAction(f"{text!r} is nothing that can be tried. {_EXAMPLES}")
    force = bool({"--force", "-f"} & set(left[2:]))
    return Action(text=text, kind=Kind.COMMAND, command=left[1], force=force)
