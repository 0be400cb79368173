"""What is kept of earlier snapshots is the same, however they are decoded."""

import json

import pytest

from forensics.adapters.drizzle.snapshots import outline as module
from forensics.adapters.drizzle.snapshots.outline import outline
from tests.build import snapshot

SOUND = snapshot(1, tables={"public.a": {"name": "a", "columns": {"b": {"type": "text"}}}})
NAME = "0001_snapshot.json"
ODD = (
    SOUND.encode(),
    b"\xef\xbb\xbf" + SOUND.encode(),
    SOUND.encode("utf-16"),
    *(SOUND.replace('"text"', odd).encode() for odd in ("NaN", r'"\ud800"', "1e999", "tru", "01")),
    SOUND.encode().replace(b"text", b"\xff"),
    b'{"prevIds": ["a", {"b": 1}], "ddl": [{}], "_meta": {"tables": {"a": 1}, "x": 2}, "a": null}',
    b"[]",
    b"{" * 5000,
)


@pytest.mark.parametrize("data", ODD, ids=range(len(ODD)))
def test_the_quick_way_keeps_what_the_slow_way_keeps(data: bytes) -> None:
    """The quick one decodes nothing of the tables."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        assert outline(NAME, data) is None
        return
    kept = json.dumps(module._emptied(value)) if isinstance(value, dict) else None
    assert outline(NAME, data) == kept
