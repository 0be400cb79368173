"""The words in which every format says the same thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from forensics.model import Certainty, CommandOutcome, Outcome, Report, Role, Safety

OUTCOME = {
    CommandOutcome.PASSES: "PASS",
    CommandOutcome.BLOCKED: "BLOCKED",
    CommandOutcome.ASKS: "ASKS",
    CommandOutcome.SILENTLY_WRONG: "SILENTLY WRONG",
    CommandOutcome.UNKNOWN: "UNKNOWN",
}
ROLE = {
    Role.PRIMARY: "primary",
    Role.BLOCKING: "blocking",
    Role.CONTRIBUTING: "contributing",
    Role.LATENT: "latent",
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
    Outcome.ABSENT: "not there",
    Outcome.DENIED: "denied",
    Outcome.FAILED: "failed",
    Outcome.TIMED_OUT: "timed out",
    Outcome.SKIPPED: "not looked at",
}


class Told(Protocol):
    """What has an outcome: a command now, or a command in an experiment."""

    @property
    def outcome(self) -> CommandOutcome: ...

    @property
    def destructive(self) -> bool: ...


def outcome_word(told: Told) -> str:
    """`BLOCKED`, `PASS`; with `, DESTRUCTIVE` where going on loses data or tracking rows."""
    return OUTCOME[told.outcome] + (", DESTRUCTIVE" if told.destructive else "")


def assumes(report: Report) -> bool:
    """Whether a command is said to pass that compares the schema code, which was not run."""
    return any(
        state.command in ("generate", "push")
        and state.outcome is CommandOutcome.PASSES
        and state.certainty is Certainty.PREDICTED
        for state in report.commands
    ) or any(row.command in ("generate", "push") for row in report.verification)


def counted(number: int, one: str, many: str = "") -> str:
    """`no issues`, `1 issue`, `3 issues`."""
    return f"{number or 'no'} {one if number == 1 else many or one + 's'}"


def listed(items: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *head, last = [*items] or [""]
    return f"{', '.join(head)} and {last}" if head else last


def at_the_top(report: Report) -> str:
    """Where the paths of a report begin."""
    project = report.case.project
    no_git = project.head is None and project.root in ("", ".")
    return "in the project's folder" if no_git else "at the git top level"


def several_folders(report: Report) -> bool:
    """Whether commands must name their folder to be told apart."""
    return len({state.folder for state in report.commands}) > 1
