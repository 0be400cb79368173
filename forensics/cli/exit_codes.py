"""What the command line exits with; the contract that scripts rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forensics.model import Report

CLEAR, FAULTS, COULD_NOT_RUN, INCOMPLETE = range(4)


def of_report(report: Report, fail_on: str) -> int:
    """Of a whole examination: issues count more than what could not be seen.

    An issue that the project accepts does not count.
    """
    from forensics.report.build import is_whole

    return _code(report, fail_on, whole=is_whole(report.unanswered))


def of_files(report: Report, fail_on: str) -> int:
    """Of the files alone: what only a database or git could tell does not count."""
    from forensics.render.lines import left_open

    return _code(report, fail_on, whole=not left_open(report))


def _code(report: Report, fail_on: str, *, whole: bool) -> int:
    from forensics.model import Severity

    least = Severity(fail_on).rank
    if any(it.severity.rank >= least and not it.accepted for it in report.issues):
        return FAULTS
    return CLEAR if whole else INCOMPLETE
