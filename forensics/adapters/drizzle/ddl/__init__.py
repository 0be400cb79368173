"""Rebuilds a migration from the snapshots before and after it, as each drizzle-kit would."""

from __future__ import annotations

from forensics.adapters.drizzle.ddl.choices import Choices, explore
from forensics.adapters.drizzle.ddl.differ import differ
from forensics.adapters.drizzle.ddl.style import STYLES, Style, style_of
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT_LINE
from forensics.adapters.drizzle.snapshots.schema import Schema, SnapshotError, parse
from forensics.model import Record

__all__ = ["STYLES", "Regenerated", "SnapshotError", "Style", "regenerate", "style_of"]

MOST = 48
"""How many combinations of answers are tried."""


class Regenerated(Record, frozen=True, kw_only=True):
    """What a release of one style would have written; only a candidate until a hash proves it."""

    candidates: tuple[str, ...]
    """One for each combination of answers to the tool's questions, "nothing was renamed" first."""
    not_covered: tuple[str, ...] = ()
    """What differs between the snapshots and is not in the SQL."""


def regenerate(
    before: str | None, after: str, style: Style, *, breakpoints: bool = True
) -> Regenerated:
    """The SQL between two PostgreSQL snapshots; `before` is `None` for the first migration.

    Raises `SnapshotError` where a text is not a snapshot of version 5, 6 or 7.
    """
    old, new = parse(before), parse(after)
    between = BREAKPOINT_LINE if breakpoints else "\n"

    def run(choices: Choices) -> str:
        return between.join(differ(old, new, style, choices))

    texts = dict.fromkeys(explore(run, MOST))
    return Regenerated(candidates=tuple(texts), not_covered=_not_covered(old, new))


def _not_covered(old: Schema, new: Schema) -> tuple[str, ...]:
    return ("policies on tables of others",) * (old.policies != new.policies)
