"""The pages of the rules: complete, in one form, and in `docs/rules` what the code says."""

import re
from pathlib import Path

import pytest

from forensics.rules import RULES
from forensics.rules._base import HEADINGS, Rule
from forensics.rules.pages import README, index, page, pages, write_pages

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
    """One form for all, so that a reader knows where to look."""
    assert tuple(sections(rule)) == HEADINGS


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
def test_a_page_points_only_to_rules_that_exist_or_are_promised(rule: Rule) -> None:
    """A name in *Not this* is one that a reader can look up, now or in a later version."""
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", sections(rule)["Not this"]))
    assert named <= {known.name for known in RULES} | PROMISED
    assert rule.name not in named


PROMISED = {"shared-tracking-table"}
"""Rules whose names are settled, and which are not written yet."""


def test_no_promise_is_kept_on_the_list() -> None:
    """A rule that was written is promised no more."""
    assert not PROMISED & {rule.name for rule in RULES}


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
