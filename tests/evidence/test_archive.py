"""A bundle as one file: the same bytes for the same bundle, and no way out of it."""

import io
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.evidence import archive, bag
from forensics.evidence.archive import ArchiveFiles, CannotArchive
from forensics.evidence.bundle import Bundle, BundleError
from forensics.evidence.custody import Action
from tests.evidence.test_tampering import made


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """The archive of a bundle with all layers."""
    made(tmp_path / "bundle")
    return pipeline.archive(tmp_path / "bundle", tmp_path / "bundle.tar")


def test_an_archive_is_read_as_the_folder_is(packed: Path, tmp_path: Path) -> None:
    """Without anything beside it."""
    folder, one = Bundle.open(tmp_path / "bundle"), Bundle.open(packed)
    assert (one.sha256, one.manifest) == (folder.sha256, folder.manifest)
    assert one.content(one.manifest.items[0]) == b"SELECT 1;"
    assert one.layer(bag.EXPERIMENTS) == folder.layer(bag.EXPERIMENTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "bundle.tar"]


def test_the_same_bundle_gives_the_same_bytes(packed: Path, tmp_path: Path) -> None:
    """Whenever and wherever, whatever the files' times and modes."""
    os.umask(os.umask(0o777) & 0o022)
    for path in (tmp_path / "bundle").rglob("*"):
        os.utime(path, (1, 1))
    again = pipeline.archive(tmp_path / "bundle", tmp_path / "again.tar")
    assert again.read_bytes() == packed.read_bytes()
    from_archive = pipeline.archive(packed, tmp_path / "third.tar")
    assert from_archive.read_bytes() == packed.read_bytes()


def test_stock_tools_unpack_and_check_it(packed: Path, tmp_path: Path) -> None:
    """With tar and sha256sum alone."""
    (tmp_path / "x").mkdir()
    subprocess.run(["tar", "-xf", str(packed)], cwd=tmp_path / "x", check=True)
    for name in (bag.MANIFEST, bag.TAG_MANIFEST):
        done = subprocess.run(
            ["sha256sum", "-c", "--quiet", name], cwd=tmp_path / "x" / "bundle", check=False
        )
        assert done.returncode == 0
    assert Bundle.open(tmp_path / "x" / "bundle").layer(bag.REPLAYS)


def test_nothing_is_added_to_an_archive(packed: Path, tmp_path: Path) -> None:
    """It says how to get a folder; an archive that is there is not overwritten."""
    with pytest.raises(BundleError, match="tar -xf"):
        Bundle.open(packed).append(Action.REPORTED)
    with pytest.raises(BundleError, match="tar -xf"):
        pipeline.replay(packed)
    with pytest.raises(CannotArchive, match="exists already"):
        pipeline.archive(tmp_path / "bundle", packed)


def member(name: str, data: bytes = b"x", **more: object) -> tuple[tarfile.TarInfo, bytes]:
    """One more member."""
    told = tarfile.TarInfo(name)
    told.size = len(data)
    for key, value in more.items():
        setattr(told, key, value)
    return told, data


