"""What a name in a statement means, given what exists and the search path."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.standing.kinds import ON_RELATION
from forensics.dialects.postgres.tokens import Token
from forensics.dialects.things import Bare, ColumnShape, IndexShape, Labels, Shape, State, Thing
from forensics.facts import ObjectKind
from forensics.model import TableName


def resolved(name: Name, state: State, *kinds: ObjectKind) -> TableName:
    """The full name; without schema it means what exists of these kinds, else what is made."""
    if name.schema is not None:
        return TableName(schema=name.schema, table=name.name)
    for schema in state.search_path:
        full = TableName(schema=schema, table=name.name)
        if any(Thing(kind, full) in state.things for kind in kinds):
            return full
    return TableName(schema=(*state.search_path, "public")[0], table=name.name)


def meant(name: Name, state: State, *kinds: ObjectKind) -> TableName:
    """The full name of something that must exist: from the list, else from the database."""
    full = resolved(name, state, *kinds)
    around = state.around
    if around is None or name.schema is not None or _is_there(full, state, kinds):
        return full
    return resolved(name, around, *kinds)


def _is_there(name: TableName, state: State, kinds: tuple[ObjectKind, ...]) -> bool:
    return any(Thing(kind, name) in state.things for kind in kinds)


def changed_table(name: Name, state: State) -> TableName:
    """The relation that a statement changes; one that the list does not make is noted."""
    table = meant(name, state, *ON_RELATION)
    if _is_there(table, state, ON_RELATION) or table in state.unmade:
        return table
    state.unmade.add(table)
    if in_doubt(name, table, state, *ON_RELATION):
        state.loose.add(table)
    return table


def in_doubt(name: Name, full: TableName, state: State, *kinds: ObjectKind) -> bool:
    """Whether it is open what is changed, of something that the list does not make.

    A statement that we do not read may have made it; or only a schema outside the search path has
    it, where another role may look.
    """
    around = state.around
    if around is None or full.table in state.named:
        return True
    if name.schema is not None or _is_there(full, around, kinds):
        return False
    return any(thing.kind in kinds and thing.name.table == name.name for thing in around.things)


def is_nowhere(table: TableName, state: State) -> bool:
    """Whether neither the list makes a table nor the database has it."""
    around = state.around
    there = _is_there(table, state, ON_RELATION)
    return not there and around is not None and not _is_there(table, around, ON_RELATION)


def rename(state: State, thing: Thing, new: TableName, *, lenient: bool = False) -> None:
    """A relation or type under another name, with all that hangs on it, in its order."""
    old, held = thing.name, state.get(thing)
    if held is None and lenient:
        state.loose |= {old, new}
        state.hides = True
        return
    state.remove(thing)
    state.put(Thing(thing.kind, new), held or _NAME_ALONE.get(thing.kind, Bare()))
    if held is None:
        _note_unmade(state, thing, new)
    if thing.kind is not ObjectKind.TABLE:
        return
    for part, shape in state.parts(old):
        state.remove(part)
        if part.part:
            state.put(part._replace(name=new), shape)
        else:
            moved = TableName(schema=new.schema, table=part.name.table)
            again = Bare(new) if isinstance(shape, Bare) else shape
            if isinstance(shape, IndexShape):
                again = replace(shape, table=new)
            state.put(Thing(part.kind, moved), again)


def _note_unmade(state: State, thing: Thing, new: TableName) -> None:
    """Of a thing that the list does not make, one of both names tells whether it was renamed."""
    state.unmade |= {new} if thing.kind is ObjectKind.TABLE else set()
    around = state.around.things if state.around else {}
    there = {thing, Thing(thing.kind, new)} & around.keys()
    if thing.name in state.loose or len(there) != 1:
        state.loose |= {thing.name, new}


def rename_on_table(state: State, old: Thing, new: str) -> None:
    """A part of a table under another name."""
    held = state.get(old)
    state.remove(old)
    if held is None and old.name not in state.unmade:
        state.loose.add(old.name)
    else:
        state.put(old._replace(part=new), held or _NAME_ALONE.get(old.kind, Bare()))


_NAME_ALONE: dict[ObjectKind, Shape] = {
    ObjectKind.COLUMN: ColumnShape(),
    ObjectKind.TYPE: Labels(),
}
"""What is known of something that another made; of a column, all may be as it likes."""


def loosen(state: State, tokens: tuple[Token, ...]) -> None:
    """Whatever these tokens name may be otherwise now."""
    words = {part for token in tokens for part in (token.value, token.value.rpartition(".")[2])}
    quoted = {word.strip('"') for word in words}
    state.named |= quoted
    state.loose |= {thing.name for thing in state.things if thing.name.table in quoted}
    state.loose |= {it for it in state.unmade if isinstance(it, TableName) and it.table in quoted}


def loosen_kinds(state: State, *kinds: ObjectKind) -> None:
    """Whatever has one of these kinds may be gone now."""
    state.loose |= {
        thing if thing.part else thing.name for thing in state.things if thing.kind in kinds
    }


def loosen_dependent(state: State) -> None:
    """What may go with the table or column that it is about, apart from keys that point there."""
    loosen_kinds(state, ObjectKind.VIEW, ObjectKind.FUNCTION, ObjectKind.POLICY)
