"""Stamps that do not increase: found, the culprit named, restamped without running twice."""

from typing import Any

import msgspec
import pytest

from forensics.facts import Commits, TrackingRow
from forensics.model import CommandOutcome, Finding, Safety, Severity, WriteFile
from forensics.rules.migration_out_of_order import migration_out_of_order
from tests.build import (
    DEFAULT,
    JOURNAL,
    MINUTE,
    PUBLIC,
    START,
    Case,
    added,
    ask,
    changed,
    commit,
    commits,
    database,
    facts,
    files,
    history,
    journal,
    project,
    rows,
    sql,
    stamps,
    table,
    tracking,
)

TAGS = ("0000_a", "0001_b", "0002_c")
LATE = (START, START + 9 * MINUTE, START + MINUTE)
"""The last is stamped before the one that is listed before it."""


def listed(*whens: int) -> dict[str, str | bytes]:
    """A project of three migrations with these stamps."""
    return project(*TAGS, **{JOURNAL: journal(*TAGS, whens=whens)})


SKIPPED = listed(*LATE)
APPLIED = database(
    table(DEFAULT, *rows("0000_a", "0001_b", whens=LATE[:2])),
    live=["public.0000_a", "public.0001_b"],
)


def test_it_fires_where_the_database_skips_it() -> None:
    """The subject is the tag, the evidence the list and the table."""
    finding = Case(SKIPPED, APPLIED).only(migration_out_of_order)
    assert (finding.subject, finding.severity) == ("0002_c", Severity.HIGH)
    assert finding.title == "0002_c is listed after 0001_b, but its timestamp is not later"
    assert f"its newest timestamp is {LATE[1]}: `migrate` skips it" in finding.root_cause
    assert DEFAULT in finding.evidence


def test_equal_stamps_fire_too() -> None:
    """`migrate` runs what is stamped later, not what is stamped equally; one row is one migration's."""
    whens = (START, START + MINUTE, START + MINUTE)
    tables = database(table(DEFAULT, *rows("0000_a", "0001_b", whens=whens[:2])))
    finding = Case(listed(*whens), tables).only(migration_out_of_order)
    assert (finding.subject, finding.severity) == ("0002_c", Severity.HIGH)
    assert "has no row for it" in finding.root_cause


def test_stamps_that_increase_are_quiet_whatever_the_numbers() -> None:
    """Gaps and repeats of `idx` and of the numbers in the names do not matter to `migrate`."""
    tags = ("0003_a", "0001_b", "0001_c")
    text = journal(*tags).replace('"idx": 1', '"idx": 0')
    assert not Case(project(*tags, **{JOURNAL: text})).ask(migration_out_of_order)


def test_an_entry_without_a_stamp_is_no_disorder() -> None:
    """Nothing is compared with what is not there."""
    given = history(*TAGS, whens=(START, None, START + 1))
    assert not ask(migration_out_of_order, facts(history=given))


def test_what_was_applied_is_only_untidy() -> None:
    """It has a row, by its stamp or by its hash, in the table that is read or in another."""
    by_stamp = table(DEFAULT, *rows(*TAGS, whens=LATE))
    by_hash = table(DEFAULT, *rows(*TAGS, whens=(*LATE[:2], 5)))
    elsewhere = table(PUBLIC, *rows(*TAGS, whens=LATE))
    for tables in ([by_stamp], [by_hash], [table(DEFAULT), elsewhere]):
        finding = Case(SKIPPED, database(*tables)).only(migration_out_of_order)
        assert finding.severity is Severity.LOW, tables
        assert finding.fix is None and not finding.repair
        assert "here the list is only untidy" in finding.root_cause


def test_a_database_that_is_behind_both_is_said_to_get_both() -> None:
    """The mark is read once, before the first migration runs."""
    tables = database(table(DEFAULT, *rows("0000_a", whens=LATE[:1])))
    finding = Case(SKIPPED, tables).only(migration_out_of_order)
    assert finding.severity is Severity.MEDIUM
    assert "so this database would get it" in finding.root_cause


def test_without_a_database_or_its_table_it_is_told_with_less_weight() -> None:
    """Tracking tables are not needed, and a locked one counts as not seen."""
    locked = table(DEFAULT, outcome="timed-out")
    for tables in (None, database(msgspec.structs.replace(locked))):
        finding = Case(SKIPPED, tables).only(migration_out_of_order)
        assert finding.severity is Severity.MEDIUM
        assert "A database that has 0001_b skips it." in finding.root_cause