LINK = {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd", "size": 0}
HOSTILE = [
    ("a way out", member("bundle/../../x"), "not a path of a bundle"),
    ("an absolute path", member("/etc/x"), "not a path of a bundle"),
    ("another folder", member("other/x"), "not a path of a bundle"),
    ("a backslash", member("bundle/data\\x"), "not a path of a bundle"),
    ("a drive", member("bundle/c:x"), "not a path of a bundle"),
    ("no name", member("bundle/"), "not a path of a bundle"),
    ("a hidden file", member("bundle/.commit"), "not a path of a bundle"),
    ("a control character", member("bundle/a\nb"), "not a path of a bundle"),
    ("too deep", member("bundle/a/b/c/d/e/f"), "not a path of a bundle"),
    ("a link", member("bundle/x", b"", **LINK), "not a plain file"),
    (
        "a hard link",
        member("bundle/x", b"", **{**LINK, "type": tarfile.LNKTYPE}),
        "not a plain file",
    ),
    ("a device", member("bundle/x", b"", type=tarfile.CHRTYPE), "not a plain file"),
    ("a pipe", member("bundle/x", b"", type=tarfile.FIFOTYPE), "not a plain file"),
    ("a folder", member("bundle/x", b"", type=tarfile.DIRTYPE), "not a plain file"),
    ("a long name", member("bundle/x", b"y", type=tarfile.GNUTYPE_LONGNAME), "not a plain file"),
    ("a second one", member("bundle/bagit.txt"), "more than once"),
    ("one that differs in case", member("bundle/BagIt.txt"), "more than once"),
    ("one that is not listed", member("bundle/notes.txt"), "does not list it"),
]


@pytest.mark.parametrize(("more", "why"), [it[1:] for it in HOSTILE], ids=[it[0] for it in HOSTILE])
def test_a_hostile_member_is_refused(
    packed: Path, more: tuple[tarfile.TarInfo, bytes], why: str
) -> None:
    """Not left out: the whole archive is."""
    with tarfile.open(packed, "a", format=tarfile.USTAR_FORMAT) as out:
        told, data = more
        out.addfile(told, io.BytesIO(data))
    with pytest.raises(BundleError, match=why):
        Bundle.open(packed)


def cut(path: Path) -> None:
    """The last files are gone."""
    os.truncate(path, path.stat().st_size // 2)


def appended(path: Path) -> None:
    """Something after the end."""
    with path.open("ab") as out:
        out.write(b"x" * 512)


def padded(path: Path) -> None:
    """A gigabyte of nothing at the end."""
    os.truncate(path, path.stat().st_size + 2**30)


def swollen(path: Path) -> None:
    """A member that says it has a terabyte."""
    data = bytearray(path.read_bytes())
    header = tarfile.TarInfo.frombuf(bytes(data[:512]), "ascii", "strict")
    header.size = 2**40
    data[:512] = header.tobuf(format=tarfile.GNU_FORMAT)[:512]
    path.write_bytes(bytes(data))


def compressed(path: Path) -> None:
    """As gzip: a bomb could be in it."""
    subprocess.run(["gzip", "-n", str(path)], check=True)
    Path(f"{path}.gz").rename(path)


@pytest.mark.parametrize("damage", [cut, appended, padded, swollen, compressed])
def test_a_damaged_archive_is_refused(packed: Path, damage: Callable[[Path], None]) -> None:
    """And nothing of it is believed."""
    damage(packed)
    with pytest.raises(BundleError, match="not an evidence bundle: it cannot be read") as caught:
        Bundle.open(packed)
    assert damage is not padded or "goes on for long" in str(caught.value)


@pytest.mark.parametrize("limit", ["MOST_FILES", "LARGEST", "MOST_BYTES"])
def test_an_archive_over_a_limit_is_refused(
    packed: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """On members, on one's size, and on the size of all."""
    monkeypatch.setattr(archive, limit, 5)
    with pytest.raises(BundleError, match="more than 5|larger than it may be"):
        Bundle.open(packed)


def test_a_byte_that_is_changed_in_an_archive_is_named(packed: Path) -> None:
    """As it is in a folder."""
    data = packed.read_bytes()
    packed.write_bytes(data.replace(b"SELECT 1;", b"SELECT 2;"))
    with pytest.raises(BundleError, match=r"item e1 \(a\.sql\)"):
        Bundle.open(packed)


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_file_is_no_archive(tmp_path: Path, kind: str) -> None:
    """Nobody waits for a writer."""
    given = tmp_path / "bundle.tar"
    if kind == "pipe":
        os.mkfifo(given)
    else:
        given.symlink_to("/dev/zero")
    with pytest.raises(BundleError, match="not an evidence bundle"):
        Bundle.open(given)
    with pytest.raises(OSError, match="not a regular file"):  # put there in the last moment
        ArchiveFiles(given)
