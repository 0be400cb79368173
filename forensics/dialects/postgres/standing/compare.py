"""Compares one state with another; an undecided part counts as equal."""

from __future__ import annotations

from collections.abc import Container, Iterator, Set

from forensics.dialects.things import (
    ColumnShape,
    ConstraintShape,
    IndexShape,
    Labels,
    Shape,
    State,
    Thing,
    TriggerShape,
    is_valid,
)
from forensics.facts import KEY_KINDS, Aspect, ConstraintKind, Difference, ObjectKind
from forensics.model import TableName

OFTEN_THERE = frozenset({ObjectKind.SCHEMA, ObjectKind.EXTENSION, ObjectKind.FUNCTION})
"""Kinds of objects that others make too, and migrations only where they are not there yet."""

_WORD = {
    ConstraintKind.PRIMARY_KEY: "primary key",
    ConstraintKind.UNIQUE: "unique",
    ConstraintKind.FOREIGN_KEY: "foreign key",
    ConstraintKind.CHECK: "check",
    ConstraintKind.EXCLUSION: "exclusion",
}


def differences(expected: State, live: State, known: Set[Thing]) -> Iterator[Difference]:
    """What of a state is not in the database, and what exists beyond it.

    Beyond it is a column of a table of the state, and any thing in `known`: one that another state
    has. Tables, indexes and constraints that no state knows are somebody else's, and left alone.
    """
    for thing, shape in expected.things.items():
        if expected.decides(thing) and live.tells(thing):
            yield from told(thing, shape, live, expected.things)
    for thing, shape in live.things.items():
        if thing not in expected.things and expected.decides(thing, shape):
            yield from _extra(thing, shape, expected, live, known)


def unmet(expected: State, live: State) -> Iterator[tuple[Thing, bool]]:
    """What of a state is not in the database just so; and whether that is beyond doubt.

    Here nothing is left out because it is in doubt, or because a missing table says it. What the
    list took away, and is there, counts too.
    """
    for thing, shape in expected.things.items():
        decided = expected.decides(thing)
        if not live.tells(thing):
            continue
        if thing not in live.things:
            if not stands_in(thing, shape, live, expected.things):
                yield thing, decided
        elif decided and any(told(thing, shape, live, expected.things)):
            yield thing, True
    for thing in expected.gone:
        if thing not in expected.things and stayed(thing, live):
            yield thing, expected.decides(thing)


def stayed(thing: Thing, live: State) -> bool:
    """Whether what was taken away is there; others may have made it again where they often do.

    Of functions the name does not tell which one it is, and the index of a constraint is not the
    index of that name.
    """
    held = live.get(thing)
    if held is None or thing.kind in OFTEN_THERE:
        return False
    table = held.table if isinstance(held, IndexShape) else thing.name
    backed = Thing(ObjectKind.CONSTRAINT, table, thing.name.table)
    return thing.kind is not ObjectKind.INDEX or backed not in live.things


def told(thing: Thing, shape: Shape, live: State, wanted: Container[Thing]) -> Iterator[Difference]:
    """In which respects the database has a thing otherwise, or not at all."""
    held = live.get(thing)
    if held is None:
        if not _is_part_of_missing(thing, shape, live) and not stands_in(
            thing, shape, live, wanted
        ):
            yield _difference(thing, Aspect.MISSING, expected=_shown(shape))
        return
    yield from _validity(thing, shape, held)
    if isinstance(shape, ColumnShape) and isinstance(held, ColumnShape):
        yield from _column(thing, shape, held)
    elif isinstance(shape, Labels) and isinstance(held, Labels):
        lacks = held.labels is None or not set(shape.among) <= set(held.labels)
        if _differ(shape.labels, held.labels) or (shape.among and lacks):
            yield _difference(thing, Aspect.LABELS, _shown(shape), _shown(held))
    elif _same_kind(shape, held) and _differ(_columns_of(shape), _columns_of(held)):
        yield _difference(thing, Aspect.COLUMNS, _shown(shape), _shown(held))


def _validity(thing: Thing, shape: Shape, held: Shape) -> Iterator[Difference]:
    if is_valid(shape) and not is_valid(held):
        yield _difference(thing, Aspect.INVALID, "valid", "not valid")
    elif isinstance(shape, TriggerShape) and shape != held:
        yield _difference(thing, Aspect.INVALID, "disabled", "enabled")


def _same_kind(shape: Shape, held: Shape) -> bool:
    if isinstance(shape, IndexShape):
        return isinstance(held, IndexShape) and held.table == shape.table
    if isinstance(shape, ConstraintShape):
        return isinstance(held, ConstraintShape) and held.kind == shape.kind
    return False


def _columns_of(shape: Shape) -> tuple[str, ...] | None:
    return shape.columns if isinstance(shape, IndexShape | ConstraintShape) else None


