"""SQLite as its own scratch server: a library in memory, whose answers are kept all the same."""

from __future__ import annotations

from forensics.dialects import dialect_named
from forensics.dialects.effect import Effect
from forensics.dialects.sqlite.memory import VERSION
from forensics.facts import LiveSchema


class InMemory:
    """Answers what SQL does; nothing is started, and nothing is left behind."""

    def __init__(self) -> None:
        self._run = dialect_named("sqlite").run
        self.version: str | None = None
        """Of the library; `None` while nothing was asked."""
        self.trouble = ""
        self.not_rebuilt: tuple[str, ...] = ()
        self.disagreements: list[tuple[Effect, Effect]] = []

    def answer(self, schema: LiveSchema, texts: tuple[str, ...]) -> Effect:
        """The library's answer."""
        self.version = VERSION
        return self._run(schema, texts)
