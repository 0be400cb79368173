"""Rule `cast-needs-using`."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects import dialect_of
from forensics.facts import Applying, CapturedFailure, Files, LiveSchema, SqlStatement, ToolUse
from forensics.model import Artefact, Finding, Fix
from forensics.rules._base import rule
from forensics.rules._failed import at_statement
from forensics.rules._fixes import example, fix_of
from forensics.statements import (
    before,
    failed_at,
    instead,
    joined,
    kept,
    opening,
    said,
    source,
    where,
)

_MISMATCH, _NO_CAST = "42804", "42846"


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def cast_needs_using(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    schema: LiveSchema,
    captured: CapturedFailure | None,
) -> Iterator[Finding]:
    """A pending type change does not say how the values are converted.

    ## What breaks

    `column "x" cannot be cast automatically to type y`: the database converts values by itself only
    where nothing can be lost, such as `integer` to `text`. Any other conversion needs a `USING`
    clause. Every run stops there; nothing that is pending is applied.

    ## Evidence

    The statement, with file and line, and the error (SQLSTATE 42804, or 42846 where not even a
    `USING` clause with a plain cast would do).

    ## Not this

    The values need not be wrong: the statement fails on an empty table too.

    ## Fix

    Add `USING "x"::y` to the statement in the pending file. The default of the column is not
    converted: drop it first, and set it again as a value of the new type.

    ## Fix safety

    Needs review: with `USING`, the outcome depends on the rows. A value that is not a valid text of
    the new type makes the migration fail, and then nothing is changed.

    ## Prevention

    Apply every new migration to an empty database in CI; this statement fails there too.

    Read generated type changes before they are merged: generators often leave `USING` out.
    """
    statement, repairs = failed_at(applying, _MISMATCH, _NO_CAST), dialect_of(tool).repairs
    if statement is None or repairs is None or applying.failure is None:
        return
    text = source(files, statement)
    column = repairs.changes_type(text)
    if column is None:
        return
    state = before(tool, applying, files, schema, statement)
    castable = state is not None and applying.failure.error.sqlstate == _MISMATCH
    lines = repairs.with_cast(text, state) if castable and state else ()
    fix = _with_using(files, statement, joined(tool, lines)) if lines else None
    yield at_statement(
        cast_needs_using,
        applying,
        files,
        captured,
        statement,
        fix=fix,
        title=f"{statement.tag} changes the type of {column} without USING "
        f"(statement {statement.number}, line {statement.line})",
        root_cause=f"{opening(statement)} is {statement.code}. "
        f"The database answers: {said(applying.failure.error)}. It does not convert these values "
        f"unless the statement says how.{kept(tool, applying, statement)}",
        alternatives=() if fix else (_expression(statement, column),),
    )


def _with_using(files: Files, statement: SqlStatement, text: str) -> Fix | None:
    return fix_of(
        f"Add USING to {where(statement)}",
        instead(files, statement, text),
        "If one value cannot be converted, the migration fails and changes nothing. The table is "
        "rewritten, and locked until that is done. Databases that have applied the migration are "
        "not affected.",
    )


def _expression(statement: SqlStatement, column: str) -> Fix:
    expression = f"/* an expression of the new type, made from the old {column} */"
    return example(
        statement,
        f"Write down how {column} is converted",
        f"{statement.text} USING {expression};",
        "Decide what the new value is for each old one.",
        "A wrong expression changes data. Try it with SELECT first.",
    )
