"""What `migrate` would send to the database, as one script."""

from __future__ import annotations

from forensics.adapters.drizzle.commands.migrators import migrator_of, quoted
from forensics.adapters.drizzle.commands.ways import ways_of
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT
from forensics.facts import Facts, Migration, Transaction
from forensics.model import Scalar
from forensics.tracking.ledgers import new_row


def migration_script(facts: Facts) -> str | None:
    """The statements of all that is pending and their rows, in one transaction if it has one.

    `None` where a file's text or the table is not known, or no server is needed to try it. As
    `migrate()` of drizzle-orm sends them, see `project.drivers`.
    """
    name = facts.tool.tracking
    if facts.history is None or facts.tracking is None or name is None or ways_of(facts.tool):
        return None
    migrator = migrator_of(facts.tool)
    pending = migrator.pending(facts, facts.tracking.get(name)) if facts.files else None
    if pending is None:
        return None
    table = ".".join(quoted(name))
    first = [f"{it};" for it in migrator.made_first(name, facts.schema)]
    statements: list[str] = []
    rows: list[str] = []
    driver = facts.tool.driver
    rows_last = driver is not None and driver.rows_last
    for migration in pending:
        sent, row = _statements(facts, migration), _row(facts, migration, table)
        if sent is None or row is None:
            return None
        statements += sent
        (rows if rows_last else statements).append(row)
    alone = driver is not None and driver.transaction is Transaction.NONE
    begin, commit = ([], []) if alone else (["BEGIN;"], ["COMMIT;"])
    return "\n".join((*first, *begin, *statements, *rows, *commit))


def _statements(facts: Facts, migration: Migration) -> list[str] | None:
    text = facts.text_of(migration)
    # A statement may end in a comment, so the semicolon stands on a line of its own.
    return None if text is None else [f"{chunk}\n;" for chunk in text.split(BREAKPOINT)]


def _row(facts: Facts, migration: Migration, table: str) -> str | None:
    file = facts.files.get(migration.path) if facts.files else None
    row = new_row(facts.tool.ledger, migration, file)
    if row is None:
        return None
    columns = ", ".join(name for name, _ in row.cells)
    values = ", ".join(_literal(value) for _, value in row.cells)
    return f"INSERT INTO {table} ({columns}) VALUES ({values});"


def _literal(value: Scalar) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
