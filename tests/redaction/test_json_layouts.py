"""A secret in JSON is masked however the JSON is laid out, and a clean file costs little."""

import json

import pytest

from forensics.redaction import find as module
from forensics.redaction.find import NOTHING, find
from forensics.redaction.redactor import Redactor
from tests.redaction.corpus import made, plain

SECRET = plain(7)
LAYOUTS = (None, 1, 2, "\t")
FILES = ("0001_snapshot.json", "task.json", "bun.lock")
HOLDERS: tuple[dict[str, object], ...] = (
    {"password": SECRET},
    {"columns": {"x": {"default": f"'postgres://u:{SECRET}@h/db'"}}},
    {"deep": [{"api_key": SECRET}, {"other": 1}]},
    {"note": "gh" + "p_" + made("layout", 36)},
)
TABLES = {
    f"public.t{number}": {"columns": {"id": {"name": "id", "primaryKey": True, "notNull": True}}}
    for number in range(200)
}


@pytest.mark.parametrize("indent", LAYOUTS)
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("holder", HOLDERS, ids=lambda it: next(iter(it)))
def test_the_layout_hides_no_secret(
    holder: dict[str, object], file: str, indent: int | str | None
) -> None:
    """On one line, as a formatter leaves it, and on many, as tools write it."""
    text = json.dumps({"tables": TABLES, **holder}, indent=indent)
    masked, found = Redactor().mask(text.encode(), file)
    assert found == 1
    assert SECRET not in masked.decode()
    assert json.loads(masked)["tables"] == TABLES


@pytest.mark.parametrize("indent", LAYOUTS)
def test_a_value_is_found_by_the_name_on_another_line(indent: int | str | None) -> None:
    """As in the environment of a container."""
    text = json.dumps([{"name": "API_TOKEN", "value": SECRET}, TABLES], indent=indent)
    assert SECRET not in Redactor().mask(text.encode(), "task.json")[0].decode()


@pytest.mark.parametrize("indent", [None, 2])
def test_no_pattern_meets_a_whole_snapshot_that_is_clean(
    monkeypatch: pytest.MonkeyPatch, indent: int | None
) -> None:
    """Its words, such as `primaryKey`, hint at secrets all over it."""
    met: list[int] = []
    look = module._look

    def noted(text: str, lowered: str, file: str, patterns: object) -> object:
        met.append(len(text))
        return look(text, lowered, file, patterns)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_look", noted)
    monkeypatch.setitem(module._SEEN, "snapshot.json", module._Lines("snapshot.json"))
    text = json.dumps({"tables": TABLES}, indent=indent)
    assert find(text, "0001_snapshot.json") is NOTHING
    assert 0 < max(met) < 100
