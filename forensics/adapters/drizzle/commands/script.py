"""What `migrate` would send to the database, as one script."""

from __future__ import annotations

from forensics.adapters.drizzle.commands.migrators import migrator_of, quoted
from forensics.adapters.drizzle.dialects import is_sqlite
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT
from forensics.facts import Facts, Migration
from forensics.model import Scalar
from forensics.tracking.ledgers import new_row


def migration_script(facts: Facts) -> str | None:
    """The statements of all that is pending and their rows, in one transaction.

    `None` where a file's text or the table is not known, or no server is needed to try it. As
    drizzle-orm's migrator sends them.
    """
    name = facts.tool.tracking
    if facts.history is None or facts.tracking is None or name is None or is_sqlite(facts.tool):
        return None
    migrator = migrator_of(facts.tool)
    pending = migrator.pending(facts, facts.tracking.get(name)) if facts.files else None
    if pending is None:
        return None
    table = ".".join(quoted(name))
    parts = [f"{it};" for it in migrator.made_first(name, facts.schema)]
    parts.append("BEGIN;")
    for migration in pending:
        if (statements := _statements(facts, migration, table)) is None:
            return None
        parts += statements
    return "\n".join((*parts, "COMMIT;"))


def _statements(facts: Facts, migration: Migration, table: str) -> list[str] | None:
    file = facts.files.get(migration.path) if facts.files else None
    row = new_row(facts.tool.ledger, migration, file)
    if file is None or file.text is None or row is None:
        return None
    columns = ", ".join(name for name, _ in row.cells)
    values = ", ".join(_literal(value) for _, value in row.cells)
    insert = f"INSERT INTO {table} ({columns}) VALUES ({values});"
    # A statement may end in a comment, so the semicolon stands on a line of its own.
    return [*(f"{chunk}\n;" for chunk in file.text.split(BREAKPOINT)), insert]


def _literal(value: Scalar) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
