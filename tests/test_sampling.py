"""By day a sample, at night everything."""

from dataclasses import dataclass
from typing import cast

import pytest

from tests.support.sampling import FULL, everything, split


@dataclass
class Item:
    """What is asked of a test."""

    nodeid: str
    mark: pytest.Mark | None = None

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        """That one, if it has it."""
        return self.mark if self.mark and self.mark.name == name else None


def items(*given: Item) -> list[pytest.Item]:
    """As pytest collects them."""
    return list(cast("tuple[pytest.Item, ...]", given))


@pytest.fixture
def config(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> pytest.Config:
    """Of a run that names no test, by day."""
    monkeypatch.delenv(FULL, raising=False)
    monkeypatch.setattr(request.config.option, "keyword", "")
    monkeypatch.setattr(request.config, "args", ["tests"])
    return request.config


def test_by_day_a_test_runs_some_of_its_cases() -> None:
    """Every third, from the second on; and no test of the night."""
    third = pytest.mark.sample(3, start=1).mark
    numbers = [Item(f"test_numbers[{number}]", third) for number in range(6)]
    others = [Item("test_late", pytest.mark.night.mark), Item("test_always")]
    day, night = split(items(*numbers, *others))
    assert [it.nodeid for it in day] == ["test_numbers[1]", "test_numbers[4]", "test_always"]
    assert len(night) == 5


def test_whoever_names_tests_gets_them_all(
    config: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By node id, by -k, or at night."""
    assert not everything(config)
    monkeypatch.setattr(config, "args", ["tests/test_sampling.py::test_late"])
    assert everything(config)
    monkeypatch.setattr(config, "args", ["tests"])
    monkeypatch.setattr(config.option, "keyword", "late")
    assert everything(config)
    monkeypatch.setattr(config.option, "keyword", "")
    monkeypatch.setenv(FULL, "1")
    assert everything(config)
