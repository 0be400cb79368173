"""The shape of report.json where it differs from the report: there, words stand for data."""

from __future__ import annotations

from forensics import model
from forensics.model import Record
from forensics.render import _words


class Unanswered(Record, frozen=True, kw_only=True):
    """A question that could not be asked or answered, and how to get the answer."""

    rule: str
    """Its rule, or what else it is about."""
    lacks: str
    how_to_get_it: str


class CommandState(Record, frozen=True, kw_only=True):
    """What a command does now, and which issues stand in its way, in the order they show."""

    tool: str
    folder: str
    command: str
    outcome: model.CommandOutcome
    destructive: bool
    exit_code: int | None
    message: str
    error: model.TrueError | None
    statement: model.StatementPlace | None
    blocked_by: tuple[int, ...]
    certainty: model.Certainty
    stand_ins: tuple[str, ...]
    changed: tuple[model.CopyChange, ...]


class FileChange(Record, frozen=True, kw_only=True):
    """A file that the recommended fix changes."""

    path: str
    change: str
    issue: int


class Verification(Record, frozen=True, kw_only=True):
    """One command before and after the fix, and whether it can tell the two apart."""

    command: str
    folder: str
    before: str
    after: str
    discriminates: bool
    certainty: model.Certainty


class Report(Record, frozen=True, kw_only=True):
    """Everything a report says; every format is a rendering of this one value."""

    schema_version: int = 2
    case: model.Case
    summary: str
    commands: tuple[CommandState, ...]
    issues: tuple[model.Issue, ...]
    refuted: tuple[model.Refuted, ...]
    unanswered: tuple[Unanswered, ...]
    limitations: tuple[str, ...]
    experiments: tuple[model.Experiment, ...]
    do_not_run: tuple[model.DoNotRun, ...]
    timeline: tuple[model.TimelineEntry, ...]
    history: tuple[model.Spell, ...]
    files_changed: tuple[FileChange, ...]
    database_changes: tuple[model.DatabaseChange, ...]
    verification: tuple[Verification, ...]
    lessons: tuple[model.Lesson, ...]
    commit_messages: tuple[str, ...]
    evidence: tuple[model.Evidence, ...]
    environments: tuple[model.EnvironmentState, ...]


def document(report: model.Report) -> Report:
    """The report as report.json holds it."""
    shared = set(Report.__struct_fields__) & set(report.__struct_fields__)
    same = {name: getattr(report, name) for name in shared}
    return Report(
        **same
        | {
            "commands": tuple(map(command, report.commands)),
            "summary": "\n\n".join(filter(None, (report.summary, report.data))),
            "unanswered": tuple(map(_question, report.unanswered)),
            "files_changed": tuple(map(_file_change, report.files_changed)),
            "verification": tuple(map(_verification, report.verification)),
        }
    )


def command(state: model.CommandState) -> CommandState:
    """A command without what follows from its name."""
    same = {name: getattr(state, name) for name in CommandState.__struct_fields__}
    return CommandState(**same)


def _question(question: model.Unanswered) -> Unanswered:
    return Unanswered(
        rule=question.about, lacks=question.lacks, how_to_get_it=question.how_to_get_it
    )


def _file_change(change: model.FileChange) -> FileChange:
    return FileChange(path=change.path, change=_words.file_change(change), issue=change.issue)


def _verification(row: model.Verification) -> Verification:
    same = {name: getattr(row, name) for name in Verification.__struct_fields__}
    words = {"before": _words.outcome(row.before), "after": _words.outcome(row.after)}
    return Verification(**same | words)
