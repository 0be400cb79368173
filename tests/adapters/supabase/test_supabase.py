"""What `db push` says, as it was measured with 2.117.0, and what its rows give back."""

from collections.abc import Mapping

import pytest

from forensics.adapters.base import Adapter, Hints
from forensics.adapters.prisma import Prisma
from forensics.adapters.supabase import Supabase
from forensics.adapters.supabase.push import BEFORE, DONE, NOT_LOCAL, UP_TO_DATE
from forensics.errors import BadAction
from forensics.facts import Database, Facts, LiveTable, TrackingRow
from forensics.model import (
    CommandOutcome,
    Finding,
    MarkedRow,
    RunCommand,
    ToolCommand,
    WriteFile,
)
from forensics.rules._base import Rule
from forensics.rules.applied_but_unknown_migration import applied_but_unknown_migration
from forensics.rules.migration_out_of_order import migration_out_of_order
from forensics.rules.renamed_after_applied import renamed_after_applied
from forensics.tracking.marking import marked
from tests.adapters.prisma.samples import THREE, TWO
from tests.adapters.supabase.samples import (
    ALL,
    HEALTHY,
    PHONE,
    POST,
    SQL,
    USER,
    database,
    path,
    project,
    row,
    table,
)
from tests.build import Case, ask
from tests.support.trees import DictTree

SUPABASE = Supabase()
LIVE = (TWO, THREE)


def facts(files: Mapping[str, str | bytes], held: Database) -> Facts:
    """All that the adapter reads."""
    tree = DictTree(files)
    (tool,) = SUPABASE.detect(tree, "", Hints())
    return SUPABASE.facts(tree, tool, held, None)


def said(
    files: Mapping[str, str | bytes],
    *rows: TrackingRow | str,
    live: tuple[LiveTable, ...] = LIVE,
) -> tuple[CommandOutcome, str]:
    """What `db push` is said to do."""
    told = SUPABASE.predict(facts(files, database(live, table(*rows))), "db push")
    return told.outcome, told.message


BLOCKED, PASSES = CommandOutcome.BLOCKED, CommandOutcome.PASSES
LATE = "supabase/migrations/20260101500000_late.sql"
NOTE = 'CREATE TABLE "Note" ("id" integer);\n'


@pytest.mark.parametrize(
    ("files", "rows", "expected"),
    [
        (HEALTHY, ALL, (PASSES, UP_TO_DATE)),
        (project(USER, PHONE), ALL, (BLOCKED, NOT_LOCAL)),
        (project(*ALL, **{LATE: NOTE}), ALL, (BLOCKED, BEFORE)),
        (project(*ALL, **{path(PHONE): "-- other\n"}), ALL, (PASSES, UP_TO_DATE)),
        (
            HEALTHY,
            (USER, PHONE),
            (BLOCKED, 'ERROR: relation "Post" already exists (SQLSTATE 42P07)'),
        ),
        (
            project(*ALL, **{"supabase/migrations/20260103000000_again.sql": NOTE}),
            ALL,
            (PASSES, UP_TO_DATE),
        ),
        (
            project(
                *ALL,
                **{
                    f"supabase/migrations/20260104000000_{it}.sql": sql
                    for it, sql in (("a", NOTE), ("b", NOTE.replace("Note", "More")))
                },
            ),
            ALL,
            (
                BLOCKED,
                'ERROR: duplicate key value violates unique constraint "schema_migrations_pkey" '
                "(SQLSTATE 23505)",
            ),
        ),
        (project(*ALL, **{"supabase/migrations/notes.sql": NOTE}), ALL, (PASSES, UP_TO_DATE)),
        (
            project(
                *ALL,
                **{
                    "supabase/migrations/20260104000000_i.sql": 'CREATE INDEX CONCURRENTLY i ON "Post" (id);\n'
                },
            ),
            ALL,
            (PASSES, DONE),
        ),
    ],
)
def test_db_push_says_what_was_measured(
    files: Mapping[str, str | bytes],
    rows: tuple[str, ...],
    expected: tuple[CommandOutcome, str],
) -> None:
    """By versions and their order; the content of an applied file is not compared."""
    assert said(files, *rows) == expected


def told(
    rule: Rule, files: Mapping[str, str | bytes], *rows: TrackingRow | str
) -> tuple[Finding, ...]:
    """What a rule says of these files and rows."""
    return ask(rule, given_case(files, *rows).scene.examined())


def given_case(files: Mapping[str, str | bytes], *rows: TrackingRow | str) -> Case:
    """A project with its database."""

    class SupabaseCase(Case):
        adapter = SUPABASE

    return SupabaseCase(files, database(LIVE, table(*rows)))


