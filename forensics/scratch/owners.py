"""Statements that make a role of the real server an owner, for a server without that role."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.tokens import Token, statements

_SELF = "CURRENT_USER"
_DEFAULTS = (("alter",), ("default",), ("privileges",), ("for",), ("role", "user"))
_OWNER = ("owner", "to")


def owned_by_self(text: str, known: Collection[str]) -> str:
    """The text with the role that runs it in place of owners that the real server knows.

    Ownership is not part of the catalogue that we compare, and whether the real role may give it
    away is judged elsewhere. A text that cannot be cut into statements stays as it is.
    """
    try:
        owners = [it for one in statements(text) for it in _owners(one)]
    except Unsure:
        return text
    for role in reversed([it for it in owners if it.value in known]):
        text = f"{text[: role.start]}{_SELF}{text[role.start + len(role.raw) :]}"
    return text


def _owners(statement: Sequence[Token]) -> Iterator[Token]:
    """The role in `ALTER ... OWNER TO role` and in `ALTER DEFAULT PRIVILEGES FOR ROLE role`."""
    words = [it.word for it in statement]
    if words[:1] == ["alter"] and tuple(words[-3:-1]) == _OWNER:
        yield statement[-1]
    if len(words) > len(_DEFAULTS) and all(
        word in wanted for word, wanted in zip(words, _DEFAULTS, strict=False)
    ):
        yield statement[len(_DEFAULTS)]
