"""The output folder: ours alone, whoever prepared it."""

import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from forensics.collect.own_output import is_output
from forensics.evidence.bag import EXPERIMENTS
from forensics.evidence.bundle import Bundle, BundleError
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.custody import Action
from forensics.evidence.files import FolderFiles
from forensics.evidence.kinds import EvidenceKind
from forensics.model import Project
from forensics.output import ForeignFolder, OtherBundle, new_bundle, open_bundle, output_folder
from forensics.render import FORMATS, REPORT_FILES, write_report
from forensics.render.recovered import write_recovered
from forensics.system.ownership import MARKER_TEXT
from forensics.system.safe_folder import Locked, SafeFolder
from forensics.verify.answer import Trust
from forensics.verify.run import verify
from tests.render.samples import incident

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OURS = (".forensics", ".gitignore", "bundle")


def sealed(place: Path | SafeFolder, data: bytes = b"1") -> Bundle:
    """A small bundle."""
    writer = BundleWriter(place)
    writer.add(EvidenceKind.FILE, "a", data=data)
    return writer.seal(Project(root=".", head=None, branch=None), NOON)


def run(folder: Path, data: bytes = b"1") -> None:
    """Collect and report, as `investigate` does."""
    with output_folder(folder) as output:
        with new_bundle(output, outdated=REPORT_FILES) as unfinished:
            sealed(unfinished, data)
        write_report(incident(), output, ("md",))


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A folder outside of the repository, which must stay as it is."""
    folder = tmp_path / "home"
    (folder / "content").mkdir(parents=True)
    (folder / "notes.txt").write_text("precious")
    (folder / "content" / "more.txt").write_text("precious")
    return folder


# --- Whose folder it is ---------------------------------------------------------------------------


def test_a_new_folder_is_made_for_us_alone(tmp_path: Path) -> None:
    """Evidence may hold what others must not see."""
    umask = os.umask(0)
    try:
        run(tmp_path / "a" / "report")
    finally:
        os.umask(umask)
    for path in (tmp_path / "a" / "report", *(tmp_path / "a" / "report").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_our_own_folder_is_taken_again(tmp_path: Path) -> None:
    """Also after it was moved; the bundle of the run before stays until a new one is whole."""
    run(tmp_path / "report")
    (tmp_path / "report").rename(tmp_path / "moved")
    with output_folder(tmp_path / "moved"):
        assert (tmp_path / "moved/bundle/bagit.txt").exists()


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """One that was made for us, or by a run that was killed before it marked it."""
    (tmp_path / "report").mkdir(mode=0o755)
    (tmp_path / "report" / "..forensics.new").touch()
    with output_folder(tmp_path / "report") as output:
        assert stat.S_IMODE(output.path.stat().st_mode) == 0o700
    assert {path.name for path in output.path.iterdir()} == {".forensics", ".gitignore"}


@pytest.mark.parametrize("marker", [b"", MARKER_TEXT, MARKER_TEXT + b"0" * 64 + b"\n"])
def test_a_folder_with_a_planted_marker_is_refused_untouched(tmp_path: Path, marker: bytes) -> None:
    """A file proves nothing: anybody can commit it."""
    (tmp_path / "report" / "bundle").mkdir(parents=True)
    (tmp_path / "report" / ".forensics").write_bytes(marker)
    (tmp_path / "report" / "report.md").write_text("theirs")
    before = content(tmp_path)
    with pytest.raises(ForeignFolder, match="came with the repository.*--output"):
        run(tmp_path / "report")
    assert content(tmp_path) == before


def test_a_copy_of_our_own_folder_is_refused(tmp_path: Path) -> None:
    """So a marker that was committed once opens no other folder, nor a later checkout."""
    run(tmp_path / "report")
    shutil.copytree(tmp_path / "report", tmp_path / "copy")
    with pytest.raises(ForeignFolder, match="copied or restored"):
        run(tmp_path / "copy")


def test_a_marker_that_is_a_link_to_a_good_one_is_refused(tmp_path: Path) -> None:
    """It would be a marker of another folder."""
    run(tmp_path / "ours")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / ".forensics").symlink_to(tmp_path / "ours" / ".forensics")
    with pytest.raises(ForeignFolder):
        run(tmp_path / "report")


def test_a_folder_of_somebody_else_is_refused_untouched(tmp_path: Path) -> None:
    """Nothing is written where we cannot be sure that it is ours."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ForeignFolder, match="--output"):
        run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That user could put other files in the place of ours."""
    (tmp_path / "report").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(ForeignFolder, match="belongs to another user"):
        run(tmp_path / "report")


def test_a_file_is_refused(tmp_path: Path) -> None:
    """A file of that name is not a folder of ours."""
    (tmp_path / "report").write_text("mine")
    with pytest.raises(ForeignFolder, match="not a folder"):
        run(tmp_path / "report")


@pytest.mark.parametrize("target", ["empty", "ours", "nowhere"])
def test_a_link_is_refused(tmp_path: Path, target: str) -> None:
    """Wherever it leads: to an empty folder, to one of ours, or to none yet."""
    (tmp_path / "empty").mkdir()
    run(tmp_path / "ours")
    before = content(tmp_path)
    (tmp_path / "report").symlink_to(tmp_path / target)
    with pytest.raises(ForeignFolder, match="symbolic link"):
        run(tmp_path / "report")
    (tmp_path / "report").unlink()
    assert content(tmp_path) == before and not (tmp_path / "nowhere").exists()


# --- What lies in it ------------------------------------------------------------------------------

NAMES = [
    *(".forensics", "..forensics.new", "bundle", ".bundle", ".bundle.old", "recovered"),
    *("report.md", ".report.md.new", "report.pdf", "fix.sql"),
]


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("target", ["", "notes.txt", "nowhere"])
@pytest.mark.parametrize("name", NAMES)
def test_a_link_in_the_folder_leads_nobody_out(
    tmp_path: Path, precious: Path, name: str, target: str
) -> None:
    """A pull may bring one into a folder that is ours: it is replaced or removed, or stops us."""
    folder, before = tmp_path / "report", content(precious)
    run(folder)
    if name in OURS and (folder / name).exists():
        (folder / name).rename(tmp_path / "aside")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(precious / target)
    try:
        run(folder)
        with output_folder(folder) as output:
            write_recovered([], output)
            write_report(incident(), output, ("md",))
    except ForeignFolder:
        assert name == ".forensics"
    assert content(precious) == before


@pytest.mark.parametrize("name", NAMES)
def test_links_in_a_folder_that_the_repository_brought_lead_nobody_out(
    tmp_path: Path, precious: Path, name: str
) -> None:
    """Nothing is even tried there."""
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / ".forensics").write_bytes(MARKER_TEXT)
    (tmp_path / "report" / name).unlink(missing_ok=True)
    (tmp_path / "report" / name).symlink_to(precious)
    before = content(precious)
    with pytest.raises(ForeignFolder):
        run(tmp_path / "report")
    assert content(precious) == before
    assert (tmp_path / "report" / name).is_symlink()


def test_a_folder_that_is_exchanged_while_we_write_is_not_followed(
    tmp_path: Path, precious: Path
) -> None:
    """What was checked is what is written to, whatever lies at its path by then."""
    with output_folder(tmp_path / "report") as output:
        (tmp_path / "report").rename(tmp_path / "aside")
        (tmp_path / "report").symlink_to(precious)
        before = content(precious)
        with new_bundle(output) as unfinished:
            sealed(unfinished)
        write_report(incident(), output, ("md",))
        write_recovered([], output)
    assert content(precious) == before
    assert (tmp_path / "aside" / "report.md").exists()


# --- Bundles --------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["report", "report/bundle"])
def test_a_report_may_be_written_beside_its_bundle(tmp_path: Path, given: str) -> None:
    """Whether the output folder was given, or the bundle in it."""
    run(tmp_path / "report")
    with output_folder(tmp_path / "report", beside=open_bundle(tmp_path / given)):
        assert (tmp_path / "report/bundle/bagit.txt").exists()


def test_a_report_is_not_written_beside_another_bundle(tmp_path: Path) -> None:
    """It would replace the report of that bundle, which stays as it is."""
    run(tmp_path / "report")
    with pytest.raises(OtherBundle, match="--output"):
        with output_folder(tmp_path / "report", beside=sealed(tmp_path / "other")):
            raise AssertionError
    assert (tmp_path / "report/bundle/bagit.txt").exists()


def test_a_new_bundle_takes_the_place_of_the_old_one_and_its_report(tmp_path: Path) -> None:
    """Once it is whole; then nothing of the earlier run's evidence is left."""
    run(tmp_path / "report", b"1")
    (tmp_path / "report/recovered").mkdir()
    with output_folder(tmp_path / "report") as output:
        with new_bundle(output, outdated=REPORT_FILES) as unfinished:
            assert (tmp_path / "report/report.md").exists()
            sealed(unfinished, b"2")
    (item,) = open_bundle(tmp_path / "report").manifest.items
    assert open_bundle(tmp_path / "report").content(item) == b"2"
    assert {path.name for path in output.path.iterdir()} == {*OURS, "recovered"}


