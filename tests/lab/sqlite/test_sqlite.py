"""The real kit still does on SQLite what was measured; the model is held against that elsewhere."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from forensics.model import WriteFile
from tests.lab.kits import kit_command, kit_modules
from tests.lab.run import clean_environment
from tests.lab.sqlite.cells_of_1_0 import joined_by_hand
from tests.lab.sqlite.observe import KIT, OBSERVED, Seen, measure
from tests.support.sqlite_project import investigated

pytestmark = pytest.mark.lab

SEEN: dict[str, dict[str, Seen]] = json.loads(OBSERVED.read_text(encoding="utf-8"))
REAL = (
    "two statements stand together",
    "a file holds a comment",
    "a rebuild without an action",
)
"""Measured again in every run, with libsql: one of each kind of end."""


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", REAL)
def test_the_real_kit_still_does_what_was_measured(name: str) -> None:
    """With the driver that needs no compiler."""
    assert measure(name, "libsql", kit_modules(KIT)) == SEEN["libsql"][name]


def test_what_a_stale_snapshot_of_1_0_lacks_is_generated_again_until_it_is_added(
    tmp_path: Path,
) -> None:
    """The schema code has the columns of both branches."""
    joined_by_hand(tmp_path)
    (tmp_path / "node_modules").symlink_to(kit_modules("1.0.0-rc.5"))
    assert "`line`" in generated(tmp_path)
    (issue,) = investigated(tmp_path).issues
    assert issue.fix is not None
    for step in issue.fix.steps:
        assert isinstance(step, WriteFile)
        (tmp_path / step.path).write_text(step.after)
    assert generated(tmp_path) == ""


def generated(folder: Path) -> str:
    """The SQL that the real kit writes; it is removed again."""
    before = set((folder / "drizzle").iterdir())
    environment = clean_environment(folder, "")
    subprocess.run(kit_command("generate"), cwd=folder, env=environment, check=True)
    new = set((folder / "drizzle").iterdir()) - before
    text = "".join((it / "migration.sql").read_text() for it in new)
    for it in new:
        shutil.rmtree(it)
    return text
