"""What a name in a statement means, given what exists and the search path."""

from __future__ import annotations

from dataclasses import replace

from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.tokens import Token
from forensics.dialects.things import Bare, IndexShape, State, Thing
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


def rename(state: State, thing: Thing, new: TableName) -> None:
    """A relation or type under another name, with all that hangs on it, in its order."""
    old = thing.name
    if (held := state.get(thing)) is None:
        state.loose |= {old, new}
        return
    state.remove(thing)
    state.put(Thing(thing.kind, new), held)
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


def rename_on_table(state: State, old: Thing, new: str) -> None:
    """A part of a table under another name."""
    held = state.get(old)
    state.remove(old)
    if held is None:
        state.loose.add(old.name)
    else:
        state.put(old._replace(part=new), held)


def loosen(state: State, tokens: tuple[Token, ...]) -> None:
    """Whatever these tokens name may be otherwise now."""
    words = {part for token in tokens for part in (token.value, token.value.rpartition(".")[2])}
    quoted = {word.strip('"') for word in words}
    state.loose |= {thing.name for thing in state.things if thing.name.table in quoted}


def loosen_kinds(state: State, *kinds: ObjectKind) -> None:
    """Whatever has one of these kinds may be gone now."""
    state.loose |= {
        thing if thing.part else thing.name for thing in state.things if thing.kind in kinds
    }


def loosen_dependent(state: State) -> None:
    """What may go with the table or column that it is about, apart from keys that point there."""
    loosen_kinds(state, ObjectKind.VIEW, ObjectKind.FUNCTION, ObjectKind.POLICY)
