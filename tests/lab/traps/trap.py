"""A trap: how people get into it, and what the product has to say there."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

from tests.lab.kits import KITS
from tests.lab.traps.workshop import Workshop

OLD, NEW = KITS
"""0.21.4 writes `IF NOT EXISTS` and speaks; 0.31.11 does neither."""
FOLDER = ("check", "generate", "migrate")
PUSHED = (*FOLDER, "push")

NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Trap:
    """A state of project and database, built by the real tool, and the rules that it is for."""

    build: Callable[[Workshop], None]
    """Its name is that of the trap."""
    _: KW_ONLY
    required: frozenset[str] = NONE
    """Rules that must fire, at whatever severity."""
    allowed: frozenset[str] = NONE
    """Rules that may fire as well: right here, and built by others or not yet."""
    kits: tuple[str, ...] = KITS
    commands: tuple[str, ...] = FOLDER
    healthy: bool = False
    """Nothing is wrong, and nothing may be said to be."""

    unjudged: str = ""
    """Why nothing is predicted here: then all stands open, and nothing may be said to be well."""

    @property
    def name(self) -> str:
        """The row of the reference, in a few words; also the name of its branch."""
        return self.build.__name__.replace("_", "-")

    def __post_init__(self) -> None:
        if self.healthy and self.required:
            raise ValueError(f"{self.name} cannot be healthy and have faults")
