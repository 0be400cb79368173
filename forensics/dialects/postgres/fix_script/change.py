"""One database step, forwards or backwards, as the part of a script."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.dialects.postgres.fix_script.guards import Check
from forensics.model import TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one step does to one table."""

    table: TableName
    """As it is called before the change."""
    after: TableName
    """As it is called then."""
    title: str
    checks: tuple[Check, ...]
    """What must hold before it."""
    statements: str
    """What it does, in blocks that stop where a statement does something else than was meant."""
    acts: str
    """The statements that change something: what a reader looks for."""
    schema: str = ""
    """The statements that make the schema it needs, where that may be missing."""
    makes_table: bool = False
    """Whether the table is not there before."""
    changes_rows: bool = False
    owner: str | None = None
    """To whom a table that is made belongs."""
    fires: bool = False
    """Whether it can set off event triggers."""
