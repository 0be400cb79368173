"""Rule `tool-object-collision`."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects import dialect_of
from forensics.facts import Applying, CapturedFailure, Files, LiveSchema, SqlStatement, ToolUse
from forensics.model import Artefact, Finding, Fix, Safety
from forensics.rules._base import rule
from forensics.rules._failed import at_statement
from forensics.rules._fixes import fix_of
from forensics.statements import evidence, failed_at, instead, said, source, where, without

_SCHEMA, _TABLE = "42P06", "42P07"


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def tool_object_collision(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    schema: LiveSchema,
    captured: CapturedFailure | None,
) -> Iterator[Finding]:
    """A pending migration creates an object that the tool itself has already created.

    ## What breaks

    Before the first migration, the tool creates its tracking table and the schema of that table. A
    migration that creates the same schema, or a table of that name, then fails on every new
    database: `schema "x" already exists`.

    ## Evidence

    The statement, with file and line, the error, and the name of the tracking table, which comes
    from the config.

    ## Not this

    Nobody has created the object by hand, and no tracking row is missing: the migration fails on an
    empty database too. Dropping the schema does not help, since the tool creates it again.

    ## Fix

    For a schema, say `IF NOT EXISTS` in the migration, or take the statement out. For a table, give
    the tool or the project another name: `IF NOT EXISTS` would hide that the columns differ.

    ## Fix safety

    Safe: the object is there before the statement runs, and databases that have applied the
    migration do not run it again.

    ## Prevention

    Keep the tracking table in a schema that no migration creates.

    Apply all migrations to an empty database in CI.
    """
    statement = failed_at(applying, _SCHEMA, _TABLE)
    if statement is None or applying.failure is None or tool.tracking is None:
        return
    subject = _made_by_both(tool, schema, source(files, statement))
    if subject is None:
        return
    # The tool's table need not have the columns of the migration's: nothing may pass over that.
    fix = _lenient(tool, files, statement) if subject == tool.tracking.schema else None
    yield at_statement(
        tool_object_collision,
        applying,
        files,
        captured,
        statement,
        fix=fix,
        subject=subject,
        title=f"{statement.tag} creates {subject} (line {statement.line}), which "
        f"`{tool.words.apply}` has created before it",
        root_cause=f"`{tool.words.apply}` keeps its rows in {tool.tracking}, and creates that "
        f"table and its schema before the first migration. Then {where(statement)} says "
        f"{statement.code}, and the database answers: {said(applying.failure.error)}.",
        evidence=(*evidence(applying, files, statement), *tool.evidence),
        alternatives=(taken_out,) if (taken_out := _taken_out(files, statement)) else (),
    )


def _made_by_both(tool: ToolUse, schema: LiveSchema, text: str) -> str | None:
    """The schema or table that the statement and the tool make, and nobody else uses."""
    repairs, tracking = dialect_of(tool).repairs, tool.tracking
    assert tracking is not None
    if repairs is None:
        return None
    if repairs.makes_schema(text) == tracking.schema:
        others = [it for it in schema.tables if it.name.schema == tracking.schema]
        return tracking.schema if all(it.name == tracking for it in others) else None
    made = repairs.makes_table(text)
    if made is None or made[1] != tracking.table:
        return None
    home = made[0] or next(iter(schema.search_path), None)
    return str(tracking) if home == tracking.schema else None


def _lenient(tool: ToolUse, files: Files, statement: SqlStatement) -> Fix | None:
    repairs = dialect_of(tool).repairs
    text = repairs.lenient(source(files, statement)) if repairs else None
    return fix_of(
        f"Say IF NOT EXISTS in {where(statement)}",
        instead(files, statement, text) if text else (),
        "It passes where the tool has made the object before. Databases that have applied the "
        "migration are not affected.",
        safety=Safety.SAFE,
    )


def _taken_out(files: Files, statement: SqlStatement) -> Fix | None:
    return fix_of(
        f"Take {where(statement)} out",
        without(files, statement),
        "Right as long as the tool keeps its rows there, and the program needs no more of it than "
        "what the tool makes.",
        needed=False,
    )
