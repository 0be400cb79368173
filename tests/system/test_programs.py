"""Programs are found where the system has them, never in an examined project."""

import os
from collections import OrderedDict
from pathlib import Path

import pytest

from forensics.system import programs
from forensics.system.programs import distrust, find_program, program, search_path


@pytest.fixture(autouse=True)
def nothing_distrusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests examined does not count here."""
    monkeypatch.setattr(programs, "_distrusted", OrderedDict())


def placed(folder: Path, name: str = "git") -> Path:
    """A program in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (found := folder / name).write_text("#!/bin/sh\n")
    found.chmod(0o755)
    return found


def on_path(monkeypatch: pytest.MonkeyPatch, *folders: Path | str) -> None:
    """PATH is these folders."""
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))


def test_the_first_program_of_path_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a shell does; what cannot be executed is none."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "git").write_text("a note")
    first = placed(tmp_path / "b")
    placed(tmp_path / "c")
    on_path(monkeypatch, tmp_path / "a", tmp_path / "b", tmp_path / "c")
    assert find_program("git") == program("git") == str(first)
    assert find_program("hg") is None
    assert not Path(program("hg")).exists()


@pytest.mark.parametrize("folder", ["node_modules/.bin", "app/node_modules/x/bin"])
def test_a_folder_of_packages_is_left_out(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package manager that starts us puts it first; a link to it is no way around."""
    placed(tmp_path / folder)
    (tmp_path / "link").symlink_to(tmp_path / folder)
    real = placed(tmp_path / "usr")
    on_path(monkeypatch, tmp_path / folder, tmp_path / "link", tmp_path / "usr")
    assert find_program("git") == str(real)
    assert search_path() == str(tmp_path / "usr")


def test_a_program_that_links_into_a_folder_of_packages_is_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is npm installed everywhere."""
    target = placed(tmp_path / "lib/node_modules/npm/bin", "npm-cli.js")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "npm").symlink_to(target)
    on_path(monkeypatch, tmp_path / "bin")
    assert find_program("npm") == str(tmp_path / "bin" / "npm")


def test_a_relative_folder_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leads into whatever folder we were started in."""
    placed(tmp_path)
    placed(tmp_path / "bin")
    monkeypatch.chdir(tmp_path)
    on_path(monkeypatch, ".", "bin", "", "/nonexistent")
    assert find_program("git") is None
    assert search_path() == "/nonexistent"


def test_an_examined_project_brings_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in a folder of PATH, nor by a link from elsewhere."""
    planted = placed(tmp_path / "project" / "bin")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "git").symlink_to(planted)
    real = placed(tmp_path / "usr")
    on_path(monkeypatch, tmp_path / "project" / "bin", tmp_path / "home", tmp_path / "usr")
    assert find_program("git") == str(planted)
    distrust(tmp_path / "project")
    assert find_program("git") == str(real)
    assert str(tmp_path / "project") not in search_path()


def test_a_folder_with_the_users_home_stays_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many keep their settings in a repository there, and programs of their own next to it."""
    own = placed(tmp_path / "home" / ".local" / "bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    on_path(monkeypatch, own.parent)
    distrust(tmp_path / "home")
    distrust(Path("/"))
    assert find_program("git") == str(own)
