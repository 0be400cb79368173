"""What a statement may do beside what it says: functions, the session's tables, owned things."""

from __future__ import annotations

import re

from forensics.effects.cursor import Cursor
from forensics.effects.tokens import Kind, Token, words
from forensics.model import TableName
from forensics.standing.things import State

_DOING = words("create alter drop rename execute perform call import")
"""A function whose body has none of these changes no object."""


def calls_a_doer(tokens: tuple[Token, ...], state: State) -> bool:
    """Whether they name a function that may do anything."""
    return any(token.value in state.doers for token in tokens)


def sets_search_path(tokens: tuple[Token, ...]) -> bool:
    """By `set_config`; an empty path, which dumps set, changes no name that is written whole."""
    texts = [token.value for token in tokens if token.kind is Kind.STRING]
    named = any(token.value == "set_config" for token in tokens)
    return named and "search_path" in texts and texts != ["search_path", ""]


def note_doer(cursor: Cursor, state: State) -> None:
    """Keep the name of a function that may do anything; the cursor is behind CREATE."""
    if not (cursor.sees("function") or cursor.sees("procedure")):
        return
    name = Cursor(cursor.tokens, cursor.at + 1).qualified().name
    body = " ".join(token.raw for token in cursor.tokens[cursor.at :]).lower()
    if (_DOING | state.doers) & set(re.findall(r"\w+", body)):
        state.doers.add(name)


def create_temporary(cursor: Cursor, state: State) -> None:
    """For the rest of the session its name means it, and not what else has this name."""
    cursor.took("recursive")
    cursor.next()
    cursor.took("if", "not", "exists")
    name = cursor.qualified().name
    there = {thing.name for thing in state.things if not thing.part and thing.name.table == name}
    state.anything |= bool(there)
    state.loose |= {TableName(schema=it, table=name) for it in (*state.search_path, "public")}


def note_owned(cursor: Cursor, state: State, sequence: TableName) -> None:
    """A sequence that a column owns goes with it."""
    if any(token.word == "owned" for token in cursor.tokens[cursor.at :]):
        state.loose.add(sequence)
