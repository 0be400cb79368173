"""What one statement leaves in a catalogue; it is never judged, and never fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.effects.catalogue import object_name
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.standing.alter_sql import (
    add_label,
    alter,
    rename_label,
    rename_object,
    set_schema,
)
from forensics.dialects.postgres.standing.conditions import exists, makes
from forensics.dialects.postgres.standing.doubt import (
    calls_a_doer,
    create_temporary,
    has_word,
    note_doer,
    sets_search_path,
)
from forensics.dialects.postgres.standing.drop_sql import drop
from forensics.dialects.postgres.standing.kinds import KINDS, Work
from forensics.dialects.postgres.standing.names import (
    changed_table,
    loosen,
    resolved,
)
from forensics.dialects.postgres.standing.table_sql import alter_table, create_table
from forensics.dialects.things import (
    Bare,
    IndexShape,
    Labels,
    State,
    Thing,
    TriggerShape,
)
from forensics.facts import ObjectKind
from forensics.model import TableName

_UNDOING = ("rollback", "abort")


def apply(statement: sql.Statement, state: State) -> Work:
    """Do to a state what the statement does; what cannot be read leaves what it names in doubt."""
    run = _RUN.get(type(statement.command))
    try:
        if run is not None:
            return run(statement.command, statement, state) or Work.OBJECTS
    except Unsure:
        pass
    return _unread(state, statement.tokens)


def _unread(state: State, told: sql.Tokens) -> Work:
    loosen(state, told)
    state.hides = True
    return Work.UNREAD


def _rows(command: sql.Rows, statement: sql.Statement, state: State) -> Work:
    state.hides = True
    if command.verb in ("select", "with", "call"):
        # A function that is called may do anything to what it is told.
        loosen(state, statement.tokens)
    state.anything |= calls_a_doer(statement.tokens, state) or sets_search_path(statement.tokens)
    return Work.ROWS


def _transaction(command: sql.Transaction, statement: sql.Statement, state: State) -> Work:
    if command.verb in ("commit", "end"):
        return Work.COMMIT
    if command.verb not in _UNDOING:
        return Work.NOTHING_SEEN
    state.anything = True
    return Work.UNREAD


def _unseen(command: sql.Unseen, statement: sql.Statement, state: State) -> Work:
    # RESET brings back the path with which the names are read here.
    state.anything |= command.setting == "search_path" and command.verb != "reset"
    state.hides |= command.verb not in _LEAVING_NOTHING
    return Work.NOTHING_SEEN


_LEAVING_NOTHING = frozenset(
    ("set", "reset", "analyze", "vacuum", "lock", "notify", "listen", "checkpoint", "load")
)


def _comment(command: object, statement: sql.Statement, state: State) -> Work:
    state.hides = True
    return Work.NOTHING_SEEN


# --- CREATE -------------------------------------------------------------------------------------


def _create_table(command: sql.CreateTable, statement: sql.Statement, state: State) -> Work | None:
    if command.temporary:
        create_temporary(command.name, state)
        return Work.NOTHING_SEEN
    if command.name.schema == _SESSION:
        return Work.NOTHING_SEEN
    create_table(command, state)
    return None


_SESSION = "pg_temp"


def _create(command: sql.Create, statement: sql.Statement, state: State) -> Work | None:
    if command.temporary:
        create_temporary(command.name, state)
        return Work.NOTHING_SEEN
    if command.what in ("function", "procedure"):
        note_doer(command.name, statement.tokens, state)
    if command.name.schema == _SESSION:
        return Work.NOTHING_SEEN
    _put(command, state)
    if command.what == "schema" and command.rest and command.rest[0].word != "authorization":
        raise Unsure("what else is made with a schema")
    return None


def _put(command: sql.Create, state: State) -> None:
    kind = KINDS[command.what]
    if command.table is not None:
        on = Thing(kind, changed_table(command.table, state), command.name.name)
        state.hides |= command.replaces
        state.put(on, TriggerShape() if kind is ObjectKind.TRIGGER else Bare())
        return
    thing = Thing(kind, _created(command, state))
    if kind is ObjectKind.SEQUENCE and has_word(command.rest, "owned"):
        state.loose.add(thing.name)  # it goes with the column that owns it
    state.hides |= command.replaces  # in place of what, nobody knows
    if command.lenient and thing in state.things:
        state.touch(thing)
    elif thing.name.table != "plpgsql":  # it is in every database; the catalogue leaves it out
        state.put(thing, Labels() if kind is ObjectKind.TYPE else Bare())


def _created(command: sql.Create, state: State) -> TableName:
    if command.what == "schema":
        return TableName(schema=command.name.name, table="")
    if command.what == "extension":
        return TableName(schema="", table=command.name.name)
    return resolved(command.name, state, KINDS[command.what])


def _create_index(command: sql.CreateIndex, statement: sql.Statement, state: State) -> Work | None:
    if command.table.schema == _SESSION:
        return Work.NOTHING_SEEN
    table = changed_table(command.table, state)
    columns = tuple(key.column for key in command.keys if key.column and not key.options)
    plain = command.where is None and not command.rest and command.method == "btree"
    name = TableName(schema=table.schema, table=command.name or _chosen(command, table, state))
    shape = IndexShape(
        table=table,
        unique=command.unique,
        columns=columns if plain and len(columns) == len(command.keys) else None,
    )
    thing = Thing(ObjectKind.INDEX, name)
    if command.lenient and thing in state.things:
        state.touch(thing)
    else:
        state.put(thing, shape)
    return None


def _chosen(command: sql.CreateIndex, table: TableName, state: State) -> str:
    """The name that PostgreSQL gives."""
    columns = [key.column for key in command.keys if key.column]
    if len(set(columns)) < len(command.keys):
        raise Unsure("the name of an index without one")
    chosen = object_name(table.table, "_".join(columns), "idx")
    if Thing(ObjectKind.INDEX, TableName(schema=table.schema, table=chosen)) in state.things:
        raise Unsure("which number is behind the name of an index")
    return chosen


def _create_enum(command: sql.CreateEnum, statement: sql.Statement, state: State) -> None:
    state.put(Thing(ObjectKind.TYPE, resolved(command.name, state)), Labels(command.labels))


# --- DO -----------------------------------------------------------------------------------------


def _do(command: sql.Do, statement: sql.Statement, state: State) -> Work:
    """A block that we follow; of others whatever they name is in doubt."""
    block = command.block
    if block is None or (block.swallowed and len(block.steps) > 1):
        return _unfollowed(command, state)
    works: list[Work] = []
    for step in block.steps:
        found = _step(step, block, state)
        if found is None:
            return _unfollowed(command, state)
        works += found
    return _whole(works)


def _step(step: sql.Statement | sql.If, block: sql.Block, state: State) -> list[Work] | None:
    """`None` where the state does not tell whether the statements run."""
    statements: tuple[sql.Statement, ...] = (
        (step,) if isinstance(step, sql.Statement) else step.then
    )
    held = True if isinstance(step, sql.Statement) else exists(step.exists, state)
    if held is None:
        return None
    if isinstance(step, sql.If) and held is step.negated:
        return [_passed_over(it, state) for it in statements]
    if block.swallowed:
        return [_guarded(it, state, block.swallowed) for it in statements]
    return [apply(it, state) for it in statements]


def _guarded(statement: sql.Statement, state: State, swallowed: frozenset[str]) -> Work:
    """Where what it makes is there, it fails, and that is swallowed."""
    made = makes(statement, state)
    if made is not None and made in state.things:
        state.touch(made)
        return Work.OBJECTS
    work = apply(statement, state)
    if swallowed <= _DUPLICATES or isinstance(statement.command, sql.Drop):
        return work
    return _unread(state, statement.tokens)  # it may have failed for another reason


_DUPLICATES = frozenset({"42710", "42P07", "42701", "42P06"})


def _passed_over(statement: sql.Statement, state: State) -> Work:
    """A statement that is not run, because what it makes is there."""
    made = makes(statement, state)
    if made is not None and made in state.things:
        state.touch(made)
    else:
        state.hides = True
    return Work.OBJECTS


def _whole(works: list[Work]) -> Work:
    for work in (Work.UNREAD, Work.ROWS, Work.OBJECTS):
        if work in works:
            return work
    return Work.NOTHING_SEEN


def _unfollowed(command: sql.Do, state: State) -> Work:
    told = command.tokens
    state.anything |= not told or has_word(told, "execute") or calls_a_doer(told, state)
    return _unread(state, told)


_RUN: dict[type, Callable[[Any, sql.Statement, State], Work | None]] = {
    sql.Rows: _rows,
    sql.Transaction: _transaction,
    sql.Unseen: _unseen,
    sql.Comment: _comment,
    sql.CreateTable: _create_table,
    sql.Create: _create,
    sql.CreateIndex: _create_index,
    sql.CreateEnum: _create_enum,
    sql.AlterTable: lambda command, _, state: alter_table(command, state),
    sql.Alter: alter,
    sql.AddLabel: add_label,
    sql.RenameLabel: rename_label,
    sql.Rename: rename_object,
    sql.SetSchema: set_schema,
    sql.Drop: lambda command, _, state: drop(command, state),
    sql.Do: _do,
}
