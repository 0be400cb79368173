"""How a migration tool itself is found, started on a copy and understood: what an adapter tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from forensics.errors import ForensicsError
from forensics.evidence.tree import Tree
from forensics.facts import ToolUse
from forensics.model import CommandOutcome, Record, TrueError


class NoKit(ForensicsError):
    """The tool is not installed, or not in the version of the project."""


class Kit(msgspec.Struct, frozen=True, kw_only=True):
    """An installed tool: its folder of packages, the program that runs it, and their versions."""

    modules: Path
    version: str
    runtime: str
    """The path of the program that runs it, such as that of Node.js."""
    runtime_version: str
    place: str | None
    """Where the folder lies in the project, relative to its top; `None` for one from elsewhere."""
    remarks: tuple[str, ...] = ()
    """In which respects it is not what the project has, in sentences without a full stop."""


class Address(Record, frozen=True, kw_only=True):
    """A PostgreSQL database on a socket: what a URL says, and what separate variables say."""

    folder: str
    """That of the socket."""
    port: int
    user: str
    database: str
    password: str

    @property
    def url(self) -> str:
        """As libpq and most drivers take it, with the socket's folder as a parameter."""
        who = f"{self.user}:{self.password}"
        return f"postgresql://{who}@/{self.database}?host={self.folder}&port={self.port}"


class Preparation(Record, frozen=True, kw_only=True):
    """A file that is written differently on every copy, since the tool could not run there else."""

    path: str
    content: bytes
    why: str
    """What it changes and why, a sentence without a full stop."""


class Reading(Record, frozen=True, kw_only=True):
    """What one run of a command shows."""

    outcome: CommandOutcome
    message: str
    """The question it asks, else its first error, else the line that reports success."""
    error: TrueError | None = None
    destructive: bool = False
    recognized: bool = True
    """False where nothing proves that it was the tool which printed this."""
    reached: bool = True
    """False where it looked for its database in another place than it was given."""
    lines: tuple[str, ...] = ()
    """All that it printed and that says something, errors first."""

    @classmethod
    def unknown(cls, why: str, lines: tuple[str, ...] = ()) -> Reading:
        """Of a run that says nothing about the tool."""
        return cls(outcome=CommandOutcome.UNKNOWN, message=why, lines=lines)


class RealTool(Protocol):
    """Of a tool that can be run on copies. It says how; it runs nothing and writes to no project.

    Commands are named as in the adapter's `commands`.
    """

    idle: frozenset[str]
    """Commands that wait for some time where nobody answers: several of them can run at a time."""
    look_first: frozenset[str]
    """Commands that read the catalogue before anything can stop them. Where one did not, the tool
    does not use the database that it was given."""

    def stands_for(self, tool: ToolUse, command: str) -> bool:
        """Whether the program does what the project does; code of the project may do it otherwise.

        Another command, or one of a tool that is only run by its own program, always does.
        """
        return True

    def find(self, tool: ToolUse, top: Path, given: Path | None) -> Kit:
        """The tool in the given folder, else the one of the project that lies in `top`.

        Raises `NoKit`, also for packages that lie outside, and where its runtime is missing.
        """

    def install(self, tool: ToolUse, folder: Path) -> Path:
        """Install the project's version into a new folder, which `find` can be given then.

        Uses the network, and runs no code of what is installed. Raises `NoKit`.
        """

    def argv(self, kit: Kit, packages: str, tool: ToolUse, command: str) -> tuple[str, ...]:
        """The command line; `packages` is the path at which the tool's folder is seen."""

    def environment(self, kit: Kit, packages: str) -> Mapping[str, str]:
        """What else the tool reads of its environment: where a part of it is, say."""
        return {}

    def variables(self, tree: Tree, tool: ToolUse) -> tuple[str, ...]:
        """The environment variables that the config reads, by its text; it is not run for that."""

    def values(self, names: Iterable[str], address: Address) -> Mapping[str, str]:
        """The environment that leads the tool to a database, with a value for each of the names."""

    def is_address(self, name: str) -> bool:
        """Whether the value of a variable says where the database is."""

    def prepare(self, tree: Tree, tool: ToolUse) -> tuple[Preparation, ...]:
        """What has to be different on a copy: the database on a socket has no TLS, say."""

    def plain(self, output: bytes, names: Iterable[tuple[str, str]] = ()) -> str:
        """An output as text, without colours and redrawn lines; paths under neutral names."""

    def read(self, stdout: str, stderr: str, exit_code: int | None) -> Reading:
        """Read the plain texts of one run; `exit_code` is `None` for one that was stopped."""
