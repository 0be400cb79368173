"""What sessions of a database wait for, what ends them, and where they look names up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from forensics.facts import CapturedError, Circumstances, HeldLock, LiveSchema
from forensics.model import TableName


class Sessions(Protocol):
    """What is known of the sessions of a kind of database."""

    BY_TIME_LIMIT: str
    """What the message says where a time limit ended a statement, and no person."""
    WITHOUT_LIMIT: str
    """The statement that lifts the time limit for statements until the transaction ends."""

    def waits_for(
        self, schema: LiveSchema, text: str, held: Circumstances, /
    ) -> Iterable[HeldLock]:
        """The locks that others hold and that the statements of a text wait for."""

    def scanned(self, schema: LiveSchema, text: str, /) -> Iterable[TableName]:
        """The tables of which a text reads or writes every row; none where unsure."""

    def took_too_long(self, error: CapturedError, /) -> bool:
        """Whether a statement took longer than it may; an output may lack the SQLSTATE."""

    def gave_up_waiting(self, error: CapturedError, /) -> bool:
        """Whether a statement waited for a lock until its time was over."""

    def ending(self, process: int, /) -> str:
        """The statement that ends another session."""

    def moves(self, tables: Iterable[TableName], types: Iterable[TableName], to: str, /) -> str:
        """One transaction that moves types and tables into a schema; raises `UnsafeName`."""

    def role_search_path(self, role: str, /, *schemas: str) -> str:
        """What sets the search path of a role for new connections; raises `UnsafeName`."""

    def database_search_path(self, *schemas: str) -> str:
        """The same for every role of the database that it is run in; raises `UnsafeName`."""
