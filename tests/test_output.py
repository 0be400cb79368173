"""The output folder: ours alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from forensics.bundle import BundleWriter
from forensics.collect.own_output import is_output
from forensics.model import Project
from forensics.output import ForeignFolder, OtherBundle, bundle_folder, new_bundle, prepare
from forensics.recorded import EXPERIMENTS
from forensics.render import FORMATS, write_report
from tests.render.samples import incident


def test_a_new_folder_is_made_and_marked(tmp_path: Path) -> None:
    """The marker lets collectors pass over our own output."""
    folder = prepare(tmp_path / "a" / "report")
    assert (folder / ".forensics").is_file()


def test_our_own_folder_is_taken_again(tmp_path: Path) -> None:
    """The bundle of the run before stays until a new one is whole."""
    folder = prepare(tmp_path / "report")
    bundle_folder(folder).mkdir()
    prepare(folder)
    assert bundle_folder(folder).exists()


@pytest.mark.parametrize("given", ["report", "report/bundle"])
def test_a_report_may_be_written_beside_its_bundle(tmp_path: Path, given: str) -> None:
    """Whether the output folder was given, or the bundle in it."""
    folder = prepare(tmp_path / "report")
    bundle_folder(folder).mkdir()
    prepare(folder, beside=tmp_path / given)
    assert bundle_folder(folder).exists()


def test_a_report_is_not_written_beside_another_bundle(tmp_path: Path) -> None:
    """It would replace the report of that bundle, which stays as it is."""
    folder = prepare(tmp_path / "report")
    bundle_folder(folder).mkdir()
    (bundle_folder(folder) / "manifest.json").write_text("{}")
    with pytest.raises(OtherBundle, match="--output"):
        prepare(folder, beside=tmp_path / "other")
    assert (bundle_folder(folder) / "manifest.json").exists()


def test_a_folder_of_somebody_else_is_refused_untouched(tmp_path: Path) -> None:
    """Nothing is written where we cannot be sure that it is ours."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ForeignFolder, match="--output"):
        prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    """A file of that name is not a folder of ours."""
    (tmp_path / "report").write_text("mine")
    with pytest.raises(ForeignFolder):
        prepare(tmp_path / "report")


def test_a_link_is_refused(tmp_path: Path) -> None:
    """A link could lead anywhere."""
    (tmp_path / "target").mkdir()
    (tmp_path / "report").symlink_to(tmp_path / "target")
    with pytest.raises(ForeignFolder):
        prepare(tmp_path / "report")


def test_a_new_bundle_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    """Once it is whole; then nothing of the earlier run's evidence is left."""
    folder = prepare(tmp_path / "report")
    for run in ("first", "second"):
        with new_bundle(folder) as unfinished:
            unfinished.mkdir()
            (unfinished / run).touch()
    assert [path.name for path in bundle_folder(folder).iterdir()] == ["second"]
    assert sorted(path.name for path in folder.iterdir()) == [".forensics", "bundle"]


def test_a_run_that_is_broken_off_leaves_the_bundle_of_the_run_before(tmp_path: Path) -> None:
    """And nothing of its own."""
    folder = prepare(tmp_path / "report")
    bundle_folder(folder).mkdir()
    with pytest.raises(KeyboardInterrupt), new_bundle(folder) as unfinished:
        unfinished.mkdir()
        raise KeyboardInterrupt
    assert sorted(path.name for path in folder.iterdir()) == [".forensics", "bundle"]


def test_all_that_is_written_is_known_as_ours(tmp_path: Path) -> None:
    """Else a second run would take the first one's output for the project's."""
    folder = prepare(tmp_path / "report")
    formats = [name for name in FORMATS if name != "pdf"]
    write_report(incident(), folder, formats)
    (folder / "report.pdf").touch()
    (folder / "recovered").mkdir()
    (folder / "recovered" / "0001_a.sql").touch()
    with new_bundle(folder) as unfinished:
        writer = BundleWriter(unfinished)
        writer.add("file", "a", data=b"1")
        writer.seal(Project(root=".", head=None, branch=None), datetime(2026, 1, 1, tzinfo=UTC))
        assert is_output(folder)
    (bundle_folder(folder) / EXPERIMENTS).touch()
    assert is_output(folder)
    (folder / "drizzle.config.ts").touch()
    assert not is_output(folder)
