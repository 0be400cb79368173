"""Every rule on each tool: silent where nothing is wrong, in its own words else."""

from collections import defaultdict
from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from forensics.adapters import ADAPTERS
from forensics.adapters.base import Adapter, Hints
from forensics.analysis.ask import Gaps, ask
from forensics.analysis.experiments import Scene
from forensics.facts import Column, Commits, Database, Facts, Family, ListPlace, PathState
from forensics.model import Artefact, Finding, Outcome, RunCommand, Severity, Unanswered, WriteFile
from forensics.model.mishaps import Mishaps
from forensics.rules import RULES
from forensics.rules._base import Rule
from forensics.rules.shared_tracking_table import shared_tracking_table
from tests.adapters.conformance import Contents
from tests.adapters.drizzle.samples import SAMPLE as DRIZZLES
from tests.adapters.prisma.samples import SAMPLE as PRISMAS
from tests.adapters.supabase.samples import SAMPLE as SUPABASES
from tests.adapters.tiny import Tally
from tests.adapters.tiny.samples import (
    ALL,
    EMAIL,
    HEALTHY,
    ORDERS,
    ORDERS_1,
    SAMPLE,
    SQL,
    USERS,
    USERS_0,
    USERS_1,
    database,
    project,
    table,
)
from tests.build import added, changed, commit, commits
from tests.rules.other_tool import tools_words
from tests.support.trees import DictTree

NOTHING: Gaps = defaultdict(lambda: ("something", "look"))
SAMPLES = {"drizzle-kit": DRIZZLES, "prisma": PRISMAS, "supabase": SUPABASES, "tally": SAMPLE}
EVERY: tuple[Adapter, ...] = (*ADAPTERS, Tally())

GIT = commits(commit(*(added(f"migrations/{name}", SQL[name]) for name in ALL)))
LIVE = (USERS_1, ORDERS_1)


def facts(
    adapter: Adapter,
    files: Contents,
    held: Database | None,
    history: Commits | None = None,
) -> Facts:
    """All that rules are given."""
    tree = DictTree(files)
    (tool,) = adapter.detect(tree, "", Hints())
    scene = Scene(
        adapter=adapter,
        tool=tool,
        tree=tree,
        root="",
        hints=Hints(),
        database=held,
        commits=history,
    )
    found = scene.examined()
    assert not scene.mishaps.found
    return found


def asked(
    files: Contents, held: Database | None, history: Commits | None = None
) -> tuple[tuple[Finding, ...], tuple[Unanswered, ...]]:
    """What the rules say of a project of tally; they may not speak another tool's language."""
    mishaps = Mishaps()
    found, open_ = ask(facts(Tally(), files, held, history), NOTHING, mishaps, Tally.artefacts)
    assert not mishaps.found
    answers: tuple[Finding | Unanswered, ...] = (*found, *open_)
    for answer in answers:
        assert not (said := tools_words(answer)), f"says {said}: {answer}"
    assert {finding.artefact for finding in found} <= Tally.artefacts
    return found, open_


def names(findings: Iterable[Finding]) -> set[tuple[str, str]]:
    """Rule and subject of each."""
    return {(finding.rule, finding.subject) for finding in findings}


@pytest.mark.parametrize("adapter", EVERY, ids=[adapter.name for adapter in EVERY])
@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_rule_is_silent_on_a_healthy_project(rule: Rule, adapter: Adapter) -> None:
    """It finds nothing, and leaves nothing open; whether it applies to the tool or not."""
    sample = SAMPLES[adapter.name]
    told = facts(adapter, sample.files, sample.database)
    applies = rule.applies_to(adapter.artefacts, adapter.family)
    answers = tuple(rule.ask(told, NOTHING)) if applies else ()
    assert answers == ()


def test_every_rule_applies_to_some_tool() -> None:
    """And these do not to one that compares names of files, without a list and without states."""
    mine = {rule.name for rule in RULES if rule.applies_to(Tally.artefacts, Tally.family)}
    every = {rule.name for rule in RULES}
    assert every == {
        rule.name for rule in RULES for it in EVERY if rule.applies_to(it.artefacts, it.family)
    }
    assert every - mine == {
        "missing-journal",
        "empty-journal",
        "malformed-journal",
        "stray-file-in-meta",
        "malformed-snapshot",
        "missing-snapshot",
        "migration-out-of-order",
        "tracking-timestamp-corrupt",
        "duplicate-migration-index",
        "outdated-snapshot-version",
        "snapshot-collision",
        "incomplete-migration",
        "stale-snapshot",
        "orphan-snapshot",
        "broken-snapshot-chain",
        "squashed-history",
        "forked-history",
    }


