"""What a script did, in words: what is lost, what protects no more, and what else is different."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from forensics.model import TableName
from forensics.trying.watching.looks import Done


@dataclass(frozen=True, slots=True)
class Tried:
    """A script on an empty copy, and on one with planted rows if it could be made."""

    empty: Done
    planted: Done | None

    def lost(self) -> tuple[str, ...]:
        """Rows, values, columns and tables of the application."""
        return self._of(_lost)

    def removed(self) -> tuple[str, ...]:
        """Objects that are gone, and what protected rows."""
        return self._of(lambda done: (*done.catalogue.gone, *done.catalogue.unprotected))

    def changes(self) -> tuple[str, ...]:
        """Whatever else is different."""
        overwrites = tuple(f"overwrites values of {name}" for name in self.updated())
        return (*overwrites, *self._of(lambda done: done.catalogue.otherwise))

    def updated(self) -> tuple[str, ...]:
        """Tables in which values are overwritten; which ones, a copy cannot tell."""
        return self._of(_updated)

    def looked_at(self) -> tuple[TableName, ...]:
        """Tables on whose rows it depends what code did."""
        return tuple(dict.fromkeys(name for done in self._each() for name in done.looked_at))

    def unwatched(self) -> tuple[TableName, ...]:
        """Tables whose rows could go unseen for a while."""
        return tuple(dict.fromkeys(name for done in self._each() for name in done.unwatched))

    def _each(self) -> tuple[Done, ...]:
        return (self.empty,) if self.planted is None else (self.empty, self.planted)

    def _of(self, lines: Callable[[Done], Iterable[str]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line for done in self._each() for line in lines(done)))


def _lost(done: Done) -> Iterator[str]:
    """Tables and columns that are gone, whatever those that are left are called; then rows."""
    was, left = done.before, done.left
    yield from (f"table {name}" for oid, name in was.names.items() if oid not in left.names)
    for (oid, number), column in was.columns.items():
        if oid in left.names and (oid, number) not in left.columns:
            yield f"column {was.names[oid]}.{column}"
    yield from _rows(done)
    for oid, number in done.poorer:
        yield f"values of {was.names[oid]}.{was.columns[oid, number]}"


def _rows(done: Done) -> Iterator[str]:
    """Which rows, and how many, a copy without the real ones cannot tell."""
    for oid, name in done.before.names.items():
        if oid not in done.left.names:
            continue
        deeds = done.deeds.get(oid, frozenset())
        if oid in done.hidden:
            yield f"the rows under the name {name}, which are in {done.hidden[oid]} now"
        elif "TRUNCATE" in deeds:
            yield f"all rows of {name}"
        elif "DELETE" in deeds or oid in done.emptied:
            yield f"rows of {name}"


def _updated(done: Done) -> Iterator[str]:
    spoiled = {oid for oid, _ in done.poorer}
    for oid, name in done.before.names.items():
        if "UPDATE" in done.deeds.get(oid, ()) and oid in done.left.names and oid not in spoiled:
            yield str(name)
