"""The values that a constant expression can have, with the doubt that may hang on them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping

import msgspec

from forensics import limits
from forensics.evidence.tree import join, split


class PathValue(msgspec.Struct, frozen=True):
    """An absolute path in the project, as `__dirname` gives it: relative to the tree's top."""

    path: str


class Unknown(msgspec.Struct, frozen=True):
    """An expression that only a run could evaluate; the reason never quotes a value."""

    why: str


class Guess(msgspec.Struct, frozen=True):
    """What an expression gives where no environment variable is set and no condition holds."""

    value: Known
    why: str


class Object(msgspec.Struct, frozen=True):
    """An object literal; `open` says why it may have further fields, empty where it has not."""

    fields: Mapping[str, Value]
    open: str = ""

    def get(self, name: str) -> Value:
        """A field; where it is missing, `None`, or unknown if the object is open."""
        return self.fields.get(name, Unknown(self.open) if self.open else None)

    def spread(self, value: Value) -> Object:
        """This object with the fields of another written over its own."""
        inner = known(value)
        if isinstance(inner, Object) and not doubt(value) and not inner.open:
            return Object({**self.fields, **inner.fields}, self.open)
        why = f"may come from a spread that {doubt(value) or COMPUTED.why}"
        if isinstance(inner, Object):
            return Object(_all_doubted({**self.fields, **inner.fields}, inner.open or why), why)
        return Object(_all_doubted(self.fields, why), why)


Known = str | float | bool | None | tuple["Value", ...] | Object | PathValue
Value = Known | Guess | Unknown

COMPUTED = Unknown("is computed")
TOO_LARGE = Unknown("is too large")


def known(value: Value) -> Known | Unknown:
    """A value without the doubt that may hang on it."""
    return value.value if isinstance(value, Guess) else value


def doubt(value: Value) -> str:
    """Why a value is not certain, empty where it is."""
    return value.why if isinstance(value, Guess | Unknown) else ""


def unknown(value: Value) -> Unknown:
    """A value that we could not use, with the reason that it brings along."""
    return Unknown(doubt(value) or COMPUTED.why)


def doubted(value: Value, why: str) -> Value:
    """The same value, no longer certain."""
    return value if isinstance(value, Guess | Unknown) else Guess(value, why)


def either(left: Value, right: Value, *, falsy: bool) -> Value:
    """`left ?? right`; with `falsy`, `left || right`."""
    value = known(left)
    if isinstance(value, Unknown):
        return doubted(right, value.why)
    taken = right if value is None or (falsy and not value) else value
    return doubted(taken, doubt(left)) if doubt(left) else taken


def chosen(condition: Value, yes: Value, no: Value) -> Value:
    """`condition ? yes : no`; an unknown condition counts as one that does not hold."""
    if yes == no:
        return yes
    value = known(condition)
    taken, other = (no, yes) if isinstance(value, Unknown) or not value else (yes, no)
    why = doubt(condition)
    if why and isinstance(taken, Object | None) and isinstance(other, Object | None):
        return _merged(taken or Object({}), other or Object({}), why)
    return doubted(taken, why) if why else taken


def added(left: Value, right: Value) -> Value:
    """`left + right` of two strings, or of a place and a string."""
    if isinstance(right, str) and isinstance(left, str | PathValue):
        first = left if isinstance(left, str) else left.path
        if len(first) + len(right) > limits.SCRIPT_TEXT:
            return TOO_LARGE
        return first + right if isinstance(left, str) else PathValue(join("", first + right))
    return unknown(left if doubt(left) else right)


def lifted(operation: Callable[[Known, Known], bool], left: Value, right: Value) -> Value:
    """An operation on two values that keeps their doubts."""
    first, second = known(left), known(right)
    if isinstance(first, Unknown):
        return first
    if isinstance(second, Unknown):
        return second
    result = operation(first, second)
    why = doubt(left) or doubt(right)
    return Guess(result, why) if why else result


def _merged(taken: Object, other: Object, why: str) -> Object:
    """One of two objects, we know not which: every field of either is in doubt."""
    fields = {name: taken.fields.get(name) for name in (*taken.fields, *other.fields)}
    return Object(_all_doubted(fields, why), taken.open or other.open)


def _all_doubted(fields: Mapping[str, Value], why: str) -> dict[str, Value]:
    return {name: doubted(value, why) for name, value in fields.items()}


# --- node:path and node:url ---------------------------------------------------------------------

Path = str | PathValue


def _joined(parts: list[Path], working_folder: str) -> Value:
    first, rest = parts[0], [part for part in parts[1:] if isinstance(part, str)]
    if isinstance(first, PathValue):
        return PathValue(join(first.path, "/".join(rest)))
    return posixpath.normpath("/".join([first, *rest]))


def _resolved(parts: list[Path], working_folder: str) -> Value:
    base = working_folder
    for part in parts:
        if isinstance(part, str) and part.startswith("/"):
            return Unknown("is an absolute path outside the project")
        base = part.path if isinstance(part, PathValue) else join(base, part)
    return PathValue(base)


def _relative(parts: list[Path], working_folder: str) -> Value:
    if len(parts) != 2:
        return COMPUTED
    start, end = (
        it.path if isinstance(it, PathValue) else join(working_folder, it) for it in parts
    )
    return posixpath.relpath(f"/{end}", f"/{start}")


def _url(parts: list[Path], working_folder: str) -> Value:
    """`new URL("./x", import.meta.url)`: against the folder of the file."""
    if len(parts) == 2 and isinstance(parts[0], str) and isinstance(parts[1], PathValue):
        return PathValue(join(split(parts[1].path)[0], parts[0]))
    return COMPUTED


def _folder_of(parts: list[Path], working_folder: str) -> Value:
    if isinstance(parts[0], PathValue):
        return PathValue(split(parts[0].path)[0])
    return posixpath.dirname(parts[0])


def _same(parts: list[Path], working_folder: str) -> Value:
    return parts[0]


PATH_FUNCTIONS: dict[str, Callable[[list[Path], str], Value]] = {
    "join": _joined,
    "resolve": _resolved,
    "relative": _relative,
    "dirname": _folder_of,
    "normalize": _same,
    "fileURLToPath": _same,
    "URL": _url,
}
"""Function -> what it gives for paths, run in a working folder."""
