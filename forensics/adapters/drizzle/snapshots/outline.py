"""What of a snapshot chains it: kept of all earlier versions, which are too large to be kept."""

from __future__ import annotations

import json
from typing import Any

_ENDING = "snapshot.json"


def outline(path: str, data: bytes) -> str | None:
    """A snapshot without any table; `None` of another file, and of what is not a snapshot.

    It has the shape of the whole, so that it is read in the same way.
    """
    if not path.endswith(_ENDING):
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return json.dumps(_emptied(value)) if isinstance(value, dict) else None


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
