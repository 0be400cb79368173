"""Rule `non-transactional-statement`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.dialects import dialect_of
from forensics.dialects.repairing import Repairs
from forensics.facts import Applying, CapturedFailure, Files, LiveSchema, SqlStatement, ToolUse
from forensics.model import Artefact, Finding, Fix
from forensics.rules._base import rule
from forensics.rules._failed import at_statement
from forensics.rules._fixes import example, fix_of
from forensics.statements import failed_at, instead, opening, source, where, without

_FORBIDDEN = "25001"


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def non_transactional_statement(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    schema: LiveSchema,
    captured: CapturedFailure | None,
) -> Iterator[Finding]:
    """A pending migration holds a statement that cannot run inside a transaction.

    ## What breaks

    The tool runs migrations in a transaction, and the database refuses the statement there:
    `CREATE INDEX CONCURRENTLY cannot run inside a transaction block`. The same goes for
    `DROP INDEX CONCURRENTLY`, `REINDEX CONCURRENTLY`, `VACUUM`, `ALTER SYSTEM`, `CREATE DATABASE`
    and a few more. Every run stops there; nothing that is pending is applied.

    ## Evidence

    The statement, with file and line, and the error (SQLSTATE 25001).

    ## Not this

    The statement itself is correct: by hand, outside a transaction, it runs. Do not put a `COMMIT`
    in front of it. That ends the tool's transaction: if the statement then fails, everything before
    it stays applied, nothing is recorded, and the index stays behind, marked as invalid.

    ## Fix

    Create the index without `CONCURRENTLY`. Writes to the table wait while it is built.

    For a large table, build it by hand first, and say `IF NOT EXISTS` in the migration: it then
    finds the index and records the migration. Other statements, such as `VACUUM`, belong outside
    of migrations.

    ## Fix safety

    Needs review: building an index without `CONCURRENTLY` blocks writes to its table.

    ## Prevention

    Apply every new migration to an empty database in CI; this statement fails there too.

    If the schema code asks for a concurrent index, the tool generates `CONCURRENTLY` again.
    """
    statement, repairs = failed_at(applying, _FORBIDDEN), dialect_of(tool).repairs
    if statement is None or repairs is None:
        return
    text = source(files, statement)
    what = repairs.refused_in_transaction(text)
    if not what:
        return
    inside = repairs.allowed_in_transaction(text)
    broken = _broken_index(schema, text) if what.startswith("CREATE") else ""
    fix = None if broken else _repair(what, files, statement, inside)
    yield at_statement(
        non_transactional_statement,
        applying,
        files,
        captured,
        statement,
        fix=fix,
        title=f"{what} in {statement.tag} cannot run in the transaction of `{tool.words.apply}` "
        f"(line {statement.line})",
        root_cause=f"{opening(statement)} is {statement.code}. "
        f"`{tool.words.apply}` runs migrations in a transaction, where the database refuses it."
        f"{broken}",
        alternatives=tuple(_by_hand(statement, repairs, inside)) if inside and fix else (),
    )


def _broken_index(schema: LiveSchema, text: str) -> str:
    """What an earlier attempt left, which IF NOT EXISTS would take for the index.

    A sentence with a space before it; empty where there is nothing of the kind.
    """
    for table in schema.tables:
        for index in table.index_definitions:
            if not index.usable and re.search(rf"\b{re.escape(index.name)}\b", text):
                return (
                    f" An index {index.name} of {table.name} exists, but is not valid: an earlier "
                    "attempt left it. Drop it first, so that nothing takes it for the index."
                )
    return ""


def _repair(what: str, files: Files, statement: SqlStatement, inside: str | None) -> Fix | None:
    if inside is None:
        return fix_of(
            f"Take {where(statement)} out of the migration",
            without(files, statement),
            f"Then run {what} by hand, outside a transaction, in every database that needs it: no "
            "migration does it any more.",
        )
    return fix_of(
        f"Take CONCURRENTLY out of {where(statement)}",
        instead(files, statement, inside),
        "Writes to the table wait while the index is built or dropped, so do this for large tables "
        "in a quiet hour, or take the other way. Databases that have applied the migration are not "
        "affected.",
    )


def _by_hand(statement: SqlStatement, repairs: Repairs, inside: str) -> Iterator[Fix]:
    lenient = repairs.lenient(inside)
    if lenient is not None:
        yield example(
            statement,
            f"Build the index by hand first, and let {statement.tag} find it",
            f"{lenient};",
            f"Run `{statement.text};` by hand first, outside a transaction, and check that the "
            "index is valid (pg_index.indisvalid).",
            "Nothing is blocked while the index is built. If it fails, drop the invalid index that "
            "it leaves before you go on. A new database builds it in the migration.",
        )
