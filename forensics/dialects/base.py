"""What a dialect is: everything that is particular to one kind of database, but for a connection.

Parts that need a server have protocols of their own, by the name of the dialect: the `Collector` in
`collect.database`, the `ScratchServer` in `scratch`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from forensics.dialects.effect import Effect
from forensics.dialects.things import State
from forensics.errors import ForensicsError
from forensics.facts import LiveSchema
from forensics.model import Seen, Step


class UnsafeName(ForensicsError):
    """A name that the database cannot hold, so it cannot have come from there."""


class Statement(Protocol):
    """One statement of a text."""

    @property
    def written(self) -> str:
        """The statement in one line, without comments."""


class Dialect(Protocol):
    """What we know of one kind of database."""

    name: str
    """As tools call it in their configs: `postgresql`."""
    title: str
    """As its makers write it: `PostgreSQL`."""
    schemes: frozenset[str]
    """How addresses of such databases begin."""
    examined: bool
    """Whether we can look into such a database; where not, nothing is claimed about it."""
    unexamined: str
    """Why not, as a reason; empty where it can be examined."""
    transactional_ddl: bool
    """Whether a transaction that fails takes back changes of the schema, too."""
    has_schemas: bool
    """Whether a table lies in a schema of its database. False also where that is not known."""

    def client(self, script: str, address: str = "") -> str:
        """The command that runs a script, for a shell; both arguments are quoted already."""

    def statements(self, text: str) -> tuple[Statement, ...]:
        """The statements of a text. Raises errors of the dialect where it cannot be read."""

    def same(self, before: str, after: str) -> bool:
        """Whether two texts tell the database the same; false where either cannot be read."""

    def run(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """What texts of SQL do to a catalogue, in one transaction, by our model.

        A dialect without a model answers `Undecided`.
        """

    def state_of(self, schema: LiveSchema) -> State:
        """Everything in a catalogue that a migration can have made."""

    def fix_script(
        self,
        steps: Iterable[Step],
        header: Sequence[str] = (),
        *,
        seen: Seen | None = None,
        accepted: bool = False,
    ) -> str | None:
        """One guarded script that makes the database steps; empty where there are none.

        `header` are sentences for the comment at the top. It refuses what may run code, such as a
        trigger, unless that is in `seen` and `accepted`. `None` where a change cannot be guarded.
        Raises `UnsafeName`.
        """

    def undo_script(
        self, steps: Iterable[Step], header: Sequence[str] = (), *, seen: Seen | None = None
    ) -> str | None:
        """The inverse of `fix_script` for the same steps, guarded just the same."""
