"""The steps of a list of migrations, as the comparison with a catalogue takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import msgspec

from forensics.dialects.things import State
from forensics.facts import Migration


def no_snapshot() -> State | None:
    """A migration has no snapshot that could be read."""
    return None


class StandingStep(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One listed migration: its SQL, and how to read the state after it from its snapshot."""

    migration: Migration
    texts: tuple[str, ...] | None = None
    """`None` where the file is not there, or was not read."""
    snapshot: Callable[[], State | None] = no_snapshot
    evidence: tuple[str, ...] = ()

    @cached_property
    def after(self) -> State | None:
        """The state after it as its snapshot has it; `None` where there is none to be read."""
        return self.snapshot()


def single_step(texts: Sequence[str]) -> StandingStep:
    """A list of one migration."""
    migration = Migration(position=0, index=0, key="", path="", stamp=0)
    return StandingStep(migration=migration, texts=tuple(texts))