def test_where_a_runner_applies_the_folder_stamps_decide_nothing() -> None:
    """Only noted, and no journal is changed for it."""
    case = Case(SKIPPED, runner="wrangler d1 migrations apply", runner_reads_folder=True)
    finding = case.only(migration_out_of_order)
    assert (finding.severity, finding.fix) == (Severity.NOTE, None)


# --- The culprit --------------------------------------------------------------------------------


def blame(whens: tuple[int, ...], **committed: str) -> str:
    """The root cause, with the moments at which migrations were committed."""
    past = commits(
        *(
            commit(added(f"drizzle/{tag}.sql", sql(tag)), when=when)
            for tag, when in committed.items()
        )
    )
    return Case(listed(*whens), commits=past).only(migration_out_of_order).root_cause


def test_a_stamp_of_the_future_is_the_culprit() -> None:
    """The earlier entry was stamped long after the commit that brought it."""
    ahead = (START, START + 90 * 24 * 60 * MINUTE, START + MINUTE)
    text = blame(ahead, **{"0001_b": "2023-11-15T00:00:00Z", "0002_c": "2023-11-15T00:01:00Z"})
    assert "The culprit is 0001_b: its timestamp is later than commit c000000000" in text


def test_a_stamp_in_microseconds_is_the_culprit_too() -> None:
    """It lies in no calendar, and is said so."""
    text = blame((START, START * 1000, START + MINUTE), **{"0001_b": "2023-11-15T00:00:00Z"})
    assert "The culprit is 0001_b" in text
    assert "(in no calendar)" in text


def test_a_round_stamp_was_probably_typed() -> None:
    """The wrong year, typed by hand: once in a thousand a clock gives such a number."""
    text = blame((START, START + MINUTE, 1_600_000_000_000), **{"0001_b": "2023-11-15T00:00:00Z"})
    assert "The timestamp of 0002_c is a whole number of seconds" in text
    assert "probably typed" in text


def test_generated_stamps_are_laid_to_a_merge() -> None:
    """Nothing is odd about either, so branches were merged in the other order."""
    text = blame(LATE, **{"0001_b": "2023-11-15T00:00:00Z"})
    assert "probably come from branches that were merged in the other order" in text


@pytest.mark.parametrize("when", ["", "2023-11-16T00:00:00Z"])
def test_a_forged_date_or_one_within_a_day_accuses_nobody(when: str) -> None:
    """Clocks differ; a date in no calendar is no date."""
    assert "culprit" not in blame(LATE, **{"0001_b": when})


def test_the_oldest_commit_of_a_shallow_clone_accuses_nobody() -> None:
    """It seems to bring everything, and may be younger or older than what it brought."""
    past = commits(
        commit(added("drizzle/0001_b.sql", "x"), when="2020-01-01T00:00:00Z"), whole=False
    )
    finding = Case(SKIPPED, commits=past).only(migration_out_of_order)
    assert "culprit" not in finding.root_cause


# --- The repair ---------------------------------------------------------------------------------


def test_a_new_stamp_heals_it_and_only_it_runs() -> None:
    """One number changes in the text of the journal, and `migrate` then runs the skipped one."""
    case = Case(SKIPPED, APPLIED)
    finding = case.only(migration_out_of_order)
    assert finding.fix is not None and finding.fix.safety is Safety.REVIEW
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert step.after == journal(*TAGS, whens=(*LATE[:2], LATE[1] + 1))
    healed = case.healed_by(finding)
    assert not ask(migration_out_of_order, healed)
    before, after = case.scene.predict(case.facts), case.scene.predict(healed)
    assert before["migrate"].outcome is CommandOutcome.SILENTLY_WRONG
    assert after["migrate"].outcome is CommandOutcome.PASSES


def test_several_out_of_order_are_healed_together() -> None:
    """Two behind one future stamp: each fix alone puts its own right, all of them put all right."""
    whens = (START + 9 * MINUTE, START, START + MINUTE)
    case = Case(listed(*whens), database(table(DEFAULT, *rows("0000_a", whens=whens[:1]))))
    first, second = case.ask(migration_out_of_order)
    assert [f.subject for f in ask(migration_out_of_order, case.healed_by(first))] == ["0002_c"]
    assert [f.subject for f in ask(migration_out_of_order, case.healed_by(second))] == ["0001_b"]
    assert first.fix is not None and second.fix is not None
    assert not ask(migration_out_of_order, case.after((*first.fix.steps, *second.fix.steps)))


