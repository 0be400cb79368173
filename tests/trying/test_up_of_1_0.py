"""`up` of drizzle 1.0, tried: it heals, it deletes the last trace of a migration, it stops halfway."""

from pathlib import Path

import pytest

from forensics import pipeline
from forensics.analysis.attempt import AttemptVerdict
from tests.lab.conversion.cells import build
from tests.support.sqlite_project import investigated

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "verdict", "why"),
    [
        ("healthy", AttemptVerdict.HEALS, "passes afterwards: `check`, `generate` and `migrate`"),
        ("the file of an applied one is missing", AttemptVerdict.DESTROYS, "exists nowhere else"),
        ("a folder is in the way", AttemptVerdict.FAILS, "it stops halfway: EEXIST"),
    ],
)
def test_what_up_is_worth(name: str, verdict: AttemptVerdict, why: str, tmp_path: Path) -> None:
    """The migrations have other names then, and are still the same."""
    build("sqlite", name, tmp_path)
    investigated(tmp_path)
    tried = pipeline.attempt(tmp_path / "out", "drizzle-kit up")
    assert tried.verdict is verdict and why in tried.why
    lost = ("drizzle/meta/0001_snapshot.json",) if verdict is AttemptVerdict.DESTROYS else ()
    assert tried.lost == lost
