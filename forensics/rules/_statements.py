"""Pending statements: where they stand, and what takes one out or puts another in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256

from msgspec.structs import replace

from forensics.dialects import dialect_of
from forensics.dialects.effect import Done
from forensics.facts import (
    Applying,
    CapturedFailure,
    Facts,
    Files,
    LiveSchema,
    SqlStatement,
    ToolUse,
    Transaction,
)
from forensics.model import Certainty, Exhibit, Finding, TrueError, WriteFile
from forensics.model.wording import listed
from forensics.rules._git import is_uncommitted, origin, since

_DROP = re.compile(r"DROP TABLE (?:IF EXISTS )?(\S+)", re.IGNORECASE)
Edit = tuple[tuple[int, int], str]
"""A span of a file's text, and what shall stand there."""


def edited(files: Files | None, path: str, edits: Sequence[Edit]) -> tuple[WriteFile, ...]:
    """The step that edits a migration file; `None` unless its exact bytes are known.

    Secrets in a text are masked, so only a text with the right hash is written.
    """
    file = files.get(path) if files else None
    if file is None or file.text is None:
        return ()
    if sha256(file.text.encode("utf-8", "surrogateescape")).hexdigest() != file.sha256:
        return ()
    text = file.text
    for (start, end), new in sorted(edits, reverse=True):
        text = f"{text[:start]}{new}{text[end:]}"
    return (WriteFile(path=path, before=file.text, after=text),)


def without(files: Files | None, statement: SqlStatement) -> tuple[WriteFile, ...]:
    """The step that takes a statement out of its file.

    Where another table takes the name of one that is dropped, it only moves out of the way.
    """
    if (moved := out_of_the_way(files, statement)) is not None:
        return instead(files, statement, moved)
    return left_out(files, [statement])


def left_out(files: Files | None, statements: Sequence[SqlStatement]) -> tuple[WriteFile, ...]:
    """The step that takes statements out of their one file; a file that is bare then does nothing.

    Some drivers fail at a file without a statement, which would be an issue of its own.
    """
    path, idle = statements[0].path, statements[0].idle
    edits = [(span, "") for span in _apart([it.cut for it in statements])]
    return tuple(
        replace(step, after=f"{idle}\n{step.after}") if idle and is_bare(step.after) else step
        for step in edited(files, path, edits)
    )


def _apart(spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans in their order, those that touch joined."""
    start, end = min(spans)
    for first, last in sorted(spans):
        if first > end:
            yield start, end
            start, end = first, last
        end = max(end, last)
    yield start, end


def is_bare(text: str) -> bool:
    """Whether every line is blank or a comment."""
    lines = (it.strip("\ufeff \t\r;") for it in text.splitlines())
    return all(not it or it.startswith("--") for it in lines)


def out_of_the_way(files: Files | None, statement: SqlStatement) -> str | None:
    """The statement that renames a table instead of dropping it, where its name is wanted."""
    dropped = _DROP.fullmatch(statement.text)
    file = files.get(statement.path) if files else None
    if dropped is None or file is None or file.text is None:
        return None
    behind = " ".join(file.text[statement.end :].split())
    if re.search(rf"\bRENAME TO {re.escape(dropped[1])}", behind, re.IGNORECASE) is None:
        return None
    return f"ALTER TABLE {dropped[1]} RENAME TO __kept_{statement.number}"


def instead(files: Files | None, statement: SqlStatement, new: str) -> tuple[WriteFile, ...]:
    """The step that puts other SQL in the place of a statement."""
    return edited(files, statement.path, [((statement.start, statement.end), new)])


def where(statement: SqlStatement) -> str:
    """`statement 2 of 0007_cold_moon (line 3)`."""
    return f"statement {statement.number} of {statement.tag} (line {statement.line})"


def opening(statement: SqlStatement) -> str:
    """The same at the beginning of a sentence."""
    told = where(statement)
    return told[0].upper() + told[1:]


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
        "when it fails, without a row, and the next run will stop at the first of them."
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


def with_origin(finding: Finding, facts: Facts) -> Finding:
    """The issue with the commit on HEAD that brought the statements that it quotes."""
    commits, files, applying = facts.commits, facts.files, facts.applying
    if finding.origin or not finding.paths or not (commits and files and applying):
        return finding
    path = finding.paths[0]
    file = files.get(path)
    shown = [it.text for it in finding.shown if file and it.evidence == file.evidence]
    texts = [source(files, it).rstrip(";") for it in applying.statements if it.path == path]
    told = [text for text in texts if any(f"{text};" in it for it in shown)]
    if file is None or not told or is_uncommitted(commits, path, file.sha256):
        return finding
    brought = since(commits, path, lambda blob: all(it in (blob.text or "") for it in told))
    return replace(finding, origin=origin(brought)) if brought else finding


def evidence(applying: Applying, files: Files | None, statement: SqlStatement) -> tuple[str, ...]:
    """The evidence about a statement, its file first."""
    file = files.get(statement.path) if files else None
    first = (file.evidence,) if file else ()
    return tuple(dict.fromkeys((*first, *applying.evidence)))


def source(files: Files | None, statement: SqlStatement) -> str:
    """The statement as it stands in its file; as far as it is known, else on one line."""
    file = files.get(statement.path) if files else None
    if file is None or file.text is None:
        return statement.text
    return file.text[statement.start : statement.end]


def joined(tool: ToolUse, statements: Sequence[str]) -> str:
    """Several statements as the tool would write them in a file, without the last semicolon."""
    return f";{tool.words.between}".join(statements)


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
