"""Which locks of other sessions a statement has to wait for (13.3 of the manual)."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.effects.catalogue import Catalogue
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.statements import statements
from forensics.facts import Circumstances, HeldLock, LiveSchema
from forensics.model import TableName

_EXCLUSIVE = "AccessExclusiveLock"
_WRITERS = frozenset(
    {
        "RowExclusiveLock",
        "ShareUpdateExclusiveLock",
        "ShareRowExclusiveLock",
        "ExclusiveLock",
        _EXCLUSIVE,
    }
)
_WAITS_FOR = {
    "ShareLock": _WRITERS,
    "ShareRowExclusiveLock": _WRITERS | {"ShareLock"},
}
"""Lock that is taken -> those of others that it waits for; the strongest waits for all."""
_MOVED = frozenset({"table", "view", "materialized view", "index", "sequence"})


def waits_for(schema: LiveSchema, text: str, held: Circumstances) -> tuple[HeldLock, ...]:
    """The locks that others hold and that the statements of a text wait for."""
    catalogue = Catalogue.of(schema)
    try:
        wanted = {(it, mode) for said in statements(text) for it, mode in _locks(said, catalogue)}
    except (Unsure, PostgresError):
        return ()
    return tuple(
        lock
        for lock in held.locks
        if any(
            lock.table == table and lock.mode in _WAITS_FOR.get(mode, {lock.mode})
            for table, mode in wanted
        )
    )


def _locks(statement: sql.Statement, catalogue: Catalogue) -> Iterator[tuple[TableName, str]]:
    for name, mode in _named(statement.command):
        found = catalogue.find_relation(name)
        if found is not None:
            yield catalogue.indexes.get(found, found), mode


def _named(command: sql.Command) -> Iterator[tuple[Name, str]]:
    yield from ((name, _EXCLUSIVE) for name in _changed(command))
    if isinstance(command, sql.CreateIndex) and not command.concurrently:
        yield command.table, "ShareLock"
    parts: tuple[object, ...] = ()
    if isinstance(command, sql.AlterTable):
        parts = command.actions
    elif isinstance(command, sql.CreateTable):
        parts = command.items or ()
    for part in parts:
        yield from _targets(part)


def _changed(command: sql.Command) -> tuple[Name, ...]:
    """What nobody else may even read meanwhile."""
    match command:
        case sql.AlterTable(name=name):
            return (name,)
        case sql.Drop(what=what, names=names) if what in _MOVED:
            return names
        case sql.Rename(what=what, name=name) if what in _MOVED | {"column"}:
            return (name,)
        case sql.SetSchema(what=what, name=name) if what in _MOVED:
            return (name,)
        case sql.Rows(verb="truncate", tables=tables):
            return tables
        case _:
            return ()


def _targets(part: object) -> Iterator[tuple[Name, str]]:
    """The tables that foreign keys refer to."""
    match part:
        case sql.AddColumn(column=column):
            yield from _targets(column)
        case sql.AddConstraint(constraint=constraint):
            yield from _targets(constraint)
        case sql.Column(constraints=constraints):
            for constraint in constraints:
                yield from _targets(constraint)
        case sql.TableConstraint(target=Name() as target):
            yield target, "ShareRowExclusiveLock"
        case _:
            return
