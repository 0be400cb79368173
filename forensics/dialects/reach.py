"""How far the migrations are in a database, by the effects of their statements."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.facts import MigrationStanding, ObjectKind, Presence

ONLY_IN_SQL = frozenset({ObjectKind.EXTENSION, ObjectKind.FUNCTION, ObjectKind.TRIGGER})
"""Kinds of objects that the schema code and snapshots know nothing of."""


def farthest(migrations: Sequence[MigrationStanding], last: int) -> int:
    """The last migration that is there whole, before one after `last` that is not there at all.

    What a sync leaves out does not count: it may have brought the database there.
    """
    reached = last
    for migration in migrations[last + 1 :]:
        if is_absent(migration):
            break
        if migration.presence is Presence.PRESENT:
            reached = migration.position
    return reached


def is_absent(migration: MigrationStanding) -> bool:
    """Whether nothing is there of what it makes and the schema code has."""
    if migration.presence is not Presence.ABSENT:
        return False
    kinds = {
        touched.kind
        for statement in migration.statements
        if statement.presence is Presence.ABSENT
        for touched in statement.touches
    }
    return not kinds <= ONLY_IN_SQL


def worth_comparing(migrations: Sequence[MigrationStanding], last: int) -> range:
    """The states that the database can be in: from the farthest to before what is not there."""
    first = farthest(migrations, last)
    end = first + 1
    while end < len(migrations) and not is_absent(migrations[end]):
        end += 1
    return range(first, end)
