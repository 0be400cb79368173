"""What comes of running SQL: a new catalogue, an error of the database, or no answer."""

from __future__ import annotations

from forensics.facts import LiveSchema
from forensics.model import Record

BY_ROWS = ("22", "23")
"""How the SQLSTATE of an error of values or constraints begins: rows decide it."""


class Done(Record, frozen=True, kw_only=True, tag="done"):
    """Every statement ran; the catalogue as it is afterwards."""

    schema: LiveSchema
    unseen: bool = False
    """Whether something was changed that such a catalogue does not show, and nothing else."""
    stand_ins: tuple[str, ...] = ()
    """What of the real server was stood in for, and had a part in it: `type vector`."""


class Failed(Record, frozen=True, kw_only=True, tag="failed"):
    """A statement failed; the transaction left nothing behind, unless a COMMIT had ended it."""

    sqlstate: str
    message: str
    """The database's own words, without `ERROR: `."""
    statement: str
    position: int
    """Which of the given texts it stands in, counted from 0."""
    number: int = 0
    """Which statement of that text it is, counted from 1; 0 where that is not known."""
    detail: str = ""
    hint: str = ""
    exists: bool = False
    """Whether it fails because what it makes is there; where codes tell, that is not set."""
    kept: bool = False
    """Whether a COMMIT before it keeps what was done until then."""
    stand_ins: tuple[str, ...] = ()
    """As in `Done`."""


class Undecided(Record, frozen=True, kw_only=True, tag="undecided"):
    """What a statement does depends on something that the catalogue does not tell."""

    statement: str
    why: str
    position: int = 0
    """Which of the given texts it stands in, counted from 0."""
    number: int = 0
    """Which statement of that text it is, counted from 1; 0 where that is not known."""
    changed: bool = False
    """Whether the statements before it had changed the catalogue."""


Effect = Done | Failed | Undecided
