"""At which migration's state a SQLite database is, found by running the list in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.dialects.postgres.standing.judge import judge as judged
from forensics.dialects.postgres.standing.kinds import Work
from forensics.dialects.postgres.standing.presence import Said
from forensics.dialects.sqlite.catalogue import read_tables, written
from forensics.dialects.sqlite.libsql import ran
from forensics.dialects.sqlite.memory import (
    ConstraintFailed,
    Memory,
    NotRun,
    SqliteError,
    memory,
)
from forensics.dialects.sqlite.run import is_there_already
from forensics.dialects.sqlite.state import state_of, things_of
from forensics.dialects.sqlite.text import SqliteStatement, names_only, statements
from forensics.dialects.steps import StandingStep
from forensics.dialects.things import Parts, State
from forensics.facts import LiveSchema, Standing
from forensics.model.wording import shortened

__all__ = ["judge", "state_of"]

_LONGEST = 300
_ROWS = frozenset({"insert", "update", "delete", "replace", "with", "select", "values"})
_ENDS = frozenset({"commit", "end", "rollback"})


def judge(schema: LiveSchema, steps: Sequence[StandingStep], start: int = -1) -> Standing:
    """The database against the states that the steps lead through, from one position on."""
    with memory() as opened:
        return judged(schema, steps, start, _Reader(opened))


class _Reader:
    """Runs each statement, and tells what it did by the catalogue before and after."""

    def __init__(self, opened: Memory) -> None:
        self._memory = opened
        self._held: dict[tuple[str, str], tuple[str, str]] = {}
        self._of: dict[str, Parts] = {}

    def state_of(self, schema: LiveSchema) -> State:
        """The things of a catalogue."""
        return state_of(schema)

    def run(self, text: str, state: State) -> Iterator[Said]:
        """Each statement of a text, done to the state."""
        for statement in statements(names_only(text)):
            state.start()
            work = self._work(statement)
            if work is Work.UNREAD:
                state.anything = True
            else:
                self._change(state)
            touched = {thing: (old, state.get(thing)) for thing, old in state.touched.items()}
            hides = work in (Work.ROWS, Work.UNREAD)
            yield Said(shortened(statement.written, _LONGEST), work, touched, hides)

    def _work(self, statement: SqliteStatement) -> Work:
        verb = statement.words[0]
        if verb in _ENDS:
            return Work.COMMIT
        if verb == "begin":
            return Work.OBJECTS
        try:
            ran(self._memory, statement)
        except ConstraintFailed:
            return Work.ROWS  # rows of its own, which it may well meet another time
        except (SqliteError, NotRun) as error:
            if isinstance(error, SqliteError) and is_there_already(str(error)):
                return Work.OBJECTS  # as a repeated statement: it fails, and changes nothing
            return Work.ROWS if verb in _ROWS else Work.UNREAD
        return Work.ROWS if verb in _ROWS else Work.OBJECTS

    def _change(self, state: State) -> None:
        now = written(self._memory.rows)
        changed = {
            table
            for key in now.keys() | self._held.keys()
            if now.get(key) != self._held.get(key)
            for table, _ in filter(None, (now.get(key), self._held.get(key)))
        }
        self._held = now
        if not changed:
            return
        found = {it.name.table: things_of(it) for it in read_tables(self._memory.rows, changed)}
        for table in sorted(changed):
            after = found.get(table, [])
            state.turn(self._of.get(table, []), after)
            self._of[table] = after
