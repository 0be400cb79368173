"""The working tree: what lies there is told, what is dangerous is not touched."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec import structs

from forensics.collect import tree as tree_module
from forensics.collect.tree import WorkingTree
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.tree import EntryKind
from forensics.model import Obstacle, Outcome, Project
from forensics.system.ownership import MARKER, MARKER_TEXT, mark
from forensics.system.safe_folder import SafeFolder


def test_a_file_is_read_with_hash_and_size(tmp_path: Path) -> None:
    """A plain file comes with its bytes, their SHA-256, their number, encoding and line ends."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.sql").write_bytes(b"SELECT 1;\n")
    read = WorkingTree(tmp_path).read("a/b.sql")
    assert read.outcome is Outcome.COLLECTED
    assert read.data == b"SELECT 1;\n"
    assert read.sha256 == sha256(b"SELECT 1;\n").hexdigest()
    assert (read.size, read.encoding, read.line_ends) == (10, "utf-8", "lf")


@pytest.mark.parametrize(
    ("data", "encoding", "line_ends"),
    [
        (b"", "utf-8", "none"),
        (b"a\r\nb\r\n", "utf-8", "crlf"),
        (b"a\r\nb\n", "utf-8", "mixed"),
        ("\ufeffa\n".encode(), "utf-8-bom", "lf"),
        ("\ufeffa\r\n".encode("utf-16-le"), "utf-16-le", "crlf"),
        ("\ufeffa\n".encode("utf-16-be"), "utf-16-be", "lf"),
        ("SELECT 1;\n".encode("utf-16-le"), "utf-16-le", "lf"),
        ("SELECT 1;\n".encode("utf-16-be"), "utf-16-be", "lf"),
        (b"\x00\x01\x02\xff\x00", "binary", ""),
        ("caf\xe9\n".encode("latin-1"), "binary", ""),
    ],
)
def test_encoding_and_line_ends_are_told(
    tmp_path: Path, data: bytes, encoding: str, line_ends: str
) -> None:
    """Byte order marks, UTF-16 without one, CRLF and mixtures are recognised."""
    (tmp_path / "f").write_bytes(data)
    read = WorkingTree(tmp_path).read("f")
    assert (read.encoding, read.line_ends) == (encoding, line_ends)


def test_absent_is_an_answer(tmp_path: Path) -> None:
    """A missing file, a path through a file, an impossible name: absent, never an exception."""
    (tmp_path / "file").write_text("x")
    tree = WorkingTree(tmp_path)
    for path in ("no", "no/such", "file/below", "nul\0byte", "half\ud800pair", "x" * 5000):
        assert tree.read(path).outcome is Outcome.ABSENT, path
    assert tree.folder("no").outcome is Outcome.ABSENT
    assert tree.folder("file").outcome is Outcome.ABSENT
    assert tree.search("no", ("*",)).outcome is Outcome.ABSENT


@pytest.mark.parametrize("path", ["../outside", "a/../../outside", "/etc/passwd", ".."])
def test_no_path_leaves_the_top(tmp_path: Path, path: str) -> None:
    """Parent steps and absolute paths are refused, also where they would come back."""
    (tmp_path / "outside").write_text("secret")
    (tmp_path / "top/a").mkdir(parents=True)
    tree = WorkingTree(tmp_path / "top")
    assert tree.read(path).outcome is Outcome.DENIED
    assert tree.folder(path).outcome is Outcome.DENIED


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link is listed as a link and found by name; reading it or through it is denied."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/x.sql").write_text("secret")
    top = tmp_path / "top"
    top.mkdir()
    (top / "file.sql").symlink_to("../outside/x.sql")
    (top / "folder").symlink_to("../outside")
    (top / "away.sql").symlink_to("/etc/passwd")
    tree = WorkingTree(top)
    assert tree.read("file.sql").outcome is Outcome.DENIED
    assert tree.read("file.sql").note == (
        "file.sql is a symbolic link to ../outside/x.sql, not followed"
    )
    assert (
        tree.read("away.sql").note
        == "away.sql is a symbolic link to an absolute path, not followed"
    )
    assert tree.read("folder/x.sql").outcome is Outcome.DENIED
    assert tree.folder("folder").outcome is Outcome.DENIED
    assert {entry.kind for entry in tree.folder("").entries} == {EntryKind.LINK}
    assert tree.search("", ("*.sql",)).paths == ("away.sql", "file.sql")