def test_a_run_that_is_broken_off_leaves_the_bundle_of_the_run_before(tmp_path: Path) -> None:
    """And nothing of its own."""
    run(tmp_path / "report")
    before = content(tmp_path / "report")
    with pytest.raises(KeyboardInterrupt), output_folder(tmp_path / "report") as output:
        with new_bundle(output, outdated=REPORT_FILES):
            raise KeyboardInterrupt
    assert content(tmp_path / "report") == before


# --- Other runs -----------------------------------------------------------------------------------

CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir")


def killed(folder: Path, data: bytes, changes: int) -> bool:
    """Whether a run dies by SIGKILL before it changes a folder once more than so many times."""
    child = os.fork()
    if child == 0:
        left = changes

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            opened = arguments[2] if event == "open" else 0
            if event not in CHANGES and not (isinstance(opened, int) and opened & os.O_CREAT):
                return
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        run(folder, data)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def state(folder: Path) -> tuple[bytes | None, bool]:
    """What the bundle holds, `None` where there is none, and whether a report lies beside it."""
    reported = any((folder / name).exists() for name in REPORT_FILES)
    try:
        bundle = open_bundle(folder)
    except BundleError as error:
        assert "was stopped before its end" in str(error)
        return None, reported
    return bundle.content(bundle.manifest.items[0]), reported


