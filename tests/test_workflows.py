"""The workflows, the action and the issue forms: GitHub accepts them, and what they run exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from forensics.cli import commands

TOP = Path(__file__).parents[1]
WORKFLOWS = sorted((TOP / ".github" / "workflows").glob("*.yml"))
FORMS = TOP / ".github" / "ISSUE_TEMPLATE"
ACTION = TOP / "action.yml"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", WORKFLOWS),
        ("github-actions", [ACTION]),
        ("github-issue-forms", sorted(set(FORMS.glob("*.yml")) - {FORMS / "config.yml"})),
        ("github-issue-config", [FORMS / "config.yml"]),
    ],
)
def test_github_accepts_the_file(schema: str, files: list[Path]) -> None:
    """By the schemas that editors and GitHub's own checks use."""
    assert files
    judge = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}")
    told = subprocess.run((*judge, *files), capture_output=True, text=True)
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda it: it.name)
def test_a_workflow_makes_what_the_makefile_has(workflow: Path) -> None:
    """Also the step that installs the system packages: the Makefile alone lists them."""
    targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text("utf-8"), re.M))
    made = set(re.findall(r"run: (?:sudo )?make ([a-z-]+)", workflow.read_text("utf-8")))
    assert made and made <= targets
    assert "scripts/require" not in workflow.read_text("utf-8")


def test_the_action_uses_options_that_check_has() -> None:
    """A renamed option would break the action of every project that uses it."""
    check = commands.check
    has = {name for it in check.params for name in it.opts}
    calls = re.findall(r"forensics check .*", ACTION.read_text("utf-8"))
    used = {name for call in calls for name in re.findall(r"--[a-z-]+", call)}
    assert used and used <= has
