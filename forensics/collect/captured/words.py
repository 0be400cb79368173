"""The patterns by which a tool's output is told, from the words of its adapter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from forensics.adapters.base import Adapter, OutputWords
from forensics.facts import CapturedError

_ERRORS = (
    r"^(?:\S{0,80}\s)?\W{0,8}"
    r"(?:\w*(?:error|exception)\b\s*[:\]]|error\s|fatal:|panic:|uncaught\b)",
    # What Node says without the word.
    r"^Unexpected (?:token|end|non-whitespace)|\bJSON at position\b|\bis not valid JSON\b",
    r"\bUnterminated string\b|\bis not iterable\b|\bCannot read propert|\bE[A-Z]{4,12}: ",
    r"\b(?:cannot|can't|could not|unable to) (?:find|connect|read|open|resolve)\b",
    r"\b(?:does not|already) exists?\b|\bpermission denied\b|\brefused\b|\bfailed\b",
)
_PROGRAMS = ("postgres", "pg", "tsx", "pnpm", "npm", "yarn", "bun")


@dataclass(frozen=True, slots=True)
class Words:
    """What to look for in the outputs of some tools."""

    tools: tuple[tuple[str, OutputWords], ...]
    script: re.Pattern[str]
    """A script of a package manager that is called like a command."""
    error: re.Pattern[str]
    """A line that names an error."""
    decoration: re.Pattern[str]
    begins: re.Pattern[str]
    """A line with which a tool begins."""
    versions: tuple[re.Pattern[str], ...]

    def command(self, text: str) -> tuple[str | None, str | None]:
        """The tool that printed a text and its command, as far as the text tells."""
        for name, words in self.tools:
            if found := re.search(words.command, text):
                return name, found["command"]
        tool = self._mentioned(text)
        script = self.script.search(text)
        if script is not None:
            return tool, script["command"]
        return self._telling(text) or (tool, None)

    def _mentioned(self, text: str) -> str | None:
        return next((n for n, w in self.tools if re.search(w.mention, text, re.IGNORECASE)), None)

    def _telling(self, text: str) -> tuple[str, str] | None:
        """By what only one command prints."""
        return next(
            (
                (name, command)
                for name, words in self.tools
                for command, pattern in words.telling
                if re.search(pattern, text, re.MULTILINE)
            ),
            None,
        )

    def statement(self, text: str) -> str | None:
        """The SQL that failed, as a message of the tool quotes it."""
        for _, words in self.tools:
            if words.statement and (found := re.search(words.statement, text, re.MULTILINE)):
                return found["statement"]
        return None

    def cause(self, text: str) -> CapturedError | None:
        """The error of the database, where a tool prints it on lines of its own."""
        for _, words in self.tools:
            if words.cause and (found := re.search(words.cause, text, re.MULTILINE)):
                return CapturedError(text=found["text"].strip(), sqlstate=found["state"])
        return None


def words_of(adapters: Iterable[Adapter]) -> Words:
    """The patterns for the outputs of some tools."""
    each = tuple(adapters)
    names = sorted({c.name for adapter in each for c in adapter.commands if c.shown})
    return _compiled(tuple((a.name, a.output) for a in each), tuple(names))


@lru_cache(maxsize=8)
def _compiled(tools: tuple[tuple[str, OutputWords], ...], commands: tuple[str, ...]) -> Words:
    packages = "|".join((*(name for _, words in tools for name in words.packages), *_PROGRAMS))
    errors = (*_ERRORS, *(pattern for _, words in tools for pattern in words.errors))
    drawn = "|".join(words.decoration for _, words in tools if words.decoration)
    begins = "|".join(words.begins for _, words in tools if words.begins)
    return Words(
        tools=tools,
        script=re.compile(
            rf"(?:^|\s)(?:npm|pnpm|yarn|bun)(?: run)?\s+\S*?(?P<command>{'|'.join(commands)})\b"
        ),
        error=re.compile("|".join(errors), re.IGNORECASE),
        decoration=re.compile(rf"^(?:{drawn})+" if drawn else r"^(?!)"),
        begins=re.compile(rf"^(?:{begins})" if begins else r"^(?!)"),
        versions=tuple(
            re.compile(pattern, re.MULTILINE)
            for pattern in (
                rf"\b(?P<name>{packages})(?:@|/|: v?| v)"
                r"(?P<version>\d+\.\d+\.\d+(?!\.\d)[\w.+-]{0,40})",
                r"^(?P<name>Node)\.js v(?P<version>\d+\.\d+\.\d+)",
                r"\b(?P<name>PostgreSQL) (?P<version>\d+(?:\.\d+)+)",
            )
        ),
    )
