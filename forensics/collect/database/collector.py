"""Who looks into a database: one collector for each dialect that can be examined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from forensics.collect.database.address import Address
from forensics.collect.database.masking import Mask
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import Database, DatabaseIdentity
from forensics.model import TableName
from forensics.model.mishaps import Mishaps

if TYPE_CHECKING:
    from forensics.collect.database.dump import SchemaDump


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where to look, what for, and who hears of it; see `collect_database`."""

    address: Address
    writer: BundleWriter
    deadline: float
    extra_tables: tuple[TableName, ...]
    mask: Mask
    on_connect: Callable[[DatabaseIdentity], None]
    on_problem: Callable[[str], None]
    dump: SchemaDump | None
    mishaps: Mishaps


class Collector(Protocol):
    """Looks at a database once, read-only, and records what it saw."""

    def __call__(self, asked: Asked, /) -> Database:
        """What was seen. Raises `DatabaseUnavailable` if the server lets nobody in."""


def _postgres() -> Collector:
    from forensics.collect.database.postgres import examine  # imports the driver: 0.1 s

    return examine


def _sqlite() -> Collector:
    from forensics.collect.database.sqlite import examine

    return examine


def _mysql() -> Collector:
    from forensics.collect.database.mysql.examine import examine

    return examine


COLLECTORS: Mapping[str, Callable[[], Collector]] = {
    "postgresql": _postgres,
    "sqlite": _sqlite,
    "mysql": _mysql,
}
"""Name of a dialect -> its collector, imported when it is called."""
