"""The parts of an action, as data."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.adapters import ADAPTERS
from forensics.errors import BadAction
from forensics.model import Record, ToolCommand

_COMMANDS = ", ".join(f"`{adapter.example}`" for adapter in ADAPTERS if adapter.example)
_EXAMPLES = (
    f"Give a command ({_COMMANDS}), SQL (`UPDATE ...`), a file of SQL (`fix.sql`), a patch "
    "(`git apply fix.patch`), a deletion (`rm FILE`), or several joined by `&&`."
)


def refused(words: Iterable[str]) -> BadAction:
    """The error for a command that is none of those that can be tried, which it shows."""
    return bad(f"{' '.join(words)!r} cannot be tried.")


def bad(problem: str) -> BadAction:
    """The error for a problem, with an example of everything that can be tried."""
    return BadAction(problem, _EXAMPLES)


class Script(Record, frozen=True, kw_only=True):
    """SQL, sent as psql sends it: statement by statement, each its own transaction."""

    sql: str
    as_one: bool = False
    """Sent as one request, as `psql -c` does: one transaction, where the text begins no other."""
    stops: bool = False
    """Whether the first error ends it; psql goes on unless ON_ERROR_STOP is set."""


class Deletion(Record, frozen=True, kw_only=True):
    """`rm` or `git rm`; paths as given, relative to the project or to the git top level."""

    paths: tuple[str, ...]
    folders: bool = False
    force: bool = False
    by_git: bool = False


class Move(Record, frozen=True, kw_only=True):
    """`mv`, `git mv` or `cp`."""

    sources: tuple[str, ...]
    target: str
    keeps: bool = False
    """Whether the source stays, as with `cp`."""
    folders: bool = True
    by_git: bool = False


class Patch(Record, frozen=True, kw_only=True):
    """A unified diff for `git apply`."""

    diff: str


class Writing(Record, frozen=True, kw_only=True):
    """A whole file, written by hand; the path is relative to the git top level."""

    path: str
    text: str


Part = ToolCommand | Script | Deletion | Move | Patch | Writing


class Action(Record, frozen=True, kw_only=True):
    """What somebody might do: one thing, or several of which each needs the one before."""

    text: str
    """As it was given."""
    parts: tuple[Part, ...]
