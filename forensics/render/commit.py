"""Commit messages that git, linters and readers take as they are meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from forensics.model.characters import one_line, visible
from forensics.model.wrapping import fill

OUR_TRAILERS = ("Fixes", "Refs", "Evidence-Bundle")
"""The tokens that a last paragraph may consist of; any other trailer did not come from us."""

_WIDTH = 72
_BULLET = re.compile(r" *(?:[-*]|\d+[.)]) +")
# Git reads `Token: value` at the start of a line of the last paragraph as a trailer
# (git-interpret-trailers); forges act on some of them wherever they stand.
_TRAILER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*\s*:|BREAKING CHANGE\s*:|\(cherry picked")
_OURS = re.compile(rf"(?:{'|'.join(OUR_TRAILERS)}): \S|Evidence-Bundle:$| sha256:[0-9a-f]{{64}}$")


def clean_message(text: str) -> str:
    """A message with a subject of at most 72 characters and a body wrapped at 72.

    The first line is the subject, blank lines part paragraphs, items of lists stay items. Unseen
    characters become visible escapes. No line begins with `#`, and none is a trailer but those of
    ours in the last paragraph. Ends with a line feed; a clean message stays as it is.
    """
    subject, *rest = text.strip().split("\n")
    paragraphs = list(_paragraphs(rest))
    blocks = [_subject(subject)]
    for number, lines in enumerate(paragraphs, start=1):
        ours = number == len(paragraphs) and all(map(_OURS.match, lines)) and lines[0][0] != " "
        blocks.append("\n".join(lines if ours else _wrapped(lines)))
    return "\n\n".join(blocks) + "\n"


def _subject(line: str) -> str:
    plain = one_line(line).lstrip("#-* ") or "fix: mend the migrations"
    if len(plain) <= _WIDTH:
        return plain
    return plain[: _WIDTH - 3].rsplit(" ", 1)[0].rstrip(" ,;:") + "..."


def _paragraphs(lines: Sequence[str]) -> Iterator[list[str]]:
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            paragraph.append(visible(line.rstrip()))
        elif paragraph:
            yield paragraph
            paragraph = []


def _wrapped(lines: Sequence[str]) -> list[str]:
    """A paragraph with its lines joined, and broken again at 72; list items begin lines."""
    if all(len(_defused(line)) <= _WIDTH for line in lines):
        return [_defused(line) for line in lines]
    items: list[str] = []
    for line in lines:
        if items and not _BULLET.match(line):
            items[-1] += f" {line.strip()}"
        else:
            items.append(line)
    return [_defused(line) for item in items for line in _item(item)]


def _item(item: str) -> Iterator[str]:
    """One paragraph or list item; the lines of an item are set in below its bullet."""
    match = _BULLET.match(item)
    bullet = match.group() if match else ""
    room = _WIDTH - max(len(bullet), len("> "))
    for number, line in enumerate(fill(item.removeprefix(bullet).split(), room)):
        yield f"{' ' * len(bullet) if number else bullet}{line}"


def _defused(line: str) -> str:
    """A line that git would take for a comment or a trailer, as a quotation."""
    return f"> {line}" if line.startswith("#") or _TRAILER.match(line) else line
