"""Finds wording that engineers stumble over, in everything that a person reads.

`python -m tests.plain_english` prints each place and fails where an area has more of a pattern than
`plain_english.json` allows; `--write` lowers the numbers there, and never raises one.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.sources import MODULES, nodes

ROOT = Path(__file__).parents[1]
ALLOWED = Path(__file__).with_suffix(".json")

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
_NOT_PROSE = re.compile(r"\(\?[:P<=!]|\\[bswd]|\bSELECT\b|\bpg_catalog\b|[{}<>]{2}|^\W*$")
_FEWEST_WORDS = 4


@dataclass(frozen=True)
class Place:
    """Where a pattern was found."""

    area: str
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
    for path in documents:
        area = path.name if path.parent == ROOT else "docs"
        yield from _found(area, path, 1, path.read_text(encoding="utf-8"))
    for path in sorted(ROOT.glob("templates/*.jinja")):
        yield from _found("templates", path, 1, path.read_text(encoding="utf-8"))
    for path in MODULES:
        area = path.relative_to(ROOT / "forensics").with_suffix("").parts[0]
        for line, text in _strings(path):
            yield from _found(f"forensics/{area}", path, line, text)


def matches(text: str) -> Iterator[tuple[str, int, str]]:
    """Pattern, offset and words of everything found in a text."""
    prose = _CODE.sub(lambda code: re.sub(r"[^\n]", "_", code[0]), text)
    for name, pattern in PATTERNS.items():
        yield from (
            (name, found.start(), " ".join(found[0].split())) for found in pattern.finditer(prose)
        )


def _found(area: str, path: Path, first: int, text: str) -> Iterator[Place]:
    file = path.relative_to(ROOT).as_posix()
    for name, start, words in matches(text):
        yield Place(area, name, file, first + text.count("\n", 0, start), words)


def _strings(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a module that are prose, those of one f-string together."""
    parts = {
        id(it) for node in nodes(path) if isinstance(node, ast.JoinedStr) for it in node.values
    }
    for node in nodes(path):
        match node:
            case ast.JoinedStr(values=values, lineno=line):
                text = "".join(map(_part, values))
            case ast.Constant(value=str(text), lineno=line) if id(node) not in parts:
                pass
            case _:
                continue
        if len(text.split()) >= _FEWEST_WORDS and not _NOT_PROSE.search(text):
            yield line, text


def _part(value: ast.expr) -> str:
    """A part of an f-string; a value is one word."""
    match value:
        case ast.Constant(value=str(text)):
            return text
        case _:
            return "_"


def counts(found: list[Place]) -> dict[str, dict[str, int]]:
    """Area -> pattern -> how often."""
    numbers = Counter((place.area, place.pattern) for place in found)
    areas = sorted({area for area, _ in numbers})
    return {
        area: {name: numbers[area, name] for name in sorted(PATTERNS) if numbers[area, name]}
        for area in areas
    }


def allowed() -> dict[str, dict[str, int]]:
    """What is there still, and may only become less."""
    if not ALLOWED.exists():
        return {}
    told: dict[str, dict[str, int]] = json.loads(ALLOWED.read_text(encoding="utf-8"))
    return told


def excess(found: list[Place]) -> list[Place]:
    """The places of each area and pattern that has more than is allowed."""
    now, most = counts(found), allowed()
    over = {
        (area, name)
        for area, numbers in now.items()
        for name, number in numbers.items()
        if number > most.get(area, {}).get(name, 0)
    }
    return [place for place in found if (place.area, place.pattern) in over]


def write(found: list[Place]) -> None:
    """Lower the numbers to those of today."""
    now, most = counts(found), allowed()
    lowered = {
        area: {
            name: min(number, most.get(area, {}).get(name, number if not most else 0))
            for name, number in numbers.items()
        }
        for area, numbers in now.items()
    }
    kept = {area: {k: v for k, v in numbers.items() if v} for area, numbers in lowered.items()}
    text = json.dumps({area: it for area, it in kept.items() if it}, indent=1)
    ALLOWED.write_text(text + "\n", encoding="utf-8")


def main() -> int:
    """Print what is too much; 1 if there is any."""
    found = list(places())
    if "--write" in sys.argv:
        write(found)
    if "--all" in sys.argv:
        print(*found, sep="\n")
    wrong = excess(found)
    for place in wrong:
        print(place)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
