"""Rule `tool-object-collision`."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects import dialect_of
from forensics.facts import Applying, CapturedFailure, Files, LiveSchema, SqlStatement, ToolUse
from forensics.model import Artefact, Finding, Fix, Safety, Severity
from forensics.rules._base import rule
from forensics.statements import (
    certainty,
    evidence,
    failed_at,
    instead,
    quoted,
    said,
    source,
    where,
    without,
)

_SCHEMA, _TABLE = "42P06", "42P07"


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def tool_object_collision(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    schema: LiveSchema,
    captured: CapturedFailure | None,
) -> Iterator[Finding]:
    """A pending migration creates what the tool itself has created before it.

    ## What breaks

    Before the first migration, the tool creates its tracking table and the schema of that table. A
    migration that creates the same schema, or a table of that name, then fails on every new
    database: `schema "x" already exists`.

    ## Evidence

    The statement, with file and line, the error, and the name of the tracking table, which comes
    from the config.

    ## Not this

    Nobody has made the object by hand, and no tracking row is missing: the migration fails on an
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
    yield tool_object_collision.finding(
        subject=subject,
        severity=Severity.HIGH,
        title=f"{statement.tag} creates {subject} (line {statement.line}), which "
        f"`{tool.words.apply}` has created before it",
        root_cause=f"`{tool.words.apply}` keeps its rows in {tool.tracking}, and creates that "
        f"table and its schema before the first migration. Then {where(statement)} says "
        f"{statement.code}, and the database answers: {said(applying.failure.error)}.",
        certainty=certainty(applying, captured),
        evidence=tuple(dict.fromkeys((*evidence(applying, files, statement), *tool.evidence))),
        fix=fix,
        alternatives=tuple(_taken_out(files, statement)),
        counterfactual=() if fix else without(files, statement),
        shown=quoted(files, statement),
        paths=(statement.path,),
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
    steps = instead(files, statement, text) if text else ()
    if not steps:
        return None
    return Fix(
        title=f"Say IF NOT EXISTS in {where(statement)}",
        steps=steps,
        safety=Safety.SAFE,
        safety_note="It passes where the tool has made the object before. Databases that have "
        "applied the migration are not affected.",
    )


def _taken_out(files: Files, statement: SqlStatement) -> Iterator[Fix]:
    if steps := without(files, statement):
        yield Fix(
            title=f"Take {where(statement)} out",
            steps=steps,
            safety_note="Right as long as the tool keeps its rows there, and the program needs no "
            "more of it than what the tool makes.",
            needed=False,
        )
