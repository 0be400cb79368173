"""Which drizzle-kit is taken, and what is refused before anything of it is run."""

import json
import os
from pathlib import Path

import pytest

from forensics.adapters.drizzle.command_line import FAMILY, WORDS
from forensics.adapters.drizzle.ledger import LEDGER
from forensics.adapters.drizzle.real_tool import PACKAGES
from forensics.adapters.npm.kit import find_kit
from forensics.adapters.real_tool import NoKit
from forensics.facts import ToolUse

TOOL = ToolUse(
    words=WORDS,
    ledger=LEDGER.shape,
    name="drizzle-kit",
    folder="app/drizzle",
    family=FAMILY,
    config="app/drizzle.config.ts",
    dialect="postgresql",
    version=None,
    working_folder="app",
)


def kit_in(folder: Path) -> Path:
    """A folder of packages with a kit."""
    package = folder / "node_modules" / "drizzle-kit"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": "0.31.11"}))
    return folder


def test_a_kit_in_a_parent_folder_or_linked_within_is_taken(tmp_path: Path) -> None:
    """As Node.js finds it, and as workspaces have it."""
    (kit_in(tmp_path) / "app").mkdir()
    assert find_kit(PACKAGES, TOOL, tmp_path, None).place == "node_modules"
    (tmp_path / "app/node_modules").symlink_to("../node_modules")
    assert find_kit(PACKAGES, TOOL, tmp_path, None).place == "app/node_modules"


@pytest.mark.parametrize("given", [True, False], ids=["given", "of the project"])
@pytest.mark.parametrize("link", ["node_modules", "node_modules/drizzle-kit"])
def test_packages_from_elsewhere_are_refused(tmp_path: Path, link: str, given: bool) -> None:
    """Said with where they lie, and with what to do."""
    (tmp_path / "top/app").mkdir(parents=True)
    kit_in(tmp_path / "elsewhere")
    (tmp_path / "top" / link).parent.mkdir(exist_ok=True)
    (tmp_path / "top" / link).symlink_to(tmp_path / "elsewhere" / link)
    with pytest.raises(NoKit, match=f"leads out of .*{tmp_path}/elsewhere.* --kit the folder"):
        find_kit(PACKAGES, TOOL, tmp_path / "top", tmp_path / "top" if given else None)


@pytest.mark.parametrize("content", ["garbage", "[" * 100_000, "[]", '{"version": 3}', "", None])
def test_a_broken_package_is_said_to_be_unreadable(tmp_path: Path, content: str | None) -> None:
    """Whatever stands in it, and where it is a pipe that nobody writes to."""
    described = kit_in(tmp_path) / "node_modules/drizzle-kit/package.json"
    described.unlink()
    if content is None:
        os.mkfifo(described)
    else:
        described.write_text(content)
    with pytest.raises(NoKit, match="no readable package.json"):
        find_kit(PACKAGES, TOOL, tmp_path, tmp_path)
