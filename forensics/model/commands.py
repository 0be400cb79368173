"""The commands of a migration tool: what each is for, what it reads, and how it is typed."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from forensics.model.words import Artefact, Record


class CommandKind(StrEnum):
    """What a command is for. Rules and analysis know kinds; only adapters know names."""

    APPLY = "apply"
    """Runs the pending migrations; production depends on it."""
    CHECK = "check"
    """Reads the migration folder and changes nothing."""
    GENERATE = "generate"
    """Writes the next migration from the schema code."""
    SYNC = "sync"
    """Changes the database to fit the schema code, without a migration."""
    REWRITE = "rewrite"
    """Changes the migration folder itself."""
    RECORD = "record"
    """Changes what is recorded as applied, and nothing else."""
    RESET = "reset"
    """Drops all that the database holds, and applies the migrations again."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command of a tool."""

    name: str
    """As it is typed after the program's name."""
    kind: CommandKind
    reads: frozenset[Artefact] = frozenset()
    """The artefacts on which its outcome can depend."""
    connects: bool = False
    """Whether it needs the database."""
    compares_code: bool = False
    """Whether its outcome depends on the schema code, which is never run."""
    shown: bool = True
    """Whether reports say what it would do; others can only be tried."""


class ToolCommand(Record, frozen=True, kw_only=True):
    """A command of a tool as somebody typed it."""

    command: str
    """The name of a `Command`."""
    force: bool = False
    """Told to go on without a question."""
    config: str | None = None
    """The config file that it names."""
    answer: str | None = None
    """What it is told when it asks; the preselected answer where there is none."""
    migration: str | None = None
    """The migration that it names."""
