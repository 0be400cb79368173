"""A throw-away server, and how one is started for each dialect that can be examined."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from forensics.scratch.binaries import Binaries
from forensics.scratch.postgres import ProcessLimits, throw_away_postgres


class ScratchServer(Protocol):
    """A running server on which SQL is tried; nobody enters it without a password."""

    @property
    def version(self) -> str:
        """As the server says it."""

    @property
    def extensions(self) -> Path | None:
        """A folder in which it finds extensions, and that is ours."""

    def url(self, database: str = ..., user: str = ...) -> str:
        """The address of a database for a role."""

    def execute(
        self, sql: str, *, database: str = ..., user: str = ...
    ) -> list[tuple[object, ...]]:
        """Run a script and return the rows of its last statement."""

    def create_role(self, name: str) -> None:
        """Create an ordinary role that may log in."""

    def drop_role(self, name: str) -> None:
        """Drop a role that owns nothing any more."""

    def create_database(
        self, name: str, *, template: str | None = None, owner: str | None = None
    ) -> None:
        """Create a database, as a copy of another one if requested."""

    def drop_database(self, name: str) -> None:
        """Drop a database if it is there, and throw out whoever is still in it."""


class Starts(Protocol):
    """Starts a server, hands it out, and removes every trace of it."""

    def __call__(
        self,
        *,
        settings: Mapping[str, str] | None = None,
        binaries: Binaries | None = None,
        limits: ProcessLimits | None = None,
    ) -> AbstractContextManager[ScratchServer]:
        """Raises `PostgresUnavailable` if none can be started."""


SERVERS: Mapping[str, Starts] = {"postgresql": throw_away_postgres}
"""Name of a dialect -> how its scratch server is started."""
