"""Statements and what failed at them, in words for a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.dialects import dialect_of
from forensics.facts import Applying, Files, SqlStatement, ToolUse, Transaction
from forensics.model import Exhibit, TrueError
from forensics.model.wording import capital, listed


def where(statement: SqlStatement) -> str:
    """`statement 2 of 0007_cold_moon (line 3)`."""
    return f"statement {statement.number} of {statement.tag} (line {statement.line})"


def opening(statement: SqlStatement) -> str:
    """The same at the beginning of a sentence."""
    return capital(where(statement))


def kept(tool: ToolUse, applying: Applying, statement: SqlStatement) -> str:
    """What a failure at the statement leaves where no transaction undoes it.

    Sentences with a space before them; empty where a transaction does, or nothing ran before.
    """
    driver = tool.driver
    count = applying.statements.index(statement) if statement in applying.statements else 0
    if driver is None or not applying.transaction.keeps or not count:
        return ""
    if applying.transaction is Transaction.UNTIL_SCHEMA_CHANGE:
        return _until_change(tool, applying.statements[:count], statement)
    before = "statement" if count == 1 else f"{count} statements"
    rows = "no row is written" if driver.rows_last else f"{statement.tag} gets no row"
    return (
        f" {driver.name} sends every statement by itself, so the {before} that ran before it "
        f"{'stays' if count == 1 else 'stay'}, and {rows}: the next run sends them again."
    )


def _until_change(tool: ToolUse, before: Sequence[SqlStatement], statement: SqlStatement) -> str:
    """Migrations before it in the same run have their rows; of its own, what ran stays."""
    own = sum(it.position == statement.position for it in before)
    if not own:
        return ""
    title = dialect_of(tool).title
    which = "the statement before it" if own == 1 else f"the {own} statements before it"
    return (
        f" {title} commits each change of the schema at once: {which} in {statement.tag} will stay "
        "when it fails, without a row, and the next run sends them again."
    )


def said(error: TrueError) -> str:
    """The error with its SQLSTATE, detail and hint, as sentences without the last full stop."""
    state = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
    more = "".join(f"; {it.rstrip('.')}" for it in (error.detail, error.hint) if it)
    return f"{error.text}{state}{more}"


def quoted(files: Files | None, *statements: SqlStatement) -> tuple[Exhibit, ...]:
    """The statements as they stand in their files, one exhibit a file."""
    found = []
    for path in dict.fromkeys(it.path for it in statements):
        file = files.get(path) if files else None
        if file is not None and file.text is not None:
            own = [it for it in statements if it.path == path]
            lines = listed([str(it.line) for it in own])
            caption = f"{path}, {'line' if len(own) == 1 else 'lines'} {lines}:"
            text = "\n".join(f"{file.text[it.start : it.end].rstrip(';')};" for it in own)
            found.append(Exhibit(evidence=file.evidence, caption=caption, text=text))
    return tuple(found)
