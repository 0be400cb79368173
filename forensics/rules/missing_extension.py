"""Rule `missing-extension`."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects import dialect_of
from forensics.facts import Applying, CapturedFailure, Files, LiveSchema, SqlStatement, ToolUse
from forensics.model import Artefact, Finding, Fix
from forensics.rules._base import rule
from forensics.rules._failed import at_statement
from forensics.rules._fixes import fix_of
from forensics.statements import edited, evidence, failed_at, kept, opening, said, where

_UNKNOWN = ("42704", "42883")


@rule(artefact=Artefact.DATABASE_SCHEMA, since="0.2.0")
def missing_extension(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    schema: LiveSchema,
    captured: CapturedFailure | None,
) -> Iterator[Finding]:
    """A pending statement needs an extension that the database does not have.

    ## What breaks

    `type "vector" does not exist`, `function uuid_generate_v4() does not exist`: the name belongs
    to an extension, and no migration installs it. Every run stops there; nothing that is pending
    is applied.

    ## Evidence

    The statement, with file and line, the error (SQLSTATE 42704 or 42883), and the extensions that
    the catalogue lists.

    ## Not this

    A misspelt name is `failing-statement`, and so is one in a schema outside the search path: then
    the catalogue lists the extension.

    ## Fix

    Install the extension in the migration, before the statement. If the deploying role may not do
    that, a role with that right has to, once in each database.

    ## Fix safety

    Needs review: `CREATE EXTENSION` needs `CREATE` on the database, and a superuser for extensions
    that are not marked as trusted. The server must have the extension's files.

    ## Prevention

    Put `CREATE EXTENSION IF NOT EXISTS` into the first migration that needs it.

    Apply all migrations to an empty database in CI, on the same server image as in production.
    """
    statement, repairs = failed_at(applying, *_UNKNOWN), dialect_of(tool).repairs
    if statement is None or repairs is None or applying.failure is None:
        return
    lacking = repairs.lacks_extension(applying.failure.error.text)
    if lacking is None or lacking[1] in {it.name for it in schema.extensions}:
        return
    name, extension = lacking
    yield at_statement(
        missing_extension,
        applying,
        files,
        captured,
        statement,
        fix=_installed(tool, files, statement, extension),
        subject=extension,
        title=f"{statement.tag} needs the extension {extension}, which the database does not have "
        f"(line {statement.line})",
        root_cause=f"{opening(statement)} uses {name}, which the extension {extension} brings: "
        f"{statement.code}. The database answers: {said(applying.failure.error)}. "
        f"Its extensions are: {', '.join(it.name for it in schema.extensions) or 'none'}."
        f"{kept(tool, applying, statement)}",
        evidence=(schema, *evidence(applying, files, statement)),
    )


def _installed(tool: ToolUse, files: Files, statement: SqlStatement, extension: str) -> Fix | None:
    repairs = dialect_of(tool).repairs
    assert repairs is not None
    text = f"{repairs.makes_extension(extension)};{tool.words.between}"
    steps = edited(files, statement.path, [((statement.start, statement.start), text)])
    return fix_of(
        f"Install {extension} before {where(statement)}",
        steps,
        "The role that deploys must be allowed to install it, and the server must have its files. "
        "Databases that have applied the migration are not affected.",
    )
