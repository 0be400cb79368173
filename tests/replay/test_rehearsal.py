"""Which folder a replay takes for the project when none is given."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from forensics.collect.recording import RecordingTree
from forensics.collect.tree import WorkingTree
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_writer import BundleWriter
from forensics.model import Project
from forensics.redaction.redactor import mask
from forensics.replay.rehearsal import rehearsal

CONFIG = "drizzle.config.ts"


def collected(project: Path, output: Path) -> Bundle:
    """What was read of a project, in a folder of reports."""
    project.mkdir(exist_ok=True)
    (project / CONFIG).write_text("export default {}")
    writer = BundleWriter(output / "bundle")
    RecordingTree(WorkingTree(project), writer, mask).read(CONFIG)
    return writer.seal(Project(root="", head=None, branch=None), datetime(2026, 1, 1, tzinfo=UTC))


def test_reports_that_lie_elsewhere_need_the_project_named(tmp_path: Path) -> None:
    """The folder above them is not the project that was examined."""
    bundle = collected(tmp_path / "project", tmp_path / "elsewhere/report")
    with (
        pytest.raises(ForensicsError, match="with --project DIR"),
        rehearsal(bundle, None),
    ):
        raise AssertionError


def test_reports_in_the_project_need_nothing_named(tmp_path: Path) -> None:
    """What stops it then is that no tool was seen there."""
    bundle = collected(tmp_path / "project", tmp_path / "project/report")
    with pytest.raises(ForensicsError) as raised, rehearsal(bundle, None):
        raise AssertionError
    assert "--project DIR" not in str(raised.value)
