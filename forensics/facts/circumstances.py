"""What a session finds in the database apart from its schema: settings, and locks of others."""

from __future__ import annotations

from forensics.model import Record, TableName


class RoleSetting(Record, frozen=True, kw_only=True):
    """A setting that was fixed for a role, for the database, or for both."""

    name: str
    value: str
    role: str = ""
    """Empty where it holds for every role."""
    of_database: bool = False
    """Whether it holds in this database alone."""


class HeldLock(Record, frozen=True, kw_only=True):
    """A lock that another session holds on a table."""

    table: TableName
    mode: str
    """As the database calls it: `AccessExclusiveLock`."""
    process: int
    role: str = ""
    application: str = ""
    state: str = ""
    """`idle in transaction`, for instance; empty where the server hides it from us."""


class Circumstances(Record, frozen=True, kw_only=True):
    """What a session of the role that looked begins with."""

    evidence: str = ""
    role: str
    settings: tuple[tuple[str, str], ...] = ()
    """Name and value at the start of the session, of those in `SETTINGS`."""
    fixed: tuple[RoleSetting, ...] = ()
    """The same names, as they are fixed for any role here."""
    locks: tuple[HeldLock, ...] = ()

    def get(self, name: str) -> str:
        """A setting at the start of the session; empty where it was not seen."""
        return dict(self.settings).get(name, "")

    def fixed_by(self, name: str, role: str) -> RoleSetting | None:
        """What fixes a setting for a role; one for the role alone beats one for all."""
        found = [it for it in self.fixed if it.name == name and it.role in ("", role)]
        return max(found, key=lambda it: (bool(it.role), it.of_database), default=None)


SETTINGS = (
    "search_path",
    "default_transaction_read_only",
    "lock_timeout",
    "statement_timeout",
    "idle_in_transaction_session_timeout",
)
"""Settings on which the outcome of a migration can depend; no other is collected."""