def test_pipes_sockets_and_devices_are_never_opened(tmp_path: Path) -> None:
    """Whatever would block or act when opened is told as such, at once."""
    os.mkfifo(tmp_path / "pipe.sql")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.sql"))
        tree = WorkingTree(tmp_path)
        for name in ("pipe.sql", "s.sql"):
            assert tree.read(name).outcome is Outcome.DENIED
            assert "not opened" in tree.read(name).note
        assert {entry.kind for entry in tree.folder("").entries} == {EntryKind.OTHER}


def test_a_folder_where_a_file_should_be_is_told(tmp_path: Path) -> None:
    """Reading a folder fails with a note, as it fails for the tool."""
    (tmp_path / "f.json").mkdir()
    read = WorkingTree(tmp_path).read("f.json")
    assert (read.outcome, read.obstacle) == (Outcome.FAILED, Obstacle.IS_A_FOLDER)


def test_large_files_are_hashed_and_huge_ones_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the first limit only the hash is kept; a sparse terabyte is not read at all."""
    monkeypatch.setattr(tree_module, "KEPT", 10)
    (tmp_path / "large").write_bytes(b"x" * 11)
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2**40)
    tree = WorkingTree(tmp_path)
    large = tree.read("large")
    assert (large.outcome, large.data, large.size) == (Outcome.COLLECTED, None, 11)
    assert large.sha256 == sha256(b"x" * 11).hexdigest()
    assert large.note
    huge = tree.read("huge")
    assert (huge.outcome, huge.size, huge.sha256) == (Outcome.FAILED, 2**40, None)


def test_permission_denied_is_an_outcome(tmp_path: Path) -> None:
    """What the user may not read is denied; asked in a child without privileges when we are root."""
    (tmp_path / "f").write_text("x")
    (tmp_path / "d").mkdir()
    for name in ("f", "d"):
        (tmp_path / name).chmod(0)
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    script = (
        "import os, sys; from pathlib import Path\n"
        "from forensics.collect.tree import WorkingTree\n"
        "os.getuid() or os.setuid(65534)\n"
        "tree = WorkingTree(Path(sys.argv[1]))\n"
        "print(tree.read('f').outcome, tree.folder('d').outcome, tree.read('d/x').outcome)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["denied", "denied", "denied"]


def test_names_that_are_not_utf8_survive(tmp_path: Path) -> None:
    r"""Such a name is listed with `\xff` in it, found, readable by that text, and storable as JSON."""
    name = b"caf\xe9 \xff.sql"
    (tmp_path / os.fsdecode(name)).write_text("SELECT 1;")
    tree = WorkingTree(tmp_path)
    (entry,) = tree.folder("").entries
    assert entry.name == r"caf\xe9 \xff.sql"
    assert tree.search("", ("*.sql",)).paths == (entry.name,)
    assert tree.read(entry.name).data == b"SELECT 1;"


def test_a_name_with_a_literal_escape_is_read_as_it_is(tmp_path: Path) -> None:
    r"""A file that is really called `\xff` wins over the one that is shown so."""
    (tmp_path / r"\xff").write_text("literal")
    (tmp_path / os.fsdecode(b"\xff")).write_text("byte")
    assert WorkingTree(tmp_path).read(r"\xff").data == b"literal"


@pytest.mark.parametrize("name", ["-rf.sql", "a b.sql", "line\nbreak.sql", "ü.sql", "'\"$x.sql"])
def test_odd_names_are_ordinary(tmp_path: Path, name: str) -> None:
    """Dashes, blanks, line breaks and quotes in names change nothing."""
    (tmp_path / name).write_text("x")
    tree = WorkingTree(tmp_path)
    assert tree.read(name).data == b"x"
    assert tree.search("", ("*.sql",)).paths == (name,)


def test_entries_carry_size_and_time(tmp_path: Path) -> None:
    """Size in bytes and the modification time in UTC with microseconds, entries in order."""
    (tmp_path / "b").write_text("four")
    (tmp_path / "a").mkdir()
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    os.utime(tmp_path / "b", ns=(0, 1767323045678901234))
    folder, file = WorkingTree(tmp_path).folder("").entries
    assert (folder.name, folder.kind, folder.size) == ("a", EntryKind.FOLDER, None)
    assert (file.name, file.size, file.mtime) == ("b", 4, moment.isoformat(timespec="microseconds"))


def test_a_search_skips_what_is_not_the_projects(tmp_path: Path) -> None:
    """Dependencies, git's own folder, virtual environments and our own output are not searched."""
    skipped = ("node_modules/x", ".git", ".venv/lib", "venv", "a/__pycache__", "a/node_modules")
    for folder in (*skipped, "a/b"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "package.json").write_text("{}")
    report = tmp_path / "forensics-report"
    writer = BundleWriter(report / "bundle")
    writer.seal(Project(root="", head=None, branch=None), datetime(2026, 1, 1, tzinfo=UTC))
    with SafeFolder.made(report) as ours:
        mark(ours)
    tree = WorkingTree(tmp_path)
    assert tree.search("", ("package.json",)).paths == ("a/b/package.json",)
    assert tree.search("a", ("package.json",)).paths == ("a/b/package.json",)
    assert tree.search("", ("manifest.json",)).paths == ()


