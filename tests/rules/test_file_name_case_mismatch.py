"""A file that is listed with other capital letters."""

from forensics.model import CommandOutcome, RunCommand, Severity
from forensics.rules.file_name_case_mismatch import file_name_case_mismatch
from forensics.rules.missing_migration_file import missing_migration_file
from forensics.rules.unlisted_migration_file import unlisted_migration_file
from tests.build import (
    Case,
    ask,
    project,
    sql,
)
from tests.rules.names_and_git import LISTED, TAGS, THERE, in_other_case


def test_the_file_is_renamed_as_it_is_listed() -> None:
    """The command stops where names differ by case, and passes after."""
    case = in_other_case()
    finding = case.only(file_name_case_mismatch)
    assert (finding.subject, finding.severity) == (THERE, Severity.HIGH)
    assert finding.origin is not None and finding.origin.subject == "Icy"
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand)
    assert step.argv == ("git", "mv", "-f", "--", THERE, LISTED)
    healed = case.after(finding.repair)
    assert not ask(file_name_case_mismatch, healed)
    assert not ask(missing_migration_file, healed) and not ask(unlisted_migration_file, healed)


def test_no_other_rule_calls_it_missing_or_unlisted() -> None:
    """One fault, one finding."""
    assert not in_other_case().ask(missing_migration_file)
    assert not in_other_case().ask(unlisted_migration_file)


def test_a_second_file_in_another_case_is_only_unlisted() -> None:
    """The nearest innocent case: the listed one is there."""
    case = Case(project(*TAGS, **{THERE: sql("other")}))
    assert not case.ask(file_name_case_mismatch)
    assert [it.subject for it in case.ask(unlisted_migration_file)] == [THERE]


def test_the_command_stops_at_the_name() -> None:
    """As on Linux."""
    from tests.build import DEFAULT, database, table

    case = in_other_case()
    case = Case(case.scene.tree, database(table(DEFAULT)))
    assert case.scene.predict(case.facts)["migrate"].outcome is CommandOutcome.BLOCKED
    healed = case.after(case.only(file_name_case_mismatch).repair)
    assert case.scene.predict(healed)["migrate"].outcome is CommandOutcome.PASSES
