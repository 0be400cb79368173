"""Snapshots of another format than the release reads: converted, or the release is too old."""

import pytest

from forensics.model import CommandOutcome, RunCommand, Severity
from forensics.rules.outdated_snapshot_version import outdated_snapshot_version
from tests.build import Case, ask, project, snapshot

TAGS = ("0000_a", "0001_b")
RULE = outdated_snapshot_version
PATHS = [f"drizzle/meta/{number:04}_snapshot.json" for number in range(2)]
OF_KIT_0_21 = {path: snapshot(number, version="6") for number, path in enumerate(PATHS)}


def test_older_snapshots_are_converted_by_the_tool_itself() -> None:
    """What it would write is known, so the commands are known to pass afterwards."""
    case = Case(project(*TAGS, **OF_KIT_0_21), version="0.31.11")
    finding = case.only(RULE)
    assert (finding.subject, finding.severity) == ("drizzle", Severity.MEDIUM)
    assert "accepts only version 7" in finding.root_cause
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand) and step.argv == ("npx", "drizzle-kit", "up")
    assert case.scene.predict(case.facts)["check"].outcome is CommandOutcome.BLOCKED
    healed = case.after(finding.repair)
    assert case.scene.predict(healed)["check"].outcome is CommandOutcome.PASSES
    assert not ask(RULE, healed)


def test_one_old_snapshot_is_enough() -> None:
    """The tool stops at the first."""
    files = project(*TAGS, **{PATHS[0]: OF_KIT_0_21[PATHS[0]]})
    assert "1 snapshot has the format of version 6" in Case(files).only(RULE).root_cause


def test_the_command_runs_where_the_config_is() -> None:
    """A shell line, from the top of the tree."""
    app = {f"apps/api/{path}": text for path, text in project(*TAGS, **OF_KIT_0_21).items()}
    app["apps/api/package.json"] = "{}"
    finding = Case(app).only(RULE)
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand)
    assert step.argv == ("sh", "-c", "cd apps/api && npx drizzle-kit up")


def test_newer_snapshots_want_a_newer_tool() -> None:
    """Nothing is converted back."""
    case = Case(project(*TAGS), version="0.21.4")
    finding = case.only(RULE)
    assert "newer format than drizzle-kit 0.21.4 reads" in finding.title
    assert finding.fix is None
    assert case.scene.predict(case.facts)["check"].message.startswith("Info: ")


def test_a_release_with_another_layout_wants_the_folder_converted() -> None:
    """Every one of its commands asks for it."""
    finding = Case(project(*TAGS), version="1.0.0-rc.5").only(RULE)
    assert (finding.subject, finding.severity) == ("drizzle", Severity.HIGH)
    assert "layout of an earlier release" in finding.title


@pytest.mark.parametrize("version", ["0.22.0", "0.31.11", None])
def test_snapshots_that_the_release_reads_are_quiet(version: str | None) -> None:
    """An unknown release is taken for the newest of 0.x."""
    assert not Case(project(*TAGS), version=version).ask(RULE)
