"""A baseline whose SQL stands in one comment: run in a new database, recorded in one that has it."""

import pytest

from forensics.facts import LiveTable
from forensics.model import InsertRows, WriteFile
from forensics.rules.introspected_baseline import introspected_baseline
from tests.build import DEFAULT, Case, ask, name, project, rows, table
from tests.support.pending import BREAK, edit
from tests.support.standing import having, users

RULE = introspected_baseline
HEAD = "-- Current sql file was generated after introspecting the database\n/*\n"
MADE = (
    f'CREATE TABLE "users" (\n\t"id" serial NOT NULL\n);\n'
    f'{BREAK}CREATE TABLE "b" (\n\t"id" serial NOT NULL\n);\n'
)
PULLED = f"{HEAD}{MADE}*/"
B = LiveTable(name=name("public.b"), columns=users().columns)


def case(text: str = PULLED, *tables: LiveTable, recorded: bool = False) -> Case:
    """The baseline is the only migration."""
    files = project("0000_pulled")
    files["drizzle/0000_pulled.sql"] = text
    held = [table(DEFAULT, *rows("0000_pulled"))] if recorded else []
    return Case(files, having(tables, *held))


def test_a_new_database_gets_the_tables() -> None:
    """Only the marks of the comment go."""
    (finding,) = ask(RULE, case().scene.examined())
    assert finding.subject == "0000_pulled"
    assert "The database has nothing of what" in finding.root_cause
    assert edit(finding.fix).after == MADE


def test_a_database_that_has_them_gets_the_row() -> None:
    """Of the file as it will be; the table is made where there is none."""
    (finding,) = ask(RULE, case(PULLED, users(), B).scene.examined())
    assert finding.fix is not None
    written, inserted = finding.fix.steps
    assert isinstance(written, WriteFile) and isinstance(inserted, InsertRows)
    assert written.after == MADE
    assert inserted.held is None
    assert "Every other database" in finding.fix.safety_note


def test_a_database_that_has_a_part_is_left_to_a_person() -> None:
    """The experiment empties the file."""
    (finding,) = ask(RULE, case(PULLED, users()).scene.examined())
    assert finding.fix is None
    assert finding.counterfactual


def test_a_database_that_lacks_a_constraint_has_only_a_part() -> None:
    """Recording it would hide for ever that it is missing."""
    keyed = PULLED.replace('"id" serial', '"id" serial PRIMARY KEY', 1)
    bare = LiveTable(name=name("public.users"), columns=users().columns)
    for tables, recorded in (((users(), B), True), ((bare, B), False)):
        (finding,) = ask(RULE, case(keyed, *tables).scene.examined())
        assert (finding.fix is not None) == recorded


@pytest.mark.parametrize(
    "more",
    [
        'CREATE VIEW "v" AS SELECT 1;',
        'CREATE SEQUENCE "numbers";',
        'CREATE POLICY "own" ON "b" USING (true);',
        'ALTER TABLE "b" ENABLE ROW LEVEL SECURITY;',
        'ALTER TABLE "b" ALTER COLUMN "id" DROP NOT NULL;',
        'GRANT SELECT ON "b" TO reader;',
    ],
)
def test_a_database_that_lacks_anything_else_has_only_a_part(more: str) -> None:
    """Not only tables and their parts count, nor what no catalogue shows."""
    pulled = PULLED.replace("*/", f"{BREAK}{more}\n*/")
    (finding,) = ask(RULE, case(pulled, users(), B).scene.examined())
    assert finding.fix is None


def test_the_comment_in_one_piece_is_the_other_way() -> None:
    """It heals what exists, and a new database gets nothing."""
    (finding,) = ask(RULE, case().scene.examined())
    (other,) = finding.alternatives
    assert "statement-breakpoint" not in edit(other).after
    assert "a new database does not get" in other.safety_note


def test_what_is_recorded_or_has_statements_or_no_mark_is_quiet() -> None:
    """A comment in one piece passes, and is recorded without an effect."""
    assert not ask(RULE, case(recorded=True).scene.examined())
    for text in (f"SELECT 1;\n{PULLED}", PULLED.replace(BREAK, ""), MADE):
        assert not ask(RULE, case(text).scene.examined()), text
