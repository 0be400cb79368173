"""The real `up` of 1.0 still does what was measured; the model is held against that elsewhere."""

import json
from pathlib import Path

import pytest

from tests.lab.conversion.cells import build
from tests.lab.conversion.observe import OBSERVED, Seen, files_of, run
from tests.lab.kits import kit_modules

pytestmark = pytest.mark.lab

SEEN: dict[str, dict[str, Seen]] = json.loads(OBSERVED.read_text(encoding="utf-8"))
REAL = (
    ("postgresql", "healthy"),
    ("sqlite", "the file of an applied one is missing"),
    ("mysql", "a folder is in the way"),
)
"""Measured again in every run: one that passes, one that loses, one that stops halfway."""


@pytest.mark.sample(3)
@pytest.mark.parametrize(("dialect", "name"), REAL)
def test_the_real_kit_still_does_what_was_measured(dialect: str, name: str, tmp_path: Path) -> None:
    """What it prints, and every byte of what it writes."""
    build(dialect, name, tmp_path)
    (tmp_path / "node_modules").symlink_to(kit_modules("1.0.0-rc.5"))
    assert run(tmp_path, "up") == SEEN[dialect][name]["up"]
    assert files_of(tmp_path) == SEEN[dialect][name]["files"]
