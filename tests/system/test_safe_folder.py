"""No link leads out of a folder that is written to through its descriptor."""

import os
from pathlib import Path

import pytest

from forensics.system.safe_folder import CannotWrite, SafeFolder


@pytest.fixture
def folder(tmp_path: Path) -> SafeFolder:
    """The folder, with something precious beside it."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "notes").write_text("precious")
    return SafeFolder.made(tmp_path / "report")


def precious(folder: SafeFolder) -> bool:
    """Whether what lies beside it is as it was."""
    home = folder.path.parent / "home"
    return [(path.name, path.read_text()) for path in home.iterdir()] == [("notes", "precious")]


@pytest.mark.parametrize("target", ["../home", "../home/notes", "../home/new"])
@pytest.mark.parametrize("name", ["a", ".a.new"])
def test_a_link_is_replaced_by_the_file(folder: SafeFolder, name: str, target: str) -> None:
    """Under its own name, and under the one that it has until it is whole."""
    (folder.path / name).symlink_to(target)
    folder.write("a", b"new")
    assert (folder.path / "a").read_bytes() == b"new" and not (folder.path / "a").is_symlink()
    assert folder.names() == {"a"} and precious(folder)


def test_a_link_is_removed_and_not_what_it_leads_to(folder: SafeFolder) -> None:
    """Also one below a folder that is removed."""
    (folder.path / "a").symlink_to("../home")
    (folder.path / "b").mkdir()
    (folder.path / "b" / "c").symlink_to(folder.path.parent / "home")
    for name in ("a", "b", "absent"):
        folder.remove(name)
    assert not folder.names() and precious(folder)


def test_a_link_is_no_folder_to_write_in(folder: SafeFolder) -> None:
    """Nor to make, nor to open."""
    (folder.path / "a").symlink_to("../home")
    with pytest.raises(CannotWrite, match="report/a could not be written"):
        folder.make("a")
    with pytest.raises(OSError):
        folder.child("a")
    with pytest.raises(OSError):
        SafeFolder.made(folder.path / "a")


def test_neither_link_nor_pipe_nor_device_is_read(folder: SafeFolder) -> None:
    """A link may lead anywhere, the others may never end."""
    (folder.path / "link").symlink_to("../home/notes")
    os.mkfifo(folder.path / "pipe")
    with pytest.raises(OSError, match="symbolic link"):
        folder.read("link")
    with pytest.raises(OSError, match="not a regular file"):
        folder.read("pipe")


@pytest.mark.parametrize("name", ["", ".", "..", "../home/notes", "/etc/passwd", "a\0b"])
def test_a_name_leads_nowhere_else(folder: SafeFolder, name: str) -> None:
    """It is one part of a path."""
    for write in (lambda: folder.write(name, b"x"), lambda: folder.remove(name)):
        with pytest.raises(CannotWrite, match="not the name of a file"):
            write()
    for read in (folder.read, folder.child, folder.has):
        with pytest.raises(OSError, match="not the name of a file"):
            read(name)
    assert precious(folder)
