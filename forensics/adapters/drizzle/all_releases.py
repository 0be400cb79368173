"""What drizzle-kit does in all releases."""

from __future__ import annotations

from forensics.adapters.base import Adapter, Compares
from forensics.adapters.drizzle.command_line import EXAMPLE, OUTPUT
from forensics.adapters.drizzle.dialects import DIALECTS, is_sqlite
from forensics.adapters.drizzle.ledger import LEDGER
from forensics.evidence.tree import Tree
from forensics.facts import Facts, Rebuilding, SqlStatement, Standing
from forensics.model import ToolCommand


class _Compares(Compares):
    def standing(self, tree: Tree, facts: Facts) -> Standing | None:
        """The database against every state that snapshots and SQL lead through."""
        if facts.schema is None:
            return None
        from forensics.adapters.drizzle.snapshots.as_state import standing

        return standing(tree, facts)


class OfAllReleases(Adapter):
    """The part of an adapter that is the same for 0.x and 1.0."""

    name = "drizzle-kit"
    dialects = DIALECTS
    output = OUTPUT
    ledger = LEDGER
    example = EXAMPLE
    compares = _Compares()

    def rebuilding(self, facts: Facts) -> Rebuilding | None:
        """Where `migrate` drops a table on SQLite that others refer to."""
        if not is_sqlite(facts.tool):
            return None
        from forensics.adapters.drizzle.commands.rebuilds import rebuilding

        return rebuilding(facts)

    def statements(self, facts: Facts, position: int) -> tuple[SqlStatement, ...]:
        """The statements of a migration, cut as `migrate` cuts them."""
        from forensics.adapters.drizzle.commands.pending import statements

        return statements(facts, position)

    def pending_sql(self, facts: Facts) -> str | None:
        """What `migrate` would send to the database."""
        from forensics.adapters.drizzle.commands.script import migration_script

        return migration_script(facts)

    def typed(self, words: list[str]) -> ToolCommand | None:
        """The call of drizzle-kit that the words of a shell line are, if they are one."""
        from forensics.adapters.drizzle.command_line import typed

        return typed(words)
