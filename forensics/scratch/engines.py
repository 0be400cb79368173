"""What answers experiments, for each dialect that can be examined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from forensics.dialects.effect import Effect
from forensics.evidence.recorded_database import RecordedDump
from forensics.facts import Database, LiveSchema
from forensics.scratch.binaries import Binaries
from forensics.scratch.engine import scratch
from forensics.scratch.in_memory import InMemory
from forensics.scratch.on_mariadb import mariadb


class ScratchEngine(Protocol):
    """Answers what SQL does where it is really run, on a schema without rows."""

    trouble: str
    """Why it answers no more, in a sentence; empty while it does."""
    disagreements: list[tuple[Effect, Effect]]
    """What the model foresaw and what was done otherwise: defects of ours."""

    @property
    def version(self) -> str | None:
        """Of what answers, `None` where it was not asked."""

    @property
    def not_rebuilt(self) -> tuple[str, ...]:
        """What of the collected schemas could not be made again, in words."""

    def answer(self, schema: LiveSchema, texts: tuple[str, ...]) -> Effect | None:
        """The answer; `None` where it gives none that holds for the real database."""


Opens = Callable[
    [Database | None, RecordedDump | None, Binaries | None], AbstractContextManager[ScratchEngine]
]


ENGINES: Mapping[str, Opens] = {
    "postgresql": lambda database, dump, binaries: scratch(database, dump=dump, binaries=binaries),
    "sqlite": lambda database, dump, binaries: nullcontext(InMemory()),
    "mysql": lambda database, dump, binaries: mariadb(database),
}
"""Name of a dialect -> how its engine is opened; a server starts with the first question."""
