"""At which migration's state a MySQL or MariaDB database is, found by following the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from forensics.dialects.mysql import commands as sql
from forensics.dialects.mysql.apply import apply
from forensics.dialects.mysql.cursor import Unread
from forensics.dialects.mysql.errors import Refused
from forensics.dialects.mysql.named import made_by_name
from forensics.dialects.mysql.read import is_statement, read
from forensics.dialects.mysql.state import state_of, things_of
from forensics.dialects.mysql.text import MysqlStatement, statements
from forensics.dialects.mysql.work import Doubt
from forensics.dialects.mysql.work import Work as Tables
from forensics.dialects.postgres.standing.judge import judge as judged
from forensics.dialects.postgres.standing.kinds import Work
from forensics.dialects.postgres.standing.presence import Said
from forensics.dialects.steps import StandingStep
from forensics.dialects.things import Bare, Parts, State, Thing
from forensics.facts import LiveSchema, ObjectKind, Standing
from forensics.model import TableName
from forensics.model.wording import shortened

__all__ = ["judge", "state_of"]

_LONGEST = 300
_PROGRAMS = frozenset({"trigger", "procedure", "function", "event"})


def judge(schema: LiveSchema, steps: Sequence[StandingStep], start: int = -1) -> Standing:
    """The database against the states that the steps lead through, from one position on."""
    return judged(schema, steps, start, _Reader(schema))


class _Reader:
    """Follows each statement on a catalogue of its own, which begins empty."""

    def __init__(self, schema: LiveSchema) -> None:
        empty = replace(schema, tables=(), others=())
        self._work = Tables(empty)
        self._there = {self._name(it.name.table) for it in schema.tables}
        self._of: dict[str, Parts] = {}

    def state_of(self, schema: LiveSchema) -> State:
        """The things of a catalogue."""
        return state_of(schema)

    def run(self, text: str, state: State) -> Iterator[Said]:
        """Each statement of a text, done to the state."""
        for statement in statements(text):
            state.start()
            work = self._did(statement, state)
            touched = {thing: (old, state.get(thing)) for thing, old in state.touched.items()}
            yield Said(shortened(statement.written, _LONGEST), work, touched)

    def _did(self, statement: MysqlStatement, state: State) -> Work:
        try:
            command = read(statement)
        except Unread:
            return self._unread(statement, state)
        if isinstance(command, sql.Rows):
            return Work.ROWS
        if isinstance(command, sql.Nothing | sql.Ends):
            return Work.NOTHING_SEEN
        self._work.touched = set()
        try:
            apply(command, self._work)
        except (Doubt, Refused):
            return self._in_doubt(command, state)
        self._change(state)
        return Work.OBJECTS

    def _in_doubt(self, command: sql.Command, state: State) -> Work:
        """What it makes is known by name all the same: its table may be nobody's we know of."""
        made = made_by_name(command)
        if made is None:
            state.loose |= {self._name(it) for it in _tables(command)}
            return Work.UNREAD
        for kind, table, part, shape in made:
            name = self._name(table)
            if name not in self._there and not state.has_table(name):
                state.put(Thing(ObjectKind.TABLE, name), Bare())  # without it nothing is made there
            state.put(Thing(kind, name, part.lower()), shape)
        return Work.OBJECTS

    def _unread(self, statement: MysqlStatement, state: State) -> Work:
        if not is_statement(statement):
            return Work.UNREAD  # the server refuses it
        words = [it.word for it in statement.tokens[:8]]
        if words[:1] in (["create"], ["drop"]) and _PROGRAMS & set(words):
            return Work.NOTHING_SEEN
        state.anything = True
        return Work.UNREAD

    def _change(self, state: State) -> None:
        for key in sorted(self._work.touched):
            table = self._work.tables.get(key)
            after = things_of(table, self._work.product) if table is not None else []
            state.turn(self._of.get(key, []), after)
            self._of[key] = after

    def _name(self, table: str) -> TableName:
        return TableName(schema="", table=self._work.key(table))


def _tables(command: sql.Command) -> tuple[str, ...]:
    """The tables that a statement names as its own."""
    match command:
        case sql.CreateTable(name=name) | sql.AlterTable(name=name) | sql.CreateView(name=name):
            return (name,)
        case sql.DropTables(names=names) | sql.DropViews(names=names):
            return names
        case sql.RenameTables(pairs=pairs):
            return tuple(it for pair in pairs for it in pair)
        case _:
            return ()
