"""Snapshots of another format than the release reads: converted, or the release is too old."""

import pytest

from forensics.adapters.drizzle.snapshots.shared_shapes import ORIGIN
from forensics.model import CommandOutcome, RunCommand, Severity
from forensics.rules.outdated_snapshot_version import outdated_snapshot_version
from tests.build import Case, ask, project, snapshot

TAGS = ("0000_a", "0001_b")
RULE = outdated_snapshot_version
PATHS = [f"drizzle/meta/{number:04}_snapshot.json" for number in range(2)]
ON_SQLITE = (
    '{"version":"6","dialect":"sqlite","id":"a","prevId":"b","tables":{},"views":{},"enums":{},'
    '"_meta":{"tables":{},"columns":{}},"internal":{"indexes":{}}}'
)
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


def test_the_conversion_is_recommended_where_it_does_no_harm() -> None:
    """It does more than to rewrite snapshots."""
    files = project(*TAGS, **{PATHS[0]: snapshot(0, prevId=ORIGIN)})
    fix = Case(files, version="1.0.0-rc.5").only(RULE).fix
    assert fix is not None
    (step,) = fix.steps
    assert isinstance(step, RunCommand) and "moves each migration into its own folder" in step.why


def test_a_list_without_snapshots_has_the_earlier_layout_too() -> None:
    """Every command stops at the list alone."""
    files = project(*TAGS, **dict.fromkeys(PATHS))
    finding = Case(files, version="1.0.0-rc.5").only(RULE)
    assert "the list of an earlier release" in finding.title
    assert "No snapshot was found" in finding.root_cause and finding.fix is None


def test_a_conversion_that_stops_is_not_recommended() -> None:
    """What it says is told; the repair of that comes first."""
    files = project(*TAGS, **{"drizzle/0001_b.sql": None})
    finding = Case(files, version="1.0.0-rc.5").only(RULE)
    assert finding.fix is None
    assert "the journal entry 0001_b has no SQL file" in finding.root_cause


def test_a_conversion_that_deletes_the_last_trace_of_a_migration_is_not_recommended() -> None:
    """On SQLite it reports success."""
    files = project(*TAGS, **{"drizzle/0001_b.sql": None, PATHS[0]: ON_SQLITE, PATHS[1]: ON_SQLITE})
    finding = Case(files, version="1.0.0-rc.5", dialect="sqlite").only(RULE)
    assert finding.fix is None
    assert f"report success and delete {PATHS[1]}, a snapshot whose" in finding.root_cause


@pytest.mark.parametrize("version", ["0.22.0", "0.31.11", None])
def test_snapshots_that_the_release_reads_are_quiet(version: str | None) -> None:
    """An unknown release is taken for the newest of 0.x."""
    assert not Case(project(*TAGS), version=version).ask(RULE)


@pytest.mark.parametrize("kit", ["1.0.0-beta.1-fd8bfcc", "^1.0.0-beta.1-c0277c0"])
def test_the_first_builds_of_1_0_still_had_a_list(kit: str) -> None:
    """Their `check` passes, and `generate` lists the next migration (seen of four of them)."""
    assert not ask(RULE, Case(project(*TAGS), version=kit).facts)


def test_the_first_beta_reads_newer_snapshots_beside_the_list() -> None:
    """Its `check` ends with 1 and `run "drizzle-kit up"`, which only rewrites the snapshots."""
    finding = Case(project(*TAGS), version="1.0.0-beta.1").only(RULE)
    assert "accepts only version 8" in finding.root_cause
    newer = {path: snapshot(number, version="8") for number, path in enumerate(PATHS)}
    assert not ask(RULE, Case(project(*TAGS, **newer), version="1.0.0-beta.1").facts)
