"""What of a snapshot chains it: kept of all earlier versions, which are too large to be kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

_ENDING = "snapshot.json"
_EMPTY: Mapping[bytes, object] = {b"{": {}, b"[": []}


def outline(path: str, data: bytes) -> str | None:
    """A snapshot without any table; `None` of another file, and of what is not a snapshot.

    It has the shape of the whole, so that it is read in the same way.
    """
    if not path.endswith(_ENDING):
        return None
    try:
        value = _fields(data)
    except (ValueError, RecursionError):
        return None
    return json.dumps(_emptied(value)) if isinstance(value, dict) else None


def _fields(data: bytes) -> object:
    """The value without what is not kept of it anyway; raises `ValueError` where it is not JSON."""
    try:
        data.decode()
        raw = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        return {key: _field(key, bytes(held)) for key, held in raw.items()}
    except (ValueError, msgspec.MsgspecError):  # JSON that only JavaScript takes, or none
        return json.loads(data)


def _field(key: str, held: bytes) -> object:
    if _is_meta(key) or key == "prevIds":
        return msgspec.json.decode(held)
    empty = _EMPTY.get(held[:1])
    return msgspec.json.decode(held) if empty is None else empty


def _emptied(value: dict[str, Any]) -> dict[str, Any]:
    return {key: _without_content(key, held) for key, held in value.items()}


def _without_content(key: str, held: Any) -> Any:  # noqa: ANN401
    """`_meta` and `internal` have objects in them, and version 1.0 a list of parents."""
    if isinstance(held, dict):
        return (
            {name: {} for name, it in held.items() if isinstance(it, dict)} if _is_meta(key) else {}
        )
    if isinstance(held, list) and key != "prevIds":
        return []
    return held


def _is_meta(key: str) -> bool:
    return key in ("_meta", "internal")
