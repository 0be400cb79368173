"""Runs a script on a scratch copy of the database, and says what of it is lost afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import msgspec
import psycopg

from forensics.collect.database.collect import collect_database
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import Database, TrackingRow, TrackingTable
from forensics.model import Outcome, TableName
from forensics.model.wording import counted, shortened
from forensics.scratch.case_database import CaseDatabase
from forensics.scratch.differences import carried_over
from forensics.scratch.rebuild import in_words
from forensics.scratch.simple_query import Connection, Stopped
from forensics.system.temporary import temporary_folder
from forensics.trying.actions import Script
from forensics.trying.file_changes import CannotTry
from forensics.trying.sending import SCRIPT_SECONDS, Sent, check_known, send
from forensics.trying.watching.copies import as_superuser, named_like, planted_copy
from forensics.trying.watching.looks import Done, Looks, application_tables
from forensics.trying.watching.losses import Tried

__all__ = ["SCRIPT_SECONDS", "ScriptRun", "run_script"]

READ_SECONDS = 30.0
_SEQUENCES = """\
SELECT c.oid::pg_catalog.int8, n.nspname, c.relname, pg_catalog.pg_sequence_last_value(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' ORDER BY n.nspname, c.relname"""
_SHOWN_HASH = 15
"""Characters of a hash that are shown."""
_NAMED = 5
"""Tables that a remark names."""

_Told = tuple[str | None, int | None, str]
"""What a row says of its migration: key, timestamp and hash."""
_Counters = Mapping[object, tuple[TableName, int | None]]
"""Every sequence by its oid, with the last number that it gave out."""


@dataclass(frozen=True, kw_only=True)
class ScriptRun:
    """What a script left behind."""

    database: Database
    lost: tuple[str, ...] = ()
    """Tables, columns, rows and values of the application; tracking rows are in the database."""
    removed: tuple[str, ...] = ()
    """Other objects that are gone, and protections that are off."""
    changes: tuple[str, ...] = ()
    """What else of the catalogue is different."""
    evidence: tuple[str, ...] = ()
    """What told how it came to this, and is gone: recorded hashes, counts of sequences."""
    rehashed: bool = False
    """Whether recorded hashes are among that."""
    error: str = ""
    unsure: str = ""
    """Why it may do harm although none was seen; empty if it does none."""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One run of the script on one copy."""

    sent: Sent
    done: Done
    counters: _Counters
    counters_left: _Counters


_Again = _Run | CannotTry | None
"""The run with planted rows, or why it tells nothing."""


def run_script(case: CaseDatabase, database: Database, script: Script, tool: str) -> ScriptRun:
    """Run a script on the copy of a database; raises `CannotTry` where that tells nothing.

    Before and after are read in the same way, so what the copy lacks counts as
    unchanged. The script runs again on a copy with planted rows, which show what becomes of rows.
    """
    check_known(case, script)
    with named_like(case, database) as named:
        before = _seen(named, database)
    if _rows(before, tool) != _rows(database, tool):
        raise CannotTry("The tracking rows could not be copied, so what becomes of them is open.")
    tracking = frozenset(table.name for table in _all(before))
    with as_superuser(case) as superuser:
        oids = [*application_tables(superuser, tracking).names]
    with planted_copy(case, oids) as planted:
        with named_like(case, database) as named:
            run = _run(named, script, tracking, planted=False)
            after = _seen(named, database)
        again = _again(planted, database, script, tracking) if planted else None
    tried = Tried(run.done, again.done if isinstance(again, _Run) else None)
    overwritten = tuple(_overwritten(before, after, tool))
    counts = tuple(_counts_lost(before, run.counters, run.counters_left))
    return ScriptRun(
        database=_moved_on(database, before, after),
        lost=tried.lost(),
        removed=_with_role(tried.removed(), case, database),
        changes=_with_role(tried.changes(), case, database),
        evidence=(*overwritten, *counts),
        rehashed=bool(overwritten),
        error=run.sent.error,
        unsure=_unsure(again, tried),
        remarks=tuple(_remarks(case, run, again, _recorded(before, after, tool), tried)),
    )


def _with_role(lines: Iterable[str], case: CaseDatabase, database: Database) -> tuple[str, ...]:
    """Lines with the real role's name for that of the copy."""
    return tuple(line.replace(case.role, database.identity.role or "the role") for line in lines)


def _run(
    case: CaseDatabase, script: Script, tracking: frozenset[TableName], *, planted: bool
) -> _Run:
    """One run, watched; raises `CannotTry` where the script cannot be tried, or breaks the copy."""
    try:
        with as_superuser(case) as superuser:
            looks = Looks(superuser, tracking, planted=planted)
            counters = _counters(superuser)
            with case.connected() as connection:
                sent = send(connection, script, looks.after_statement)
            done = looks.after(ran_code=sent.ran_code)
            return _Run(sent=sent, done=done, counters=counters, counters_left=_counters(superuser))
    except Stopped as stopped:
        raise CannotTry(f"The script cannot be tried: {stopped}.") from stopped
    except psycopg.Error as broken:
        said = str(broken).splitlines() or [type(broken).__name__]
        raise CannotTry(f"The script broke the scratch copy: {said[0]}.") from broken


def _again(
    planted: CaseDatabase, database: Database, script: Script, tracking: frozenset[TableName]
) -> _Again:
    """The run with planted rows, or why it tells nothing."""
    try:
        with named_like(planted, database) as named:
            return _run(named, script, tracking, planted=True)
    except CannotTry as cannot:
        return cannot


# --- What there is ------------------------------------------------------------------------------


def _seen(case: CaseDatabase, database: Database) -> Database:
    """The copy as our own collector sees it."""
    address = case.server.url(case.name, case.role)
    with temporary_folder("seen") as folder:
        writer = BundleWriter(folder / "bundle")
        named = tuple(table.name for table in database.tracking.tables) if database.tracking else ()
        found = collect_database(
            address, writer, deadline=time.monotonic() + READ_SECONDS, extra_tables=named
        )
    if found is None or found.schema is None or found.tracking is None:
        raise CannotTry("The scratch copy could not be read after that.")
    unread = [table for table in found.tracking.tables if table.outcome is not Outcome.COLLECTED]
    if unread:
        raise CannotTry(f"{unread[0].name} cannot be read after that: {unread[0].problem}.")
    return found


def _moved_on(given: Database, before: Database, after: Database) -> Database:
    """The real database with every difference that the script made on the copy."""
    assert given.schema and before.schema and after.schema and after.tracking
    known = {table.name: table for table in given.tracking.tables} if given.tracking else {}
    same = set(before.tracking.tables) if before.tracking else set()
    tables = tuple(known.get(t.name, t) if t in same else t for t in after.tracking.tables)
    return msgspec.structs.replace(
        given,
        schema=carried_over(given.schema, before.schema, after.schema),
        tracking=msgspec.structs.replace(after.tracking, tables=tables),
    )


# --- What is said of it -------------------------------------------------------------------------


def _remarks(
    case: CaseDatabase, run: _Run, again: _Again, recorded: int, tried: Tried
) -> Iterator[str]:
    error = run.sent.error
    touched = bool(run.done.catalogue or run.done.deeds or recorded or tried.lost())
    if error and touched:
        yield "the other statements stay done"
    if recorded > 0:
        yield f"it records {counted(recorded, 'migration')}"
    if updated := tried.updated():
        yield f"which rows of {_few(updated)} it changes is not known: none were copied"
    if isinstance(again, _Run) and again.sent.error and not error:
        yield f"with made-up rows in all tables it fails: {again.sent.error}"
    if case.missing and (error or touched):
        yield f"the copy lacks {', '.join(in_words(dict.fromkeys(case.missing)))}"


def _unsure(again: _Again, tried: Tried) -> str:
    if unwatched := tried.unwatched():
        return f"it switches triggers off, so rows of {_few(map(str, unwatched))} may go unseen"
    if looked_at := tried.looked_at():
        return f"what its code does depends on the rows of {_few(map(str, looked_at))}"
    if isinstance(again, _Run):
        return ""
    return f"what it does to rows could not be tried{f': {again}' if again else ''}"


def _few(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _NAMED
    return ", ".join(listed[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _overwritten(before: Database, after: Database, tool: str) -> Iterator[str]:
    """The recorded hashes that are gone although a row with the timestamp and key is there."""
    has = {_told(row) for table in _of(after, tool) for row in table.rows}
    kept = {(key, stamp) for key, stamp, _ in has}
    had = dict.fromkeys(_told(row) for table in _of(before, tool) for row in table.rows)
    for told in had:
        if told not in has and told[:2] in kept:
            yield f"the recorded hash {shortened(told[2], _SHOWN_HASH)} of {_stamped(told)}"


def _stamped(told: _Told) -> str:
    return told[0] or f"the row with timestamp {told[1]}"


def _counters(connection: Connection) -> _Counters:
    return {
        oid: (TableName(schema=str(schema), table=str(name)), cast("int | None", last))
        for oid, schema, name, last in connection.execute(_SEQUENCES).fetchall()
    }


def _counts_lost(database: Database, before: _Counters, after: _Counters) -> Iterator[str]:
    """The sequences of tracking tables that are gone, or count less: they tell of earlier runs."""
    tables = database.tracking.tables if database.tracking else ()
    counting = {table.sequence.name: table.name for table in tables if table.sequence}
    for oid, (name, last) in before.items():
        _, left = after.get(oid, (name, None))
        if name in counting and last is not None and (left is None or left < last):
            yield f"the id sequence of {counting[name]}, which is at {last}"


def _recorded(before: Database, after: Database, tool: str) -> int:
    """How many rows there are more; rows that moved are not."""
    return sum(len(table.rows) for table in _of(after, tool)) - sum(
        len(table.rows) for table in _of(before, tool)
    )


def _rows(database: Database, tool: str) -> set[tuple[TableName, _Told]]:
    return {(table.name, _told(row)) for table in _of(database, tool) for row in table.rows}


def _told(row: TrackingRow) -> _Told:
    return row.key, row.at, row.checksum


def _of(database: Database, tool: str) -> list[TrackingTable]:
    return list(database.tracking.of_tool(tool)) if database.tracking else []


def _all(database: Database) -> list[TrackingTable]:
    return list(database.tracking.tables) if database.tracking else []
