"""Rule `failing-statement`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from forensics.dialects import dialect_of
from forensics.facts import (
    ApplyFailure,
    Applying,
    CapturedFailure,
    Commits,
    Files,
    History,
    LiveSchema,
    SqlStatement,
    ToolUse,
    Unrecorded,
)
from forensics.model import Artefact, Certainty, DeleteFile, Finding, Fix, RunSql, Severity
from forensics.rules._absent import absent
from forensics.rules._base import rule
from forensics.rules._failed import at_statement
from forensics.rules._fixes import ONLY_PENDING, example, moved
from forensics.rules._marks import by_mark
from forensics.rules._ways_out import way_out
from forensics.statements import (
    EXISTS,
    before,
    instead,
    joined,
    kept,
    names_made,
    opening,
    said,
    source,
    where,
    without,
)

_QUOTES = re.compile(r"[\"`\[\]]|\bonly\b|\bif (?:not )?exists\b|\bpublic\.", re.IGNORECASE)
"""What may stand around a name, or not."""
_SYNTAX, _NO_FUNCTION = "42601", "42883"


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0", last_resort=True)
def failing_statement(
    tool: ToolUse,
    applying: Applying,
    history: History,
    files: Files,
    schema: LiveSchema | None,
    captured: CapturedFailure | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """A pending statement fails, for a reason that has no rule of its own.

    ## What breaks

    The command that runs pending migrations stops at this statement every time. Later migrations
    never run. Where everything runs in one transaction, nothing before it stays either.

    ## Evidence

    The statement, where it stands, and the database's error: its text, SQLSTATE, DETAIL and HINT.
    Where a throw-away server could be started, the statement was run there, on a copy of the
    collected schema.

    ## Not this

    The migration may not need to run at all: if its effects are in the database already, the cause
    is a missing tracking row (`tracking-rows-missing`) or a repeated change, not this statement.

    ## Fix

    Where the same statements pass in another order, the fix puts them into that order. Where an
    earlier one sets the search path of the session, the fix takes that one out. Operator classes
    of other types are taken out of an index, and a function of an extension outside the search
    path gets its schema. A column that is there, just as the statement adds it, is added only
    where it is missing. Otherwise read the error, and correct the statement in the pending file.
    Only change a file that no database has applied: elsewhere, add a new migration instead.

    ## Fix safety

    Review the new order. Without one there is no automatic fix, because the right statement depends
    on what was meant.

    ## Prevention

    Run every new migration against a copy of the production schema in CI before it is merged.

    The tool does not test the SQL that it generates.
    """
    failure = applying.failure
    if failure is not None and failure.unrecorded is not None:
        yield _cannot_be_recorded(tool, applying, failure, failure.unrecorded, commits)
    if failure is None or failure.statement is None:
        return
    statement = failure.statement
    passes, fix = way_out(tool, applying, failure, statement, files, schema)
    passes = passes or absent(tool, failure, history, files, schema)
    fix = fix or _once(tool, failure, history, files)
    fix = fix or _if_missing(tool, applying, statement, files, schema)
    yield at_statement(
        failing_statement,
        applying,
        files,
        captured,
        statement,
        fix=fix,
        title=f"{opening(statement)} fails: {failure.error.text}",
        root_cause=f"`{tool.words.apply}` stops at {where(statement)}: {statement.code}. "
        f"The database answers: {said(failure.error)}.{_repeats(tool, failure, history, files)}"
        f"{_too_new(tool, failure)}{passes}{kept(tool, applying, statement)}",
        alternatives=(
            *_hints(tool, failure, statement),
            *(() if fix else _otherwise(tool, applying, failure, files, schema)),
        ),
    )


def _cannot_be_recorded(
    tool: ToolUse,
    applying: Applying,
    failure: ApplyFailure,
    migration: Unrecorded,
    commits: Commits | None,
) -> Finding:
    why = "it runs last, as a name that can be recorded"
    rename = moved(migration.now, migration.then, commits, why, of=migration.path)
    return failing_statement.finding(
        subject=migration.tag,
        severity=Severity.HIGH,
        title=f"{migration.tag} cannot be recorded: {migration.why}",
        root_cause=f"`{tool.words.apply}` writes a row for each migration that it runs. For "
        f"{migration.tag} that fails, since {migration.why}: {said(failure.error)}.",
        certainty=Certainty.PREDICTED,
        evidence=applying.evidence,
        fix=Fix(
            title=f"Rename {migration.now}",
            steps=(rename,),
            safety_note="Check first that no other database has recorded it under its present "
            "name: another driver may have.",
        ),
        counterfactual=(DeleteFile(path=migration.path),),
        paths=(migration.path,),
    )


def _too_new(tool: ToolUse, failure: ApplyFailure) -> str:
    """Of what the server does not know: since when it would, with a space before it."""
    repairs = dialect_of(tool).repairs
    if failure.statement is None or repairs is None:
        return ""
    said = {_SYNTAX: failure.statement.text, _NO_FUNCTION: failure.error.text}
    found = repairs.newer(said.get(failure.error.sqlstate or "", ""))
    if found is None:
        return ""
    what, release = found
    return (
        f" {what} needs {dialect_of(tool).title} {release} or newer: write it for the server that "
        "is there, or upgrade that."
    )


def _repeats(tool: ToolUse, failure: ApplyFailure, history: History, files: Files) -> str:
    """Of something that is there already: which migration makes it too, with a space before it."""
    statement = failure.statement
    if statement is None or not _is_there(failure):
        return ""
    others = [it for it in history.migrations if it.position != statement.position]
    texts = {it.key: file.text or "" for it in others if (file := files.get(it.path)) is not None}
    for key, text in texts.items():
        if statement.text in " ".join(text.split()):
            return f" {key} has the same statement: one of the two repeats the other."
    for key, text in texts.items():
        if (line := _made_in(tool, text, statement)) is not None:
            return (
                f" {key} makes it too, in another way (line {line}): one of the two repeats the "
                "other, as after a merge of two branches."
            )
    whole = (
        f" If the database has all that {statement.tag} makes, as where it was written from that "
        f"database, mark it as applied instead{by_mark(tool, statement.tag)}."
    )
    return (
        " No other listed migration makes it, so the object was made by hand, or by a migration "
        f"that is no longer listed.{whole if tool.words.mark else ''}"
    )


def _is_there(failure: ApplyFailure) -> bool:
    """Whether what it makes is there already."""
    exists = failure.exists or failure.error.sqlstate in EXISTS
    return exists or failure.error.text.startswith("multiple primary keys for table ")


def _hints(tool: ToolUse, failure: ApplyFailure, statement: SqlStatement) -> Iterator[Fix]:
    """Ways of which nobody but a person knows whether they are right."""
    for hint in dialect_of(tool).hints(statement.text, failure.error.text):
        shown = example(statement, hint.title, hint.text, hint.why)
        run = (RunSql(text=hint.text, why=hint.why),)
        yield replace(shown, steps=run, safety_note=hint.note) if hint.note else shown


def _otherwise(
    tool: ToolUse,
    applying: Applying,
    failure: ApplyFailure,
    files: Files,
    schema: LiveSchema | None,
) -> Iterator[Fix]:
    """Other statements to the same end, as an example."""
    statement = failure.statement
    if schema is None or statement is None or statement not in applying.statements:
        return
    state = before(tool, applying, files, schema, statement)
    lines = dialect_of(tool).instead_of(statement.text, failure.error.text, state) if state else ()
    if lines:
        yield example(
            statement,
            f"Rebuild the table instead of {where(statement)}",
            f"{joined(tool, lines)};",
            "The database refuses this change of the table, so rebuild the table.",
            "Compare the new table with the old one first, and try it on a copy of the file. Only "
            "change the migration while no database has applied it.",
        )


def _once(tool: ToolUse, failure: ApplyFailure, history: History, files: Files) -> Fix | None:
    """Without the statement, where a migration before it has the same, and nothing undoes that."""
    statement = failure.statement
    if statement is None or not (failure.exists or failure.error.sqlstate in EXISTS):
        return None
    dialect = dialect_of(tool)
    for migration in reversed(history.migrations[: statement.position]):
        file = files.get(migration.path)
        text = (file.text or "") if file is not None else ""
        if _UNDOES.search(text) or not text:
            return None
        if any(dialect.same(text[a:b], statement.text) for a, b in dialect.spans(text)):
            return Fix(
                title=f"Take the statement out of {statement.tag}, since {migration.key} has it",
                steps=without(files, statement),
                safety_note=f"Every database runs {migration.key} first. {ONLY_PENDING}",
            )
    return None


def _if_missing(
    tool: ToolUse,
    applying: Applying,
    statement: SqlStatement,
    files: Files,
    schema: LiveSchema | None,
) -> Fix | None:
    """The column only where it is not there, since here it is, just as the statement adds it."""
    repairs = dialect_of(tool).repairs
    if schema is None or repairs is None:
        return None
    state = before(tool, applying, files, schema, statement)
    text = repairs.if_missing(source(files, statement), state) if state else None
    if text is None:
        return None
    return Fix(
        title=f"Add the column of {where(statement)} only where it is missing",
        steps=instead(files, statement, text),
        safety_note="This database has the column just as the statement adds it; compare the other "
        "databases. Only change the file while none has applied it.",
    )


_UNDOES = re.compile(r"\b(?:drop|rename)\b", re.IGNORECASE)


def _made_in(tool: ToolUse, text: str, statement: SqlStatement) -> int | None:
    """The line on which a text begins to make what a statement makes."""
    kind, names = _kind(statement.text), names_made(tool, statement.text)
    for start, end in dialect_of(tool).spans(text):
        other = text[start:end]
        if _kind(other) == kind and not names.isdisjoint(names_made(tool, other)):
            return text.count("\n", 0, start) + 1
    return None


def _kind(text: str) -> str:
    """Its first words, up to the name: `ALTER TABLE "users"`, `CREATE TABLE`."""
    words = _QUOTES.sub("", text).upper().split()
    return " ".join(words[: 3 if words[:1] == ["ALTER"] else 2])
