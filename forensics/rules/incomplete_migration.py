"""A migration creates less than its snapshot has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from forensics.dialects import dialect_of
from forensics.dialects.losses import Swallowed, TakenAlong
from forensics.facts import (
    Commits,
    Files,
    History,
    LiveSchema,
    Snapshots,
    ToolUse,
    TrackingTables,
    Unmade,
)
from forensics.model import Artefact, Finding, Fix, Severity, Step
from forensics.model.wording import counted, listed
from forensics.rules._base import rule
from forensics.rules._fixes import fix_of
from forensics.rules._git import added_by, came_with, changed_by
from forensics.rules._snapshots import sound
from forensics.statements import edited, in_new_migration, joined
from forensics.tracking.matching import recorded_rows

_SHOWN = 5


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def incomplete_migration(
    history: History,
    files: Files,
    snapshots: Snapshots,
    tool: ToolUse,
    tracking: TrackingTables | None,
    schema: LiveSchema | None,
    commits: Commits | None,
) -> Iterator[Finding]:
    """
    A migration creates less than its snapshot has.

    ## What breaks

    No new database can be built from the migrations: the table or column is never created, or a
    later migration that needs it fails with `relation "..." does not exist`. The generate command
    compares the schema code with the snapshot, so it never writes the missing statements. A
    database in which somebody created them by hand, or by pushing the schema, works.

    ## Evidence

    The tables and columns of the newest snapshot, and the text of every migration file: no file
    creates them, renames something to that name, or has code that could create them. The first
    snapshot that has them names the migration.

    PostgreSQL cuts names to 63 bytes. If the cut name of a constraint or index is taken already,
    and the statement ignores that, the object is never created. This is found without a snapshot
    too.

    A migration that drops a column and adds it again also loses every index and constraint on it.
    The newest snapshot has them, and no later statement makes them.

    ## Not this

    A baseline of an existing database, written as comments, is left out. Statements in a file that
    is not listed are `unlisted-migration-file`. A snapshot that lacks what a migration made is
    `stale-snapshot`.

    ## Fix

    Put the missing statements into that migration: new databases get them, and those that have
    recorded it never run it again. A database that has recorded it and lacks them needs a new
    migration with the same statements and `IF NOT EXISTS`.

    ## Fix safety

    Needs review. A database that has the table already, and has not recorded the migration yet,
    would fail at the restored statement. A large table cannot be written while an index is made.

    ## Prevention

    Do not remove statements from a generated migration because one database has their effect. Let
    CI apply all migrations to an empty database, and compare it with the schema code.
    """
    recorded = recorded_rows(history, files, tool, tracking)
    newest = max(recorded, default=-1)
    applied = {it.key for it in history.migrations if it.position <= newest}
    for found in snapshots.unmade:
        absent = _absent(found, schema)
        file = files.get(found.path)
        yield incomplete_migration.finding(
            severity=_severity(found, schema, absent),
            subject=found.migration,
            title=f"{found.migration} does not create {_told(found)}, which its snapshot has",
            root_cause=(
                f"{found.snapshot} has {_told(found, _SHOWN)}, and no migration file of "
                f"the folder creates {'it' if _count(found) == 1 else 'them'}.",
                came_with(commits, found.path, "The file came with {}."),
                *_where(found, schema, absent, found.migration in applied),
            ),
            evidence=(sound(snapshots)[found.snapshot], file, schema),
            **_repair(found, files, tool, schema, absent, applied=found.migration in applied),
            paths=(found.path, found.snapshot),
            origin=changed_by(commits, found.path, file.sha256 if file else None)
            or added_by(commits, found.path),
        )
    texts = tuple((it, text) for it in history.migrations if (text := _text(files, it.path)))
    dialect = dialect_of(tool)
    for lost in dialect.swallowed(texts, schema):
        yield _swallowed(lost, files, tool, schema, applied=lost.migration.key in applied)
    for gone in dialect.taken_along(texts, snapshots.newest.text if snapshots.newest else None):
        done = gone.migration.key in applied
        if schema is None or not done or not gone.is_in(schema):
            yield _taken_along(gone, files, tool, schema, applied=done)


def _text(files: Files, path: str) -> str:
    file = files.get(path)
    return (file.text or "") if file else ""


def _taken_along(
    gone: TakenAlong, files: Files, tool: ToolUse, schema: LiveSchema | None, *, applied: bool
) -> Finding:
    tag, path = gone.migration.key, gone.migration.path
    file, text = files.get(path), _text(files, path)
    add: Step = in_new_migration(
        files.folder,
        f"{gone.statement};",
        "Add it as a new migration. If it is unique, settle first the rows that violate it.",
    )
    if not applied and schema is not None and text:
        again = f"{tool.words.between}{gone.statement};"
        add = next(iter(edited(files, path, [((len(text), len(text)), again)])), add)
    return incomplete_migration.finding(
        severity=Severity.HIGH if gone.unique else Severity.MEDIUM,
        subject=tag,
        title=f"{tag} drops the {gone.kind} {gone.name} with a column, and does not make it again",
        root_cause=f"{path} drops the column `{gone.column}` of {gone.table} and adds it again. "
        f"{dialect_of(tool).title} drops what is on a column together with it, so the {gone.kind} "
        f"`{gone.name}` goes without a message. The newest snapshot still has it, so no generated "
        f"migration makes it again. It was made by: {gone.statement}.",
        evidence=(file, schema),
        fix=Fix(
            title=f"Create the {gone.kind} {gone.name} again",
            steps=(add,),
            safety_note="On a large table, creating it blocks writes until it is done.",
        ),
        paths=(path,),
    )


def _swallowed(
    lost: Swallowed, files: Files, tool: ToolUse, schema: LiveSchema | None, *, applied: bool
) -> Finding:
    tag, path, most = lost.migration.key, lost.migration.path, lost.most
    file = files.get(path)
    return incomplete_migration.finding(
        severity=Severity.HIGH if applied else Severity.MEDIUM,
        subject=tag,
        title=f"{tag} does not create the {lost.kind} on line {lost.line}: its name is cut to "
        "that of another",
        root_cause=f"{dialect_of(tool).title} keeps {most} bytes of a name, so `{lost.name}` and "
        f"`{lost.taken_by}` both become `{lost.cut}`. The statement on line {lost.line} of {path} "
        f"does nothing where that is taken, so the {lost.kind} is never made, and "
        f"`{tool.words.apply}` reports success. Dropping either long name drops the one that "
        "exists.",
        evidence=(file, schema),
        fix=Fix(
            title=f"Create the {lost.kind} under a shorter name",
            steps=(
                in_new_migration(
                    files.folder,
                    f"{lost.renamed};",
                    f"Add it as a new migration, under a name of at most {most} bytes, and give "
                    "the schema code the same name. Settle first the rows that violate it by now.",
                ),
            ),
            safety_note="It fails, and changes nothing, if rows violate it.",
        ),
        paths=(path,),
    )


def _absent(found: Unmade, schema: LiveSchema | None) -> tuple[str, ...]:
    """What a database lacks; empty without one."""
    if schema is None:
        return ()
    live = {
        (table.name.table, column)
        for table in schema.tables
        for column in ("", *(it.name for it in table.columns))
    }
    return tuple(
        ".".join(filter(None, item))
        for item in (*((table, "") for table in found.tables), *found.columns)
        if item not in live
    )


def _severity(found: Unmade, schema: LiveSchema | None, absent: tuple[str, ...]) -> Severity:
    if absent:
        return Severity.HIGH
    return Severity.NOTE if schema is not None or found.remarked else Severity.MEDIUM


def _repair(
    found: Unmade,
    files: Files,
    tool: ToolUse,
    schema: LiveSchema | None,
    absent: tuple[str, ...],
    *,
    applied: bool,
) -> dict[str, Any]:
    """The file as it was, where it still runs and none of its statements fails.

    Where the database has recorded it, a new migration first: only that reaches the database.
    """
    back, anew = _put_back(found), _in_new(found, files, tool)
    if absent and applied:
        return {"fix": anew, "alternatives": _not_needed(back)}
    if schema is not None and not absent:
        return {}
    whole = schema is None or len(absent) == _count(found)
    return {"fix": back if whole else None, "alternatives": _not_needed(anew)}


def _not_needed(fix: Fix | None) -> tuple[Fix, ...]:
    return (replace(fix, needed=False),) if fix else ()


def _put_back(found: Unmade) -> Fix | None:
    return fix_of(
        f"Put the missing statements back into {found.migration}",
        (found.step,),
        "Written from the snapshots, as the tool would. Databases that have recorded the migration "
        "never run it again. A database that has the objects already, and has not recorded it, "
        "would fail there.",
    )


def _in_new(found: Unmade, files: Files, tool: ToolUse) -> Fix | None:
    """The same statements for databases that have recorded it, each passing where it may."""
    repairs = dialect_of(tool).repairs
    if not found.missing or repairs is None:
        return None
    texts = [it.rstrip(";") for it in found.missing]
    step = in_new_migration(
        files.folder,
        f"{joined(tool, [repairs.lenient(it) or it for it in texts])};",
        "Add it as a new migration: databases that never run the old one get it from there.",
    )
    return fix_of(
        f"Make what {found.migration} does not create in a new migration",
        (step,),
        "Written from the snapshots, as the tool would. A statement without IF NOT EXISTS fails "
        "where what it makes is there. A new database needs the statements in the old file as "
        "well, if a migration in between names what they make.",
    )


def _told(found: Unmade, most: int = 2) -> str:
    names = [*found.tables, *(f"{table}.{column}" for table, column in found.columns)]
    kind = "table" if not found.columns else "column" if not found.tables else ""
    return f"{kind}{'s' if kind and len(names) > 1 else ''} {listed(names, most)}".strip()


def _count(found: Unmade) -> int:
    return len(found.tables) + len(found.columns)


def _where(
    found: Unmade, schema: LiveSchema | None, absent: tuple[str, ...], applied: bool
) -> Iterator[str]:
    if found.remarked:
        yield "Comments in the files name all of it, so it may have been left out on purpose."
    if schema is None:
        return
    if not absent:
        yield "This database has all of it, but not from a migration: only new ones lack it."
    elif applied:
        yield (
            f"This database lacks {counted(len(absent), 'of them', 'of them')} and has recorded "
            f"{found.migration} or a later one, so it gets them only from a new migration."
        )
    else:
        yield f"This database lacks {listed(absent[:_SHOWN])}."
