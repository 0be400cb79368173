"""The findings as JUnit XML: a test for each rule."""

from xml.etree.ElementTree import Element, fromstring

from msgspec.structs import replace

from forensics.model import Report, Severity, Topic, Unanswered
from forensics.render.junit import render_junit
from forensics.render.lines import render_lines
from forensics.rules import RULES
from tests.render.samples import incident

INCIDENT = incident()


def suite(report: Report) -> Element:
    """The parsed document."""
    return fromstring(render_junit(report))  # our own text


def case(told: Element, name: str) -> Element:
    """The test of a rule."""
    (found,) = (it for it in told.findall("testcase") if it.get("name") == name)
    return found


def test_every_rule_is_a_test() -> None:
    """So that a rule that stops failing is seen to pass."""
    told = suite(replace(INCIDENT, issues=(), unanswered=()))
    assert [it.get("name") for it in told.findall("testcase")] == [rule.name for rule in RULES]
    assert (told.get("failures"), told.get("skipped")) == ("0", "0")


def test_a_fault_fails_its_rule_and_a_note_does_not() -> None:
    """Each fault is a failure of its own."""
    issue = INCIDENT.issues[0]
    two = (issue, replace(issue, number=2, subject="other"))
    told = case(suite(replace(INCIDENT, issues=two)), issue.rule)
    assert len(told.findall("failure")) == 2
    note = replace(issue, severity=Severity.NOTE)
    assert not case(suite(replace(INCIDENT, issues=(note,))), issue.rule).findall("failure")


def test_a_rule_that_was_not_asked_is_skipped() -> None:
    """With what it lacked; what else is open is a test of its own."""
    rule = Unanswered(
        topic=Topic.RULE, name=RULES[0].name, lacks="a database", how_to_get_it="give one"
    )
    folder = Unanswered(topic=Topic.FOLDER, lacks="the folder", how_to_get_it="look")
    told = suite(replace(INCIDENT, issues=(), unanswered=(rule, folder)))
    for name in (RULES[0].name, "folder"):
        (skipped,) = case(told, name).findall("skipped")
        assert str(skipped.get("message")).startswith(f"{name} needs ")
    assert told.get("skipped") == "2"


def test_evidence_starts_no_element_and_no_command() -> None:
    """Also with characters that XML does not know."""
    evil = "</failure><x>\x1b[0m ##[error] &\x00"
    issue = replace(INCIDENT.issues[0], title=evil, root_cause=evil)
    text = render_lines(replace(INCIDENT, issues=(issue,)), "junit")
    assert "##[" not in text and "\x1b" not in text and "<x>" not in text
    failure = case(fromstring(text), issue.rule).find("failure")
    assert failure is not None and str(failure.text).startswith("</failure><x>\\x1b[0m ##[error]")
