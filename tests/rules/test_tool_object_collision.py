"""A migration that creates what the tool has created before it."""

from forensics.facts import LiveTable
from forensics.model import CommandOutcome, Safety, TableName
from forensics.rules.tool_object_collision import tool_object_collision
from tests.build import DEFAULT, Case, ask, name, project
from tests.support.pending import BREAK, edit, found, healed
from tests.support.standing import having

RULE = tool_object_collision
SCHEMA = f'CREATE SCHEMA "billing";\n{BREAK}CREATE TABLE "billing"."bills" ("id" integer);'


def case(text: str, tracking: str, *others: str) -> Case:
    """A new database; the tool keeps its rows in a table of that name."""
    files = project("0000_first")
    files["drizzle/0000_first.sql"] = text
    schema, _, short = tracking.partition(".")
    live = [LiveTable(name=name(other)) for other in others]
    return Case(files, having(live), tracking=TableName(schema=schema, table=short))


def test_the_schema_of_the_tracking_table_is_named() -> None:
    """The subject is the schema, the place that of the statement."""
    given = case(SCHEMA, "billing.done")
    (finding,) = found(given)
    assert (finding.rule, finding.subject) == (RULE.name, "billing")
    assert finding.title.startswith("0000_first creates billing (line 1)")


def test_saying_if_not_exists_heals_every_database() -> None:
    """Taking the statement out is the other way."""
    given = case(SCHEMA, "billing.done")
    (finding,) = found(given)
    assert finding.fix is not None and finding.fix.safety is Safety.SAFE
    assert 'CREATE SCHEMA IF NOT EXISTS "billing"' in edit(finding.fix).after
    assert healed(given, finding).outcome is CommandOutcome.PASSES
    (other,) = finding.alternatives
    assert "CREATE SCHEMA" not in edit(other).after


def test_the_table_itself_can_be_the_one() -> None:
    """Where schema code declares it."""
    given = case('CREATE TABLE "done" ("id" integer);', "public.done")
    (finding,) = found(given)
    assert finding.subject == "public.done"
    assert finding.fix is None, "the tool's table need not have the columns"


def test_a_schema_that_others_use_was_made_by_somebody_else() -> None:
    """Then it is no collision with the tool."""
    given = case(SCHEMA, "billing.done", "billing.older")
    assert not ask(RULE, given.scene.examined())


def test_another_schema_or_a_guarded_statement_is_quiet() -> None:
    """Nothing fails there."""
    for text in (SCHEMA, 'CREATE SCHEMA IF NOT EXISTS "drizzle";'):
        assert not ask(RULE, case(text, str(name(DEFAULT))).scene.examined())
