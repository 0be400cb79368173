"""Rules of every tool, on rows that tell how a migration stands."""

from forensics.facts import RowState
from forensics.model import CommandOutcome, RunCommand, RunSql
from forensics.rules.duplicate_tracking_row import duplicate_tracking_row
from forensics.rules.edited_migration import edited_migration
from forensics.rules.pushed_before_migrating import pushed_before_migrating
from forensics.rules.recorded_not_applied import recorded_not_applied
from forensics.rules.renamed_after_applied import renamed_after_applied
from forensics.rules.schema_drift import schema_drift
from forensics.rules.tracking_rows_missing import tracking_rows_missing
from tests.adapters.prisma.cases import PrismaCase, case
from tests.adapters.prisma.samples import (
    ALL,
    FOLDER,
    ONE,
    PHONE,
    POST,
    SQL,
    THREE,
    TWO,
    USER,
    database,
    path,
    project,
    row,
)

DEPLOY = "migrate deploy"


def outcome(given: PrismaCase, command: str = DEPLOY) -> CommandOutcome:
    """What a command does as things are."""
    return given.scene.adapter.predict(given.facts, command).outcome


def test_one_that_never_ran_is_told_wherever_it_stands() -> None:
    """Later ones are there: of a row that the tool wrote itself, the column was dropped by hand."""
    given = case(ONE, THREE, USER, row(PHONE, ran=False), POST)
    (finding,) = given.found(recorded_not_applied)
    assert finding.subject == PHONE and "ran no statement of it" in finding.root_cause
    assert outcome(given) is CommandOutcome.PASSES
    assert not given.found(schema_drift)
    by_hand = case(ONE, THREE, *ALL)
    assert not by_hand.found(recorded_not_applied)
    assert by_hand.found(schema_drift)


def test_its_row_is_deleted_so_that_it_runs() -> None:
    """That is right exactly where nothing of it is there."""
    given = case(ONE, THREE, USER, row(PHONE, ran=False), POST)
    (finding,) = given.found(recorded_not_applied)
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunSql) and f"'{PHONE}'" in step.text
    assert '"rolled_back_at" IS NULL' in step.text
    healed = given.healed_by(finding)
    applying = given.scene.adapter.applying(healed)
    assert applying is not None and applying.pending == (1,)
    assert not case(TWO, THREE, USER, row(PHONE, ran=False), POST).found(recorded_not_applied)


def test_what_was_made_without_rows_is_declared_applied_by_the_tool() -> None:
    """One command for each that is proven, and the table need not exist."""
    given = PrismaCase(project(*ALL), database((TWO, THREE)))
    (finding,) = given.found(pushed_before_migrating)
    assert finding.fix is not None
    words = [step.argv[-2:] for step in finding.fix.steps if isinstance(step, RunCommand)]
    assert words == [("--applied", name) for name in ALL]
    assert outcome(given) is CommandOutcome.BLOCKED
    after = given.scene.predict(given.healed_by(finding))
    assert after[DEPLOY].outcome is CommandOutcome.PASSES


def test_a_row_that_was_lost_is_written_by_the_tool() -> None:
    """Only that of the migration that is there without one."""
    given = case(TWO, THREE, USER, POST)
    (finding,) = given.found(tracking_rows_missing)
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand) and step.argv[-1] == PHONE
    assert step.marks is not None and step.marks.applied


def test_rows_of_failed_runs_are_no_copies() -> None:
    """A failed run that was declared undone, and the one that passed."""
    undone = row(PHONE, RowState.ROLLED_BACK, checksum="0" * 64)
    given = case(TWO, THREE, USER, undone, PHONE, POST)
    assert not given.found(duplicate_tracking_row)
    assert not given.found(edited_migration)
    assert case(TWO, THREE, *ALL, PHONE).found(duplicate_tracking_row)


def test_a_renamed_directory_is_renamed_back() -> None:
    """The whole directory, not the file in it."""
    new = "20260103000000_posts"
    files = project(USER, PHONE, **{path(new): SQL[POST]})
    given = case(TWO, THREE, *ALL, files=files)
    (finding,) = given.found(renamed_after_applied)
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand)
    assert step.argv == ("mv", "-n", "--", f"{FOLDER}/{new}", f"{FOLDER}/{POST}")
    assert outcome(given) is CommandOutcome.BLOCKED


def test_an_edited_migration_is_noticed_by_one_command() -> None:
    """Other line ends are not."""
    edited = case(TWO, THREE, *ALL, files=project(*ALL, **{path(PHONE): f"-- x\n{SQL[PHONE]}"}))
    assert edited.found(edited_migration)
    assert outcome(edited) is CommandOutcome.PASSES
    assert outcome(edited, "migrate dev") is CommandOutcome.BLOCKED
    ends = SQL[PHONE].replace("\n", "\r\n")
    same = case(TWO, THREE, *ALL, files=project(*ALL, **{path(PHONE): ends}))
    assert all(it.cosmetic for it in same.found(edited_migration))
    assert outcome(same, "migrate dev") is CommandOutcome.PASSES