def stands_in(thing: Thing, shape: Shape, other: State, wanted: Container[Thing] = ()) -> bool:
    """Whether something of another name does the same: a key or an index on the same columns.

    Not one that is `wanted` for itself: it was made next to this one.
    """
    if _columns_of(shape) is None:
        return False
    table = shape.table if isinstance(shape, IndexShape) else thing.name
    return any(
        _same_key(shape, it) and is_valid(it) and not _is_wanted(found, table, wanted)
        for found, it in other.parts(table)
    )


def _is_wanted(found: Thing, table: TableName, wanted: Container[Thing]) -> bool:
    """By its name, or as the index of a constraint."""
    backed = Thing(ObjectKind.CONSTRAINT, table, found.name.table)
    return found in wanted or (found.kind is ObjectKind.INDEX and backed in wanted)


def _same_key(shape: Shape, other: Shape) -> bool:
    if not isinstance(shape, ConstraintShape | IndexShape):
        return False
    if not isinstance(other, ConstraintShape | IndexShape) or shape.columns != other.columns:
        return False
    if isinstance(shape, ConstraintShape) and isinstance(other, ConstraintShape):
        return shape.kind == other.kind and not _differ(shape.target, other.target)
    if isinstance(shape, IndexShape) and isinstance(other, IndexShape):
        return shape.unique == other.unique
    return _is_unique(shape) and _is_unique(other)


def _is_unique(shape: ConstraintShape | IndexShape) -> bool:
    return shape.unique if isinstance(shape, IndexShape) else shape.kind in KEY_KINDS


def _is_part_of_missing(thing: Thing, shape: Shape, live: State) -> bool:
    """A missing table says it for all that hangs on it, a missing column for its keys."""
    table = shape.table if isinstance(shape, IndexShape) else thing.name if thing.part else None
    if table is None:
        return False
    if not live.has_table(table) and Thing(ObjectKind.VIEW, table) not in live.things:
        return True
    columns = _columns_of(shape) or ()
    return any(Thing(ObjectKind.COLUMN, table, it) not in live.things for it in columns)


def _column(thing: Thing, shape: ColumnShape, held: ColumnShape) -> Iterator[Difference]:
    if _differ(shape.type, held.type):
        yield _difference(thing, Aspect.TYPE, shape.type or "", held.type or "")
    if _differ(shape.not_null, held.not_null):
        yield _difference(thing, Aspect.NULLS, _nulls(shape), _nulls(held))
    for word, aspect in (("identity", Aspect.IDENTITY), ("generated", Aspect.GENERATED)):
        both = [getattr(it, word) for it in (shape, held)]
        if _differ(*both):
            yield _difference(thing, aspect, *(word if it else f"not {word}" for it in both))
            return
    if _differ(shape.has_default, held.has_default) or _differ(shape.default, held.default):
        yield _difference(thing, Aspect.DEFAULT, _default(shape), _default(held))


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


def _extra(
    thing: Thing, shape: Shape, expected: State, live: State, known: Set[Thing]
) -> Iterator[Difference]:
    managed = expected.has_table(thing.name) and thing.name not in expected.unmade
    on_managed_table = thing.kind is ObjectKind.COLUMN and managed
    if not on_managed_table and (
        thing not in known
        or thing.kind in OFTEN_THERE | _SWITCHES
        or _is_part_of_extra(thing, shape, expected, live)
        or stands_in(thing, shape, expected)
    ):
        return
    required = isinstance(shape, ColumnShape) and _must_be_given(shape)
    yield _difference(thing, Aspect.EXTRA, found=_shown(shape), required=required)


_SWITCHES = frozenset({ObjectKind.ROW_SECURITY})
"""What is on beyond a state harms no migration."""


def _is_part_of_extra(thing: Thing, shape: Shape, expected: State, live: State) -> bool:
    """A table that is beyond the state says it for all that hangs on it."""
    table = thing.name if thing.part else None
    if isinstance(shape, IndexShape):
        table = shape.table
    return table is not None and live.has_table(table) and not expected.has_table(table)


def _difference(
    thing: Thing, aspect: Aspect, expected: str = "", found: str = "", *, required: bool = False
) -> Difference:
    return Difference(
        kind=thing.kind,
        name=thing.name,
        part=thing.part,
        aspect=aspect,
        expected=expected,
        found=found,
        required=required,
    )


def _shown(shape: Shape) -> str:
    if isinstance(shape, ColumnShape):
        required = " NOT NULL without default" if _must_be_given(shape) else ""
        return f"{shape.type or 'some type'}{required}"
    if isinstance(shape, Labels):
        return ", ".join(shape.labels or shape.among)
    if isinstance(shape, ConstraintShape):
        return f"{_WORD[shape.kind]} ({', '.join(shape.columns or ())})"
    if isinstance(shape, IndexShape):
        return f"on {shape.table} ({', '.join(shape.columns or ('...',))})"
    return ""


def _must_be_given(shape: ColumnShape) -> bool:
    """Whether a row cannot be inserted without a value for the column."""
    return bool(shape.not_null) and shape.has_default is False


def _nulls(shape: ColumnShape) -> str:
    return "NOT NULL" if shape.not_null else "NULL allowed"


def _default(shape: ColumnShape) -> str:
    return shape.default or "some default" if shape.has_default else "no default"
