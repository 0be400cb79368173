"""What to look at, and what the steps of one collection share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from forensics import limits
from forensics.adapters.base import Hints
from forensics.collect.deadline import Deadline
from forensics.collect.recording import Identity
from forensics.collect.repository import Repository
from forensics.collect.scanned_writer import ScannedWriter
from forensics.evidence.custody import Custodian
from forensics.evidence.tree import Tree
from forensics.facts import DatabaseIdentity, ToolUse
from forensics.model.mishaps import Mishaps
from forensics.redaction.redactor import Redactor
from forensics.system.alarm import OutOfTime, alarm

if TYPE_CHECKING:
    from forensics.collect.database.supplied.record import Supplied


Say = Callable[[str], None]
T = TypeVar("T")
Else = TypeVar("Else")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to look at."""

    project: Path
    database_url: str | None = field(default=None, repr=False)
    supplied: Supplied | None = field(default=None, repr=False)
    """What a database answered elsewhere, in the place of an address."""
    environment: str = ""
    """What the user calls the examined database, if there are several."""
    revision: str | None = None
    symptoms: tuple[tuple[str, str], ...] = ()
    """Name and text of each captured output."""
    hints: Callable[[Path], Hints] = lambda top: Hints()
    """Given the top of the tree, what the user told us."""
    history: bool = True
    look_at_database: bool = True
    probe_rows: bool = False
    """Whether rows are counted that pending statements depend on."""
    copy_database: bool = False
    """Whether pending migrations run on a copy of a database that is a file, to count the same."""
    seconds: float = limits.COLLECTION_SECONDS
    """For the whole collection; what did not come to its turn is left out, and said."""
    on_connect: Callable[[DatabaseIdentity], None] = lambda identity: None
    custodian: Custodian | None = None
    """Who collects, for the log."""


class Case(msgspec.Struct, frozen=True):
    """What the steps of one collection share; one that breaks is left out."""

    request: Request
    repository: Repository | None
    tree: Tree
    tools: tuple[ToolUse, ...]
    writer: ScannedWriter
    redactor: Redactor
    say: Say
    mishaps: Mishaps
    identity: Identity
    deadline: Deadline

    def step(self, part: str, action: Callable[[], T], otherwise: Else) -> T | Else:
        """What a collector returns; `otherwise` where it breaks, or where the time is over."""
        if not self.deadline.over:
            try:
                with self.alarm(part):
                    return self.mishaps.guard(part, action, otherwise)
            except OutOfTime:
                pass
        self.mishaps.add([self.deadline.missing(part)])
        return otherwise

    def alarm(self, part: str) -> AbstractContextManager[None]:
        """Breaks off what hangs long after the time for all."""
        return alarm(self.deadline.left() + limits.HANGING_SECONDS, part)
