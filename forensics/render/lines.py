"""Issues as lines, for terminals, pipelines and GitHub's annotations."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.model import Issue, Report, Severity, Topic, Unanswered
from forensics.model.characters import inert, one_line, visible
from forensics.model.wording import counted
from forensics.render._gaps import gaps
from forensics.render._past import MOST as MOST_PAST
from forensics.render._past import past_rows
from forensics.render.json import report_json
from forensics.rules import RULES

DOCUMENTS = frozenset({"json", "sarif", "junit"})
LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning"}
"""Severity -> level of GitHub's workflow commands; all others are notices."""


def render_lines(report: Report, output_format: str) -> str:
    """All issues: `text` one a line, `github` as workflow commands, or a whole document."""
    if output_format in DOCUMENTS:
        return _document(report, output_format)
    lines = _github(report) if output_format == "github" else _text(report)
    return "".join(f"{line}\n" for line in lines)


def _document(report: Report, output_format: str) -> str:
    """JSON, SARIF or JUnit, without the mark that GitHub's runner looks for all over a line."""
    from forensics.render.junit import render_junit
    from forensics.render.sarif import render_sarif

    if output_format == "junit":
        return render_junit(report).replace("##[", "##&#91;")
    text = render_sarif(report) if output_format == "sarif" else report_json(report).decode()
    return text.replace("##[", r"##\u005b")


def left_open(report: Report) -> tuple[Unanswered, ...]:
    """What is not known of the files themselves: questions that need neither database nor git."""
    return tuple(question for question in report.unanswered if _is_of_files(question))


def _is_of_files(question: Unanswered) -> bool:
    if question.topic is Topic.RULE:
        return question.name not in {rule.name for rule in RULES if rule.needs_database}
    return question.topic not in (Topic.ORIGIN, Topic.CONFIG)


def _text(report: Report) -> Iterator[str]:
    for issue in report.issues:
        accepted = f" (accepted: {issue.accepted})" if issue.accepted else ""
        yield _inert(f"{issue.subject}: {issue.severity} {issue.rule}: {issue.title}{accepted}")
    for row in past_rows(report)[:MOST_PAST]:
        yield _inert(f"over time: {row.rule} in {row.subjects}, {row.came}, then {row.went}")
    questions = left_open(report)
    for gap in gaps(questions):
        yield _inert(f"not checked: {gap.said}")
    faults = [it for it in report.issues if it.severity is not Severity.NOTE and not it.accepted]
    if not faults:
        seen = "what could be judged of the files" if questions else "the files"
        yield f"No issue found in {seen}. Rules that need a database were not run."
        return
    yield f"Found {counted(len(faults), 'issue')}. `forensics explain RULE` tells more."


def _inert(text: str) -> str:
    """One line that GitHub never takes for a workflow command, whatever evidence it contains."""
    return inert(one_line(text))


def _github(report: Report) -> Iterator[str]:
    for issue in report.issues:
        level = "notice" if issue.accepted else LEVELS.get(issue.severity, "notice")
        where = f"file={_property(file_of(issue))},title={_property(issue.rule)}"
        yield f"::{level} {where}::{_data(issue.title + '. ' + issue.root_cause)}"
    for gap in gaps(left_open(report)):
        yield f"::warning title={_property(gap.who)}::{_data(f'Not checked: {gap.said}')}"


def file_of(issue: Issue) -> str:
    """The file to annotate: the subject where it is a path, else the migration folder."""
    return issue.subject if "/" in issue.subject else issue.folder


def _data(text: str) -> str:
    """Escaped as GitHub's toolkit does it, so that evidence cannot start a command of its own."""
    shown = inert(visible(text, keep="\r\n\t"))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
