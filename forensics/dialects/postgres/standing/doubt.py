"""What a statement may do apart from what it says: by functions, session tables, owned things."""

from __future__ import annotations

import re

from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.tokens import Kind, Token, spelled, words
from forensics.dialects.things import State
from forensics.model import TableName

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


def note_doer(name: Name, tokens: tuple[Token, ...], state: State) -> None:
    """Keep the name of a function that may do anything, given the statement that creates it."""
    text = spelled(tokens[1:]).lower()
    if (_DOING | state.doers) & set(re.findall(r"\w+", text)):
        state.doers.add(name.name)


def create_temporary(name: Name, state: State) -> None:
    """For the rest of the session its name means it, and not what else has this name."""
    there = (thing for thing in state.things if not thing.part and thing.name.table == name.name)
    state.anything |= any(True for _ in there)
    state.loose |= {TableName(schema=it, table=name.name) for it in (*state.search_path, "public")}


def has_word(tokens: tuple[Token, ...], word: str) -> bool:
    """Whether an unquoted word is among them."""
    return any(token.word == word for token in tokens)
