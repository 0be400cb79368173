"""Finds wording that engineers stumble over, in everything that a person reads.

`python -m tests.plain_english` prints each place, and fails if there is one.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.sources import MODULES, nodes

ROOT = Path(__file__).parents[1]

PATTERNS = {
    "no-for-not": re.compile(
        r"(?<!there )\b(?:is|are|was|were) no (?!longer\b|more\b|less\b|fewer\b|one\b)[a-z]+", re.I
    ),
    "archaic": re.compile(
        r"\b(?:anew|besides?|unasked|in vain|asked for|held against|told from|thereof|whereof|"
        r"brought (?:it|them) in|(?:is|are|was) of|what (?:is|was) there|what there is|"
        r"as (?:it|they) (?:was|were) seen|so it is with|who(?:ever)? brought)\b",
        re.I,
    ),
    "own-word": re.compile(r"(?<![\w-])(?:stamps?|kits?)\b(?!-)", re.I),
    "colon-chain": re.compile(r"\w: [^.:;?!|]{2,80}\w: \w"),
    "bare-heading": re.compile(
        r"\| *(?:It prints|That is|Records|Did|Known how|Stopped by|Undone by|For|Holds) *\|", re.I
    ),
    "double-negative": re.compile(
        r"\b(?:nothing|none|nobody|never|cannot|not(?! this\b))\b[^.,;:|]{1,30}\b(?:not|nothing|nobody|never)\b",
        re.I,
    ),
    "passive": re.compile(
        r"\b(?:(?:is|are|was|were|been) looked at|(?:can|could)(?: ?not)? be had)\b", re.I
    ),
    "two-names": re.compile(r"\b(?:faults?|findings?|repairs?|repaired)\b", re.I),
}
"""Name -> what it finds. Code and addresses are taken out of the text before."""

_CODE = re.compile(
    r"^```.*?^```|`[^`\n]*`|<!--.*?-->|https?://\S+|\]\([^)\n]*\)|\bNone\b|\{[{%].*?[%}]\}",
    re.S | re.M,
)
_NOT_PROSE = re.compile(
    r"\(\?[:P<=!]|\\[bswd]|\bSELECT\b|\bpg_catalog\b|\bIS NOT NULL\b|[{}<>]{2}|^\W*$"
)
_FEWEST_WORDS = 4
_SAMPLES = "Example"
"""What is called with samples of evidence, which are not our words."""

QUOTED = frozenset(
    {
        "_ (idx: _, when: _)",
        "DrizzleQueryError: Failed query: _",
        "_ snapshot is of unsupported version, please update drizzle-kit",
        "_: _ _: __",
    }
)
"""Strings in the words of a tool, or in a format that tools read; `_` is a value."""


@dataclass(frozen=True)
class Place:
    """Where a pattern was found."""

    pattern: str
    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.pattern}: {self.text}"


def places() -> Iterator[Place]:
    """Every place, in documents, templates and the strings and docstrings of the product."""
    documents = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    documents += sorted(ROOT.glob("docs/*.md"))  # pages of rules are their docstrings
    documents += sorted(ROOT.glob("templates/*.jinja"))
    for path in documents:
        yield from _found(path, 1, path.read_text(encoding="utf-8"))
    for path in MODULES:
        for line, text in strings(path):
            if text not in QUOTED:
                yield from _found(path, line, text)


def matches(text: str) -> Iterator[tuple[str, int, str]]:
    """Pattern, offset and words of everything found in a text."""
    prose = _CODE.sub(lambda code: re.sub(r"[^\n]", "_", code[0]), text)
    for name, pattern in PATTERNS.items():
        yield from (
            (name, found.start(), " ".join(found[0].split())) for found in pattern.finditer(prose)
        )


def _found(path: Path, first: int, text: str) -> Iterator[Place]:
    file = path.relative_to(ROOT).as_posix()
    for name, start, words in matches(text):
        yield Place(name, file, first + text.count("\n", 0, start), words)


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a module that are prose, those of one f-string together."""
    left_out = set(_left_out(path))
    for node in nodes(path):
        if id(node) in left_out:
            continue
        match node:
            case ast.JoinedStr(values=values, lineno=line):
                text = "".join(map(_part, values))
            case ast.Constant(value=str(text), lineno=line):
                pass
            case _:
                continue
        if len(text.split()) >= _FEWEST_WORDS and not _NOT_PROSE.search(text):
            yield line, text


def _left_out(path: Path) -> Iterator[int]:
    """The ids of nodes that are a part of an f-string, or a sample of evidence."""
    for node in nodes(path):
        match node:
            case ast.JoinedStr(values=values):
                yield from map(id, values)
            case ast.Call(func=ast.Name(id=name), args=args) if name == _SAMPLES:
                yield from map(id, args)


def _part(value: ast.expr) -> str:
    """A part of an f-string; a value is one word."""
    match value:
        case ast.Constant(value=str(text)):
            return text
        case _:
            return "_"


def main() -> int:
    """Print each place; 1 if there is any."""
    found = list(places())
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
