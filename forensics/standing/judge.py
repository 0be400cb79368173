"""Holds every listed migration, and the state after it, against the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field

from forensics.effects.outcome import Unsure
from forensics.effects.tokens import Token, statements
from forensics.facts import (
    Aspect,
    Difference,
    LiveSchema,
    MadeBy,
    Migration,
    MigrationStanding,
    ObjectKind,
    Presence,
    Standing,
    StatementStanding,
)
from forensics.standing.compare import OFTEN_THERE, differences, stands_in, told
from forensics.standing.live import state_of
from forensics.standing.sql import Work, apply
from forensics.standing.things import Shape, State, Thing

_LONGEST = 300
"""Characters of a statement that are kept for the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One listed migration: its SQL, and the state after it as its snapshot has it."""

    migration: Migration
    texts: tuple[str, ...] | None = None
    """`None` where the file is not there, or was not read."""
    after: State | None = None
    evidence: tuple[str, ...] = ()


@dataclass(slots=True)
class _Said:
    """One statement, with what it did to the state."""

    text: str
    work: Work
    touched: dict[Thing, tuple[Shape | None, Shape | None]]
    """Before and after."""


@dataclass(slots=True)
class _Walked:
    """The SQL of one migration, and the state that it leads to."""

    step: Step
    sql: State
    said: list[_Said] = field(default_factory=list)
    why_unknown: str = ""


def judge(schema: LiveSchema, steps: Sequence[Step]) -> Standing:
    """The database against every state that the steps lead through."""
    live = state_of(schema)
    walked = list(_walk(live, steps))
    known = _known(walked)
    last = _last_touches(walked)
    return Standing(
        evidence=schema.evidence,
        before=tuple(differences(State(search_path=live.search_path), live, known)),
        migrations=tuple(
            _migration(number, walked, live, known, last) for number in range(len(walked))
        ),
        made_by=_made_by(walked, live),
    )


# --- What the SQL leads to ----------------------------------------------------------------------


def _walk(live: State, steps: Sequence[Step]) -> Iterator[_Walked]:
    state = State(search_path=live.search_path)
    before: State | None = State(search_path=live.search_path)
    why = ""
    for step in steps:
        said: list[_Said] = []
        if step.texts is None:
            why = why or _without_sql(state, before, step)
        else:
            said = [it for text in step.texts for it in _run(text, state)]
        before = step.after
        state.start()
        yield _Walked(step, state.copy(), said, why)


def _without_sql(state: State, before: State | None, step: Step) -> str:
    """What the snapshots on both sides say that it did; the reason where that is not known."""
    if before is None or step.after is None:
        state.anything = True
        return f"neither the SQL of {step.migration.tag} nor both snapshots around it can be read"
    for thing, shape in step.after.things.items():
        if before.get(thing) != shape:
            state.put(thing, shape)
    for thing in before.things:
        if thing not in step.after.things:
            state.remove(thing)
    return ""


def _run(text: str, state: State) -> Iterator[_Said]:
    try:
        parsed = tuple(statements(text))
    except Unsure:
        state.anything = True
        yield _Said(_one_line(text), Work.UNREAD, {})
        return
    for statement in parsed:
        state.start()
        work = apply(statement, state)
        touched = {thing: (old, state.get(thing)) for thing, old in state.touched.items()}
        yield _Said(_text_of(statement), work, touched)


def _text_of(statement: tuple[Token, ...]) -> str:
    return _one_line(" ".join(token.raw for token in statement))


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def _known(walked: Sequence[_Walked]) -> Set[Thing]:
    """Everything that any state has."""
    states = [it.sql for it in walked] + [it.step.after for it in walked if it.step.after]
    return frozenset(thing for state in states for thing in state.things)


def _last_touches(walked: Sequence[_Walked]) -> dict[Thing, _Said]:
    """The last statement of the whole list that did something to a thing."""
    return {thing: said for it in walked for said in it.said for thing in said.touched}


# --- Held against the catalogue -----------------------------------------------------------------


def _migration(
    number: int,
    walked: Sequence[_Walked],
    live: State,
    known: Set[Thing],
    last: dict[Thing, _Said],
) -> MigrationStanding:
    here = walked[number]
    earlier = walked[number - 1].sql if number else State()
    return MigrationStanding(
        position=here.step.migration.position,
        tag=here.step.migration.tag,
        statements=tuple(_statement(it, earlier, walked[-1].sql, live, last) for it in here.said),
        differences=tuple(_agreed(here, live, known)),
        known=not here.sql.anything,
        why_unknown=here.why_unknown or "a statement may have changed anything",
        evidence=here.step.evidence,
    )


def _agreed(here: _Walked, live: State, known: Set[Thing]) -> Iterator[Difference]:
    """Where snapshot and SQL both want something else than there is; one alone may be wrong."""
    if here.sql.anything:
        return
    by_sql = list(differences(here.sql, live, known))
    if here.step.after is None:
        yield from by_sql
        return
    by_snapshot = {_key(it) for it in differences(here.step.after, live, known)}
    for difference in by_sql:
        if _key(difference) in by_snapshot or not _in_snapshots(difference):
            yield difference


def _key(difference: Difference) -> tuple[object, ...]:
    return difference.kind, difference.name, difference.part, difference.aspect


def _in_snapshots(difference: Difference) -> bool:
    """Whether a snapshot would say anything of such an object."""
    return difference.kind not in _ONLY_IN_SQL


_ONLY_IN_SQL = frozenset({ObjectKind.EXTENSION, ObjectKind.FUNCTION, ObjectKind.TRIGGER})


def _statement(
    said: _Said, earlier: State, final: State, live: State, last: dict[Thing, _Said]
) -> StatementStanding:
    """What a statement did, against the state before its migration.

    What a later statement undid, or may have undone, is not decided.
    """
    kinds = {
        _presence(thing, earlier.get(thing), after, live)
        for thing, (before, after) in said.touched.items()
        if last[thing] is said and final.decides(thing, after or before)
    } - {Presence.UNDECIDABLE}
    presence = Presence.UNDECIDABLE
    if kinds:
        presence = kinds.pop() if len(kinds) == 1 else Presence.PARTLY
    return StatementStanding(
        text=said.text,
        presence=presence,
        rows=said.work is Work.ROWS,
        touches=tuple(_touched(said, live)),
    )


def _touched(said: _Said, live: State) -> Iterator[Difference]:
    for thing, (before, after) in said.touched.items():
        aspect = Aspect.CHANGED
        if before is None and after is not None:
            aspect = Aspect.EXTRA if thing in live.things else Aspect.MISSING
        yield Difference(kind=thing.kind, name=thing.name, part=thing.part, aspect=aspect)


def _presence(thing: Thing, before: Shape | None, after: Shape | None, live: State) -> Presence:
    if before == after:
        return Presence.UNDECIDABLE
    if after is None:
        return _gone(thing, live)
    is_so = _has(thing, after, live)
    if is_so and thing.kind in OFTEN_THERE:
        return Presence.UNDECIDABLE
    if before is not None:
        was_so = _has(thing, before, live)
        if is_so and was_so:
            return Presence.UNDECIDABLE
        if was_so:
            return Presence.ABSENT
    if is_so:
        return Presence.PRESENT
    return Presence.PARTLY if thing in live.things else Presence.ABSENT


def _has(thing: Thing, shape: Shape, live: State) -> bool:
    """Whether the database has a thing, or one that does the same, as far as can be told."""
    if thing in live.things:
        return not any(told(thing, shape, live))
    return stands_in(thing, shape, live)


def _gone(thing: Thing, live: State) -> Presence:
    """That something is not there tells little: it may never have been."""
    if thing in live.things:
        return Presence.ABSENT
    if not thing.part or not live.has_table(thing.name):
        return Presence.UNDECIDABLE
    return Presence.PRESENT


# --- The order of columns -----------------------------------------------------------------------


def _made_by(walked: Sequence[_Walked], live: State) -> MadeBy:
    """Migrations add columns at the end; `push` makes a table as the schema code has it."""
    if not walked or walked[-1].step.after is None:
        return MadeBy.UNKNOWN
    votes = set()
    for thing in live.things:
        if thing.kind is not ObjectKind.TABLE:
            continue
        orders = [_order(state, thing) for state in (walked[-1].sql, walked[-1].step.after, live)]
        by_sql, by_push, found = orders
        if by_sql != by_push and set(by_sql) == set(by_push) == set(found):
            votes.add({by_sql: MadeBy.MIGRATIONS, by_push: MadeBy.PUSH}.get(found, MadeBy.UNKNOWN))
    votes.discard(MadeBy.UNKNOWN)
    return votes.pop() if len(votes) == 1 else MadeBy.UNKNOWN


def _order(state: State, table: Thing) -> tuple[str, ...]:
    return tuple(
        thing.part
        for thing in state.things
        if thing.kind is ObjectKind.COLUMN and thing.name == table.name
    )
