"""Rule `enum-value-in-same-transaction`."""

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
    evidence,
    failed_at,
    instead,
    joined,
    opening,
    quoted,
    said,
    source,
    where,
)

_UNSAFE = "55P04"


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def enum_value_in_same_transaction(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    schema: LiveSchema,
    captured: CapturedFailure | None,
) -> Iterator[Finding]:
    """A new enum value is used in the transaction that adds it.

    ## What breaks

    `unsafe use of new value "x" of enum type y`: a value that `ALTER TYPE ... ADD VALUE` adds
    cannot be used before that transaction is committed. If all pending migrations run in one
    transaction, it does not help that the two statements are in different migrations.

    ## Evidence

    Both statements, with file and line, and the error (SQLSTATE 55P04).

    ## Not this

    Databases that applied the first migration in an earlier deploy are fine, and so is a new
    database, which creates the type in the same transaction. That is why tests often pass while
    production fails.

    ## Fix

    Recreate the type with all its values, convert the columns, and drop the old type: values of a
    new type can be used at once.

    Or add the value by hand before the next run, and say `ADD VALUE IF NOT EXISTS` in the
    migration.

    ## Fix safety

    Needs review: converting the columns rewrites and locks their tables.

    ## Prevention

    Deploy a migration that adds an enum value before the one that uses it is merged.

    In CI, apply new migrations to a copy of production's schema, not only to an empty database.
    """
    statement, repairs = failed_at(applying, _UNSAFE), dialect_of(tool).repairs
    if statement is None or repairs is None or applying.failure is None:
        return
    adding = _adding(applying, files, statement, tool)
    if adding is None:
        return
    added, label = adding
    state = before(tool, applying, files, schema, added)
    lines = repairs.remade_type(source(files, added), state) if state else ()
    fix = _made_anew(files, added, joined(tool, lines)) if lines else None
    one = "the same migration" if added.tag == statement.tag else f"{added.tag}"
    yield at_statement(
        enum_value_in_same_transaction,
        applying,
        files,
        captured,
        statement,
        fix=fix,
        title=f"{statement.tag} uses the enum value {label} (line {statement.line}) in the "
        f"transaction that adds it (line {added.line} of {one})",
        root_cause=f"{opening(added)} adds the value: {added.code}. "
        f"{opening(statement)} uses it: {statement.code}. Both run in one "
        f"transaction of `{tool.words.apply}`. The database answers: "
        f"{said(applying.failure.error)}.",
        evidence=(*evidence(applying, files, added), *evidence(applying, files, statement)),
        alternatives=tuple(_by_hand_first(added, label, tool)),
        shown=quoted(files, added, statement),
        paths=(added.path, statement.path),
    )


def _adding(
    applying: Applying, files: Files, statement: SqlStatement, tool: ToolUse
) -> tuple[SqlStatement, str] | None:
    """The last statement before it that adds a value which the error names."""
    repairs, failure = dialect_of(tool).repairs, applying.failure
    assert repairs is not None and failure is not None
    at = applying.statements.index(statement)
    for earlier in reversed(applying.statements[:at]):
        label = repairs.adds_label(source(files, earlier))
        if label is not None and f'"{label}"' in failure.error.text:
            return earlier, label
    return None


def _made_anew(files: Files, added: SqlStatement, text: str) -> Fix | None:
    return fix_of(
        f"Recreate the type in {where(added)}",
        instead(files, added, text),
        "It rewrites and locks the tables that have such columns; indexes and views on these "
        "columns may prevent it. Grants and comments of the type are lost. Databases that "
        "have applied this migration are not affected.",
    )


def _by_hand_first(added: SqlStatement, label: str, tool: ToolUse) -> Iterator[Fix]:
    repairs = dialect_of(tool).repairs
    lenient = repairs.lenient(added.text) if repairs else None
    if lenient is not None:
        yield example(
            added,
            f"Add {label} by hand first, in each database that has the type",
            f"{lenient};",
            f"Run `{lenient};` by hand before the next `{tool.words.apply}`, outside a "
            "transaction.",
            "It heals only the databases in which it is run: any other one where the type is there "
            "and this is pending fails as before.",
        )
