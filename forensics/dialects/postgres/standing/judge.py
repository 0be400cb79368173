"""Holds every listed migration, and the state after it, against the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Protocol

import msgspec
from msgspec.structs import replace

from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.standing.compare import differences, unmet
from forensics.dialects.postgres.standing.kinds import Work
from forensics.dialects.postgres.standing.live import state_of
from forensics.dialects.postgres.standing.presence import Against, Said
from forensics.dialects.postgres.standing.sql import apply
from forensics.dialects.postgres.statements import statements
from forensics.dialects.reach import ONLY_IN_SQL, worth_comparing
from forensics.dialects.steps import StandingStep, no_snapshot
from forensics.dialects.things import Shape, State, Thing
from forensics.facts import (
    Difference,
    LiveSchema,
    MadeBy,
    MigrationStanding,
    Object,
    ObjectKind,
    Standing,
)
from forensics.model import TableName
from forensics.model.wording import shortened

_LONGEST = 300
"""Characters of a statement that are kept for the reader."""


class _Walked(msgspec.Struct):
    """The SQL of one migration, and the state that it leads to."""

    step: StandingStep
    said: list[Said]
    why_unknown: str
    sql: State | None
    """The state after it, of those that are compared."""

    @property
    def before(self) -> dict[Thing, Shape | None]:
        """What it touches, as it was before it."""
        found: dict[Thing, Shape | None] = {}
        for said in self.said:
            for thing, (before, _) in said.touched.items():
                found.setdefault(thing, before)
        return found


class Reader(Protocol):
    """How a dialect reads SQL and catalogues."""

    def state_of(self, schema: LiveSchema) -> State:
        """The things of a catalogue."""

    def run(self, text: str, state: State) -> Iterator[Said]:
        """Each statement of a text, done to the state."""


class _Postgres:
    """By the lexer, and by what we know of each kind of statement."""

    def state_of(self, schema: LiveSchema) -> State:
        """See `live`."""
        return state_of(schema)

    def run(self, text: str, state: State) -> Iterator[Said]:
        """See `sql`."""
        try:
            parsed = statements(text, check=False)
        except Unsure:
            state.anything = True
            yield Said(_one_line(text), Work.UNREAD, {}, hides=True)
            return
        for statement in parsed:
            state.start()
            work = apply(statement, state)
            touched = {thing: (old, state.get(thing)) for thing, old in state.touched.items()}
            yield Said(_one_line(statement.written), work, touched, state.hides)


def judge(
    schema: LiveSchema,
    steps: Sequence[StandingStep],
    start: int = -1,
    reader: Reader | None = None,
) -> Standing:
    """The database against the states that the steps lead through, from one position on.

    Whoever knows from rows how far it came needs no state before that; -1 is before the first.
    """
    reader = reader or _Postgres()
    live = reader.state_of(schema)
    state = State(search_path=live.search_path, around=live)
    walked = list(_walk(state, steps, start, reader))
    catalogue = Against(state, live, _last_touches(walked))
    told_of = [_migration(each, catalogue) for each in walked]
    compared = {start, *worth_comparing(told_of, start)}
    known = _known([it for number, it in enumerate(walked) if number in compared], walked)
    known -= state.unmade
    nothing = State(search_path=live.search_path)
    return Standing(
        evidence=schema.evidence,
        before=tuple(differences(nothing, live, known)) if start < 0 else (),
        migrations=tuple(
            _compared(told, walked[number], live, known) if number in compared else told
            for number, told in enumerate(told_of)
        ),
        made_by=_made_by(walked[-1], live) if start < len(steps) - 1 else MadeBy.UNKNOWN,
    )


# --- What the SQL leads to ----------------------------------------------------------------------


def _walk(
    state: State, steps: Sequence[StandingStep], start: int, reader: Reader
) -> Iterator[_Walked]:
    why = ""
    for number, step in enumerate(steps):
        said: list[Said] = []
        if step.texts is None:
            before = steps[number - 1].after if number else State(search_path=state.search_path)
            why = why or _without_sql(state, before, step)
        else:
            said = [it for text in step.texts for it in reader.run(text, state)]
        yield _Walked(step, said, why, state.copy() if number >= start else None)


def _without_sql(state: State, before: State | None, step: StandingStep) -> str:
    """What the snapshots on both sides say that it did; the reason where that is not known."""
    if before is None or step.after is None:
        state.anything = True
        if step.snapshot is no_snapshot:
            return f"the SQL of {step.migration.key} cannot be read"
        return f"neither the SQL of {step.migration.key} nor both snapshots around it can be read"
    for thing, shape in step.after.things.items():
        if before.get(thing) != shape:
            state.put(thing, shape)
    for thing in before.things:
        if thing not in step.after.things:
            state.remove(thing)
    return ""


def _one_line(text: str) -> str:
    return shortened(" ".join(text.split()), _LONGEST)


def _known(compared: Sequence[_Walked], walked: Sequence[_Walked]) -> Set[Thing]:
    """Everything that any state has, as far as states are examined."""
    made = {
        thing
        for it in walked
        for said in it.said
        for thing, (_, after) in said.touched.items()
        if after is not None
    }
    states = [*(it.step.after for it in compared), *(it.sql for it in compared)]
    return frozenset(made.union(*(state.things for state in states if state is not None)))


def _last_touches(walked: Sequence[_Walked]) -> dict[Thing, Said]:
    """The last statement of the whole list that did something to a thing."""
    return {thing: said for it in walked for said in it.said for thing in said.touched}


# --- Held against the catalogue -----------------------------------------------------------------


def _migration(here: _Walked, catalogue: Against) -> MigrationStanding:
    before = here.before
    return MigrationStanding(
        position=here.step.migration.position,
        tag=here.step.migration.key,
        statements=tuple(catalogue.statement(it, before) for it in here.said),
        known=here.sql is None or not here.sql.anything,
        why_unknown=here.why_unknown or "a statement may have changed anything",
        evidence=here.step.evidence,
    )


def _compared(
    told: MigrationStanding, here: _Walked, live: State, known: Set[Thing]
) -> MigrationStanding:
    if here.sql is None or here.sql.anything:
        return told
    lacks = list(unmet(here.sql, live))
    return replace(
        told,
        differences=tuple(_agreed(here.sql, here.step, live, known)),
        compared=True,
        lacks=tuple(_object(thing) for thing, surely in lacks if surely),
        may_lack=tuple(_object(thing) for thing, surely in lacks if not surely),
    )


def _object(thing: Thing) -> Object:
    return thing.kind, thing.name, thing.part


def _agreed(sql: State, step: StandingStep, live: State, known: Set[Thing]) -> Iterator[Difference]:
    """Where snapshot and SQL both want something else than there is; one alone may be wrong."""
    by_sql = list(differences(sql, live, known))
    if step.after is None or not by_sql:
        yield from by_sql
        return
    by_snapshot = {_key(it) for it in differences(step.after, live, known)}
    for difference in by_sql:
        if _key(difference) in by_snapshot or not _in_snapshots(difference, step.after):
            yield difference


def _key(difference: Difference) -> tuple[object, ...]:
    return difference.kind, difference.name, difference.part, difference.aspect


def _in_snapshots(difference: Difference, snapshot: State) -> bool:
    """Whether a snapshot would say anything of such an object."""
    if difference.kind in _OFTEN_BY_HAND:
        return Thing(*difference.object) in snapshot.things
    return difference.kind not in ONLY_IN_SQL


_OFTEN_BY_HAND = frozenset({ObjectKind.POLICY, ObjectKind.ROW_SECURITY})
"""Written into the SQL by those whose schema code does not have them, too."""


# --- The order of columns -----------------------------------------------------------------------


def _made_by(newest: _Walked, live: State) -> MadeBy:
    """Migrations add columns at the end; a sync makes a table as the schema code has it."""
    if newest.sql is None or newest.step.after is None:
        return MadeBy.UNKNOWN
    orders = [_orders(state) for state in (newest.sql, newest.step.after, live)]
    votes = set()
    for table, found in orders[2].items():
        by_sql, by_sync = (order.get(table, ()) for order in orders[:2])
        if by_sql != by_sync and set(by_sql) == set(by_sync) == set(found):
            votes.add({by_sql: MadeBy.MIGRATIONS, by_sync: MadeBy.SYNC}.get(found, MadeBy.UNKNOWN))
    votes.discard(MadeBy.UNKNOWN)
    return votes.pop() if len(votes) == 1 else MadeBy.UNKNOWN


def _orders(state: State) -> dict[TableName, tuple[str, ...]]:
    """Table -> its columns in their order."""
    found: dict[TableName, list[str]] = {}
    for thing in state.things:
        if thing.kind is ObjectKind.COLUMN:
            found.setdefault(thing.name, []).append(thing.part)
    return {table: tuple(columns) for table, columns in found.items()}
