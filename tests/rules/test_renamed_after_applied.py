"""A tool that goes by names runs a renamed migration again."""

from forensics.adapters.drizzle.v1.folder import stamp_of
from forensics.model import CommandOutcome, RunCommand, Safety, UpdateRow
from forensics.rules.applied_but_unknown_migration import applied_but_unknown_migration
from forensics.rules.edited_migration import edited_migration
from forensics.rules.renamed_after_applied import renamed_after_applied
from tests.build import Case
from tests.folders import NAMES, folders, path, recorded, row, sql

ONE, TWO, _ = NAMES
BETTER = "20261101000001_better"


def renamed() -> dict[str, str | bytes]:
    """The second has another name, and the same bytes."""
    return folders(ONE, BETTER, changes={path(BETTER): sql(TWO)})


def test_the_bytes_tell_that_it_was_renamed() -> None:
    """The whole hash is said, since the proof rests on it."""
    case = Case(renamed(), recorded(row(1, ONE), row(2, TWO), live=["public.one", "public.two"]))
    finding = case.only(renamed_after_applied)
    assert finding.subject == BETTER and TWO in finding.title
    assert row(2, TWO).checksum in finding.root_cause
    assert not case.ask(applied_but_unknown_migration)


def test_it_is_renamed_back() -> None:
    """The recorded name is that of every environment; outside of git by `mv`."""
    case = Case(renamed(), recorded(row(1, ONE), row(2, TWO), live=["public.one", "public.two"]))
    finding = case.only(renamed_after_applied)
    assert finding.fix is not None and finding.fix.safety is Safety.REVIEW
    (step,) = finding.fix.steps
    assert isinstance(step, RunCommand)
    assert step.argv == ("mv", "-n", "--", f"drizzle/{BETTER}", f"drizzle/{TWO}")


def test_with_the_new_name_in_the_row_it_would_not_run_again() -> None:
    """That proves the cause."""
    case = Case(renamed(), recorded(row(1, ONE), row(2, TWO), live=["public.one", "public.two"]))
    finding = case.only(renamed_after_applied)
    adapter = case.scene.adapter
    assert adapter.predict(case.facts, "migrate").outcome is CommandOutcome.BLOCKED
    after = case.after(finding.counterfactual)
    assert adapter.predict(after, "migrate").outcome is CommandOutcome.PASSES


def test_other_bytes_are_another_migration() -> None:
    """And a table of 0.x has no names that could be old."""
    files = folders(ONE, BETTER)
    assert not Case(files, recorded(row(1, ONE), row(2, TWO))).ask(renamed_after_applied)
    old = recorded(
        row(1, None, row(1, ONE).checksum), row(2, None, row(2, TWO).checksum), named=False
    )
    assert not Case(renamed(), old).ask(renamed_after_applied)


def test_two_rows_of_the_same_bytes_tell_nothing() -> None:
    """Which of them was renamed is not known."""
    again = row(3, "20261101000009_again", row(2, TWO).checksum)
    assert not Case(renamed(), recorded(row(1, ONE), row(2, TWO), again)).ask(renamed_after_applied)


def test_a_row_without_a_name_is_known_by_its_second() -> None:
    """Also where the file was edited since: only then its hash is that of no file."""
    edited = folders(ONE, TWO, changes={path(TWO): f"{sql(TWO)} -- more"})
    old = row(2, None, row(2, TWO).checksum, at=(stamp_of(TWO) or 0) + 522)
    case = Case(edited, recorded(row(1, ONE), old, live=["public.one", "public.two"]))
    finding = case.only(renamed_after_applied)
    assert finding.subject == TWO and "the second in the name" in finding.root_cause
    assert not case.ask(applied_but_unknown_migration)
    differs = case.only(edited_migration)
    assert differs.subject == TWO
    (step,) = differs.counterfactual
    assert isinstance(step, UpdateRow) and step.where == (("id", 2),)
    healed = case.scene.adapter.predict(case.healed_by(finding), "migrate")
    assert healed.outcome is CommandOutcome.PASSES


def test_two_migrations_of_one_second_tell_nothing() -> None:
    """Nor a row of another second."""
    twin = f"{TWO[:14]}_twin"
    at = stamp_of(TWO) or 0
    for names, when in (((ONE, TWO, twin), at), ((ONE, TWO), at + 1000)):
        old = row(2, None, "0" * 64, at=when)
        assert not Case(folders(*names), recorded(row(1, ONE), old)).ask(renamed_after_applied)
