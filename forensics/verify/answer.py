"""What verifying comes to: one word, and what was checked."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from forensics.model import Record


class Verdict(StrEnum):
    """The answer in one word; the first that applies."""

    ALTERED = "altered"
    """A file of the bundle, or the report, is not what was written."""
    NOT_TRUSTED = "not-trusted"
    """Nobody whom the user trusts has signed or stamped it, though that was requested."""
    OTHER_BUNDLE = "of-another-bundle"
    """The report does not belong to this bundle."""
    OTHER_RULES = "judged-by-other-rules"
    """The report is as it was written; other code judged it, and today's judges otherwise."""
    OUTDATED = "outdated"
    """The report is as it was written; evidence came after it, and with it judgement differs."""
    HOLDS = "holds"

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return self is Verdict.HOLDS


class Result(StrEnum):
    """What came of one check."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"
    """It cannot be known, or nobody requested it."""


class Check(Record, frozen=True, kw_only=True):
    """One thing that was checked."""

    name: str
    """`integrity`, `completeness`, `custody`, `signature`, `timestamp`, `claims` or `report`."""
    result: Result
    lines: tuple[str, ...] = ()
    """What was found, each a sentence without a full stop."""


class Verified(Record, frozen=True, kw_only=True):
    """The answer to one file or folder."""

    subject: str
    verdict: Verdict
    bundle_sha256: str
    """The name of the bundle: the hash of what was collected."""
    checks: tuple[Check, ...]
    limits: tuple[str, ...] = ()
    """What cannot be proved, each a sentence without a full stop."""


class Trust(Record, frozen=True, kw_only=True):
    """Whom the user trusts; what is given is demanded."""

    allowed_signers: Path | None = None
    """A file of allowed signers, as `ssh-keygen` reads it."""
    timestamp_ca: Path | None = None
    """Certificates of timestamp authorities."""


def result_of(wrong: Iterable[str]) -> Result:
    """Holds where nothing is wrong."""
    return Result.FAILS if any(True for _ in wrong) else Result.HOLDS
