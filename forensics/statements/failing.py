"""Which pending statement fails, how that is known, and what it meets."""

from __future__ import annotations

from forensics.dialects import dialect_of
from forensics.dialects.effect import Done
from forensics.facts import Applying, CapturedFailure, Files, LiveSchema, SqlStatement, ToolUse
from forensics.model import Certainty
from forensics.statements.edits import source

EXISTS = frozenset({"42P06", "42P07", "42701", "42710", "42723", "42S01", "42S21"})
"""SQLSTATE of errors that say that a schema, table, column, function or another object exists."""


def evidence(applying: Applying, files: Files | None, statement: SqlStatement) -> tuple[str, ...]:
    """The evidence about a statement, its file first."""
    file = files.get(statement.path) if files else None
    first = (file.evidence,) if file else ()
    return tuple(dict.fromkeys((*first, *applying.evidence)))


def before(
    tool: ToolUse,
    applying: Applying,
    files: Files | None,
    schema: LiveSchema,
    statement: SqlStatement,
) -> LiveSchema | None:
    """The catalogue that a statement meets; `None` where one before it cannot be followed."""
    at = applying.statements.index(statement)
    texts = [source(files, it) for it in applying.statements[:at]]
    effect = dialect_of(tool).run(schema, texts)
    return effect.schema if isinstance(effect, Done) else None


def certainty(applying: Applying, captured: CapturedFailure | None) -> Certainty:
    """How the failure is known: somebody captured it, or it was foreseen or tried on a copy."""
    told = applying.failure
    if told is None or captured is None or told.statement is None:
        return Certainty.PREDICTED
    if captured.statement is None:
        error = captured.run.error
        same = error is not None and (error.text, error.sqlstate) == (
            told.error.text,
            told.error.sqlstate,
        )
    else:
        same = told.statement.text == captured.statement.text
    return Certainty.OBSERVED if same else Certainty.PREDICTED


def failed_at(applying: Applying, *sqlstates: str) -> SqlStatement | None:
    """The statement of a migration that fails with one of these codes."""
    failure = applying.failure
    if failure is None or failure.error.sqlstate not in sqlstates:
        return None
    return failure.statement
