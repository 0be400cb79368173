"""The forms in which an answer may be saved: the layouts of psql, CSV, JSON around it."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator

import msgspec

from forensics.collect.database.supplied.select import COLUMN, MARK
from forensics.errors import ForensicsError

LARGEST = 256 * 2**20
"""Bytes of a file."""
_DEEPEST = 4
"""How deep a client may wrap the value: rows, a row, a column."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What psql puts before a value, where `\\gx` names its column or a border is drawn, and behind it.
_BEFORE = re.compile(rf"^(?:[|\u2502]\s?)?(?:\s*{COLUMN}\s*[|\u2502]\s?|\s+[|\u2502]\s?|\s)?")
_BEHIND = re.compile(r"\s*[|\u2502]$")
_GOES_ON = re.compile(r"\s*[+\u21b5]$|[.\u2026]$")
"""psql: the value has a line break here, or was wrapped."""
_GOES_ON_BEFORE = re.compile(r"^[.\u2026]")


class BadEvidence(ForensicsError):
    """A file that is not an answer of the query."""


def text_of(data: bytes) -> str:
    """The text of a file; raises `BadEvidence`."""
    if len(data) > LARGEST:
        raise BadEvidence(f"it has more than {LARGEST >> 20} MiB")
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return _decoded(data[len(bom) :], codec)
    if data[1:2] == b"\0":  # what PowerShell writes, without its mark
        return _decoded(data, "utf-16-le")
    return _decoded(data, "utf-8")


def answer_in(text: str) -> dict[str, object]:
    """The answer that the text holds; raises `BadEvidence` where there is none."""
    for candidate in _candidates(text):
        found = _object(candidate)
        if found is not None:
            return found
    if MARK not in text:
        raise BadEvidence("it has no answer of the query that `forensics query` prints")
    raise BadEvidence(
        "the answer in it is cut off or was altered: it is not valid JSON. Save it with "
        "`psql -At -f query.sql -o answer.json`"
    )


def _decoded(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise BadEvidence(
            "it is not UTF-8: set PGCLIENTENCODING=UTF8 where the query runs"
        ) from error


def _candidates(text: str) -> Iterator[str]:
    """What may be the JSON, the plainest form first."""
    yield text
    start, end = text.find("{"), text.rfind("}") + 1
    if start < 0 or end <= start:
        return
    yield text[start:end]
    yield from _cells(text)
    lines = text[text.rfind("\n", 0, start) + 1 :].splitlines()
    yield _joined(lines, "")
    yield _joined(lines, "\n")


def _cells(text: str) -> Iterator[str]:
    """The cells of a file of comma-separated values."""
    limit = csv.field_size_limit(LARGEST)
    try:
        for row in csv.reader(text.splitlines(keepends=True)):
            yield from (cell for cell in row if MARK in cell)
    except csv.Error:
        return
    finally:
        csv.field_size_limit(limit)


def _joined(lines: list[str], between: str) -> str:
    """A value that psql laid out over several lines, without what it draws around them."""
    parts: list[str] = []
    for line in lines:
        bare = _BEHIND.sub("", _BEFORE.sub("", line.rstrip(), count=1))
        parts.append(_GOES_ON.sub("", _GOES_ON_BEFORE.sub("", bare)))
    whole = between.join(parts)
    return whole[whole.find("{") : whole.rfind("}") + 1]


def _object(text: str) -> dict[str, object] | None:
    try:
        return _within(msgspec.json.decode(text.strip()), 0)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _within(value: object, depth: int) -> dict[str, object] | None:
    """The answer in what a client has wrapped around it: a list of rows, a column, a text."""
    if isinstance(value, dict) and MARK in value:
        return value
    if depth > _DEEPEST:
        return None
    if isinstance(value, str):
        return _within(msgspec.json.decode(value), depth + 1) if MARK in value else None
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = (_within(each, depth + 1) for each in inner if isinstance(each, (str, dict, list)))
    return next((each for each in found if each is not None), None)
