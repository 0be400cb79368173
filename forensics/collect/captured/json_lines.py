"""Errors that a program logs as JSON, one object a line, written out as Node.js prints them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

_LONGEST = 2**16
_HOLDERS = ("err", "error", "exception", "cause")
_TEXTS = ("message", "msg")


def written_out(text: str) -> str:
    """The text with every line that is a JSON object with an error in it as Node prints that."""
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    if not line.lstrip().startswith("{") or len(line) > _LONGEST:
        return line
    try:
        held = json.loads(line)
    except (ValueError, RecursionError):
        return line
    error = _error(held) if isinstance(held, dict) else None
    return "\n".join(_inspected(error, "")) if error else line


def _error(held: Mapping[str, object]) -> Mapping[str, object] | None:
    """The error that a record of a log is about."""
    for name in _HOLDERS:
        value = held.get(name)
        if isinstance(value, dict) and _said(value):
            return value
    return held if isinstance(held.get("stack"), str) and _said(held) else None


def _inspected(error: Mapping[str, object], indent: str, label: str = "") -> Iterator[str]:
    """As `util.inspect` shows it: class and message, its own fields, its cause."""
    first, *more = _said(error).split("\n")
    yield f"{indent}{label}{_class(error)}: {first}"
    yield from (line for line in more)
    yield f"{indent}    at <logged> {{"
    for name, value in error.items():
        if (
            isinstance(value, str)
            and name not in (*_TEXTS, "stack", "type", "name")
            or isinstance(value, list)
            and value
        ):
            yield f"{indent}  {name}: {json.dumps(value)},"
    cause = error.get("cause")
    if isinstance(cause, dict) and _said(cause):
        yield from _inspected(cause, f"{indent}  ", "cause: ")
    yield f"{indent}}}"


def _said(error: Mapping[str, object]) -> str:
    return next((str(error[name]) for name in _TEXTS if isinstance(error.get(name), str)), "")


def _class(error: Mapping[str, object]) -> str:
    named = error.get("type") or error.get("name")
    known = (
        isinstance(named, str) and named.isidentifier() and named.endswith(("Error", "Exception"))
    )
    return str(named) if known else "error"
