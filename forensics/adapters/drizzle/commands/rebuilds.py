"""Where `migrate` drops a table on SQLite while others refer to its rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from msgspec.structs import replace

from forensics.adapters.drizzle.commands.migrators import migrator_of
from forensics.adapters.drizzle.commands.on_sqlite import columns_of
from forensics.adapters.drizzle.commands.pending import statement_in
from forensics.adapters.drizzle.dialects import is_sqlite
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT
from forensics.adapters.drizzle.project.foreign_keys import switched_off
from forensics.dialects.lexing import Kind
from forensics.dialects.sqlite.libsql import is_alter_column, ran
from forensics.dialects.sqlite.memory import ConstraintFailed, NotRun, SqliteError, memory
from forensics.dialects.sqlite.rebuilds import (
    BEGIN_OR_END,
    Hit,
    Unknown,
    is_numbered,
    renames_to,
    walk,
)
from forensics.dialects.sqlite.text import literal, names_only, quoted, statements
from forensics.facts import (
    Danger,
    Facts,
    Family,
    Migration,
    Rebuilding,
    SqlStatement,
    TrackingTable,
    UnknownSource,
)
from forensics.model import TableName

_WRITES = re.compile(
    r"\b(?:insert|replace)\b(?:\s+or\s+\w+)?\s+into\b"
    r"(?![^;]*\bselect\b[^;]*\bfrom\s+[\"`\[]?\w+[\"`\]]?\s*(?:;|where\b|-->|\Z))",
    re.IGNORECASE,
)
"""A statement that writes rows which it does not copy from a table."""


def rebuilding(facts: Facts) -> Rebuilding | None:
    """All dangers to rows in the listed migrations; `None` where that does not apply."""
    if not is_sqlite(facts.tool) or facts.history is None or facts.files is None:
        return None
    pending = _pending(facts)
    unlisted = (it for it in pending if it not in facts.history.migrations)
    listed = [it for it in (*facts.history.migrations, *unlisted) if facts.text_of(it) is not None]
    done = [it for it in listed if it not in pending]
    found = tuple(_walked(facts, pending, facts.schema.statements if facts.schema else ()))
    enforced, why = _enforced(facts)
    broken = any(isinstance(it, UnknownSource) for it in found)
    return Rebuilding(
        evidence=tuple(
            dict.fromkeys((facts.history.evidence, *(it.evidence for it in facts.tool.openers)))
        ),
        pending=tuple(it for it in found if isinstance(it, Danger)),
        applied=tuple(it for it in _applied(facts, done) if isinstance(it, Danger)),
        sources=tuple(it for it in found if isinstance(it, UnknownSource)),
        texts=tuple(it for each in pending for it in (facts.text_of(each) or "").split(BREAKPOINT)),
        examples=switched_off(facts.tool),
        script="" if broken or facts.folder_run else _script(facts, pending),
        always=facts.folder_run is not None,
        enforced=enforced,
        why=why,
    )


def loses_rows(facts: Facts) -> bool | None:
    """Whether what is pending loses rows; `None` where that cannot be said."""
    found = rebuilding(facts)
    if found is None or not found.pending or found.enforced is False or _has_no_rows(facts):
        return False
    counts = [facts.counted.of(it.query) if facts.counted else None for it in found.pending]
    known = [it.violations if it else None for it in counts]
    if all(it == 0 for it in known):
        return False
    return found.enforced


def _has_no_rows(facts: Facts) -> bool:
    """Whether the database is new, and pending migrations copy rows at most."""
    if facts.schema is None or facts.schema.tables:
        return False
    return not any(_WRITES.search(facts.text_of(it) or "") for it in _pending(facts))


def _enforced(facts: Facts) -> tuple[bool | None, str]:
    if facts.folder_run is not None:
        return True, _D1
    ways = {it.enforces for it in facts.tool.openers}
    why = " ".join(dict.fromkeys(f"{it.where}: {it.why}" for it in facts.tool.openers if it.why))
    if True in ways:
        return True, why
    return (False if ways == {False} else None), why


_D1 = (
    "D1 always enforces foreign keys, and wrangler runs each file in a transaction (4.40.0, on a "
    "local database)."
)


def _pending(facts: Facts) -> list[Migration]:
    """What `migrate`, or what applies the folder, would run on the database that was seen."""
    assert facts.history is not None
    if facts.folder_run is not None:
        return list(facts.folder_run.pending)
    name = facts.tool.tracking
    if facts.schema is None or facts.tracking is None or name is None:
        return []
    return list(migrator_of(facts.tool).pending(facts, facts.tracking.get(name)) or ())


def _walked(
    facts: Facts, migrations: list[Migration], made: Iterable[str]
) -> Iterator[Danger | UnknownSource]:
    texts = [
        (it, chunk) for it in migrations for chunk in (facts.text_of(it) or "").split(BREAKPOINT)
    ]
    for found in _found(tuple(made), tuple(chunk for _, chunk in texts)):
        migration, _ = texts[found.position]
        chunk = sum(it is migration for it, _ in texts[: found.position])
        statement = statement_in(facts, migration, chunk, found.number)
        if statement is not None:
            yield _told(facts, migration, statement, found)


@lru_cache(maxsize=16)  # every experiment asks for the same files
def _found(made: tuple[str, ...], texts: tuple[str, ...]) -> tuple[Hit | Unknown, ...]:
    with memory() as opened:
        opened.build(made)
        return tuple(walk(opened, texts))


def _applied(facts: Facts, migrations: list[Migration]) -> Iterator[Danger | UnknownSource]:
    """Of those that ran here: where it counts, rows that were once there and are not."""
    if not migrations or facts.schema is None:
        return
    for found in _walked(facts, migrations, ()):
        if isinstance(found, Danger):
            yield _once_there(facts, found)


def _once_there(facts: Facts, found: Danger) -> Danger:
    assert facts.schema is not None
    found = replace(found, emptied=found.table in facts.schema.emptied)
    held = next((it for it in facts.schema.tables if it.name == found.table), None)
    if held is None or not is_numbered(held):
        return replace(found, query="")
    name = found.table.table
    return replace(
        found,
        query=f"SELECT max((SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = "
        f"{literal(name)}) - (SELECT count(*) FROM {quoted(name)}), 0)",
    )


def _told(
    facts: Facts, migration: Migration, statement: SqlStatement, found: Hit | Unknown
) -> Danger | UnknownSource:
    if isinstance(found, Unknown):
        return UnknownSource(statement=statement, table=_name(found.table), column=found.column)
    return Danger(
        statement=statement,
        dropped=_name(found.dropped),
        rebuilt=renames_to(facts.text_of(migration) or "", found.dropped),
        table=_name(found.table),
        through=_name(found.through),
        columns=found.columns,
        deed=found.deed,
        writable=found.writable,
        query=found.query,
    )


def _name(table: str) -> TableName:
    return TableName(schema="main", table=table)


def _harmless(facts: Facts, pending: list[Migration]) -> bool:
    """Whether each statement is one that reaches nothing but the database, and is read as it is.

    The shell of SQLite has functions that drivers have not: they read and write files.
    """
    texts = [facts.text_of(it) or "" for it in pending]
    if any(line.lstrip().startswith(".") for text in texts for line in text.splitlines()):
        return False  # a command of the shell, were it to take the line before for an end
    found = [it for text in texts for it in statements(names_only(text))]
    if any(token.kind is Kind.BROKEN for it in found for token in it.tokens):
        return False
    with memory() as opened:
        opened.build(facts.schema.statements if facts.schema else ())
        for statement in found:
            try:
                ran(opened, statement)
            except ConstraintFailed:
                continue
            except (NotRun, SqliteError):
                return False
    return True


# --- The script that loses nothing --------------------------------------------------------------


_NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
"""As drizzle-orm 1.0 writes it."""


def _script(facts: Facts, pending: list[Migration]) -> str:
    """All that is pending with foreign keys off from before the transaction; empty if unknown."""
    name = facts.tool.tracking
    if name is None or not pending:
        return ""
    table, held = quoted(name.table), facts.tracking.get(name) if facts.tracking else None
    rows = len(held.rows) if held else 0
    names = _has_names(facts, held)
    if not _harmless(facts, pending):
        return ""
    parts = [
        ".bail on",
        "PRAGMA foreign_keys = OFF;",
        "BEGIN IMMEDIATE;",
        "CREATE TEMP TABLE forensics_before AS SELECT count(*) AS broken "
        "FROM pragma_foreign_key_check;",
        f"CREATE TABLE IF NOT EXISTS {table} ({columns_of(facts.tool)});",
        'CREATE TEMP TABLE forensics_guard (held integer CONSTRAINT "the tracking table has other '
        'rows than were seen, so nothing was changed" CHECK (held));',
        f"INSERT INTO temp.forensics_guard SELECT count(*) = {rows} FROM {table};",
        "DROP TABLE temp.forensics_guard;",
    ]
    for migration in pending:
        file = facts.files.get(migration.path) if facts.files else None
        if file is None or file.text is None or not file.sha256:
            return ""
        for statement in statements(file.text):
            if is_alter_column(statement) or statement.words[0] in BEGIN_OR_END:
                return ""  # the shell of SQLite does not know it, or it would end the transaction
            if statement.words[:2] != ("pragma", "foreign_keys"):
                parts.append(f"{file.text[statement.start : statement.end]};")
        parts.append(_row(table, file.sha256, migration, names=names))
    parts += [
        'CREATE TEMP TABLE forensics_check (more integer CONSTRAINT "foreign keys are broken now, '
        'so nothing was changed" CHECK (more <= 0));',
        "INSERT INTO temp.forensics_check SELECT (SELECT count(*) FROM pragma_foreign_key_check) "
        "- broken FROM temp.forensics_before;",
        "DROP TABLE temp.forensics_check;",
        "DROP TABLE temp.forensics_before;",
        "COMMIT;",
    ]
    return "\n".join(parts)


def _has_names(facts: Facts, held: TrackingTable | None) -> bool:
    """Whether a row gets the name of its migration: 1.0 itself adds names to a table of 0.x."""
    return facts.tool.family is Family.SET and (held is None or "name" in held.columns)


def _row(table: str, checksum: str, migration: Migration, *, names: bool) -> str:
    cells = {"hash": literal(checksum), "created_at": literal(migration.stamp)}
    if names:
        cells |= {"name": literal(migration.key), "applied_at": _NOW}
    return f"INSERT INTO {table} ({', '.join(cells)}) VALUES ({', '.join(cells.values())});"
