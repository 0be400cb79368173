"""A folder is ours where its marker was signed by this user's key for this very folder."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from forensics.output import ForeignFolder, output_folder
from forensics.system import ownership
from forensics.system.ownership import is_kept, is_marked, mark
from forensics.system.safe_folder import SafeFolder


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the key of these tests is kept, and where it would go otherwise."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "state"


def marked(path: Path) -> SafeFolder:
    """A folder of ours."""
    folder = SafeFolder.made(path)
    mark(folder)
    return folder


def forget() -> None:
    """As the next run begins: it knows no key yet."""
    ownership._key.cache_clear()


def test_the_next_run_knows_the_folder_again(tmp_path: Path, state: Path) -> None:
    """By a key that only this user can read."""
    folder = marked(tmp_path / "report")
    forget()
    assert is_marked(folder) and is_kept()
    assert stat.S_IMODE((state / "forensics/key").stat().st_mode) == 0o600
    assert stat.S_IMODE((state / "forensics").stat().st_mode) == 0o700


def test_another_users_key_makes_no_folder_ours(tmp_path: Path, state: Path) -> None:
    """Nor does a key that was lost."""
    folder = marked(tmp_path / "report")
    (state / "forensics/key").unlink()
    forget()
    assert not is_marked(folder)


def test_a_marker_of_one_folder_opens_no_other(tmp_path: Path) -> None:
    """It may be public: somebody committed it."""
    marked(tmp_path / "report")
    other = SafeFolder.made(tmp_path / "other")
    other.write(".forensics", (tmp_path / "report/.forensics").read_bytes())
    assert not is_marked(other)


def test_without_a_home_the_key_is_kept_beside_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container has often none that can be written to."""
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", os.devnull)
    folder = marked(tmp_path / "report")
    forget()
    assert is_marked(folder) and is_kept()
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == [
        f"forensics-state-{os.geteuid()}"
    ]


@pytest.mark.parametrize("fault", ["key for all", "folder for all", "key is a link", "short key"])
def test_a_key_that_others_could_have_made_is_not_used(
    tmp_path: Path, state: Path, fault: str
) -> None:
    """Whoever knows the key can sign a marker."""
    place = state / "forensics"
    place.mkdir(parents=True, mode=0o700)
    key = place / "key"
    key.write_bytes(b"k" * (3 if fault == "short key" else 32))
    key.chmod(0o644 if fault == "key for all" else 0o600)
    if fault == "folder for all":
        place.chmod(0o777)
    if fault == "key is a link":
        key.rename(tmp_path / "key")
        key.symlink_to(tmp_path / "key")
    forget()
    marked(tmp_path / "report")
    assert (tmp_path / "tmp" / f"forensics-state-{os.geteuid()}" / "key").exists()


def test_where_no_key_can_be_kept_a_folder_is_new_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This run knows its own folder; the next one says why it does not, and what to do."""
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/state")
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null")
    forget()
    with output_folder(tmp_path / "report") as folder:
        assert is_marked(folder) and not is_kept()
    forget()
    with pytest.raises(ForeignFolder, match="XDG_STATE_HOME.*--output"):
        with output_folder(tmp_path / "report"):
            raise AssertionError
    with output_folder(tmp_path / "new"):
        pass


def test_two_first_runs_at_once_make_one_key(tmp_path: Path, state: Path) -> None:
    """Else the folder of one would be a stranger's from the start."""
    code = (
        "import sys; from pathlib import Path; from forensics.system.ownership import mark\n"
        "from forensics.system.safe_folder import SafeFolder; sys.stdin.readline()\n"
        "mark(SafeFolder.made(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", code]
    runs = [
        subprocess.Popen([*command, str(tmp_path / f"r{n}")], stdin=subprocess.PIPE)
        for n in range(4)
    ]
    for each in runs:
        each.communicate(b"\n")
    forget()
    assert all(is_marked(SafeFolder.opened(tmp_path / f"r{n}")) for n in range(4))