HALF = replace(USERS_1, indexes=(), index_definitions=())
MORE = replace(USERS_1, columns=(*USERS_1.columns, Column(name="by_hand", type="text")))
MARKED = f"<<<<<<< a\n{SQL[ORDERS]}=======\nSELECT 1;\n>>>>>>> b\n"


@pytest.mark.parametrize(
    ("files", "held", "expected"),
    [
        (HEALTHY, database((USERS_1,), table(USERS, EMAIL)), set()),
        (HEALTHY, database((USERS_0, ORDERS_1), table(USERS, ORDERS)), set()),
        (HEALTHY, database(()), set()),
        (
            HEALTHY,
            database(LIVE, table()),
            {("tracking-rows-missing", "public.tally_migrations")},
        ),
        (HEALTHY, database(LIVE), {("tracking-rows-missing", "public.tally_migrations")}),
        (
            HEALTHY,
            database(LIVE, table(USERS, ORDERS)),
            {("tracking-rows-missing", "public.tally_migrations")},
        ),
        (
            HEALTHY,
            database(LIVE, table(*ALL, schema="app")),
            {("tracking-table-in-two-schemas", "public.tally_migrations")},
        ),
        (
            HEALTHY,
            database(LIVE, table(), table(*ALL, schema="app")),
            {("tracking-table-in-two-schemas", "public.tally_migrations")},
        ),
        (
            HEALTHY,
            database((HALF,), table(USERS)),
            {("partially-applied-migration", EMAIL)},
        ),
        (
            HEALTHY,
            database((HALF, ORDERS_1), table(USERS, ORDERS)),
            {("partially-applied-migration", EMAIL)},
        ),
        (
            HEALTHY,
            database((HALF, ORDERS_1), table(*ALL)),
            {("schema-drift", "public.by_email")},
        ),
        (
            HEALTHY,
            database((MORE, ORDERS_1), table(*ALL)),
            {("schema-drift", "public.users.by_hand")},
        ),
        (
            HEALTHY | {f"migrations/{ORDERS}": MARKED},
            database((USERS_1,), table(USERS, EMAIL)),
            {("merge-conflict-markers", f"migrations/{ORDERS}")},
        ),
        (
            HEALTHY | {f"migrations/{ORDERS}": SQL[ORDERS].encode("utf-8-sig")},
            database((USERS_1,), table(USERS, EMAIL)),
            {("wrong-text-encoding", f"migrations/{ORDERS}")},
        ),
        (
            HEALTHY | {"migrations/4-notes.sql": "CREATE TABLE notes (id int);"},
            database(LIVE, table(*ALL)),
            {("unlisted-migration-file", "migrations/4-notes.sql")},
        ),
        (
            HEALTHY | {"migrations/0004_later.sql": "-- not written yet\n"},
            database(LIVE, table(*ALL)),
            {("empty-migration", "0004_later.sql")},
        ),
        (
            HEALTHY | {"migrations/0004_again.sql": SQL[EMAIL]},
            database((USERS_0,), table(USERS)),
            {("duplicate-migration", "migrations/0004_again.sql")},
        ),
    ],
    ids=[
        "one pending",
        "pending out of order",
        "nothing applied",
        "rows lost",
        "table lost",
        "one row lost",
        "rows in another schema",
        "an empty table before them",
        "the next one in part",
        "an earlier one in part",
        "an index dropped by hand",
        "a column added by hand",
        "markers",
        "byte order mark",
        "not named like a migration",
        "an empty one",
        "a copy of one",
    ],
)
def test_just_the_fault_is_found(
    files: Contents, held: Database, expected: set[tuple[str, str]]
) -> None:
    """And no other, nor a question."""
    found, open_ = asked(files, held)
    assert names(found) == expected
    assert open_ == ()


def test_a_lost_row_before_the_last_is_run_again() -> None:
    """A tool that compares names does not pass over it, and nothing says so."""
    (finding,), _ = asked(HEALTHY, database(LIVE, table(USERS, ORDERS)))
    assert finding.severity is Severity.MEDIUM
    assert "newest row" not in finding.root_cause
    assert f"Record {EMAIL} in public.tally_migrations" in [
        fix.title for fix in (finding.fix, *finding.alternatives) if fix
    ]


def test_a_file_that_git_has_is_missing_and_is_brought_back() -> None:
    """The row says that it was applied, git what it was."""
    (finding,), open_ = asked(project(USERS, ORDERS), database(LIVE, table(*ALL)), GIT)
    assert (finding.rule, finding.subject) == ("missing-migration-file", f"migrations/{EMAIL}")
    assert finding.root_cause.startswith(
        f"public.tally_migrations records {EMAIL}, but migrations/"
    )
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile) and step.after == SQL[EMAIL]
    assert [it.lacks for it in open_] == [
        "whether the database is as the migrations leave it: the SQL of 0002_email.sql cannot be "
        "read"
    ]


