"""`verify` from a path to its answer."""

from __future__ import annotations

from pathlib import Path

from forensics.evidence.bundle import Bundle, BundleError
from forensics.output import BUNDLE, bundle_place
from forensics.verify.answer import Check, Result, Trust, Verdict, Verified
from forensics.verify.bundle import Examined, examine, existing
from forensics.verify.report import format_of, judge_logged, judge_report, read_report


def verify(path: Path, trust: Trust, bundle: Path | None = None) -> Verified:
    """Verify a bundle or a report; of a report, `bundle` is the one that it lies next to.

    Raises `BundleError` for what is neither, and for a report without a bundle.
    """
    if format_of(existing(path)) is None:
        return _bundle(path, trust)
    return _report(path, trust, bundle or _beside(path))


def _bundle(path: Path, trust: Trust) -> Verified:
    examined = examine(bundle_place(path), trust)
    checks, verdict = examined.checks, Verdict.HOLDS
    if examined.entries and not examined.altered:
        judged = judge_logged(Bundle.open(bundle_place(path)), examined.entries)
        checks = (*checks, *judged.checks)
        if judged.verdict is Verdict.ALTERED:  # a bundle holds, however it is judged today
            verdict = judged.verdict
    return _answer(path, examined, checks, verdict)


def _report(path: Path, trust: Trust, place: Path) -> Verified:
    data, examined = read_report(path), examine(bundle_place(place), trust)
    if examined.altered:
        line = "not judged: the bundle was altered"
        unknown = Check(name="claims", result=Result.UNKNOWN, lines=(line,))
        return _answer(path, examined, (*examined.checks, unknown), Verdict.ALTERED)
    opened = Bundle.open(bundle_place(place))
    judged = judge_report(path.name, data, opened, examined.entries)
    return _answer(path, examined, (*examined.checks, *judged.checks), judged.verdict)


def _answer(
    path: Path, examined: Examined, checks: tuple[Check, ...], verdict: Verdict
) -> Verified:
    if examined.altered:
        verdict = Verdict.ALTERED
    elif examined.distrusted and verdict is not Verdict.ALTERED:
        verdict = Verdict.NOT_TRUSTED
    return Verified(
        subject=str(path),
        verdict=verdict,
        bundle_sha256=examined.sha256,
        checks=checks,
        limits=examined.limits,
    )


def _beside(report: Path) -> Path:
    for name in (BUNDLE, f"{BUNDLE}.tar"):
        if (report.parent / name).exists():
            return report.parent / name
    raise BundleError(f"{report} has no bundle next to it: give it with --bundle.")
