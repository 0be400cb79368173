"""SQL that somebody took out of a migration, although its snapshot still has what it made."""

import json

import pytest

from forensics.dialects import dialect_named
from forensics.dialects.effect import Done
from forensics.facts import Column, LiveTable
from forensics.model import ByHand, CommandOutcome, Finding, Severity, WriteFile
from forensics.rules.incomplete_migration import incomplete_migration
from tests.build import (
    DEFAULT,
    Case,
    added,
    changed,
    commit,
    commits,
    name,
    project,
    rows,
    snapshot,
    table,
)
from tests.rules.branches import meta, users
from tests.support.standing import ID, having
from tests.support.standing import users as live_users

TAGS = ("0000_base", "0001_notes")
NOTES = 'CREATE TABLE "notes" (\n\t"id" text,\n\t"body" text\n);\n'
GUARDED = NOTES.strip().removesuffix(";").replace("TABLE", "TABLE IF NOT EXISTS")
BASE = 'CREATE TABLE "users" (\n\t"id" text\n);\n'
PATH = "drizzle/0001_notes.sql"


def snapshot_of(number: int, **tables: dict[str, object]) -> str:
    """A snapshot with these tables."""
    return snapshot(number, tables={f"public.{name}": held for name, held in tables.items()})


def notes(*columns: str) -> dict[str, object]:
    """The table `notes`, as a snapshot has it."""
    return users(*columns) | {"name": "notes"}


LIVE_NOTES = LiveTable(name=name("public.notes"), columns=(ID, Column(name="body", type="text")))


def files(second: str, base: str = BASE) -> dict[str, str | bytes]:
    """Two migrations whose snapshots have `users`, then also `notes`."""
    return project(
        *TAGS,
        **{
            meta(0): snapshot_of(0, users=users()),
            meta(1): snapshot_of(1, users=users(), notes=notes("body")),
            "drizzle/0000_base.sql": base,
            PATH: second,
        },
    )


def found(second: str, base: str = BASE) -> tuple[Finding, ...]:
    """What the rule says without a database."""
    return Case(files(second, base)).ask(incomplete_migration)


def case(second: str, *live: LiveTable, recorded: int) -> Case:
    """With a database that has these tables, and has recorded so many migrations."""
    return Case(files(second), having(live, table(DEFAULT, *rows(*TAGS[:recorded]))))


def test_a_table_that_no_file_creates_is_named_with_its_migration() -> None:
    """The repair is what the tool wrote at first."""
    (finding,) = found('-- done by hand\nALTER TABLE "users" ADD COLUMN "x" text;')
    assert (finding.subject, finding.severity) == ("0001_notes", Severity.MEDIUM)
    assert finding.title == "0001_notes does not create table notes, which its snapshot has"
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert step.after.startswith('CREATE TABLE "notes" (\n\t"id" text,\n\t"body" text\n);\n--> ')
    assert step.after.rstrip().endswith('ADD COLUMN "x" text;')


@pytest.mark.parametrize(
    "text",
    [
        NOTES,
        'create table if not exists public.notes ("id" text, body text);',
        'ALTER TABLE "old" RENAME TO "notes"; ALTER TABLE notes ADD body text;',
        "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || 'notes' || ' (body text)'; END $$;",
        'CREATE TABLE "notes" AS SELECT "id", "title" AS body FROM "users";',
    ],
)
def test_what_may_create_it_is_believed(text: str) -> None:
    """Also where it cannot be read as SQL that we know."""
    assert found(text) == ()


def test_a_column_that_no_file_mentions_is_found() -> None:
    """Of a table that is created."""
    (finding,) = found('CREATE TABLE "notes" (\n\t"id" text\n);\n')
    assert "column notes.body" in finding.title
    assert finding.fix is None


def test_a_file_that_is_not_listed_is_another_issue() -> None:
    """Its statements are there, and only the list lacks it."""
    more = files("SELECT 1;") | {"drizzle/0007_extra.sql": NOTES}
    assert Case(more).ask(incomplete_migration) == ()


def test_what_is_named_in_a_comment_was_left_out_on_purpose() -> None:
    """A note, as long as no database lacks it."""
    (finding,) = found("-- the table notes (with id and body) exists in production already")
    assert finding.severity is Severity.NOTE
    assert "on purpose" in finding.root_cause


