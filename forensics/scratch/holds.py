"""Whether what a scratch server did holds for the real database, of which it lacks the rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.facts import OtherObject

_TOLD_BY_THE_STATEMENT = ("42", "3F", "2B", "0A", "25", "55P04")
"""Errors of syntax, names, dependencies, transactions: rows have no part in them. All others may
come from rows or from the scratch server: privileges, limits, disk, timeouts."""
_PRIVILEGE = "42501"
_UNDEFINED = frozenset({"42P01", "42703", "42704", "42883", "42804", "42846", "3F000"})
_SYNTAX = "42601"
_OF_THE_SERVER = re.compile(r'role "|extension "|could not open extension|tablespace "')
"""Objects of the whole server, which a scratch server does not share."""
_UNDONE_BY_DEPENDANTS = frozenset({"drop", "type"})
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScratchRun:
    """What a scratch server did with some texts."""

    effect: Done | Failed
    context: str = ""
    """Of an error: where in a function or a DO block it was raised."""
    looked_at_rows: Callable[[], bool]
    """Whether rows of tables that were there before were read or written before the end."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a scratch database differs from the real one."""

    missing: tuple[OtherObject, ...]
    older: bool = False
    """Whether its server is older than the real one."""


def holds(seen: ScratchRun, foreseen: Effect, texts: Iterable[str], where: Circumstances) -> bool:
    """Whether the server's answer stands; else the model's, `foreseen`, does.

    The model knows everything that was collected, also what could not be made again, and is
    undecided about what depends on rows; where it agrees, the server adds its own words.
    """
    if agree(seen.effect, foreseen):
        return True
    if where.missing and not isinstance(foreseen, Undecided):
        return False
    if isinstance(seen.effect, Failed) and not _independent(seen.effect, seen.context, where):
        return False
    if where.missing and _touches(seen.effect, tuple(texts), where.missing):
        return False
    return not seen.looked_at_rows()


def agree(one: Effect, other: Effect) -> bool:
    """Whether both succeed, or both fail at one place with one SQLSTATE."""
    if isinstance(one, Failed) and isinstance(other, Failed):
        return (one.sqlstate, one.position) == (other.sqlstate, other.position)
    return isinstance(one, Done) and isinstance(other, Done)


def _independent(failed: Failed, context: str, where: Circumstances) -> bool:
    """Whether the statement alone, on this catalogue, is the reason of an error."""
    state = failed.sqlstate
    if context or state == _PRIVILEGE or not state.startswith(_TOLD_BY_THE_STATEMENT):
        return False
    if _OF_THE_SERVER.match(failed.message):
        return False
    if where.older and state == _SYNTAX:
        return False
    return not (state in _UNDEFINED and (where.missing or where.older))


def _touches(effect: Effect, texts: tuple[str, ...], missing: tuple[OtherObject, ...]) -> bool:
    """Whether texts name what could not be made again, or may meet what depends on it."""
    text = "\n".join(texts).lower()
    words = set(_WORD.findall(text))
    if isinstance(effect, Done) and words & _UNDONE_BY_DEPENDANTS:
        return True
    names = {thing.name.table.lower() for thing in missing}
    return any(name in words if _WORD.fullmatch(name) else name in text for name in names)
