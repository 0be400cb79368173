"""Tables of nobody stop a tool that compares the whole schema, and no other."""

import pytest
from msgspec.structs import replace

from forensics.facts.kinds import TABLE_KINDS, RelationKind
from forensics.model import CommandOutcome, Severity
from forensics.rules.applied_but_unknown_migration import applied_but_unknown_migration
from forensics.rules.pushed_before_migrating import pushed_before_migrating
from forensics.rules.unmanaged_table import unmanaged_table
from tests.adapters.prisma.cases import PrismaCase, case
from tests.adapters.prisma.samples import (
    ALL,
    POST,
    THREE,
    TWO,
    database,
    live,
    path,
    project,
    row,
    table,
)
from tests.build import open_questions

OTHER = live("Invoice")


def outcome(given: PrismaCase, command: str) -> CommandOutcome:
    """What a command does as things are."""
    return given.scene.adapter.predict(given.facts, command).outcome


def test_a_table_of_another_application_stops_the_first_run() -> None:
    """To declare a migration applied would hide that its own tables are missing."""
    given = PrismaCase(project(*ALL), database((OTHER, live("Bill"))))
    (finding,) = given.found(unmanaged_table)
    assert finding.subjects == ("public.Invoice", "public.Bill")
    assert finding.title == "No migration makes public.Invoice and public.Bill"
    assert "Do not mark a migration as applied" in finding.root_cause
    assert "`db push`" in finding.root_cause and finding.fix is None
    assert outcome(given, "migrate deploy") is CommandOutcome.BLOCKED
    healed = given.scene.predict(given.after(finding.repair))
    assert healed["migrate deploy"].outcome is CommandOutcome.PASSES


def test_later_it_is_drift_to_the_development_command() -> None:
    """Applying goes on."""
    given = case(TWO, THREE, OTHER, *ALL)
    (finding,) = given.found(unmanaged_table)
    assert finding.severity is Severity.MEDIUM and "has never run" not in finding.root_cause
    assert outcome(given, "migrate deploy") is CommandOutcome.PASSES
    assert outcome(given, "migrate dev") is CommandOutcome.BLOCKED
    healed = given.scene.predict(given.after(finding.repair))
    assert healed["migrate dev"].outcome is CommandOutcome.PASSES


def test_a_row_of_a_lost_migration_may_tell_who_made_it() -> None:
    """Without the row and the table, the development command passes."""
    given = case(TWO, THREE, OTHER, *ALL, row("20260104000000_invoices", checksum="ab" * 32))
    (finding,), (lost,) = given.found(unmanaged_table), given.found(applied_but_unknown_migration)
    assert "1 row of public._prisma_migrations may tell who did" in finding.root_cause
    healed = given.scene.predict(given.after((*finding.repair, *lost.repair)))
    assert healed["migrate dev"].outcome is CommandOutcome.PASSES


def test_what_the_migrations_make_or_may_make_is_quiet() -> None:
    """Recorded, pending, pushed, or in a block of code that names it."""
    assert not case(TWO, THREE, *ALL).found(unmanaged_table)
    assert not case(TWO, *ALL[:2]).found(unmanaged_table)
    pushed = PrismaCase(project(*ALL), database((TWO, THREE)))
    assert not pushed.found(unmanaged_table) and pushed.found(pushed_before_migrating)
    block = "DO $$ BEGIN EXECUTE 'CREATE TABLE \"Invoice\" (id int)'; END $$;\n"
    assert not case(OTHER, *ALL, files=project(*ALL, **{path(POST): block})).found(unmanaged_table)
    assert not case(live("Invoice", schema="billing"), TWO, THREE, *ALL).found(unmanaged_table)


@pytest.mark.parametrize("kind", sorted(set(RelationKind) - TABLE_KINDS))
def test_views_and_foreign_tables_are_not_minded(kind: RelationKind) -> None:
    """The tool does not compare them, and deploys beside them (measured with 6.19.3)."""
    given = PrismaCase(project(*ALL), database((replace(OTHER, kind=kind),)))
    assert not given.found(unmanaged_table)
    assert outcome(given, "migrate deploy") is CommandOutcome.PASSES
    later = case(TWO, THREE, replace(OTHER, kind=kind), *ALL)
    assert outcome(later, "migrate dev") is CommandOutcome.PASSES


def test_a_tool_that_leaves_other_tables_alone_is_not_asked() -> None:
    """Whatever else the schema has."""
    files, seen = project(*ALL), database((TWO, THREE, OTHER), table(*ALL))
    assert PrismaCase(files, seen).found(unmanaged_table)
    assert not PrismaCase(files, seen, minds_others=False).found(unmanaged_table)


def test_without_a_catalogue_it_says_what_it_lacks() -> None:
    """The tables are all that it needs of a database."""
    (question,) = open_questions(unmanaged_table, PrismaCase(project(*ALL)).facts)
    assert question.lacks
