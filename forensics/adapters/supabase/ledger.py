"""The table in which the Supabase CLI records what it applied, with the SQL itself."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.adapters.base import Ledger
from forensics.facts import LedgerShape, Match
from forensics.model import NewColumn, TableName

TABLE = TableName(schema="supabase_migrations", table="schema_migrations")

# As 2.117.0 makes it.
SHAPE = LedgerShape(
    columns=(
        NewColumn(name="version", type="text", definition="text NOT NULL PRIMARY KEY"),
        NewColumn(name="statements", type="text[]", definition="text[]"),
        NewColumn(name="name", type="text", definition="text"),
    ),
    identified_by=(Match.BY_KEY,),
    key="version",
    text="statements",
    title="name",
)


class _Ledger(Ledger):
    names = frozenset({TABLE.table})
    shape = SHAPE
    order = "version"
    needed = frozenset({"version", "statements"})

    def recognises(self, name: str, types: Mapping[str, str], *, asked_for: bool) -> bool:
        """By all its columns: Rails has a table of this name, too."""
        if asked_for:
            return "version" in types
        return name == TABLE.table and types.keys() >= self.needed


LEDGER = _Ledger()
