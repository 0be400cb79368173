"""One database step, forwards or backwards, as the part of a script."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.model import TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one step does to one table, with its guards."""

    table: TableName
    """As it is called before the change."""
    after: TableName
    """As it is called then."""
    title: str
    statements: str
    acts: str
    """The statements that change something, without their guards: what a reader looks for."""
    makes_table: bool = False
    """Whether the table is not there before."""
    owner: str | None = None
    """To whom a table that is made belongs."""
    fires: bool = False
    """Whether it can set off event triggers."""
