"""Issues that a project accepts, each with a reason: in `forensics.toml`, or next to the SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from forensics.evidence.tree import Tree, join
from forensics.model import Outcome, Record

FILES = ("forensics.toml", "pyproject.toml")
"""Of the second, the table `[tool.forensics]`."""
OPTIONS = frozenset(
    {"config", "out-folder", "tracking-table", "format", "fail-on", "history", "scratch"}
)
"""Options of the command line that may stand next to what is accepted."""
_INLINE = re.compile(
    r"^[ \t]*--[ \t]*forensics:[ \t]*accept[ \t]+(?P<rule>[a-z0-9-]+)[ \t]*:(?P<reason>.*)$", re.M
)


class Accepted(Record, frozen=True, kw_only=True):
    """An accepted issue."""

    rule: str
    reason: str
    subject: str = "*"
    """A pattern with `*` and `?` for the subject; the subject itself is one."""

    def covers(self, rule: str, subject: str) -> bool:
        """Whether an issue is accepted by it."""
        return rule == self.rule and fnmatchcase(subject, self.subject)


class _Settings(msgspec.Struct, forbid_unknown_fields=True):
    accepted: list[Accepted] = []


class Exceptions(Record, frozen=True, kw_only=True):
    """What a project accepts, and what of that could not be read."""

    accepted: tuple[Accepted, ...] = ()
    problems: tuple[str, ...] = ()
    """Each a sentence without a full stop, with the name of the file."""

    def reason(self, rule: str, subjects: Iterable[str]) -> str:
        """Why an issue is accepted: for all that it is about; empty where it is not."""
        reasons = [
            next((it.reason for it in self.accepted if it.covers(rule, subject)), "")
            for subject in subjects
        ]
        return "; ".join(dict.fromkeys(reasons)) if all(reasons) else ""


def read_exceptions(tree: Tree, root: str) -> Exceptions:
    """What stands in the files at `root`, the project's folder; none where there are none."""
    accepted: list[Accepted] = []
    problems: list[str] = []
    for name in FILES:
        read = tree.read(join(root, name))
        if read.outcome is not Outcome.COLLECTED or read.text is None:
            continue
        try:
            accepted += _settings(read.text, name)
        except (ValueError, msgspec.ValidationError, RecursionError) as error:
            problems.append(f"what {read.path} accepts: {error}")
    return Exceptions(accepted=tuple(accepted), problems=tuple(problems))


def own_table(text: str, name: str) -> dict[str, Any]:
    """What is ours of a file: all of `forensics.toml`, one table of `pyproject.toml`.

    Raises `ValueError` and `RecursionError` for what is not TOML.
    """
    import tomllib

    told = tomllib.loads(text)
    if name != "pyproject.toml":
        return told
    tools = told.get("tool")
    ours = tools.get("forensics") if isinstance(tools, dict) else None
    return ours if isinstance(ours, dict) else {}


def inline(text: str) -> Iterator[tuple[str, str]]:
    """Rule and reason of each `-- forensics: accept RULE: REASON` of a file of SQL."""
    for found in _INLINE.finditer(text):
        if reason := found["reason"].strip():
            yield found["rule"], reason


def _settings(text: str, name: str) -> Iterator[Accepted]:
    told = own_table(text, name)
    rest = {key: value for key, value in told.items() if key not in OPTIONS}
    for each in msgspec.convert(rest, _Settings).accepted:
        if not each.reason.strip():
            raise msgspec.ValidationError(f"an exception of {each.rule} without a reason")
        yield each