def test_a_row_of_another_branch_is_of_an_unknown_migration() -> None:
    """Which can be merged, or nothing is said about where it is from."""
    elsewhere = commit(added(f"migrations/{EMAIL}", SQL[EMAIL]), on_head=False)
    branch = commits(commit(added(f"migrations/{USERS}", SQL[USERS])), elsewhere)
    named = replace(branch.commits[0], refs=("feature",))
    branch = replace(branch, commits=(named, *branch.commits[1:]))
    for history in (branch, None):
        found, _ = asked(project(USERS, ORDERS), database(LIVE, table(*ALL)), history)
        (finding,) = (it for it in found if it.rule == "applied-but-unknown-migration")
        assert f"records {EMAIL}, which no migration here is called" in finding.root_cause
        assert "timestamp" not in finding.root_cause and "hash" not in finding.root_cause
        merges = [
            step.argv
            for fix in finding.alternatives
            for step in fix.steps
            if isinstance(step, RunCommand)
        ]
        assert merges == ([("git", "merge", "feature")] if history else [])


def test_an_edit_is_known_from_git_where_no_row_has_a_checksum() -> None:
    """Of a migration that is recorded, too."""
    edited = commits(
        commit(*(added(f"migrations/{name}", SQL[name]) for name in ALL)),
        commit(changed(f"migrations/{ORDERS}", SQL[ORDERS], "SELECT 1;\n")),
    )
    files = HEALTHY | {f"migrations/{ORDERS}": "SELECT 1;\n"}
    found, _ = asked(files, database(LIVE, table(*ALL)), edited)
    (finding,) = (it for it in found if it.rule == "edited-migration")
    assert (finding.subject, finding.artefact) == (ORDERS, Artefact.MIGRATION_FILE)


def test_commands_are_called_what_tally_calls_them() -> None:
    """By the words of the adapter."""
    found, _ = asked(
        HEALTHY | {"migrations/4-notes.sql": "CREATE TABLE notes (id int);"},
        database(LIVE, table(), table(*ALL, schema="app")),
    )
    said = " ".join(finding.title + finding.root_cause for finding in found)
    assert "4-notes.sql is not listed, so deploy never runs it" in said
    assert "tally reads public.tally_migrations" in said
    assert "whose names match the folder" in said


def test_what_git_ignores_is_missing_elsewhere() -> None:
    """Of the files that are taken for migrations."""
    states = (PathState(path=f"migrations/{EMAIL}", state="ignored", rule=".gitignore:1: *_e*"),)
    ((finding), *_), open_ = asked(
        HEALTHY, database(LIVE, table(*ALL)), replace(GIT, states=states)
    )
    assert (finding.rule, finding.subject) == ("ignored-migration-file", f"migrations/{EMAIL}")
    assert open_ == ()


def test_several_rows_of_one_name_blame_no_process_where_the_tool_takes_a_lock() -> None:
    """Its table has a key; that of a restored dump may have lost it."""
    found, _ = asked(HEALTHY, database(LIVE, table(*ALL, EMAIL)))
    assert names(found) == {("duplicate-tracking-row", "public.tally_migrations")}
    assert "goes on as with one row" in found[0].root_cause


def test_rows_of_another_applications_list_share_the_table() -> None:
    """Where the adapter says so."""
    told = facts(Tally(), HEALTHY, database(LIVE, table(*ALL, "0001_other.sql")))
    assert told.recovered is not None and told.tracking is not None
    (row,) = told.recovered.strangers
    other = replace(row, place=ListPlace.OTHER_LIST, path="admin/migrations")
    given = replace(told, recovered=replace(told.recovered, strangers=(other,)))
    (finding,) = shared_tracking_table.ask(given, NOTHING)
    assert isinstance(finding, Finding)
    assert finding.severity is Severity.MEDIUM and "newest row" not in finding.root_cause


def test_rules_about_a_newest_row_are_for_tools_that_look_at_it() -> None:
    """Whatever else such a tool has."""
    for family in set(Family) - {Family.HIGH_WATER_MARK}:
        silent = {it.name for it in RULES if not it.applies_to(frozenset(Artefact), family)}
        assert silent == {
            *(() if family is Family.PREFIX else ("migration-out-of-order",)),
            "tracking-timestamp-corrupt",
            "squashed-history",
        }


def test_a_lock_that_cannot_be_read_leaves_no_question_about_rows() -> None:
    """It holds none; what stops the command is another question."""
    held = database(LIVE, table())
    assert held.tracking is not None
    tables = tuple(
        replace(it, outcome=Outcome.DENIED, raw_rows=()) if it.is_lock else it
        for it in held.tracking.tables
    )
    found, open_ = asked(HEALTHY, replace(held, tracking=replace(held.tracking, tables=tables)))
    assert names(found) == {("tracking-rows-missing", "public.tally_migrations")}
    assert open_ == ()
