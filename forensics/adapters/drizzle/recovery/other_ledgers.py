"""Migrations as another tool's tracking table keeps them: with their statements."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT, BREAKPOINT_LINE
from forensics.dialects.postgres.arrays import elements
from forensics.facts import Facts, Migration, TrackingTable
from forensics.facts.variants import hash_of
from forensics.model import Outcome, Scalar
from forensics.recover import Candidate, Lead

SUPABASE = "supabase"
WHERE = "tables of other tools that keep the statements"

# The Supabase CLI splits a file at semicolons and drops them with the blanks around; what stood
# between two statements is one of these. A breakpoint that was on a line of its own begins the
# next statement, as the comment that it is.
_BETWEEN = (
    *(";\n", ";\n\n", ";", ";\r\n"),
    *(f";\n{BREAKPOINT_LINE}", f";{BREAKPOINT_LINE}"),
)


def ledger(facts: Facts, migration: Migration) -> Lead:
    """What Supabase recorded as run, joined to a file again, the row named like it first.

    Of the tools whose tables are known, Supabase alone keeps SQL: Prisma keeps logs, Flyway,
    Liquibase, Atlas and sqlx checksums, drizzle a hash, in 1.0 too.
    """
    tables = [*facts.tracking.of_tool(SUPABASE)] if facts.tracking else []
    readable = [it for it in tables if it.outcome is Outcome.COLLECTED]
    rows = [(table, row) for table in readable for row in _rows(table)]
    named = [it for it in rows if _is_named(it[1], migration)]
    others = [it for it in rows if it not in named]
    found = tuple(it for table, row in (*named, *others) for it in _candidates(table, row))
    return Lead(
        where=WHERE,
        candidates=found,
        note="" if readable else "there is none" if not tables else "not readable",
        reconstructs=bool(named),
        checked="the statements that the Supabase CLI recorded when it ran them; what stood "
        "between them is not kept",
    )


def _rows(table: TrackingTable) -> Iterator[dict[str, Scalar]]:
    """Also those of bundles from before its rows were understood."""
    yield from (dict(zip(table.columns, row, strict=False)) for row in table.raw_rows)
    for row in table.rows:
        yield {"version": row.key, "name": row.title, "statements": row.text}


def _is_named(row: dict[str, Scalar], migration: Migration) -> bool:
    version, name = str(row.get("version") or ""), str(row.get("name") or "")
    if version and migration.key.startswith(f"{version}_"):
        return True
    return bool(name) and migration.key in (name, f"{version}_{name}")


def _candidates(table: TrackingTable, row: dict[str, Scalar]) -> Iterator[Candidate]:
    kept = row.get("statements")
    statements = elements(kept) if isinstance(kept, str) else []
    if not statements:
        return
    marked = any(BREAKPOINT in statement for statement in statements)
    for between in _BETWEEN:
        if marked and BREAKPOINT in between:
            continue
        text = between.join(statements) + ";\n"
        yield Candidate(
            source=f"the statements in {table.name}, version {row.get('version')}",
            sha256=hash_of(text),
            text=text,
            evidence=(table.evidence,),
        )