def test_a_first_migration_of_comments_takes_over_a_database() -> None:
    """As `pull` writes it: that has a rule of its own."""
    assert found(NOTES, "/*\nCREATE TABLE users (id text);\n*/") == ()


def test_a_database_that_lacks_it_and_has_not_applied_it_is_healed_by_the_statements() -> None:
    """A later statement that needs the table passes then."""
    broken = case('CREATE INDEX "by" ON "notes" ("body");', live_users(), recorded=1)
    diagnosis = broken.diagnose()
    (finding,) = [it for it in diagnosis.findings if it.rule == "incomplete-migration"]
    assert finding.severity is Severity.HIGH
    assert "failing-statement" not in {it.rule for it in diagnosis.findings}
    after = broken.scene.predict(broken.healed_by(finding))["migrate"]
    assert after.outcome is CommandOutcome.PASSES


def test_a_database_that_has_it_is_told_that_only_new_ones_lack_it() -> None:
    """And no statement is put where it would fail."""
    live = (live_users(), LIVE_NOTES)
    (finding,) = case("SELECT 1;", *live, recorded=1).ask(incomplete_migration)
    assert (finding.severity, finding.fix) == (Severity.NOTE, None)
    assert "only new ones lack it" in finding.root_cause


def test_a_database_that_recorded_it_needs_a_new_migration() -> None:
    """It never runs the old one again."""
    (finding,) = case("SELECT 1;", live_users(), recorded=2).ask(incomplete_migration)
    assert finding.severity is Severity.HIGH
    assert "only from a new migration" in finding.root_cause
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, ByHand) and step.instead == f"{GUARDED};"
    (back,) = finding.alternatives
    assert isinstance(back.steps[0], WriteFile) and not back.needed


@pytest.mark.parametrize("live", [(), (LIVE_NOTES,)])
def test_the_new_migration_passes_on_every_database(live: tuple[LiveTable, ...]) -> None:
    """Whether it lacks the table, or somebody made that by hand."""
    schema = having([live_users(), *live], table(DEFAULT)).schema
    assert schema is not None
    effect = dialect_named("postgresql").run(schema, [GUARDED])
    assert isinstance(effect, Done)
    assert "public.notes" in {str(it.name) for it in effect.schema.tables}


def test_where_nobody_looked_the_new_migration_is_another_way() -> None:
    """A database may have recorded the old one."""
    (finding,) = found("SELECT 1;")
    assert finding.fix is not None and isinstance(finding.fix.steps[0], WriteFile)
    (anew,) = finding.alternatives
    assert isinstance(anew.steps[0], ByHand) and not anew.needed


def test_the_commit_that_took_it_out_is_the_origin() -> None:
    """Not the one that added the file."""
    now = "SELECT 1;\n"
    git = commits(
        commit(added(PATH, NOTES), subject="Notes"),
        commit(changed(PATH, NOTES, now), subject="Make it run on staging"),
    )
    (finding,) = Case(files(now), commits=git).ask(incomplete_migration)
    assert finding.origin is not None and finding.origin.subject == "Make it run on staging"


def test_nothing_is_said_where_a_file_is_missing_or_a_snapshot_is_broken() -> None:
    """It may be what creates the table."""
    sound = files("SELECT 1;")
    assert Case({k: v for k, v in sound.items() if k != PATH}).ask(incomplete_migration) == ()
    torn = sound | {meta(1): json.dumps({"tables": 3})}
    assert Case(torn).ask(incomplete_migration) == ()


def test_a_file_before_a_recorded_one_never_runs_again() -> None:
    """So restored statements would not reach the database."""
    tags = (*TAGS, "0002_more")
    both = {"users": users(), "notes": notes("body")}
    given = project(
        *tags,
        **{
            meta(0): snapshot_of(0, users=users()),
            meta(1): snapshot_of(1, **both),
            meta(2): snapshot_of(2, **both),
            "drizzle/0000_base.sql": BASE,
            PATH: "SELECT 1;",
            "drizzle/0002_more.sql": "SELECT 2;",
        },
    )
    first, _, last = rows(*tags)
    held = having([live_users()], table(DEFAULT, first, last))
    (finding,) = Case(given, held).ask(incomplete_migration)
    assert finding.severity is Severity.HIGH
    assert finding.fix is not None and isinstance(finding.fix.steps[0], ByHand)
    assert "0001_notes or a later one" in finding.root_cause
