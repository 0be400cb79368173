"""A row that says that a run failed stops everything; the catalogue says what is to be done."""

import pytest
from msgspec.structs import replace

from forensics.facts import Facts, RowState
from forensics.facts.variants import hash_of
from forensics.model import CommandOutcome, RunCommand, RunSql
from forensics.rules.failed_migration_recorded import failed_migration_recorded
from forensics.rules.tracking_rows_missing import tracking_rows_missing
from tests.adapters.prisma.cases import PrismaCase, case
from tests.adapters.prisma.samples import (
    ALL,
    ONE,
    PHONE,
    POST,
    SQL,
    THREE,
    TWO,
    USER,
    path,
    project,
    row,
)

RULE = failed_migration_recorded
FAILED = row(PHONE, RowState.FAILED, log='ERROR: relation "Usr" does not exist')
DEPLOY = "migrate deploy"


def deploys(given: PrismaCase, facts: Facts) -> CommandOutcome:
    """How the applying command ends."""
    return given.scene.adapter.predict(facts, DEPLOY).outcome


def test_what_left_nothing_is_declared_undone() -> None:
    """Then it runs again, and passes."""
    given = case(ONE, USER, FAILED)
    (finding,) = given.found(RULE)
    assert finding.subject == PHONE and 'relation "Usr" does not exist' in finding.root_cause
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand)
    assert step.argv == ("npx", "prisma", "migrate", "resolve", "--rolled-back", PHONE)
    assert deploys(given, given.facts) is CommandOutcome.BLOCKED
    healed = given.healed_by(finding)
    assert deploys(given, healed) is CommandOutcome.PASSES
    assert not list(RULE.ask(healed, {}))


def test_what_is_all_there_is_declared_applied() -> None:
    """A process that was ended wrote no error; no row is said to be missing besides."""
    given = case(TWO, USER, row(PHONE, RowState.STARTED))
    (finding,) = given.found(RULE)
    assert "began and never ended" in finding.title and finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand) and "--applied" in step.argv
    assert deploys(given, given.healed_by(finding)) is CommandOutcome.PASSES
    assert not given.found(tracking_rows_missing)


def test_what_is_there_in_part_is_decided_by_nobody() -> None:
    """A file may end its own transaction, so one statement is there and one is not."""
    text = f'{SQL[PHONE]}COMMIT;\nALTER TABLE "User" ADD COLUMN "age" TEXT;\n'
    given = case(TWO, USER, FAILED, files=project(*ALL, **{path(PHONE): text}))
    (finding,) = given.found(RULE)
    assert finding.fix is None and "a part of what it makes" in finding.root_cause


def test_what_no_catalogue_shows_is_decided_by_nobody() -> None:
    """An update leaves no trace; a run that was ended may have left it."""
    text = 'UPDATE "User" SET "id" = 1;\n'
    files = project(*ALL, **{path(PHONE): text})
    for failed in (FAILED, row(PHONE, RowState.STARTED, checksum=hash_of(text))):
        (finding,) = case(ONE, USER, failed, files=files).found(RULE)
        assert finding.fix is None and "does not prove" in finding.root_cause


@pytest.mark.parametrize(("more", "undone"), [("", True), ("COMMIT;\n", False)])
def test_what_an_error_undid_is_declared_undone(more: str, undone: bool) -> None:
    """The file is still the one that failed, and runs in one transaction, unless it ends that."""
    text = f'UPDATE "User" SET "id" = 1;\n{more}'
    failed = replace(FAILED, checksum=hash_of(text))
    files = project(*ALL, **{path(PHONE): text})
    (finding,) = case(ONE, USER, failed, files=files).found(RULE)
    assert (finding.fix is not None) is undone
    assert ("which the error undid" in finding.root_cause) is undone


def test_one_statement_tells_of_the_whole_transaction() -> None:
    """The column is not there, so the update beside it did not run either."""
    text = f'{SQL[PHONE]}UPDATE "User" SET "phone" = \'1\';\n'
    given = case(ONE, USER, FAILED, files=project(*ALL, **{path(PHONE): text}))
    (finding,) = given.found(RULE)
    assert finding.fix is not None and "rolled back" in finding.fix.title


def test_the_failed_run_of_a_renamed_migration_leaves_only_its_row() -> None:
    """It is there under its earlier name; the row goes, and nothing is declared applied."""
    new = "20260102000000_telephone"
    files = project(USER, POST, **{path(new): SQL[PHONE]})
    failed = replace(row(PHONE, RowState.FAILED), key=new)
    given = case(TWO, THREE, *ALL, failed, files=files)
    (finding,) = given.found(RULE)
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunSql) and '"finished_at" IS NULL' in step.text


def test_a_run_that_was_declared_undone_no_longer_counts() -> None:
    """Nor do rows of applied ones."""
    assert not case(TWO, THREE, *ALL).found(RULE)
    assert not case(ONE, USER, row(PHONE, RowState.ROLLED_BACK)).found(RULE)


@pytest.mark.parametrize(("release", "count"), [("6.19.3", 1), ("7.1.0", 0)])
def test_an_undone_run_of_a_text_that_was_corrected_blocks_some_releases(
    release: str, count: int
) -> None:
    """They compare the file with the oldest row; nothing else is wrong, so the row may go."""
    package = f'{{"devDependencies": {{"prisma": "{release}"}}}}\n'
    undone = row(PHONE, RowState.ROLLED_BACK, checksum="0" * 64)
    given = case(TWO, USER, undone, PHONE, files=project(USER, PHONE, **{"package.json": package}))
    found = given.found(RULE)
    assert len(found) == count
    for finding in found:
        assert finding.fix is not None
        (step,) = finding.fix.steps
        assert isinstance(step, RunSql) and "'" + "0" * 64 + "'" in step.text
        dev = given.scene.adapter.predict(given.healed_by(finding), "migrate dev")
        assert dev.outcome is CommandOutcome.PASSES


def test_an_undone_run_of_the_same_text_is_quiet() -> None:
    """It was declared undone, and ran again as it was."""
    assert not case(TWO, USER, row(PHONE, RowState.ROLLED_BACK), PHONE).found(RULE)
