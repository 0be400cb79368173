"""A schema as a flat list of things, each with what is known of it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from forensics.facts import ConstraintKind, ObjectKind
from forensics.model import TableName


class Thing(NamedTuple):
    """The identity of an object; `part` is the name of what belongs to a table, but of an index."""

    kind: ObjectKind
    name: TableName
    part: str = ""


class ColumnShape(msgspec.Struct, frozen=True, kw_only=True):
    """A column; `None` is "not decided", and equals everything."""

    type: str | None = None
    not_null: bool | None = None
    has_default: bool | None = None
    default: str | None = None
    identity: bool | None = None
    generated: bool | None = None


class ConstraintShape(msgspec.Struct, frozen=True, kw_only=True):
    """A constraint; columns are `None` where not decided."""

    kind: ConstraintKind
    columns: tuple[str, ...] | None = None
    target: TableName | None = None
    validated: bool = True
    """Whether it was checked, or is to be, for the rows that were there before it."""


class IndexShape(msgspec.Struct, frozen=True, kw_only=True):
    """An index; columns are `None` where it is on more than plain columns."""

    table: TableName
    unique: bool = False
    columns: tuple[str, ...] | None = None
    usable: bool = True
    """False where it is there, but was never finished."""


class TriggerShape(msgspec.Struct, frozen=True):
    """A trigger of a table."""

    enabled: bool = True


class Labels(msgspec.Struct, frozen=True):
    """The labels of an enum in their order; `None` for another kind of type."""

    labels: tuple[str, ...] | None = None
    among: tuple[str, ...] = ()
    """Labels that are among them, of an enum of which the others are not known."""


class Bare(msgspec.Struct, frozen=True):
    """Something of which only the name is compared."""

    table: TableName | None = None
    """The table that it hangs on."""


Shape = ColumnShape | ConstraintShape | IndexShape | TriggerShape | Labels | Bare
Parts = list[tuple[Thing, Shape]]

ROW_SECURITY_ON = "on"
ROW_SECURITY_FORCED = "forced"
"""Parts of a table of the kind `ROW_SECURITY`: the second makes it hold for the owner, too."""


def is_valid(shape: Shape) -> bool:
    """Whether what exists does what it is there for."""
    match shape:
        case IndexShape(usable=usable):
            return usable
        case ConstraintShape(validated=validated):
            return validated
        case TriggerShape(enabled=enabled):
            return enabled
    return True


NAMED_ON_TABLES = frozenset({ObjectKind.TRIGGER, ObjectKind.POLICY})
_OF_A_TABLE = NAMED_ON_TABLES | {ObjectKind.ROW_SECURITY}


class State(msgspec.Struct, eq=False):
    """The things of a database, and what of them is in doubt."""

    search_path: tuple[str, ...] = ("public",)
    things: dict[Thing, Shape] = {}
    loose: set[TableName | Thing] = set()
    """Relations, types and parts with which something was done that we do not read."""
    anything: bool = False
    """Whether something was done that may have changed anything."""
    unmade: set[TableName | Thing] = set()
    """Tables, and things that are not tables, which the list changes but never makes.

    Of such a table only the parts are known that the list makes or changes.
    """
    named: set[str] = set()
    """Every word of the statements that we do not read: they may have made what has this name."""
    around: State | None = None
    """The database in which names are looked up that the list does not make."""
    by_name: frozenset[Thing] | None = None
    """Triggers and policies by schema and name, where nobody read on which tables they are."""
    doers: set[str] = set()
    """Names of functions that the list makes, and that may do anything when they are called."""
    touched: dict[Thing, Shape | None] = {}
    """What was set or removed since `start`, with what it was before."""
    hides: bool = False
    """Whether something was done since `start` that no state shows."""
    gone: set[Thing] = set()
    """What was taken away at any time: of one that is made again, it is open which one is there."""
    _by_table: dict[TableName, list[Thing]] | None = None
    """Index of `parts`, made when it is requested, and gone with the next change."""

    def copy(self) -> State:
        """A copy that changes by itself."""
        return State(
            search_path=self.search_path,
            things=dict(self.things),
            loose=set(self.loose),
            anything=self.anything,
            unmade=set(self.unmade),
            gone=set(self.gone),
            by_name=self.by_name,
        )

    def start(self) -> None:
        """Forget what was done."""
        self.touched, self.hides = {}, False

    def get(self, thing: Thing) -> Shape | None:
        """What is known of a thing; `None` where it is not there."""
        return self.things.get(thing)

    def put(self, thing: Thing, shape: Shape) -> None:
        """Add or change a thing."""
        self.touched.setdefault(thing, self.things.get(thing))
        self.hides |= thing in self.gone
        self.things[thing] = shape
        self._by_table = None

    def remove(self, thing: Thing) -> None:
        """Take a thing away, if it is there."""
        self.touched.setdefault(thing, self.things.get(thing))
        self.gone.add(thing)
        self.things.pop(thing, None)
        self._by_table = None

    def turn(self, before: Parts, after: Parts) -> None:
        """Take away what is not there afterwards, and add or change the rest."""
        kept = {thing for thing, _ in after}
        for thing, _ in before:
            if thing not in kept:
                self.remove(thing)
        for thing, shape in after:
            if self.get(thing) != shape:
                self.put(thing, shape)

    def touch(self, thing: Thing) -> None:
        """A statement speaks of it without changing it."""
        self.touched.setdefault(thing, self.things.get(thing))

    def has_table(self, name: TableName) -> bool:
        """Whether there is a table of that name."""
        return Thing(ObjectKind.TABLE, name) in self.things

    def decides(self, thing: Thing, shape: Shape | None = None) -> bool:
        """Whether nothing was done to a thing that we could not read."""
        held = shape or self.things.get(thing)
        hangs_on = held.table if isinstance(held, IndexShape | Bare) else None
        return not (self.anything or self.loose & {thing, thing.name, hangs_on})

    def tells(self, thing: Thing) -> bool:
        """Whether it is known if a thing is there."""
        if self.by_name is None or thing.kind not in _OF_A_TABLE:
            return True
        name = TableName(schema=thing.name.schema, table=thing.part)
        return thing.kind in NAMED_ON_TABLES and Thing(thing.kind, name) not in self.by_name

    def parts(self, table: TableName) -> Parts:
        """Columns, constraints, indexes and the like of a table."""
        if self._by_table is None:
            self._by_table = {}
            for thing, shape in self.things.items():
                hangs_on = shape.table if isinstance(shape, IndexShape | Bare) else None
                if (of := thing.name if thing.part else hangs_on) is not None:
                    self._by_table.setdefault(of, []).append(thing)
        return [(thing, self.things[thing]) for thing in self._by_table.get(table, ())]