def test_what_was_applied_out_of_order_keeps_its_stamp() -> None:
    """And does not push the stamps of the others up."""
    whens = (START + 9 * MINUTE, START, START + MINUTE)
    tables = database(table(DEFAULT, *rows("0000_a", "0001_b", whens=whens[:2])))
    _, finding = Case(listed(*whens), tables).ask(migration_out_of_order)
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert step.after == journal(*TAGS, whens=(*whens[:2], whens[0] + 1))


def test_no_stamp_is_offered_that_puts_a_later_migration_out_of_order() -> None:
    """The next stamp is taken: the millisecond after the culprit's is that of a sound entry."""
    tags = (*TAGS, "0003_d")
    text = journal(*tags, whens=(*LATE, LATE[1] + 1))
    finding = Case(project(*tags, **{JOURNAL: text})).only(migration_out_of_order)
    assert finding.fix is None
    assert finding.repair


def test_no_stamp_is_offered_where_later_migrations_were_applied() -> None:
    """It would be skipped still: a new migration has to be written. The experiment runs it."""
    tags = (*TAGS, "0003_d")
    whens = (*LATE, START + 20 * MINUTE)
    files_ = project(*tags, **{JOURNAL: journal(*tags, whens=whens)})
    applied = rows("0000_a", "0001_b", "0003_d", whens=(*whens[:2], whens[3]))
    live = [f"public.{tag}" for tag in ("0000_a", "0001_b", "0003_d")]
    case = Case(files_, database(table(DEFAULT, *applied), live=live))
    finding = case.only(migration_out_of_order)
    assert finding.fix is None
    then = case.scene.predict(case.after(finding.repair))["migrate"]
    assert then.outcome is CommandOutcome.PASSES


def test_a_later_migration_that_stays_above_is_named_in_the_fix() -> None:
    """A database that has it skips the restamped one still; what is generated next is above both."""
    tags = (*TAGS, "0003_d")
    files = project(*tags, **{JOURNAL: journal(*tags, whens=(*LATE, START + 10 * MINUTE))})
    fix = Case(files).only(migration_out_of_order).fix
    assert fix is not None
    assert "One that has 0003_d still skips it: there it needs a new migration." in fix.safety_note
    last = Case(SKIPPED).only(migration_out_of_order).fix
    assert last is not None and "still" not in last.safety_note


def test_a_future_stamp_that_stays_is_named_in_the_fix() -> None:
    """What is generated before that moment is skipped again."""
    ahead = (START, START + 90 * 24 * 60 * MINUTE, START + MINUTE)
    past = commits(commit(added("drizzle/0001_b.sql", "x"), when="2023-11-15T00:00:00Z"))
    finding = Case(listed(*ahead), commits=past).only(migration_out_of_order)
    assert finding.fix is not None
    assert "keeps its timestamp in the future" in finding.fix.safety_note


def test_where_the_place_of_the_stamp_is_not_known_no_text_is_written() -> None:
    """A journal whose numbers cannot be told apart is left alone."""
    given = history(*TAGS, whens=LATE)
    blind = tuple(msgspec.structs.replace(m, listed_at=None) for m in given.migrations)
    case = facts(
        history=msgspec.structs.replace(given, migrations=blind),
        files=files({tag: sql(tag) for tag in TAGS}),
        tracking=tracking(table(DEFAULT)),
    )
    (finding,) = ask(migration_out_of_order, case)
    assert finding.fix is None and not finding.repair


# --- Passed over, though the list is in order ---------------------------------------------------

WHENS = stamps(3)
LIVE = ("public.0000_a", "public.0002_c")


def deployed(
    *,
    held: tuple[TrackingRow, ...] = rows("0000_a", "0002_c", whens=(WHENS[0], WHENS[2])),
    live: tuple[str, ...] = LIVE,
    tags: tuple[str, ...] = TAGS,
    past: Commits | None = None,
    **use: object,
) -> Case:
    """A list in order, of which the database got the first and the third."""
    return Case(project(*tags), database(table(DEFAULT, *held), live=live), past, **use)


def told(case: Case) -> tuple[Finding, ...]:
    """What is found where the catalogue was examined."""
    return ask(migration_out_of_order, case.scene.examined())


def test_a_list_in_order_fires_where_a_later_one_was_applied() -> None:
    """Two branches, the one with the later stamp deployed before the other was merged."""
    (finding,) = told(deployed())
    assert (finding.subject, finding.severity) == ("0001_b", Severity.HIGH)
    assert finding.title == (
        "0001_b has an earlier timestamp than 0002_c, which is already applied"
    )
    assert f"{DEFAULT} records 0002_c, with {WHENS[2]}" in finding.root_cause
    assert "still skipped on every run" in finding.root_cause
    assert "catalogue" in finding.evidence


