"""Errors as Node.js prints them: class and message, stack, fields, and what caused them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from forensics.facts import CapturedError

_HEAD = re.compile(
    r"(?:^|(?<=[^\w$\"'`(.-])|(?<=\.\.\.))(?P<kind>(?:[A-Z]\w*)?(?:Error|Exception)|error)"
    r"(?: \[\w{1,40}\])?: (?P<text>.*)"
)
_FIELD = re.compile(
    r"^(?P<indent>[ \t]*)[\"']?(?P<name>severity|code|errno|sqlState|detail|hint|query|sql"
    r"|(?:table|column|constraint)(?:_name)?)[\"']?: (?P<value>.+)$"
)
_FRAME = re.compile(r"^\s*(?:at |\.\.\. \d+ lines matching)")
_LITERAL = re.compile(r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"|`((?:[^`\\]|\\.)*)`")
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_SQLSTATE = re.compile(r"(?=[0-9A-Z]{0,4}\d)[0-9A-Z]{5}")
_LONGEST = 2000
_MOST_LINES = 200

_NAMES = {
    "table": ("table", "table_name"),
    "column": ("column", "column_name"),
    "constraint": ("constraint", "constraint_name"),
    "detail": ("detail",),
    "hint": ("hint",),
}
_STATEMENTS = ("query", "sql")


@dataclass(slots=True)
class Inspected:
    """One error of an output, with the fields that were printed of it."""

    line: int
    """The number of its first line."""
    indent: int
    kind: str
    text: str
    """Its message, also over several lines."""
    first: str
    """The line that says it, from its class on."""
    inner: bool
    """Whether another error names it as its cause, or as one of its errors."""
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def statement(self) -> str | None:
        """The SQL that failed, where a field has it."""
        return next((self.fields[name] for name in _STATEMENTS if name in self.fields), None)

    def as_error(self) -> CapturedError:
        """What was printed of it, as facts."""
        state = self.fields.get("sqlState") or self.fields.get("code")
        is_state = state is not None and _SQLSTATE.fullmatch(state) is not None
        named = {
            name: next((self.fields[key] for key in keys if self.fields.get(key)), None)
            for name, keys in _NAMES.items()
        }
        return CapturedError(
            text=self.text.strip()[:_LONGEST],
            sqlstate=state if is_state else None,
            code=self.fields.get("code") if not is_state or "sqlState" in self.fields else None,
            **named,
        )


def inspected(lines: Sequence[str]) -> list[Inspected]:
    """Every error of an output, in the order in which they stand there."""
    found: list[Inspected] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if (told := _FIELD.match(line)) is not None:
            value, number = _value(lines, number, told["value"])
            _keep(found, told, value)
        elif _FRAME.match(line) is None and (head := _HEAD.search(line)) is not None:
            found.append(_error(lines, number, head, nested=bool(found)))
            number += 1
        else:
            number += 1
    return found


def _error(lines: Sequence[str], number: int, head: re.Match[str], *, nested: bool) -> Inspected:
    line = lines[number]
    indent = len(line) - len(line.lstrip())
    return Inspected(
        line=number,
        indent=indent,
        kind=head["kind"],
        text=_message(lines, number, head["text"]),
        first=line[head.start() :].strip(),
        inner=nested and indent > 0,
    )


def _message(lines: Sequence[str], number: int, first: str) -> str:
    """The message with its further lines, where a stack tells where it ends."""
    following = lines[number + 1 : number + 1 + _MOST_LINES]
    for count, line in enumerate(following):
        if _FRAME.match(line) is not None:
            return "\n".join((first, *following[:count]))
        if _FIELD.match(line) is not None or _HEAD.match(line) is not None:
            break
    return first.removesuffix(" {")


def _keep(found: Sequence[Inspected], told: re.Match[str], value: str | None) -> None:
    """A field belongs to the last error that is set in less; those around it are done."""
    indent = len(told["indent"])
    owner = next((each for each in reversed(found) if each.indent < indent), None)
    if owner is not None and value is not None:
        owner.fields.setdefault(told["name"], value)


def _value(lines: Sequence[str], number: int, value: str) -> tuple[str | None, int]:
    """A text, also one that goes on over several lines, and the number of the line after it."""
    parts: list[str] = []
    while (found := _LITERAL.match(value.strip())) is not None:
        parts.append(_unescaped(next(group for group in found.groups() if group is not None)))
        number += 1
        if not value.rstrip().endswith("+") or number >= len(lines):
            return "".join(parts), number
        value = lines[number]
    return ("".join(parts) if parts else None), number + (not parts)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _letter(found[1]), text)


def _letter(escape: str) -> str:
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    return _LETTERS.get(escape, escape)


def true_error(found: Sequence[Inspected]) -> Inspected | None:
    """The innermost cause of the first error; of several errors in one, the first that speaks."""
    if not found:
        return None
    chain = [found[0]]
    for error in found[1:]:
        if not error.inner:
            break
        chain.append(error)
    deepest = max(error.indent for error in chain)
    inner = [error for error in chain if error.indent == deepest and error.text.strip()]
    return inner[0] if inner else next((e for e in reversed(chain) if e.text.strip()), chain[0])