@pytest.mark.night
@pytest.mark.slow
def test_a_run_that_is_killed_leaves_the_old_state_or_an_incomplete_one(tmp_path: Path) -> None:
    """At any moment: never no bundle beside a report, never half a file; and the next run works."""
    folder, seen, changes = tmp_path / "report", set(), 0
    run(folder, b"first")
    while killed(folder, b"second", changes):
        assert is_output(folder)
        seen.add(state(folder))
        for path in folder.glob("[!.]*.*"):
            assert path.read_bytes()
        run(folder, b"first")
        assert {path.name for path in folder.glob(".*")} == {".forensics", ".gitignore"}
        changes += 1
    assert state(folder) == (b"second", True)
    # The old one, none while they are exchanged, and the new one before and while it is reported.
    assert seen == {
        *((b"first", True), (b"first", False)),
        *((None, False), (b"second", False), (b"second", True)),
    }


def test_of_two_runs_one_is_told_that_the_other_writes(tmp_path: Path) -> None:
    """Nothing is written by the second, and the first one's bundle stays whole."""
    with output_folder(tmp_path / "report") as output:
        with new_bundle(output) as unfinished:
            sealed(unfinished)
            with pytest.raises(Locked, match=r"Another run is writing to .*report.*--output"):
                run(tmp_path / "report")
    assert open_bundle(tmp_path / "report").manifest.items
    run(tmp_path / "report")


def test_a_bundle_that_is_read_stays_the_one_that_was_opened(tmp_path: Path) -> None:
    """What another run puts in its place is not taken for it, and gets no answers of this one."""
    run(tmp_path / "report", b"first")
    bundle = open_bundle(tmp_path / "report")
    run(tmp_path / "report", b"second")
    with pytest.raises(BundleError, match="another run has replaced"):
        bundle.content(bundle.manifest.items[0])
    with pytest.raises(BundleError, match="another run has replaced"):
        bundle.append(Action.EXPERIMENTED, {EXPERIMENTS: b"{}"})
    assert open_bundle(tmp_path / "report").layer(EXPERIMENTS) is None


# --- Our own output is no evidence ----------------------------------------------------------------


def test_all_that_is_written_is_known_as_ours(tmp_path: Path) -> None:
    """Else a second run would take the first one's output for the project's."""
    with output_folder(tmp_path / "report") as output:
        folder = output.path
        write_report(incident(), output, [name for name in FORMATS if name != "pdf"])
        (folder / "report.pdf").touch()
        (folder / "recovered").mkdir()
        (folder / "recovered" / "0001_a.sql").touch()
        with new_bundle(output) as unfinished:
            sealed(unfinished)
            assert is_output(folder)
    open_bundle(folder).append(Action.REPORTED)
    assert is_output(folder)
    (folder / "drizzle.config.ts").touch()
    assert not is_output(folder)


def test_nothing_is_known_as_ours_by_its_looks(tmp_path: Path) -> None:
    """A repository could hide its migrations from us with a marker."""
    run(tmp_path / "report")
    shutil.copytree(tmp_path / "report", tmp_path / "copy")
    assert is_output(tmp_path / "report") and not is_output(tmp_path / "copy")


@pytest.mark.parametrize("look", [1, 2])
@pytest.mark.parametrize("reader", [open_bundle, lambda place: verify(place, Trust())])
def test_a_bundle_that_is_replaced_while_it_is_read_was_not_altered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: Callable[[Path], object], look: int
) -> None:
    """Another run removes the files below our hands: that is said, and nobody is accused."""
    run(tmp_path / "report")
    listed, looks = FolderFiles.paths, count(1)

    def replaced_after(files: FolderFiles) -> frozenset[str]:
        found = listed(files)
        if next(looks) == look:
            run(tmp_path / "report", b"2")
        return found

    monkeypatch.setattr(FolderFiles, "paths", replaced_after)
    with pytest.raises(BundleError, match="was replaced by another run.*Run it again") as caught:
        reader(tmp_path / "report")
    assert "altered" not in str(caught.value)


def test_a_folder_that_another_run_removes_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes back what it made when it fails, perhaps just after we have opened it."""
    opened = SafeFolder.made

    def removed(path: Path) -> SafeFolder:
        folder = opened(path)
        path.rmdir()
        return folder

    monkeypatch.setattr(SafeFolder, "made", removed)
    with pytest.raises(Locked, match="Another run has just removed.*Run it again"):
        run(tmp_path / "report")
