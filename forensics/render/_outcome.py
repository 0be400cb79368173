"""What the fix changes, what is left to do, and how every command does before and after."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.evidence.kinds import EvidenceKind
from forensics.model import (
    CommandOutcome,
    CommandState,
    DeleteFile,
    Origin,
    Prediction,
    Record,
    Report,
    Severity,
    Verification,
    WriteFile,
)
from forensics.model.wording import code, counted
from forensics.render import _words
from forensics.render._gaps import gaps
from forensics.render._steps import needed_steps
from forensics.render.patch import in_patch

_MOST_QUESTIONS = 4
"""Open questions that stand among what is left to do; all have a section."""


class State(Record, frozen=True, kw_only=True):
    """A command before and after the fix."""

    command: str
    folder: str
    now: str
    message: str
    """What it prints; empty where a row above says the same."""
    after: str
    """Empty where no fix is recommended."""
    changed: bool
    certainty: str


def states(report: Report) -> tuple[State, ...]:
    """Every command now and after the fix, in one row each."""
    after = {(row.folder, row.command): row for row in report.verification}
    told: set[str] = set()
    rows = []
    for state in report.commands:
        then = after.pop((state.folder, state.command), None)
        rows.append(_state(state, state, then, told))
    rows += [_state(row, row.before, row, told) for row in after.values()]
    return tuple(rows)


def _state(
    one: CommandState | Verification,
    now: CommandState | Prediction,
    then: Verification | None,
    told: set[str],
) -> State:
    said = now.message or (now.error.text if now.error else "")
    explained = isinstance(now, CommandState) and bool(now.blocked_by)
    fresh = said not in told and not explained and now.outcome is not CommandOutcome.PASSES
    told.add(said)
    return State(
        command=one.command,
        folder=one.folder,
        now=_words.outcome_word(now),
        message=said if fresh else "",
        after=_words.outcome_word(then.after) if then else "",
        changed=then.discriminates if then else False,
        certainty=_words.known_how(one) if isinstance(one, CommandState) else one.certainty.value,
    )


class Changed(Record, frozen=True, kw_only=True):
    """Something that the fix changes."""

    what: str
    how: str
    """What happens to it, and from where or what for."""
    undone: str
    issue: int


def changed(report: Report) -> tuple[Changed, ...]:
    """The files and the changes of the database, each with its reason and what undoes it."""
    files = (it for it in needed_steps(report) if isinstance(it, WriteFile | DeleteFile))
    by_patch = {step.path for step in files if in_patch(step)}
    return (
        *(
            Changed(
                what=code(change.path),
                how=_words.file_change(change),
                undone="`git apply -R fix.patch`" if change.path in by_patch else "",
                issue=change.issue,
            )
            for change in report.files_changed
        ),
        *(
            Changed(
                what="database",
                how=f"{change.change}: {change.purpose}",
                undone=change.undo,
                issue=change.issue,
            )
            for change in report.database_changes
        ),
    )


class Action(Record, frozen=True, kw_only=True):
    """Something to do that is not part of the fix."""

    text: str
    kind: str


def actions(report: Report) -> tuple[Action, ...]:
    """What follows from the issues apart from the fix."""
    made = []
    if report.database_changes:
        text = "Check every other environment before you run `fix.sql` there."
        made.append(Action(text=text, kind="mitigation"))
    faults = [issue for issue in report.issues if issue.severity is not Severity.NOTE]
    if faults:
        text = "Run `forensics check` in CI and before local commands of the tool."
        made.append(Action(text=text, kind="detection"))
    made += [
        Action(text=f"Optional: {issue.fix.title} (issue {issue.number}).", kind="cleanup")
        for issue in report.issues
        if issue.fix is not None and not issue.fix.needed
    ]
    made += [
        Action(text=_sentence(f"{gap.how} ({gap.who})"), kind="investigation")
        for gap in gaps(report.unanswered)[:_MOST_QUESTIONS]
    ]
    return tuple(made)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


class CaseRecord(Record, frozen=True, kw_only=True):
    """What a record of an incident asks for, as far as the evidence says it."""

    impact: str
    triggers: tuple[tuple[Origin, tuple[int, ...]], ...]
    """Commits, each with the issues that it introduced."""
    detection: str


def record(report: Report) -> CaseRecord:
    """Impact, trigger and detection."""
    captured = any(item.kind == EvidenceKind.SYMPTOM for item in report.evidence)
    of = {number for state in report.commands for number in state.blocked_by}
    origins: dict[Origin, list[int]] = {}
    for issue in report.issues:
        if issue.origin is not None and issue.number in of:
            origins.setdefault(issue.origin, []).append(issue.number)
    return CaseRecord(
        impact=_impact(report.commands) if report.commands else "not known",
        triggers=tuple((origin, tuple(numbers)) for origin, numbers in origins.items()),
        detection="captured output of the failing command" if captured else "to be filled in",
    )


def _impact(commands: Sequence[CommandState]) -> str:
    """How many commands are affected, and how many could not be judged."""
    outcomes = [state.outcome for state in commands]
    unknown = outcomes.count(CommandOutcome.UNKNOWN)
    affected = len(outcomes) - unknown - outcomes.count(CommandOutcome.PASSES)
    said = f"{affected or 'none'} of {counted(len(outcomes), 'command')} affected"
    return said + (f", {unknown} unknown" if unknown else "")
