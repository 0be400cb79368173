"""Which Node.js a project runs its tools with: the words of its errors depend on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property

from forensics.adapters.drizzle.folder.node_json import SPOKEN, wording
from forensics.adapters.npm.packages import ancestors
from forensics.evidence.tree import Tree, join
from forensics.facts import ToolUse
from forensics.model import Outcome

_VERSION = re.compile(r"v?(\d{1,3})(?:\.(?:\d+|[xX*]))*(?:[-+].*)?")
_COMPARATOR = re.compile(r"(>=|<=|>|<|\^|~|=|)\s*v?(\d{1,3})((?:\.(?:\d+|[xX*]))*)(?:-\S+)?")
_HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)")
_LTS = {"lts/hydrogen": 18, "lts/iron": 20, "lts/jod": 22, "lts/krypton": 24}
"""The names that nvm knows; `lts/*`, `node` and the like name another version every year."""
_TOOLS = re.compile(r"^\s*node(?:js)?\s+(\S+)", re.MULTILINE)
_NEWEST = 999


class ProjectNode:
    """The Node.js of one use of the tool, looked up when somebody asks for it."""

    def __init__(self, tree: Tree, tool: ToolUse) -> None:
        self._tree = tree
        self._tool = tool

    @cached_property
    def major(self) -> int:
        """Of the one that ran, else that the project pins, else that its `engines` leave.

        Where none of them says it, the one whose words are spoken by default.
        """
        ran = _major(self._tool.node_version or "")
        return ran or next(self._pinned(), None) or next(self._left(), None) or SPOKEN

    def _pinned(self) -> Iterator[int]:
        for folder in ancestors(self._tool.working_folder):
            for said in self._said(folder):
                if (found := _major(said)) is not None:
                    yield found

    def _said(self, folder: str) -> Iterator[str]:
        """The versions that are named in one folder, the most particular file first."""
        for name in (".nvmrc", ".node-version"):
            yield next(filter(None, map(_bare, self._text(join(folder, name)).splitlines())), "")
        listed = _TOOLS.search(self._text(join(folder, ".tool-versions")))
        yield listed[1] if listed else ""
        yield self._of_package(folder, "volta")

    def _left(self) -> Iterator[int]:
        for folder in ancestors(self._tool.working_folder):
            if (found := _of_range(self._of_package(folder, "engines"))) is not None:
                yield found

    def _of_package(self, folder: str, section: str) -> str:
        try:
            held = json.loads(self._text(join(folder, "package.json")) or "{}")
        except (ValueError, RecursionError):
            return ""
        found = held.get(section) if isinstance(held, dict) else None
        said = found.get("node") if isinstance(found, dict) else None
        return said if isinstance(said, str) else ""

    def _text(self, path: str) -> str:
        read = self._tree.read(path)
        return (read.text or "") if read.outcome is Outcome.COLLECTED else ""


def _bare(line: str) -> str:
    return line.partition("#")[0].strip()


def _major(said: str) -> int | None:
    """Of a version or a name of one; `None` where that names several."""
    found = _VERSION.fullmatch(said)
    return int(found[1]) if found else _LTS.get(said.lower())


def _of_range(said: str) -> int | None:
    """A version of a range, if all versions of the range speak alike."""
    spans = [_span(one.strip()) for one in said.split("||")]
    known = [span for span in spans if span is not None]
    ends = [wording(end) for span in known for end in span]
    alike = len(known) == len(spans) and len(set(ends)) == 1
    return min(end for end in known[0] if end) if alike else None


def _span(said: str) -> tuple[int, int] | None:
    """The first and the last major version of one alternative of a range."""
    if found := _HYPHEN.fullmatch(said):
        said = f">={found[1]} <={found[2]}"
    least, most, end = 0, _NEWEST, 0
    for one in _COMPARATOR.finditer(said):
        if said[end : one.start()].strip():
            return None
        end = one.end()
        least, most = _narrowed(one[1], int(one[2]), one[3], least, most)
    return None if said[end:].strip() or not end or least > most else (least, most)


def _narrowed(sign: str, major: int, rest: str, least: int, most: int) -> tuple[int, int]:
    if sign in (">=", ">"):
        return max(least, major + (sign == ">" and not rest)), most
    if sign in ("<=", "<"):
        below = sign == "<" and not rest.strip(".0xX*")
        return least, min(most, major - below)
    return max(least, major), min(most, major)