def test_the_commit_that_listed_it_is_its_origin() -> None:
    """The merge that brought the entry, not the branch's own commit of the file."""
    first = journal("0000_a", "0002_c", whens=(WHENS[0], WHENS[2]))
    past = commits(
        commit(added("drizzle/0001_b.sql", sql("0001_b")), subject="on the branch"),
        commit(added(JOURNAL, first), subject="deployed"),
        commit(changed(JOURNAL, first, journal(*TAGS)), subject="merge"),
    )
    (finding,) = told(deployed(past=past))
    assert finding.origin is not None and finding.origin.subject == "merge"
    assert '("merge")' in finding.root_cause


def test_a_stamp_after_the_newest_row_heals_it() -> None:
    """`migrate` is silently wrong, runs it then, and is blocked by this fault alone."""
    case = deployed()
    (finding,) = told(case)
    assert finding.fix is not None and finding.fix.safety is Safety.REVIEW
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert step.after == journal(*TAGS, whens=(WHENS[0], WHENS[2] + 1, WHENS[2]))
    before, after = (
        case.scene.predict(it)["migrate"] for it in (case.facts, case.healed_by(finding))
    )
    assert before.outcome is CommandOutcome.SILENTLY_WRONG
    assert after.outcome is CommandOutcome.PASSES
    found = case.diagnose()
    (index,) = found.causation.blocked_by["migrate"]
    assert found.findings[index].rule == "migration-out-of-order"


def test_several_that_are_passed_over_get_stamps_of_their_own() -> None:
    """In the order of the list, and before what is pending in order."""
    tags = (*TAGS, "0003_d", "0004_e")
    whens = stamps(5)
    held = rows("0000_a", "0003_d", whens=(whens[0], whens[3]))
    case = deployed(held=held, live=("public.0000_a", "public.0003_d"), tags=tags)
    first, second = told(case)
    assert first.fix is not None and second.fix is not None
    healed = case.after((*first.fix.steps, *second.fix.steps))
    assert healed.history is not None
    assert [it.stamp for it in healed.history.migrations] == [
        whens[0], whens[3] + 1, whens[3] + 2, whens[3], whens[4],
    ]  # fmt: skip
    assert case.scene.predict(healed)["migrate"].outcome is CommandOutcome.PASSES


SOUND = {
    "its effects are there: its row was lost": {"live": ("public.0000_a", "public.0001_b", LIVE[1])},
    "the newest row is of no listed migration": {
        "held": rows("0000_a", "0009_x", whens=(WHENS[0], WHENS[2] + 7))
    },
    "the newest row has a stamp that no tool wrote": {
        "held": rows("0000_a", "0002_c", whens=(WHENS[0], 4_102_444_800_000))
    },
    "a row without a stamp sorts first": {
        "held": (
            *rows("0000_a", "0002_c", whens=(WHENS[0], WHENS[2])),
            TrackingRow(id=3, checksum="x", at=None),
        )
    },
    "it is pending": {"held": rows("0000_a"), "live": LIVE[:1]},
    "all are recorded": {"held": rows(*TAGS), "live": LIVE},
    "a runner reads the folder": {
        "runner": "wrangler d1 migrations apply", "runner_reads_folder": True
    },
}  # fmt: skip


@pytest.mark.parametrize("given", SOUND.values(), ids=SOUND)
def test_what_is_another_fault_or_none_is_quiet(given: dict[str, Any]) -> None:
    """Only a sound row of a listed migration hides what is not there at all."""
    assert told(deployed(**given)) == ()


def test_without_a_catalogue_or_a_file_it_is_quiet() -> None:
    """Whether a row was lost is not known then."""
    assert ask(migration_out_of_order, deployed().facts) == ()
    gone = project(*TAGS, **{"drizzle/0001_b.sql": None, "drizzle/meta/0001_snapshot.json": None})
    assert told(Case(gone, deployed().scene.database)) == ()


def test_no_stamp_is_offered_above_a_stamp_that_no_tool_wrote() -> None:
    """Nor one that another entry, still to run, would then be behind."""
    odd = TrackingRow(id=3, checksum="manual", at=4_102_444_800_000)
    held = (*rows("0000_a", "0002_c", whens=(WHENS[0], WHENS[2])), odd)
    (finding,) = told(deployed(held=held))
    assert finding.fix is None and finding.repair
    tight = (*WHENS, WHENS[2] + 1)
    tags = (*TAGS, "0003_d")
    files_ = project(*tags, **{JOURNAL: journal(*tags, whens=tight)})
    (finding,) = told(Case(files_, deployed().scene.database))
    assert finding.fix is None and finding.repair
