"""A new enum value used before it is committed: the type is made anew, or the value comes first."""

from msgspec.structs import replace

from forensics.facts import Column, EnumType, LiveTable, RelationKind
from forensics.model import CommandOutcome
from forensics.rules.enum_value_in_same_transaction import enum_value_in_same_transaction
from tests.build import Case, ask, name
from tests.support.pending import BREAK, NEXT, by_hand, edit, found, healed, pending
from tests.support.standing import users

RULE = enum_value_in_same_transaction
ADD = 'ALTER TYPE "public"."mood" ADD VALUE \'calm\';'
USE = 'ALTER TABLE "users" ALTER COLUMN "mood" SET DEFAULT \'calm\';'
MOOD = EnumType(name=name("public.mood"), labels=("glad", "sad"))
COLUMN = Column(name="mood", type="mood", not_null=True, default="'sad'::mood")


def case(*texts: str, column: Column = COLUMN) -> Case:
    """The enum and a column of it are there already."""
    made = pending(*texts, tables=[users(column)])
    database = made.scene.database
    assert database is not None and database.schema is not None
    seen = replace(database, schema=replace(database.schema, enums=(MOOD,)))
    return Case(made.scene.tree, seen)


def test_both_statements_are_named() -> None:
    """The one that adds the value, and the one that uses it."""
    (finding,) = found(case(f"{ADD}\n{BREAK}{USE}"))
    assert (finding.rule, finding.subject) == (RULE.name, NEXT)
    assert "uses the enum value calm (line 3)" in finding.title
    assert "line 1 of the same migration" in finding.title
    (shown,) = finding.shown
    assert (shown.caption, shown.text) == ("drizzle/0001_next.sql, lines 1 and 3:", f"{ADD}\n{USE}")


def test_a_type_made_anew_can_be_used_at_once() -> None:
    """Columns keep their values and defaults; also where the two stand in different migrations."""
    for texts in ((f"{ADD}\n{BREAK}{USE}",), (ADD, USE)):
        given = case(*texts)
        (finding,) = found(given)
        step = edit(finding.fix)
        assert "CREATE TYPE \"public\".\"mood\" AS ENUM ('glad', 'sad', 'calm');" in step.after
        assert "SET DEFAULT 'sad'::mood" in step.after
        assert healed(given).outcome is CommandOutcome.BLOCKED
        assert healed(given, finding).outcome is not CommandOutcome.BLOCKED


def test_the_value_keeps_its_place_among_the_others() -> None:
    """BEFORE and AFTER decide the order of comparison."""
    for place, labels in (
        ("BEFORE 'sad'", "'glad', 'calm', 'sad'"),
        ("AFTER 'glad'", "'glad', 'calm', 'sad'"),
    ):
        (finding,) = found(case(f"{ADD[:-1]} {place};\n{BREAK}{USE}"))
        assert f"AS ENUM ({labels})" in edit(finding.fix).after


def test_adding_it_by_hand_first_heals_this_database_alone() -> None:
    """So it is the alternative."""
    (finding,) = found(case(f"{ADD}\n{BREAK}{USE}"))
    (other,) = finding.alternatives
    assert "ADD VALUE IF NOT EXISTS 'calm'" in by_hand(other).instead
    assert "heals only the databases" in other.safety_note


def test_a_view_with_the_type_leaves_it_to_a_person() -> None:
    """Its columns cannot be converted."""
    view = LiveTable(name=name("public.v"), kind=RelationKind.VIEW, columns=(COLUMN,))
    given = case(f"{ADD}\n{BREAK}{USE}")
    database = given.scene.database
    assert database is not None and database.schema is not None
    schema = replace(database.schema, tables=(*database.schema.tables, view))
    (finding,) = found(Case(given.scene.tree, replace(database, schema=schema)))
    assert finding.fix is None
    assert finding.counterfactual


def test_a_value_added_and_not_used_is_quiet() -> None:
    """So is one of a type that the same run makes."""
    own = f"CREATE TYPE \"tone\" AS ENUM('low');\n{BREAK}ALTER TYPE \"tone\" ADD VALUE 'high';"
    for text in (ADD, own):
        assert not ask(RULE, case(text).scene.examined())
