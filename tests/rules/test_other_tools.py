"""Rules and their pages speak no tool's language; what a tool calls things comes from its adapter."""

from collections.abc import Iterator

import msgspec
import pytest

from forensics.facts import Facts
from forensics.model import Artefact, Finding, Severity
from forensics.rules import RULES
from forensics.rules._base import Rule, rule
from forensics.rules.pushed_before_migrating import pushed_before_migrating
from forensics.rules.tracking_rows_missing import tracking_rows_missing
from forensics.rules.tracking_table_in_two_schemas import tracking_table_in_two_schemas
from forensics.rules.unlisted_migration_file import unlisted_migration_file
from tests.build import GAPS, PUBLIC, Case, ask, database, project, rows, table
from tests.rules.other_tool import TOOLS_WORDS, WORDS, as_another_tool
from tests.support.sources import MODULES, PACKAGE, strings
from tests.support.standing import TAGS, examined, grown, having, state


@pytest.mark.parametrize("each", RULES, ids=[each.name for each in RULES])
def test_no_page_has_a_word_of_a_tool(each: Rule) -> None:
    """What one tool does differently is a note of its adapter."""
    assert not TOOLS_WORDS.findall(each.page)


def test_no_sentence_in_a_rule_has_a_word_of_a_tool() -> None:
    """Neither a finding's, nor a docstring's: all string constants of the source."""
    rules = [path for path in MODULES if path.parent == PACKAGE / "rules"]
    said = [
        f"{path.name}:{node.lineno}: {node.value!r}"
        for path in rules
        for node in strings(path)
        if TOOLS_WORDS.search(str(node.value))
    ]
    assert rules and said == []


@pytest.mark.parametrize(("says", "heard"), [("`migrate`", "migrate"), ("`{sync}`", "`None`")])
def test_a_rule_that_names_a_command_the_tool_lacks_is_heard(says: str, heard: str) -> None:
    """Whichever test asks it (conftest.py)."""

    @rule(artefact=Artefact.JOURNAL, since="0.1.0")
    def careless(facts: Facts) -> Iterator[Finding]:
        told = says.format(sync=facts.tool.words.sync)
        yield careless.finding(
            severity=Severity.NOTE, subject="x", title="x", root_cause=told, evidence=("e1",)
        )

    with pytest.raises(AssertionError, match=f"careless says {{.{heard}.}}"):
        ask(careless, Case(project("0000_a")).facts)


def test_commands_are_called_what_the_tool_calls_them() -> None:
    """The word of the adapter, in the sentence that drizzle's stands in."""
    facts = Case(project("0000_a", **{"drizzle/0001_b.sql": "SELECT 1;"})).facts
    (finding,) = unlisted_migration_file.ask(as_another_tool(facts), GAPS)
    assert isinstance(finding, Finding)
    assert finding.title == "0001_b.sql is not listed, so deploy never runs it"


@pytest.mark.parametrize("sync", [None, "sync"])
def test_a_tool_without_a_sync_command_is_not_said_to_have_one(sync: str | None) -> None:
    """A table that a sync command would offer to delete is in no danger without one."""
    case = Case(project("0000_a"), database(table(PUBLIC, *rows("0000_a"))))
    facts = with_sync(as_another_tool(case.facts), sync)
    (finding,) = tracking_table_in_two_schemas.ask(facts, GAPS)
    assert isinstance(finding, Finding)
    offered = " ".join(fix.safety_note for fix in finding.alternatives)
    assert offered
    assert ("offer to delete public.applied" in offered) == (sync is not None)


@pytest.mark.parametrize(
    ("sync", "asked"), [("sync", pushed_before_migrating), (None, tracking_rows_missing)]
)
def test_what_only_a_sync_command_leaves_is_a_lost_row_without_one(
    sync: str | None, asked: Rule
) -> None:
    """The newest state without rows: somebody made it, and that tool has no command that could."""
    facts = with_sync(as_another_tool(examined(Case(grown(*TAGS), having(state(5))))), sync)
    found = [each for each in (pushed_before_migrating, tracking_rows_missing) if ask(each, facts)]
    assert found == [asked]


def with_sync(facts: Facts, sync: str | None) -> Facts:
    """The facts of the other tool, with such a command or without."""
    words = msgspec.structs.replace(WORDS, sync=sync)
    return msgspec.structs.replace(facts, tool=msgspec.structs.replace(facts.tool, words=words))
