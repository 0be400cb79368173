"""What a write-up says was done: blocks of SQL and shell, edited files, and "dropped `x`"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forensics.audit.passages import Passage
from forensics.errors import BadAction
from forensics.trying.actions import Action, Patch, Writing, parse_action

_SQL = frozenset({"sql", "pgsql", "postgresql", "psql", "plpgsql"})
_SHELL = frozenset({"sh", "bash", "shell", "zsh", "console", "shellsession", "shell-session"})
_CODE = frozenset({"ts", "typescript", "js", "javascript", "mjs", "cjs", "mts", "json", "jsonc"})
_DIFF = frozenset({"diff", "patch"})
_NAMED_FILE = re.compile(r"\s*(?:--|//|#)\s*(\S+\.\w+)\s*\n")
_WORDS = r"(?:\s+(?!and\b|or\b)[\w-]+){0,3}\s+"
_DROPPED = (
    re.compile(rf"\bdrop(?:ped|ping|s)?{_WORDS}`(?P<name>[^`]+)`\s+(?P<kind>schema|table)\b", re.I),
    re.compile(rf"\bdrop(?:ped|ping|s)?(?P<kind>{_WORDS})`(?P<name>[^`]+)`", re.I),
)
_DELETED = re.compile(rf"\b(?:deleted|removed){_WORDS}`(?P<name>[^`\s]+)`", re.I)
_DELETION = re.compile(r"(?:deleted|removed)\b", re.I)
_NAME = re.compile(r"[\w$]+(?:\.[\w$]+)?")
_LONGEST = 90


@dataclass(frozen=True, kw_only=True)
class Deed:
    """Something that somebody did, and that can be done to a copy."""

    line: int
    text: str
    """How the claim is quoted."""
    action: Action


@dataclass(frozen=True, kw_only=True)
class Undone:
    """A line that looks like a deed and cannot be tried; `why` is a sentence."""

    line: int
    text: str
    why: str


class Deeds:
    """Reads the deeds of a write-up in order; a deed that is told twice is done once."""

    def __init__(self, config: str | None) -> None:
        self._config = config
        self._done: set[str] = set()

    def of(self, passage: Passage, context: Sequence[str]) -> Iterator[Deed | Undone]:
        """What a passage says was done; `context` are the codes of its section, newest last."""
        for found in self._found(passage, context):
            key = _key(found)
            if self._done.isdisjoint({key, *_part_of(key)}):
                self._done.add(key)
                yield found

    def _found(self, passage: Passage, context: Sequence[str]) -> Iterator[Deed | Undone]:
        if passage.fence is None:
            yield from _told(passage)
        elif passage.fence in _SQL or _begins_with_sql(passage):
            yield from _statements(passage)
        elif passage.fence in _SHELL or passage.text.startswith("$ "):
            yield from _lines(passage)
        elif passage.fence in _DIFF:
            action = Action(text=passage.text, parts=(Patch(diff=passage.text),))
            yield Deed(line=passage.line, text="the patch", action=action)
        elif passage.fence in _CODE and (path := self._is_config(passage, context)):
            writing = Writing(path=path, text=passage.text)
            action = Action(text=passage.text, parts=(writing,))
            yield Deed(line=passage.line, text=f"{path} with this text", action=action)

    def _is_config(self, passage: Passage, context: Sequence[str]) -> str:
        """The path of the tool's config, where the block is that file."""
        if self._config is None:
            return ""
        base = self._config.rpartition("/")[2]
        named = any(code.rpartition("/")[2] == base for code in context)
        whole = re.search(r"\bexport default\b|\bmodule\.exports\b|\A\s*\{", passage.text)
        return self._config if named and whole else ""


def migration_file(passage: Passage) -> str:
    """The `.sql` file that a block of SQL says it is, by its first line; else empty."""
    if passage.fence is None or not (named := _NAMED_FILE.match(passage.text)):
        return ""
    return named[1] if named[1].endswith(".sql") else ""


def without_name(text: str) -> str:
    """A block without its first line."""
    return text.partition("\n")[2].removesuffix("\n")


def brief(text: str) -> str:
    """A block as one line."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def _key(found: Deed | Undone) -> str:
    text = found.action.text if isinstance(found, Deed) else found.text
    return re.sub(r"[\s;\"]+|\bcascade\b", " ", text.casefold()).strip()


def _part_of(key: str) -> Iterator[str]:
    """What did it already: a dropped schema took its tables along."""
    if table := re.fullmatch(r"drop table (\w+)\.\w+", key):
        yield f"drop schema {table[1]}"


def _begins_with_sql(passage: Passage) -> bool:
    words = r"(UPDATE|INSERT INTO|DELETE FROM|DROP|ALTER|CREATE|TRUNCATE|BEGIN)\b"
    return (
        passage.fence == "" and re.match(rf"\s*(?:--[^\n]*\n\s*)*{words}", passage.text) is not None
    )


def _statements(passage: Passage) -> Iterator[Deed | Undone]:
    if not migration_file(passage):
        yield _deed(passage.line, passage.text)


def _lines(passage: Passage) -> Iterator[Deed | Undone]:
    """Each line; output of commands in a console block is none."""
    console = any(line.startswith("$ ") for line in passage.text.splitlines())
    for number, line in enumerate(passage.text.splitlines()):
        command = line.removeprefix("$ ").strip()
        is_output = console and not line.startswith("$ ")
        if command and not command.startswith("#") and not is_output:
            yield _deed(passage.line + number, command)


def _told(passage: Passage) -> Iterator[Deed | Undone]:
    """`Dropped the x schema`, `Deleted x`, and a row of a table: `x | Deleted`."""
    for pattern in _DROPPED:
        for match in pattern.finditer(passage.text):
            kind = match["kind"].split()[-1:] or [""]
            if _NAME.fullmatch(match["name"]) and kind[0].casefold() in ("schema", "table"):
                yield _deed(passage.line, _drop(kind[0].casefold(), match["name"]))
    for match in _DELETED.finditer(passage.text):
        if "." in match["name"] or "/" in match["name"]:
            yield _deed(passage.line, f"rm {match['name']}")
    cells = passage.cells
    if len(cells) == 2 and _DELETION.match(cells[1]) and re.fullmatch(r"`\S+`", cells[0]):
        yield _deed(passage.line, f"rm {cells[0].strip('`')}")


def _drop(kind: str, name: str) -> str:
    return f"DROP SCHEMA {name} CASCADE" if kind == "schema" else f"DROP TABLE {name}"


def _deed(line: int, text: str) -> Deed | Undone:
    try:
        return Deed(line=line, text=brief(text), action=parse_action(text, content=_unread))
    except BadAction as error:
        return Undone(line=line, text=brief(text), why=error.problem)


def _unread(name: str) -> str:
    """A write-up is not trusted: it names no file of this machine that we would read."""
    raise BadAction(f"The file {name!r} is not part of the write-up, so it was not tried.")
