"""The redaction report of a bundle: what was masked where, and by which pattern."""

from __future__ import annotations

from forensics.evidence.bundle import Bundle
from forensics.evidence.kinds import EvidenceKind
from forensics.model import Record

REDACTIONS = "what was masked"
"""The locator of the report."""


class Redaction(Record, frozen=True, kw_only=True):
    """Secrets of one kind in one line; never what they were, or how long."""

    place: str
    """The file, or which other text it is."""
    line: int
    """From 1; of a file that git has in several versions, in any of them."""
    rule: str
    """The name of the pattern."""
    count: int


class Redactions(Record, frozen=True, kw_only=True):
    """All of them, by place, line and pattern."""

    masked: tuple[Redaction, ...] = ()


def redactions(bundle: Bundle) -> tuple[Redaction, ...]:
    """What was masked in a bundle; empty also for one of before there was such a report."""
    item = bundle.find(EvidenceKind.REDACTIONS, REDACTIONS)
    if item is None or item.content is None:
        return ()
    return bundle.value(item, Redactions).masked
