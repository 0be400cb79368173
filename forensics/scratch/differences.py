"""What SQL changed on a scratch database, carried over to the catalogue of the real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from forensics.dialects.effect import Done
from forensics.dialects.postgres.effects import run
from forensics.facts import LiveSchema, LiveTable
from forensics.model import TableName

Thing = TypeVar("Thing")


def carried_over(given: LiveSchema, before: LiveSchema, after: LiveSchema) -> LiveSchema:
    """The given catalogue with every difference between `before` and `after`.

    So what could not be made again stays in it, owners too, and where nothing was changed it is
    what the model says of no statement at all.
    """
    given = unchanged(given)
    owners = {table.name: table.owner for table in given.tables}
    was = {table.name: table for table in given.tables}, {t.name: t for t in before.tables}
    now = tuple(
        table
        if was[1].get(table.name) == table
        else _table_carried_over(replace(table, owner=owners.get(table.name)), *was)
        for table in after.tables
    )
    return replace(
        given,
        schemas=_changed(given.schemas, before.schemas, after.schemas, _itself),
        tables=_changed(given.tables, before.tables, now, _table_name),
        enums=_changed(given.enums, before.enums, after.enums, lambda enum: enum.name),
        sequences=_changed(given.sequences, before.sequences, after.sequences, _itself),
        extensions=_changed(
            given.extensions, before.extensions, after.extensions, lambda extension: extension.name
        ),
        others=_changed(
            given.others, before.others, after.others, lambda other: (other.kind, other.name)
        ),
    )


def _table_carried_over(
    after: LiveTable, given: dict[TableName, LiveTable], before: dict[TableName, LiveTable]
) -> LiveTable:
    """A changed table, in all else as it was given: a scratch server validates what it makes."""
    was, built = given.get(after.name), before.get(after.name)
    if was is None or built is None:
        return after
    constraints = {it.name: it for it in was.constraints}
    same = set(built.constraints)
    switched = after.row_security != built.row_security
    return replace(
        after,
        constraints=tuple(
            replace(it, validated=constraints[it.name].validated)
            if it in same and it.name in constraints
            else it
            for it in after.constraints
        ),
        index_definitions=_parts(was, built, after, lambda table: table.index_definitions),
        triggers=_parts(was, built, after, lambda table: table.triggers),
        policies=_parts(was, built, after, lambda table: table.policies),
        row_security=after.row_security if switched else was.row_security,
    )


def _parts(
    given: LiveTable,
    before: LiveTable,
    after: LiveTable,
    of: Callable[[LiveTable], tuple[Thing, ...]],
) -> tuple[Thing, ...]:
    return _changed(of(given), of(before), of(after), _part_name)


def _part_name(part: Any) -> str:  # noqa: ANN401
    return str(part.name)


def unchanged(schema: LiveSchema) -> LiveSchema:
    """A catalogue in the order in which effects give it."""
    effect = run(schema, ())
    assert isinstance(effect, Done)
    return effect.schema


def _changed(
    given: tuple[Thing, ...],
    before: tuple[Thing, ...],
    after: tuple[Thing, ...],
    name: Callable[[Thing], Any],
) -> tuple[Thing, ...]:
    """The given things, sorted by name, but for those that differ between before and after."""
    if before == after:
        return given
    was = set(before)
    gone = {name(thing) for thing in before} - {name(thing) for thing in after}
    things = {name(thing): thing for thing in given if name(thing) not in gone}
    things |= {name(thing): thing for thing in after if thing not in was}
    return tuple(things[one] for one in sorted(things))


def _table_name(table: LiveTable) -> TableName:
    return table.name


def _itself(thing: Thing) -> Thing:
    return thing
