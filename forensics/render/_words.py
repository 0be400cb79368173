"""The words in which every format says the same thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from forensics.dialects import dialect_named
from forensics.dialects.base import Dialect
from forensics.model import (
    Certainty,
    CommandOutcome,
    CommandState,
    FileChange,
    FileDeed,
    Issue,
    Outcome,
    Prediction,
    Report,
    Role,
    Safety,
    Severity,
)
from forensics.model.wording import listed
from forensics.report.numbering import span_words

OUTCOME = {
    CommandOutcome.PASSES: "PASS",
    CommandOutcome.BLOCKED: "BLOCKED",
    CommandOutcome.ASKS: "ASKS",
    CommandOutcome.SILENTLY_WRONG: "SILENTLY WRONG",
    CommandOutcome.UNKNOWN: "UNKNOWN",
}
DESTRUCTIVE = ", DESTRUCTIVE"
"""Follows the word where going on loses data or tracking rows."""
ROLE = {
    Role.PRIMARY: "main cause",
    Role.BLOCKING: "blocks commands",
    Role.CONTRIBUTING: "makes another issue worse",
    Role.LATENT: "stops no command yet",
}
CERTAINTY = {
    Certainty.OBSERVED: "observed in the evidence",
    Certainty.REPLAYED: "replayed with the real tool",
    Certainty.PREDICTED: "predicted by the behaviour model",
    Certainty.INFERRED: "inferred",
}
SAFETY = {
    Safety.SAFE: "safe",
    Safety.REVIEW: "review it first",
    Safety.DESTRUCTIVE: "destructive",
}
EVIDENCE = {
    Outcome.COLLECTED: "collected",
    Outcome.ABSENT: "missing",
    Outcome.DENIED: "denied",
    Outcome.FAILED: "failed",
    Outcome.TIMED_OUT: "timed out",
    Outcome.SKIPPED: "not examined",
}


def is_open(issue: Issue) -> bool:
    """Whether it counts, and nothing that the report offers resolves it."""
    return issue.severity is not Severity.NOTE and issue.fix is None and not issue.goes_with


def fixes_of(numbers: Sequence[int]) -> str:
    """Whose fixes resolve an issue: `the fix of issue 1`."""
    one = len(numbers) == 1
    whose = f"issue {numbers[0]}" if one else f"issues {listed(span_words(numbers))}"
    return f"the {'fix' if one else 'fixes'} of {whose}"


class Told(Protocol):
    """What has an outcome: a command now, or a command in an experiment."""

    @property
    def outcome(self) -> CommandOutcome: ...

    @property
    def destructive(self) -> bool: ...


def outcome_word(told: Told) -> str:
    """`BLOCKED`, `PASS`; with `, DESTRUCTIVE` where going on loses data or tracking rows."""
    return OUTCOME[told.outcome] + (DESTRUCTIVE if told.destructive else "")


def known_how(state: CommandState) -> str:
    """`predicted`, `replayed, with stand-ins for type vector and role anon`."""
    return state.certainty.value + stood_in(state)


def stood_in(state: CommandState) -> str:
    """What of the real server was only stood in for: `, with a stand-in for type vector`."""
    if not state.stand_ins:
        return ""
    noun = "a stand-in" if len(state.stand_ins) == 1 else "stand-ins"
    return f", with {noun} for {listed(state.stand_ins)}"


def outcome(prediction: Prediction) -> str:
    """`BLOCKED (exit code 1): No file ...`, with the true error where the tool prints none."""
    return outcome_word(prediction) + outcome_details(prediction)


def outcome_details(prediction: Prediction) -> str:
    """What follows the word: ` (exit code 1): No file ...`."""
    said = prediction.message or (prediction.error.text if prediction.error else "")
    code = "" if prediction.exit_code is None else f" (exit code {prediction.exit_code})"
    return code + (f": {said}" if said else "")


def file_change(change: FileChange) -> str:
    """`restored (commit 1a2b3c4)`, `deleted by hand (untracked)`."""
    if change.what is FileDeed.BY_COMMAND:
        return f"{change.command}: {change.source}" if change.command else change.source
    if not change.in_git:
        return f"{change.what} by hand (untracked)"
    return f"{change.what} ({change.source})" if change.source else change.what.value


_MEANING = {
    "main cause": "of all issues that stop a command, the one that endangers data; if none does, "
    "the last to show of those that stop the command that applies migrations.",
    "blocks commands": "a command fails because of it.",
    "makes another issue worse": "it stops nothing alone, but hides or changes another issue.",
    "stops no command yet": "no command fails because of it today.",
    "observed": "it can be read in the evidence.",
    "replayed": "the real tool did it on a copy.",
    "predicted": "our model of the tool says so; SQL ran on a scratch database where possible.",
    "inferred": "argued from the evidence, not read in it.",
    "critical": "data is lost or about to be, or production commands are blocked.",
    "high": "a command is blocked, or goes silently wrong.",
    "medium": "the next ordinary command will fail.",
    "low": "untidy, but harmless on its own.",
    "note": "worth knowing; nothing has to be fixed.",
    "BLOCKED": "the command stops with an error, whatever its exit code.",
    "ASKS": "the command asks a question first.",
    "DESTRUCTIVE": "going on loses data or tracking rows.",
    "SILENTLY WRONG": "the command reports success and is wrong.",
    "UNKNOWN": "the evidence does not decide it.",
}


def glossary(report: Report) -> tuple[tuple[str, str], ...]:
    """The words of ours that this report uses, with their meaning."""
    used = {ROLE[issue.role] for issue in report.issues}
    used |= {issue.severity.value for issue in report.issues}
    used |= {issue.certainty.value for issue in report.issues}
    used |= {state.certainty.value for state in report.commands}
    used |= {OUTCOME[state.outcome] for state in report.commands}
    used |= {"DESTRUCTIVE"} if any(state.destructive for state in report.commands) else set()
    return tuple((word, meaning) for word, meaning in _MEANING.items() if word in used)


def assumes(report: Report) -> bool:
    """Whether a command is said to pass that compares the schema code, which was not run."""
    return any(
        state.compares_code
        and state.outcome is CommandOutcome.PASSES
        and state.certainty is Certainty.PREDICTED
        for state in report.commands
    ) or any(row.compares_code for row in report.verification)


def at_the_top(report: Report) -> str:
    """Where the paths of a report begin."""
    project = report.case.project
    no_git = project.head is None and project.root in ("", ".")
    return "in the project's folder" if no_git else "at the repository root"


def several_folders(report: Report) -> bool:
    """Whether commands must name their folder to be told apart."""
    return len({state.folder for state in report.commands}) > 1


def dialect_of(report: Report) -> Dialect:
    """The dialect of the database of the case; of the tool where none was examined."""
    databases, tools = report.case.databases, report.case.tools
    named = (*(it.dialect for it in databases), *(it.dialect for it in tools))
    known = (it for it in map(dialect_named, named) if it.examined)
    return next(known, dialect_named(None))


def run_script(report: Report, script: str) -> str:
    """The command that runs a script, quoted already, on the database of the case."""
    dialect = dialect_of(report)
    return dialect.client(script, f'"${dialect.variable}"')