@pytest.mark.parametrize("marker", [b"", MARKER_TEXT, MARKER_TEXT + b"0" * 64 + b"\n"])
@pytest.mark.parametrize(
    "beside",
    [
        *("package.json", "bundle/meta/_journal.json", "bundle/data/collected/content/x"),
        *("fix.sql", "recovered/0000_a.sql", ".report.md.new"),
    ],
)
def test_a_marker_hides_nothing_that_is_not_ours(
    tmp_path: Path, marker: bytes, beside: str
) -> None:
    """Anybody can commit one, into a project or round it."""
    (tmp_path / "api" / beside).parent.mkdir(parents=True)
    (tmp_path / "api" / beside).write_text("{}")
    (tmp_path / "api" / MARKER).write_bytes(marker)
    tree = WorkingTree(tmp_path)
    assert tree.search("", ("*",)).paths == tuple(sorted((f"api/{MARKER}", f"api/{beside}")))
    assert tree.folder("").names() == {"api"}


def test_a_search_that_is_cut_short_says_so(tmp_path: Path) -> None:
    """Too many entries or too little time: an outcome and a note, and what was found so far."""
    for number in range(5):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}/a.sql").touch()
    many = WorkingTree(tmp_path, entries=7).search("", ("*.sql",))
    assert (many.outcome, many.note) == (Outcome.FAILED, "stopped after 7 entries")
    assert 0 < len(many.paths) < 5
    ticks = iter(range(0, 1000, 3))
    slow = WorkingTree(tmp_path, seconds=10, clock=lambda: next(ticks)).search("", ("*.sql",))
    assert (slow.outcome, slow.note) == (Outcome.TIMED_OUT, "stopped after 10 seconds")


def test_a_folder_that_cannot_be_entered_makes_a_search_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that could not look everywhere is not a complete one."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d/f.sql").touch()
    (tmp_path / "e.sql").touch()
    tree = WorkingTree(tmp_path)
    listing = tree.folder("d")
    denied = structs.replace(listing, outcome=Outcome.DENIED, entries=(), note="permission denied")
    monkeypatch.setattr(
        tree, "folder", lambda path: denied if path == "d" else WorkingTree.folder(tree, path)
    )
    search = tree.search("", ("*.sql",))
    assert (search.outcome, search.note) == (Outcome.DENIED, "d: permission denied")
    assert search.paths == ("e.sql",)


def test_reading_changes_neither_content_nor_times(tmp_path: Path) -> None:
    """Modification and access times of everything that was looked at stay as they were."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d/f.sql").write_text("x")
    for path in (tmp_path / "d/f.sql", tmp_path / "d"):
        os.utime(
            path, ns=(10**18, 2 * 10**18)
        )  # read long before it was changed: even relatime acts
    tree = WorkingTree(tmp_path)
    tree.read("d/f.sql")
    tree.search("", ("*",))
    for path in (tmp_path / "d/f.sql", tmp_path / "d"):
        status = path.stat()
        assert (status.st_atime_ns, status.st_mtime_ns) == (10**18, 2 * 10**18)
