"""The issues as SARIF 2.1.0, for GitHub's code scanning and other viewers."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote

from forensics import __version__
from forensics.model import Issue, Report, Role, Severity
from forensics.render._gaps import lacking, with_remedy
from forensics.render.json import as_json
from forensics.render.lines import file_of
from forensics.report.rule_pages import page
from forensics.rules import RULES, Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning"}
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.0",
    Severity.LOW: "2.0",
    Severity.NOTE: "0.0",
}
"""GitHub's `security-severity` orders alerts by these."""


def render_sarif(report: Report) -> str:
    """One run with a result for each issue; the same issues give the same fingerprints.

    Paths are relative to the git top level, which is the root of `%SRCROOT%`.
    """
    told = {issue.rule for issue in report.issues}
    rules = [rule for rule in RULES if rule.name in told]
    places = {rule.name: number for number, rule in enumerate(rules)}
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(rules)},
                "columnKind": "unicodeCodePoints",
                "results": [_result(issue, places[issue.rule]) for issue in report.issues],
                "invocations": [_invocation(report)],
            }
        ],
    }
    return as_json(document).decode()


def fingerprint(issue: Issue) -> str:
    """What an issue keeps while wording, numbers and lines change."""
    return sha256("\0".join((issue.rule, issue.folder, issue.subject)).encode()).hexdigest()


def _driver(rules: list[Rule]) -> dict[str, object]:
    return {"name": "Forensics", "version": __version__, "rules": [_rule(rule) for rule in rules]}


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": page(rule), "markdown": page(rule)},
    }


def _result(issue: Issue, rule: int) -> dict[str, object]:
    latent = issue.role is Role.LATENT
    return {
        "ruleId": issue.rule,
        "ruleIndex": rule,
        "level": _LEVELS.get(issue.severity, "note"),
        "message": {"text": f"{issue.title}. {issue.root_cause}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(file_of(issue)), "uriBaseId": "%SRCROOT%"}
                },
                "logicalLocations": [
                    {"fullyQualifiedName": subject} for subject in (issue.subject, *issue.others)
                ],
            }
        ],
        "suppressions": [{"kind": "external", "justification": issue.accepted}]
        if issue.accepted
        else [],
        "partialFingerprints": {"forensics/v1": fingerprint(issue)},
        "properties": {
            "severity": str(issue.severity),
            "security-severity": _SCORES[issue.severity],
            "role": str(issue.role),
            "certainty": str(issue.certainty),
            "latent": latent,
        },
    }


def _invocation(report: Report) -> dict[str, object]:
    """What could not be judged is told as notifications; the run itself went well."""
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": [
            {
                "level": "note",
                "message": {
                    "text": with_remedy(f"{it.about}{lacking(it.lacks)}", it.how_to_get_it)
                },
            }
            for it in report.unanswered
        ],
    }
