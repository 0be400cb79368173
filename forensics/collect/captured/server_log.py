"""What PostgreSQL itself says: in its log, and through psql."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from forensics.facts import CapturedError

_ENTRY = re.compile(
    r"^(?P<before>.{0,200}?)\b(?P<level>ERROR|FATAL|PANIC|DETAIL|HINT|STATEMENT|CONTEXT|LOG|LOCATION"
    r"|WARNING|NOTICE):  (?:(?P<state>(?=[0-9A-Z]{0,4}\d)[0-9A-Z]{5}): )?(?P<text>.*)$"
)
_FAILS = frozenset({"ERROR", "FATAL", "PANIC"})
_RELATION = re.compile(r'\b(?:relation|table) "(?P<table>[^"\n]{1,200})"')
_COLUMN = re.compile(r'\bcolumn "(?P<column>[^"\n]{1,200})"')
_CONSTRAINT = re.compile(
    r'\b(?:constraint|unique index|foreign key constraint) "(?P<constraint>[^"\n]{1,200})"'
)


@dataclass(slots=True)
class Entry:
    """One error of the server."""

    line: int
    first: str
    level: str
    text: str
    state: str | None
    fields: dict[str, str]


def entries(lines: Sequence[str]) -> list[Entry]:
    """Every error that the server reports, with the entries that belong to it."""
    found: list[Entry] = []
    field = ""
    for number, line in enumerate(lines):
        told = _ENTRY.match(line)
        if told is not None and told["level"] in _FAILS:
            first = line[told.start("level") :]
            found.append(Entry(number, first, told["level"], told["text"], told["state"], {}))
            field = ""
        elif told is not None:
            field = told["level"]
            if found:
                found[-1].fields.setdefault(field, told["text"])
        elif field and found and line.startswith(("\t", " ")):
            found[-1].fields[field] += f"\n{line}"
        else:
            field = ""
    return found


def as_error(entry: Entry) -> CapturedError:
    """An error of the server as facts; the objects are those that its message names."""
    return named_in(
        CapturedError(
            text=entry.text,
            sqlstate=entry.state,
            detail=entry.fields.get("DETAIL"),
            hint=entry.fields.get("HINT"),
        )
    )


def named_in(error: CapturedError) -> CapturedError:
    """The error with the objects that its English message names, where no field has them."""
    found = {
        name: match[name]
        for name, pattern in (
            ("table", _RELATION),
            ("column", _COLUMN),
            ("constraint", _CONSTRAINT),
        )
        if getattr(error, name) is None and (match := pattern.search(error.text)) is not None
    }
    return replace(error, **found)
