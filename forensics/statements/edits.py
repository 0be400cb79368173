"""The text of statements in their files: taken out, put in the place of others, or quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

from msgspec.structs import replace

from forensics.facts import Files, SqlStatement, ToolUse
from forensics.model import ByHand, WriteFile
from forensics.model.edits import NO_OP as NO_OP

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

    Where another table takes the name of one that is dropped, it only moves out of the way. A file
    keeps a statement that does nothing, since some drivers fail at an empty one.
    """
    if (moved := out_of_the_way(files, statement)) is not None:
        return instead(files, statement, moved)
    return without_all(files, (statement,))


def without_all(files: Files | None, statements: Iterable[SqlStatement]) -> tuple[WriteFile, ...]:
    """The steps that take statements out of their files, one step a file."""
    by_path: dict[str, list[SqlStatement]] = {}
    for statement in statements:
        by_path.setdefault(statement.path, []).append(statement)
    return tuple(step for held in by_path.values() for step in _left_out(files, held))


def _left_out(files: Files | None, statements: Sequence[SqlStatement]) -> tuple[WriteFile, ...]:
    """The step that takes statements out of their one file.

    Some drivers fail at a file without a statement, which would be an issue of its own.
    """
    path, idle = statements[0].path, statements[0].idle
    edits = [(span, "") for span in _apart([it.cut for it in statements])]
    return tuple(
        replace(step, after=f"{idle}\n{step.after}") if idle and is_bare(step.after) else step
        for step in edited(files, path, edits)
    )


def is_bare(text: str) -> bool:
    """Whether every line is blank or a comment; a block comment may hold statements."""
    lines = (it.strip("\ufeff \t\r;") for it in text.splitlines())
    return all(not it or it.startswith("--") for it in lines)


def _apart(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans in their order, those that touch joined."""
    start, end = min(spans)
    for first, last in sorted(spans):
        if first > end:
            yield start, end
            start, end = first, last
        end = max(end, last)
    yield start, end


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


def by_hand(statement: SqlStatement, instead: str, why: str) -> ByHand:
    """The step with which a person writes other SQL, as an example, in the place of a statement."""
    return ByHand(
        path=statement.path, line=statement.line, now=statement.text, instead=instead, why=why
    )


def in_new_migration(folder: str, text: str, why: str) -> ByHand:
    """The step with which a person writes a new migration, as an example."""
    return ByHand(path=folder, line=0, now="", instead=text, why=why)


def source(files: Files | None, statement: SqlStatement) -> str:
    """The statement as it stands in its file; as far as it is known, else on one line."""
    file = files.get(statement.path) if files else None
    if file is None or file.text is None:
        return statement.text
    return file.text[statement.start : statement.end]


def joined(tool: ToolUse, statements: Sequence[str]) -> str:
    """Several statements as the tool would write them in a file, without the last semicolon."""
    return f";{tool.words.between}".join(statements)
