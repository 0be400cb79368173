"""What answers experiments, for each dialect that can be examined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
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


@contextmanager
def _postgres(
    database: Database | None, dump: RecordedDump | None, binaries: Binaries | None
) -> Iterator[ScratchEngine]:
    with scratch(database, dump=dump, binaries=binaries) as server:
        yield server


@contextmanager
def _in_memory(
    database: Database | None, dump: RecordedDump | None, binaries: Binaries | None
) -> Iterator[ScratchEngine]:
    yield InMemory()


@contextmanager
def _on_mariadb(
    database: Database | None, dump: RecordedDump | None, binaries: Binaries | None
) -> Iterator[ScratchEngine]:
    with mariadb(database) as server:
        yield server


ENGINES: Mapping[str, Opens] = {
    "postgresql": _postgres,
    "sqlite": _in_memory,
    "mysql": _on_mariadb,
}
"""Name of a dialect -> how its engine is opened; a server starts with the first question."""
