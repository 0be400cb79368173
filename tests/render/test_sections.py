"""A thousand issues: all of them on the page and in the data, in print most of them in tables."""

import re

import pytest
from msgspec.structs import replace

from forensics.model import Evidence, Exhibit, Outcome, Report
from forensics.render._sections import MOST_PRINTED, sections
from forensics.render.markdown import report_markdown
from forensics.render.pictures import Surface
from tests.render.samples import incident

ISSUES = 3 * MOST_PRINTED
MANY = range(1, ISSUES + 1)


def many() -> Report:
    """The same issue of ever another file, each with evidence of its own."""
    report = incident()
    issue = report.issues[0]
    issues = tuple(
        replace(
            issue,
            number=number,
            title=f"file {number} is odd",
            evidence=(f"e{number}",),
            exhibits=(Exhibit(evidence=f"e{number}", caption=f"shown {number}", text="x"),),
        )
        for number in MANY
    )
    evidence = tuple(
        Evidence(id=f"e{n}", kind="file", locator=f"f{n}", outcome=Outcome.COLLECTED) for n in MANY
    )
    return replace(report, issues=issues, evidence=evidence)


def test_in_print_the_first_are_told_one_by_one_and_each_other_has_a_row() -> None:
    """Every issue and every piece of evidence has its one anchor; the text says where the rest is."""
    printed = report_markdown(many(), Surface.PRINT)
    for number in MANY:
        assert printed.count(f'<a id="issue-{number}"></a>') == 1
        assert printed.count(f"file {number} is odd") >= 1
        anchors = printed.count(f'<a id="e{number}"></a>') + printed.count(f'id="e{number}"><summ')
        assert anchors == 1, number
    assert len(re.findall(r"(?m)^## Issue \d+:", printed)) == MOST_PRINTED
    assert "`report.json`, attached to this file" in printed


@pytest.mark.slow
def test_the_page_and_the_markdown_tell_them_all() -> None:
    """There, nobody turns pages."""
    for surface in (Surface.PAGE, Surface.MARKDOWN):
        told = report_markdown(many(), surface)
        assert len(re.findall(r"(?m)^## Issue \d+:", told)) == ISSUES
        assert "attached to this file" not in told


def test_no_issue_is_told_twice_or_left_out() -> None:
    """However many fit."""
    report = many()
    for most in (None, 0, 1, ISSUES - 1, ISSUES, ISSUES + 1):
        told = [it.number for section in sections(report, most) for it in section.issues]
        assert told == list(MANY)