def unknown(files: Mapping[str, str | bytes], *rows: TrackingRow | str) -> tuple[Finding, ...]:
    """What the rule says of versions that have no file."""
    return told(applied_but_unknown_migration, files, *rows)


RENAMED = "supabase/migrations/20260104_posts.sql"


def test_a_renamed_file_is_known_by_the_statements_of_its_row() -> None:
    """The row has no checksum; the old file is not put beside the new one, which does the same."""
    files = project(USER, PHONE, **{RENAMED: SQL[POST]})
    (found,) = told(renamed_after_applied, files, *ALL)
    assert found.subject == "20260104" and not unknown(files, *ALL)
    (step,) = found.fix.steps if found.fix else ()
    assert isinstance(step, RunCommand)
    assert step.argv[-2:] == (RENAMED, f"supabase/migrations/{POST}_posts.sql")


def test_a_file_with_other_statements_was_not_renamed() -> None:
    """Even where it is the only one that no row records."""
    files = project(USER, PHONE, **{RENAMED: NOTE})
    assert not told(renamed_after_applied, files, *ALL)
    assert [it.subject for it in unknown(files, *ALL)] == [POST]


@pytest.mark.parametrize("adapter", [SUPABASE, Prisma()])
def test_a_migration_that_is_not_listed_has_no_statements(adapter: Adapter) -> None:
    """A fix can list one more than the list that is asked."""
    tree = DictTree(project(*ALL))
    tool = SUPABASE.detect(tree, "", Hints())[0]
    facts = SUPABASE.facts(tree, tool, None, None)
    assert adapter.statements(facts, 2) and not adapter.statements(facts, 3)


def test_a_lost_file_comes_back_from_its_row() -> None:
    """As the CLI would have written it, under its own name."""
    (found,) = unknown(project(USER, PHONE), *ALL)
    assert found.fix is not None
    (step,) = [it for it in found.fix.steps if isinstance(it, WriteFile)]
    assert (step.path, step.after) == (path(POST), SQL[POST])


def test_what_was_masked_comes_from_nowhere() -> None:
    """A file with asterisks would be another one."""
    (found,) = unknown(project(USER, PHONE), USER, PHONE, row(POST, text="{\"SELECT '***'\"}"))
    steps = found.fix.steps if found.fix else ()
    assert not [it for it in steps if isinstance(it, WriteFile)]


def test_a_folder_that_another_tool_lists_is_not_its_own() -> None:
    """Whoever has a list in it applies it."""
    listed = {**HEALTHY, "supabase/migrations/meta/_journal.json": "{}"}
    assert SUPABASE.detect(DictTree(listed), "", Hints()) == ()
    assert Prisma().detect(DictTree(HEALTHY), "", Hints()) == ()


def test_a_repair_is_understood_either_way_round() -> None:
    """The CLI takes its status before the version and behind it."""
    told = ToolCommand(command="migration repair --status reverted", migration=USER)
    for words in (f"--status reverted {USER}", f"{USER} --status reverted"):
        assert SUPABASE.typed(["npx", "supabase", "migration", "repair", *words.split()]) == told
    with pytest.raises(BadAction, match="wants --status"):
        SUPABASE.typed(["supabase", "migration", "repair", "--status", "applied"])


def test_a_reverted_version_has_no_row() -> None:
    """Whatever the database has of it."""
    done = SUPABASE.records.record(
        facts(HEALTHY, database(LIVE, table(*ALL))),
        ToolCommand(command="migration repair --status reverted", migration=POST),
    )
    assert isinstance(done.mark, MarkedRow)
    assert [it.key for it in marked(table(*ALL), done.mark).rows] == [USER, PHONE]


EARLY = {
    "supabase/migrations/20260101500000_late.sql": NOTE,
    "supabase/migrations/20260101600000_more.sql": 'ALTER TABLE "Note" ADD COLUMN "n" integer;\n',
}


def test_what_stands_before_an_applied_one_gets_a_later_version_in_its_order() -> None:
    """The tool applies nothing until then; without rows the order is no issue."""
    files = project(*ALL, **EARLY)
    case = given_case(files, *ALL)
    [finding] = told(migration_out_of_order, files, *ALL)
    assert finding.fix is not None and len(finding.alternatives) == 1
    moved = [step.argv[-1] for step in finding.fix.steps if isinstance(step, RunCommand)]
    names = ("20260103000001_late.sql", "20260103000002_more.sql")
    assert moved == [f"supabase/migrations/{it}" for it in names]
    after = case.scene.predict(case.after(finding.counterfactual))
    assert after["db push"].outcome is CommandOutcome.PASSES
    for rows in ((), (USER,)):
        assert not told(migration_out_of_order, files, *rows)
    assert not told(migration_out_of_order, project(*ALL[1:], **EARLY), *ALL)
