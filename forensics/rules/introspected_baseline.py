"""Rule `introspected-baseline`."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from forensics.dialects import dialect_of
from forensics.dialects.effect import Done
from forensics.facts import (
    Applying,
    CapturedFailure,
    Files,
    History,
    LiveSchema,
    Migration,
    SqlStatement,
    ToolUse,
    TrackingTables,
)
from forensics.facts.variants import hash_of
from forensics.model import Artefact, Finding, Fix, InsertRows, WriteFile
from forensics.rules._base import rule
from forensics.rules._failed import at_statement
from forensics.rules._fixes import fix_of
from forensics.statements import edited, evidence, opening
from forensics.tracking.ledgers import new_row

_OPEN, _CLOSE = "/*", "*/"


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def introspected_baseline(
    tool: ToolUse,
    applying: Applying,
    history: History,
    files: Files,
    tracking: TrackingTables,
    schema: LiveSchema,
    captured: CapturedFailure | None,
) -> Iterator[Finding]:
    """A baseline that was read from an existing database is pending, with all its SQL in a comment.

    ## What breaks

    A command that reads a database writes its schema into a first migration as one comment. The
    tool cuts the file at its marks, also inside the comment, so that the first piece is a comment
    without an end: `unterminated /* comment`. Every run stops there; nothing pending is applied.

    ## Evidence

    The file: everything in it stands in one comment. The catalogue tells whether the database has
    what the comment would make.

    ## Not this

    Nothing is wrong with the database, and the file is as the tool wrote it.

    ## Fix

    Take the comment marks away, so that a new database gets the tables. In a database that has them
    already, record the migration, so that it does not run there.

    ## Fix safety

    Needs review: every other existing database needs the same row before its next run.

    ## Prevention

    After a baseline was read from a database, apply all migrations to an empty one in CI.
    """
    statement = _at(applying)
    file = files.get(statement.path) if statement else None
    if statement is None or file is None or file.text is None:
        return
    bare = _uncommented(file.text)
    if bare is None or statement.position >= len(history.migrations):
        return
    migration = history.migrations[statement.position]
    has = _has_all(tool, schema, bare)
    yield at_statement(
        introspected_baseline,
        applying,
        files,
        captured,
        statement,
        title=f"{statement.tag} is a baseline in a comment: `{tool.words.apply}` stops there",
        root_cause=f"{opening(statement)} is the beginning of a comment that contains the whole "
        f"file. `{tool.words.apply}` cuts the file inside it, so the comment has no end for the "
        f"database. {_state(has)}",
        evidence=(*evidence(applying, files, statement), schema),
        fix=_recorded(tool, files, tracking, schema, migration, bare)
        if has
        else _run(files, statement, bare)
        if has is False
        else None,
        alternatives=tuple(_kept_as_comment(files, statement, file.text, tool)),
        counterfactual=_written(files, statement.path, "") if has is None else (),
    )


def _state(has: bool | None) -> str:
    if has is None:
        return "The database has a part of what the comment would make, or that cannot be told."
    return f"The database has {'all' if has else 'nothing'} of what the comment would make."


def _at(applying: Applying) -> SqlStatement | None:
    """The statement at which the run stops, or of which nothing is known."""
    if applying.failure is not None:
        return applying.failure.statement
    return applying.doubt.statement if applying.doubt else None


def _uncommented(text: str) -> str | None:
    """The text without the marks of the one comment that holds all of it, else `None`."""
    head, opening_mark, rest = text.partition(_OPEN)
    body, closing_mark, tail = rest.rpartition(_CLOSE)
    if not (opening_mark and closing_mark) or tail.strip() or _OPEN in body:
        return None
    lines = [line for line in head.splitlines() if line.strip()]
    if any(not line.lstrip().startswith("--") for line in lines) or not body.strip():
        return None
    return f"{body.strip()}\n"


def _has_all(tool: ToolUse, schema: LiveSchema, bare: str) -> bool | None:
    """Whether all that the SQL makes is there, or no table; `None` for a part, or unknown.

    A part is not enough to record it: what is missing would never be made.
    """
    mark = tool.words.between.strip()
    texts = bare.split(mark) if mark else [bare]
    unproven = dialect_of(tool).unproven(schema, texts)
    if not unproven:
        return None if unproven is None else True
    empty = LiveSchema(
        evidence="",
        schemas=(dialect_of(tool).home,),
        search_path=schema.search_path,
        extensions=schema.extensions,
    )
    made = dialect_of(tool).run(empty, texts)
    if not isinstance(made, Done) or not made.schema.tables:
        return None
    there = {table.name for table in schema.tables}
    return None if any(it.name in there for it in made.schema.tables) else False


def _run(files: Files, statement: SqlStatement, bare: str) -> Fix | None:
    return fix_of(
        f"Take the comment marks out of {statement.tag}",
        _written(files, statement.path, bare),
        "A database that has these tables must have the migration recorded before its next run.",
    )


def _written(files: Files, path: str, text: str) -> tuple[WriteFile, ...]:
    file = files.get(path)
    assert file is not None and file.text is not None
    return edited(files, path, [((0, len(file.text)), text)])


def _recorded(
    tool: ToolUse,
    files: Files,
    tracking: TrackingTables,
    schema: LiveSchema,
    migration: Migration,
    bare: str,
) -> Fix | None:
    steps, name = _written(files, migration.path, bare), tool.tracking
    file = files.get(migration.path)
    if not steps or name is None or file is None:
        return None
    row = new_row(
        tool.ledger,
        migration,
        replace(file, text=bare, sha256=hash_of(bare), size=len(bare.encode())),
    )
    read = tracking.get(name)
    made = read is None
    if row is None or (made and any(it.name == name for it in schema.tables)):
        return None
    step = InsertRows(
        table=name,
        rows=(row,),
        identity=tool.ledger.identity,
        held=None if read is None else len(read.rows),
        columns=tool.ledger.columns if made else (),
    )
    return Fix(
        title=f"Take the comment marks out of {migration.key}, and record it in this database",
        steps=(*steps, step),
        safety_note="Every other database that has these tables needs the same row before its next "
        "run. A new database gets the tables from the migration.",
    )


def _kept_as_comment(
    files: Files, statement: SqlStatement, text: str, tool: ToolUse
) -> Iterator[Fix]:
    """One comment without a mark in it: the migration is then recorded and makes nothing."""
    mark = tool.words.between.strip()
    if mark and (steps := _written(files, statement.path, text.replace(mark, ""))):
        yield Fix(
            title=f"Keep the comment of {statement.tag} in one piece",
            steps=steps,
            safety_note="Every existing database then passes and records it; a new database does "
            "not get these tables from any migration.",
            needed=False,
        )
