"""The issues as JUnit XML, which CI servers show as tests."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from forensics.model import Issue, Report, Severity
from forensics.model.characters import visible
from forensics.render._gaps import lacking
from forensics.render.lines import file_of, left_open
from forensics.rules import RULES


def render_junit(report: Report) -> str:
    """A test for each rule, which fails once for each of its issues.

    Notes and what the project accepts do not count. A rule that could not be asked is skipped.
    """
    suite = Element("testsuite", name="forensics")
    asked = {question.name: question.lacks for question in report.unanswered}
    for rule in RULES:
        case = SubElement(suite, "testcase", classname="forensics", name=rule.name)
        for issue in _faults(report, rule.name):
            failure = SubElement(case, "failure", type=str(issue.severity))
            failure.set("message", _text(f"{file_of(issue)}: {issue.title}"))
            failure.text = _text(issue.root_cause)
        if not len(case) and rule.name in asked:
            SubElement(case, "skipped", message=_text(f"{rule.name}{lacking(asked[rule.name])}"))
    for question in left_open(report):
        if question.name not in {rule.name for rule in RULES}:
            case = SubElement(suite, "testcase", classname="forensics", name=_text(question.about))
            SubElement(case, "skipped", message=_text(f"{question.about}{lacking(question.lacks)}"))
    _count(suite)
    indent(suite)
    return tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _faults(report: Report, rule: str) -> Iterator[Issue]:
    for issue in report.issues:
        if issue.rule == rule and issue.severity is not Severity.NOTE and not issue.accepted:
            yield issue


def _count(suite: Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))


def _text(text: str) -> str:
    """XML has no way to write control characters; they show as escapes."""
    return visible(text, keep="\n\t")
