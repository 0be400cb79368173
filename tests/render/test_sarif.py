"""The findings as SARIF: results with stable fingerprints, which evidence cannot forge."""

import json
from typing import Any

from msgspec.structs import replace

from forensics.model import Issue, Severity
from forensics.render.lines import render_lines
from forensics.render.sarif import fingerprint, render_sarif
from forensics.rules import RULES
from tests.render.samples import incident

INCIDENT = incident()


def run(*issues: Issue) -> dict[str, Any]:
    """The one run of the document."""
    report = replace(INCIDENT, issues=issues or INCIDENT.issues)
    document = json.loads(render_sarif(report))
    assert document["version"] == "2.1.0"
    (only,) = document["runs"]
    return dict(only)


def test_every_issue_is_a_result_with_its_rule_and_its_place() -> None:
    """The place is a path that is relative to the top level."""
    told = run()
    assert [it["ruleId"] for it in told["results"]] == [it.rule for it in INCIDENT.issues]
    rules = told["tool"]["driver"]["rules"]
    for result in told["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert place["uriBaseId"] == "%SRCROOT%"
        assert not place["uri"].startswith("/")


def test_rules_bring_their_pages() -> None:
    """Only those that found something."""
    rules = run()["tool"]["driver"]["rules"]
    assert {it["id"] for it in rules} == {issue.rule for issue in INCIDENT.issues}
    known = {rule.name: rule for rule in RULES}
    for rule in rules:
        assert rule["shortDescription"]["text"] == known[rule["id"]].summary
        assert "## Fix" in rule["help"]["markdown"]


def test_a_fingerprint_survives_other_words_numbers_and_grades() -> None:
    """So that a viewer knows an old alert again; another subject or folder is another fault."""
    issue = INCIDENT.issues[0]
    same = replace(issue, number=9, title="x", root_cause="y", severity=Severity.LOW, evidence=())
    assert fingerprint(issue) == fingerprint(same)
    for other in (
        replace(issue, subject="x"),
        replace(issue, folder="x"),
        replace(issue, rule="x"),
    ):
        assert fingerprint(issue) != fingerprint(other)


def test_levels_follow_the_severity() -> None:
    """Notes are notes."""
    levels = {
        severity: run(replace(INCIDENT.issues[0], severity=severity))["results"][0]["level"]
        for severity in Severity
    }
    assert set(levels.values()) == {"error", "warning", "note"}
    assert levels[Severity.HIGH] == "error" and levels[Severity.NOTE] == "note"


def test_a_path_with_spaces_and_evil_names_stays_one_address() -> None:
    """And no workflow command of GitHub stands in the document."""
    evil = replace(INCIDENT.issues[0], subject="a b/##[error]\n%2e.sql")
    (result,) = run(evil)["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert " " not in uri and "\n" not in uri and "%252e" in uri
    assert "##[" not in render_lines(replace(INCIDENT, issues=(evil,)), "sarif")


def test_without_a_fault_there_is_a_run_without_results() -> None:
    """A viewer then closes the alerts of the run before."""
    report = replace(INCIDENT, issues=())
    (told,) = json.loads(render_sarif(report))["runs"]
    assert told["results"] == [] and told["tool"]["driver"]["rules"] == []
