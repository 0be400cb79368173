"""Holds what one statement did against the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from forensics.dialects.postgres.standing.compare import OFTEN_THERE, stands_in, stayed, told
from forensics.dialects.postgres.standing.kinds import Work
from forensics.dialects.things import Shape, State, Thing, is_valid
from forensics.facts import Aspect, Difference, Presence, StatementStanding


class Said(msgspec.Struct):
    """One statement, with what it did to the state."""

    text: str
    work: Work
    touched: dict[Thing, tuple[Shape | None, Shape | None]]
    """Before and after."""
    hides: bool = False
    """Whether it does something that no state shows."""


class Against(msgspec.Struct, frozen=True):
    """The catalogue, and all that the list does to each thing."""

    final: State
    """After the whole list."""
    live: State
    last: dict[Thing, Said]
    """The last statement that did something to a thing."""

    def statement(self, said: Said, earlier: dict[Thing, Shape | None]) -> StatementStanding:
        """What a statement did, against the state before its migration.

        What a later statement undid, or may have undone, is not decided.
        """
        presences = {
            thing: self._presence(said, thing, earlier.get(thing)) for thing in said.touched
        }
        kinds = set(presences.values()) - {Presence.UNDECIDABLE}
        presence = Presence.UNDECIDABLE
        if kinds:
            presence = kinds.pop() if len(kinds) == 1 else Presence.PARTLY
        return StatementStanding(
            text=said.text,
            presence=presence,
            rows=said.work is Work.ROWS,
            commits=said.work is Work.COMMIT,
            open=said.hides
            or any(
                presences[thing] is Presence.UNDECIDABLE and self._is_open(said, thing)
                for thing in said.touched
            ),
            touches=tuple(self._touched(said)),
        )

    def _is_decided(self, said: Said, thing: Thing) -> bool:
        before, after = said.touched[thing]
        return self.last[thing] is said and self.final.decides(thing, after or before)

    def _presence(self, said: Said, thing: Thing, before: Shape | None) -> Presence:
        after = said.touched[thing][1]
        if not self._is_decided(said, thing) or not self.live.tells(thing):
            return Presence.UNDECIDABLE
        if after is None:
            return self._gone(thing, before)
        if before == after:
            return Presence.UNDECIDABLE
        if thing not in self.live.things:
            shapes = (shape for shape in (before, after) if shape is not None)
            alike = any(stands_in(thing, it, self.live, self.final.things) for it in shapes)
            # One of another name on the same columns may be this one.
            return Presence.UNDECIDABLE if alike else Presence.ABSENT
        return self._by_shape(thing, before, after)

    def _by_shape(self, thing: Thing, before: Shape | None, after: Shape) -> Presence:
        """An invalid object has no effect, so it counts as missing."""
        found = [it.aspect for it in told(thing, after, self.live, ())]
        if found == [Aspect.INVALID]:
            return Presence.ABSENT
        is_so = not found
        if is_so and thing.kind in OFTEN_THERE:
            return Presence.UNDECIDABLE
        if before is not None:
            was_so = not any(told(thing, before, self.live, ()))
            if is_so and was_so:
                return Presence.UNDECIDABLE
            if was_so:
                return Presence.ABSENT
        return Presence.PRESENT if is_so else Presence.PARTLY

    def _gone(self, thing: Thing, before: Shape | None) -> Presence:
        """That something is not there tells little: it may never have been."""
        if stayed(thing, self.live):
            return Presence.ABSENT
        if before is None or not thing.part or not self.live.has_table(thing.name):
            return Presence.UNDECIDABLE
        return Presence.PRESENT if thing not in self.live.things else Presence.UNDECIDABLE

    # --- What nobody can tell -------------------------------------------------------------------

    def _is_open(self, said: Said, thing: Thing) -> bool:
        """Of a thing that the catalogue does not decide: whether it does something to it."""
        before, after = said.touched[thing]
        if self.last[thing] is not said:
            return after is None and thing in self.final.things  # and made again
        if before == after and before is not None:
            return False
        if after is None:
            return thing in self.live.things and thing.kind in OFTEN_THERE
        if not self._is_decided(said, thing):
            return True
        return thing.kind not in OFTEN_THERE or thing not in self.live.things

    def _touched(self, said: Said) -> Iterator[Difference]:
        for thing, (before, after) in said.touched.items():
            aspect = Aspect.CHANGED
            if self._is_decided(said, thing) and self._is_invalid(thing, after):
                aspect = Aspect.INVALID
            elif before is None and after is not None and thing not in self.final.unmade:
                aspect = Aspect.EXTRA if thing in self.live.things else Aspect.MISSING
            yield Difference(kind=thing.kind, name=thing.name, part=thing.part, aspect=aspect)

    def _is_invalid(self, thing: Thing, after: Shape | None) -> bool:
        """Whether something is there that a statement made valid, and is not."""
        held = self.live.get(thing)
        return after is not None and held is not None and is_valid(after) and not is_valid(held)
