"""The pages of the rules: complete, in one form, and in `docs/rules` what the code says."""

import re
from pathlib import Path

import pytest

from forensics.adapters import ADAPTERS
from forensics.adapters.base import Adapter
from forensics.report.rule_pages import README, index, page, pages, write_pages
from forensics.rules import RULES
from forensics.rules._base import HEADINGS, Rule

DOCS = Path(__file__).parents[2] / "docs/rules"

by_name = pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])


def sections(rule: Rule) -> dict[str, str]:
    """Heading -> text of a rule's page."""
    parts = re.split(r"^## (.+)$", page(rule), flags=re.MULTILINE)
    return dict(zip(parts[1::2], (text.strip() for text in parts[2::2]), strict=True))


def test_the_pages_that_are_committed_are_those_that_the_rules_make() -> None:
    """Nobody edits a page by hand, and none outlives its rule."""
    held = {path.name: path.read_text(encoding="utf-8") for path in DOCS.iterdir()}
    assert held == pages(), "run: make docs"


@by_name
def test_every_page_has_the_headings_in_their_order(rule: Rule) -> None:
    """One form for all, so that a reader knows where to look; then the tools, each by name."""
    notes = [f"In {adapter.name}" for adapter in ADAPTERS if rule.name in adapter.notes()]
    assert tuple(sections(rule)) == (*HEADINGS, *notes)


@pytest.mark.parametrize("adapter", ADAPTERS, ids=[adapter.name for adapter in ADAPTERS])
def test_an_adapter_has_notes_only_on_rules_that_exist(adapter: Adapter) -> None:
    """Each is one paragraph, and stands on the page of its rule."""
    known = {rule.name: rule for rule in RULES}
    assert adapter.notes()
    for name, note in adapter.notes().items():
        assert "\n" not in note and note.endswith(".")
        assert sections(known[name])[f"In {adapter.name}"].split() == note.split()


@by_name
def test_no_section_is_empty(rule: Rule) -> None:
    """Each says at least one sentence."""
    for heading, text in sections(rule).items():
        assert text.endswith((".", "`.", ".)")), f"{heading}: {text!r}"


@by_name
def test_a_page_begins_with_name_and_summary(rule: Rule) -> None:
    """The summary is one sentence on one line."""
    lines = page(rule).splitlines()
    assert lines[0] == f"# {rule.name}"
    assert lines[2] == rule.summary
    assert rule.summary.endswith(".")
    assert lines[4].startswith(f"*since {rule.since}; concerns the ")


@by_name
def test_a_page_points_only_to_rules_that_exist(rule: Rule) -> None:
    """A name in *Not this* is one that a reader can look up."""
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", sections(rule)["Not this"]))
    assert named <= {known.name for known in RULES}
    assert rule.name not in named


def test_the_lesson_is_the_first_paragraph_on_prevention() -> None:
    """On one line, for the list of lessons in a report."""
    for rule in RULES:
        assert " ".join(sections(rule)["Prevention"].split()).startswith(rule.lesson)
        assert "\n" not in rule.lesson and rule.lesson


def test_the_index_lists_every_rule_once() -> None:
    """For the terminal on lines, for readers of the folder with links that resolve."""
    assert [line.split()[0] for line in index().splitlines()] == [rule.name for rule in RULES]
    links = re.findall(r"\]\(([^)]+)\)", pages()[README])
    assert links == [f"{rule.name}.md" for rule in RULES]
    assert set(links) <= set(pages())


def test_writing_removes_the_page_of_a_rule_that_is_no_more(tmp_path: Path) -> None:
    """And leaves everything else in the folder."""
    (tmp_path / "no-such-rule.md").write_text("old")
    (tmp_path / "picture.svg").write_text("<svg/>")
    write_pages(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*pages(), "picture.svg"}
