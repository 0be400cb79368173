"""`make rule` in a copy of the project: what it writes is sound, and fails until it is filled in."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.new_rule import ROOT, BadName, listed, planned

WRITTEN = ("forensics/rules/my_fault.py", "tests/rules/test_my_fault.py")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parts of the project that a rule and its tests need, with one rule more."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("forensics", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=_ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    done = run(folder, "-m", "tests.new_rule", "my-fault")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:3] == [*WRITTEN, "forensics/rules/__init__.py"]
    return folder


def _ignored(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name in ("__pycache__", "lab")}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python in the copy, which finds its modules before ours."""
    command = [sys.executable, "-B", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_rule_is_known_by_its_name(copy: Path) -> None:
    """Its page has the headings that every page has, each to be filled in."""
    done = run(copy, "-m", "forensics", "explain", "my-fault")
    assert done.returncode == 0, done.stderr
    headings = [line for line in done.stdout.splitlines() if line.startswith("## ")]
    assert headings[:3] == ["## What breaks", "## Evidence", "## Not this"]
    assert headings[3:] == ["## Fix", "## Fix safety", "## Prevention"]
    assert run(copy, "-m", "forensics", "explain").stdout.count("my-fault") == 1


@pytest.mark.slow
def test_its_four_tests_fail_until_they_are_written(copy: Path, tmp_path: Path) -> None:
    """A skeleton that passed would be forgotten."""
    options = ("-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path}")
    done = run(copy, "-m", "pytest", *options, WRITTEN[1])
    assert "4 failed" in done.stdout, done.stdout
    assert "passed" not in done.stdout and "error" not in done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_it_keeps_to_the_style(copy: Path) -> None:
    """Nobody has to mend what was written for them."""
    for command in (("check",), ("format", "--check")):
        done = run(copy, "-m", "ruff", *command, "--no-cache", "forensics/rules", "tests/rules")
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_a_name_is_not_given_twice(copy: Path) -> None:
    """What somebody has filled in is never overwritten."""
    before = [(copy / path).read_bytes() for path in WRITTEN]
    done = run(copy, "-m", "tests.new_rule", "my-fault")
    assert done.returncode == 1 and "There is a rule 'my-fault' already." in done.stderr
    assert [(copy / path).read_bytes() for path in WRITTEN] == before


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "is no name"),
        ("My-Fault", "is no name"),
        ("my_fault", "is no name"),
        ("my fault", "is no name"),
        ("../my-fault", "is no name"),
        ("my-fault\n", "is no name"),
        ("-my", "is no name"),
        ("9-lives", "is no name"),
        ("class", "is no name"),
        ("a" * 36, "longer than 35"),
        ("missing-journal", "already"),
        ("stray-file-in-meta", "already"),
        ("both-tools", "tests/rules/test_both_tools.py exists"),
    ],
)
def test_a_name_that_no_rule_can_have_is_refused(name: str, why: str) -> None:
    """Before anything is written."""
    with pytest.raises(BadName, match=why):
        planned(name)


def test_the_list_of_rules_stays_sorted_and_gets_the_rule_last() -> None:
    """The imports by name; the order of `RULES` is the tool's, so its author decides."""
    text = (ROOT / "forensics/rules/__init__.py").read_text(encoding="utf-8")
    found = listed(text, "my_fault").splitlines()
    assert set(found) - set(text.splitlines()) == {
        "from forensics.rules.my_fault import my_fault",
        "    my_fault,",
    }
    imports = [line for line in found if line.startswith("from forensics.")]
    assert imports == sorted(imports)
    assert found[found.index(")") - 1] == "    my_fault,"
