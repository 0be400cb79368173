"""The two ways out of a migration that ran half: its effects taken back, or the rest run.

MySQL has no anonymous blocks, so each is a script of checks and prepared statements, see `script`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.dialects.effect import Done, Failed
from forensics.dialects.mysql.commands import Command, Ends, Nothing, Rows
from forensics.dialects.mysql.cursor import Unread
from forensics.dialects.mysql.effects import conditions, lacks
from forensics.dialects.mysql.fix_script import SCRIPTS
from forensics.dialects.mysql.product import product_of
from forensics.dialects.mysql.read import read
from forensics.dialects.mysql.run import assumed, row_questions
from forensics.dialects.mysql.script import act, check, none, script
from forensics.dialects.mysql.state import state_of
from forensics.dialects.mysql.take_back import CannotTakeBack, taken_back
from forensics.dialects.mysql.text import MysqlStatement, statements
from forensics.facts import LiveSchema
from forensics.model import InsertRows, RunSql

_BACK = "take back what took effect, the last first; a table or column that has rows by now stays"
Told = list[tuple[MysqlStatement, Command]]
"""Statements with what they say."""
_ON = "run the statements that are left, and record the migration once all of them took effect"


def take_back(done: Sequence[str], schema: LiveSchema) -> RunSql | None:
    """The effects of statements taken back, so that all of them pass again.

    `None` where they cannot be, or would not. The catalogue is as it is after them.
    """
    made = _read(done)
    if made is None or any(isinstance(it, Rows) for _, it in made):
        return None  # what ran on rows would run once more
    try:
        parts = [it for _, command in reversed(made) for it in taken_back(command, schema)]
    except CannotTakeBack:
        return None
    acts = tuple(it.sql for it in parts)
    if not acts or not _passes_again(acts, made, schema):
        return None
    again = [it.written for it, command in made if _makes(command)]
    return RunSql(
        text=_script([it.text for it in parts], schema),
        why=_BACK,
        whole=True,
        acts=acts,
        undo=_script([act(it) for it in again], schema),
    )


def carry_on(
    done: Sequence[str], rest: Sequence[str], schema: LiveSchema, record: InsertRows
) -> RunSql | None:
    """The rest of a migration run, and recorded only where all of its effects are there.

    `None` where a statement is not read, or fails whatever the rows are.
    """
    made, left = _read(done), _read(rest)
    if made is None or left is None or isinstance(assumed(schema, rest), Failed):
        return None
    if not _all_checkable(left, schema):
        return None
    parts = list(_before(made, left, schema))
    parts += _run(left, schema)
    parts += [check(what, holds) for _, it in left for what, holds in conditions(it, schema)]
    parts.append(SCRIPTS.written(SCRIPTS.inserted(record)))
    return RunSql(
        text=_script(parts, schema),
        why=_ON,
        whole=True,
        acts=tuple(it.written for it, _ in left),
        inserts=record,
        undo=_undone(left, rest, schema, record),
    )


def _read(texts: Sequence[str]) -> Told | None:
    """`None` where one is not read."""
    found = []
    for text in texts:
        for statement in statements(text):
            try:
                found.append((statement, read(statement)))
            except Unread:
                return None
    return found


def _makes(command: Command) -> bool:
    """Whether it may have left something in a catalogue."""
    return not isinstance(command, Rows | Nothing | Ends)


def _passes_again(acts: Sequence[str], made: Told, schema: LiveSchema) -> bool:
    """Whether the same statements lead to the same catalogue again, by our model."""
    before = assumed(schema, acts)
    if not isinstance(before, Done):
        return False
    after = assumed(before.schema, [it.written for it, command in made if _makes(command)])
    if not isinstance(after, Done):
        return False
    return state_of(after.schema).things == state_of(schema).things


def _all_checkable(left: Told, schema: LiveSchema) -> bool:
    """Whether something tells of each change that it is there; rows are what they are."""
    return all(
        isinstance(command, Rows | Nothing | Ends) or any(conditions(command, schema))
        for _, command in left
    )


def _before(
    made: Told,
    left: Told,
    schema: LiveSchema,
) -> Iterator[str]:
    """The database is where the script begins: all of the first part, nothing of the rest."""
    for _, command in made:
        for what, holds in conditions(command, schema):
            yield check(what, holds)
    for _, command in left[:1]:
        for what, holds in lacks(command, schema):
            yield check(what, holds)


def _run(left: Told, schema: LiveSchema) -> Iterator[str]:
    """Each statement, with what it demands of rows before it."""
    asked = row_questions(schema, ["; ".join(it.written for it, _ in left)])
    for number, (statement, _) in enumerate(left, start=1):
        for it in asked:
            if it.number == number and it.question.query and it.question.exact:
                yield check(it.question.demand, none(it.question.query))
        yield act(statement.written)


def _undone(
    left: Told,
    rest: Sequence[str],
    schema: LiveSchema,
    record: InsertRows,
) -> str:
    """The row removed, and the rest taken back; empty where that cannot be."""
    after = assumed(schema, [it.written for it, _ in left])
    if not isinstance(after, Done):
        return ""
    back = take_back(rest, after.schema)
    if back is None:
        return ""
    parts = [it for _, command in reversed(left) for it in taken_back(command, after.schema)]
    removed = SCRIPTS.written(SCRIPTS.removed(record))
    return _script([removed, *(it.text for it in parts)], schema)


def _script(parts: Sequence[str], schema: LiveSchema) -> str:
    return script(parts, (), product_of(schema).database)
