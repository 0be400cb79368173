"""Merges two snapshots that go back to one: what either changed, where they do not contradict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Path = tuple[str, ...]

_ABSENT = object()
_OF_ONE = frozenset({"id", "prevId", "_meta"})
"""What a snapshot says of itself alone."""


class Conflict(Exception):
    """Both sides changed the same thing, each in its own way; the message says what."""


def merged(base: str | None, ours: str, theirs: str) -> str:
    """`theirs` with what `ours` changed since `base`, as the tool would write it.

    The texts are snapshots of one version; without `base` both go back to nothing. Where nothing
    is missing in `theirs`, it is returned as it is. Raises `Conflict`, and `ValueError` for a text
    that is not a JSON object.
    """
    old, left, right = (_parsed(text) for text in (base or "{}", ours, theirs))
    if base is not None and len({str(it.get("version")) for it in (old, left, right)}) > 1:
        raise Conflict("the version of the format")
    result = {
        key: right[key] if key in _OF_ONE else value
        for key, value in _merge(old, left, right, ()).items()
        if key not in _OF_ONE or key in right
    }
    if result == right:
        return theirs
    return json.dumps(result, indent=2, ensure_ascii=False) + ("\n" * theirs.endswith("\n"))


def _parsed(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


def _merge(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any], path: Path
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key in dict.fromkeys((*ours, *theirs)):
        old, left, right = (it.get(key, _ABSENT) for it in (base, ours, theirs))
        value = _one(old, left, right, (*path, key))
        if value is not _ABSENT:
            result[key] = value
    return result


def _one(base: Any, ours: Any, theirs: Any, path: Path) -> Any:  # noqa: ANN401
    if ours == theirs or base == ours:
        return theirs
    if base == theirs or path[0] in _OF_ONE:
        return ours
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return _merge(base if isinstance(base, dict) else {}, ours, theirs, path)
    raise Conflict(".".join(path))
