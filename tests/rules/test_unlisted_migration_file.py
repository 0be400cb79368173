"""A file that no list names: found, and told apart from what was never meant to be listed."""

import msgspec

from forensics.facts import LiveTable
from forensics.model import Severity
from forensics.rules.missing_migration_file import missing_migration_file
from forensics.rules.unlisted_migration_file import unlisted_migration_file
from tests.build import (
    DEFAULT,
    JOURNAL,
    Case,
    added,
    changed,
    commit,
    commits,
    database,
    history,
    journal,
    name,
    project,
    rows,
    sql,
    table,
)
from tests.support.standing import ID, having

PATH = "drizzle/0001_b.sql"
LEFT_OUT = project("0000_a", **{PATH: sql("0001_b")})


def test_it_fires_and_tells_where_the_file_came_from() -> None:
    """The subject is the path; its commit is named."""
    past = commits(commit(added(PATH, sql("0001_b")), subject="feat: columns"))
    finding = Case(LEFT_OUT, commits=past).only(unlisted_migration_file)
    assert (finding.subject, finding.severity) == (PATH, Severity.MEDIUM)
    assert (
        'It was added by commit c000000000 of 2023-11-15 ("feat: columns").' in finding.root_cause
    )


def test_the_origin_is_sought_on_head_alone() -> None:
    """A branch had it earlier; what matters is how it came here."""
    past = commits(
        commit(added(PATH, sql("0001_b")), on_head=False, subject="draft"),
        commit(added(PATH, sql("0001_b")), subject="cherry-picked"),
    )
    assert '("cherry-picked")' in (
        Case(LEFT_OUT, commits=past).only(unlisted_migration_file).root_cause
    )


def test_a_listed_file_is_quiet_whatever_its_number() -> None:
    """Two files that share a number are sound when the journal lists both."""
    assert not Case(project("0001_a", "0001_b")).ask(unlisted_migration_file)


def test_an_entry_without_a_file_is_the_other_fault() -> None:
    """Each of the two is told once."""
    case = Case(project("0000_a", "0001_b", **{PATH: None}))
    assert not case.ask(unlisted_migration_file)
    assert case.only(missing_migration_file)


def test_where_a_runner_applies_the_folder_it_is_only_noted() -> None:
    """138 files in no entry are by design where wrangler applies them."""
    case = Case(LEFT_OUT, runner="wrangler d1 migrations apply", runner_reads_folder=True)
    finding = case.only(unlisted_migration_file)
    assert finding.severity is Severity.NOTE
    assert "whatever the journal lists" in finding.root_cause
    assert "never runs it" not in finding.title


def test_a_seed_file_is_only_noted() -> None:
    """It is not named like a migration, so nobody forgot to list it."""
    finding = Case(project("0000_a", **{"drizzle/seed.sql": "INSERT"})).only(
        unlisted_migration_file
    )
    assert finding.severity is Severity.NOTE
    assert "It is not named like a migration." in finding.root_cause


def test_without_numbers_any_name_may_be_a_migration() -> None:
    """`prefix: 'none'` names migrations without a number."""
    files = {"drizzle/extra.sql": "SELECT 1;"}
    assert Case(project("brave_hulk", **files)).only(unlisted_migration_file).severity is (
        Severity.MEDIUM
    )


def test_a_copy_of_a_listed_file_is_only_noted() -> None:
    """The same bytes under the old name, left over from a renaming."""
    finding = Case(project("0000_a", **{PATH: sql("0000_a")})).only(unlisted_migration_file)
    assert finding.severity is Severity.NOTE
    assert "those of drizzle/0000_a.sql, which is listed" in finding.root_cause


def test_the_draft_of_a_migration_that_was_generated_anew_is_only_noted() -> None:
    """Listed migrations make all that it makes: nothing is missing for want of it."""
    listed = 'CREATE TABLE "0000_a" ("id" serial PRIMARY KEY NOT NULL, "name" text);\n'
    files = {"drizzle/0000_a.sql": listed, PATH: sql("0000_a")}
    finding = Case(project("0000_a", **files)).only(unlisted_migration_file)
    assert finding.severity is Severity.NOTE
    assert "Listed migrations make everything that it makes" in finding.root_cause


def test_a_lost_entry_is_told_from_one_that_never_was() -> None:
    """Texts of the list in git say which; a version of another branch is not a loss."""
    listed, now = journal("0000_a", "0001_b"), journal("0000_a")
    lost = commits(commit(added(JOURNAL, listed)), commit(changed(JOURNAL, listed, now)))
    never = commits(commit(added(JOURNAL, now)))
    elsewhere = commits(commit(added(JOURNAL, now)), commit(added(JOURNAL, listed), on_head=False))
    said = [
        Case(LEFT_OUT, commits=past).only(unlisted_migration_file).root_cause
        for past in (lost, never, elsewhere)
    ]
    assert "had an entry for it, which has since been lost" in said[0]
    assert "No version of the list in git ever had an entry for it." in said[1]
    assert "which is not on HEAD, has an entry for it." in said[2]


def test_of_a_history_that_is_not_whole_nothing_final_is_said() -> None:
    """Neither that the entry never was, nor that the oldest commit of a shallow clone brought it."""
    past = commits(
        commit(added(JOURNAL, journal("0000_a")), added(PATH, sql("0001_b"))), whole=False
    )
    finding = Case(LEFT_OUT, commits=past).only(unlisted_migration_file)
    assert "ever had an entry" not in finding.root_cause
    assert "The history that we saw does not show where it comes from." in finding.root_cause


def test_a_recorded_hash_says_that_it_was_applied_once() -> None:
    """An entry that a merge lost after the file had run."""
    tables = database(table(DEFAULT, *rows("0000_a", "0001_b")))
    finding = Case(LEFT_OUT, tables).only(unlisted_migration_file)
    assert f"{DEFAULT} records its hash" in finding.root_cause


def test_what_was_made_without_a_row_is_told_to_run_again_once_it_is_listed() -> None:
    """Run by hand or pushed; nothing is said where its hash is recorded, or it is not there."""
    live = [LiveTable(name=name("public.0001_b"), columns=(ID,))]
    for held, recorded, told in (
        (live, ("0000_a",), True),
        (live, ("0000_a", "0001_b"), False),
        ([], ("0000_a",), False),
    ):
        case = Case(LEFT_OUT, having(held, table(DEFAULT, *rows(*recorded))))
        said = case.only(unlisted_migration_file).root_cause
        assert ("it runs here again: record it first" in said) is told


def test_a_destructive_file_is_pointed_out() -> None:
    """Before anybody lists it, its DROP should be read."""
    files = {PATH: "ALTER TABLE a drop column b;"}
    finding = Case(project("0000_a", **files)).only(unlisted_migration_file)
    assert "It drops objects: read it before anything runs it." in finding.root_cause


def test_without_a_list_that_can_be_read_it_does_not_scream() -> None:
    """Everything is unlisted then; the list itself is what is told."""
    for text in ("{", "", journal()):
        assert not Case({**LEFT_OUT, JOURNAL: text}).ask(unlisted_migration_file)


def test_listing_it_heals_it() -> None:
    """No fix is offered, since listing a file runs it everywhere; but that is what would heal."""
    case = Case(LEFT_OUT)
    assert case.only(unlisted_migration_file).fix is None
    listed = msgspec.structs.replace(case.facts, history=history("0000_a", "0001_b"))
    assert not list(unlisted_migration_file.ask(listed, {}))
