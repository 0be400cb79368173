"""Whether what a scratch server did holds for the real database, of which it lacks the rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from forensics.dialects.effect import BY_ROWS, Done, Effect, Failed, Undecided
from forensics.facts import OtherObject

_TOLD_BY_THE_STATEMENT = ("42", "3F", "2B", "0A", "25", "55P04")
"""Errors of syntax, names, dependencies, transactions: rows have no part in them. All others may
come from rows or from the scratch server: privileges, limits, disk, timeouts."""
_PRIVILEGE = "42501"
_UNDEFINED = frozenset({"42P01", "42703", "42704", "42883", "42804", "42846", "3F000"})
_SYNTAX = "42601"
_OF_THE_SERVER = re.compile(r'role "|extension "|could not open extension|tablespace "')
"""Objects of the whole server, which a scratch server does not share."""
_NO_ROLE = re.compile(r'role "(.*)" does not exist', re.DOTALL)
_NO_EXTENSION = re.compile(r'extension "(.*)" is not available', re.DOTALL)
_MAKES_EXTENSION = re.compile(r"\s*create\s+extension\b", re.IGNORECASE)
_EXTENSION_THERE = re.compile('extension ".*" already exists', re.DOTALL)
_NOT_THERE = "42704"
_PLAIN_OBJECT = re.compile("constraint|index|trigger|policy")
_OF_NAMES = frozenset(
    {"42P07", "42P06", "42701", "42710", "42723", "42P01", "42703", "3F000", "42601"}
    | {"55P04", "25001"}
)
"""Something is there, or is not, whatever it does; no SQL; not now."""
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
    stand_ins: tuple[str, ...] = ()
    """What stood in and had a part in it."""
    doubt: str = ""
    """What no stand-in tells of a success: a reason why it may not come."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a scratch database differs from the real one."""

    missing: tuple[OtherObject, ...]
    older: bool = False
    """Whether its server is older than the real one."""
    stands_in: bool = False
    """Whether extensions of the real one are only stood in for."""
    roles: frozenset[str] = frozenset()
    """Those of the real server; empty if they were not read."""
    extensions: frozenset[str] = frozenset()
    """Those of which the real server has the files; none likewise."""
    new: bool = False
    """Whether there are no rows but those that the texts write, and known ones of the tool."""


def holds(seen: ScratchRun, foreseen: Effect, texts: Iterable[str], where: Circumstances) -> bool:
    """Whether the server's answer stands; else the model's, `foreseen`, does.

    The model knows everything that was collected, also what could not be made again, and is
    undecided about what depends on rows; where it agrees, the server adds its own words.
    """
    if agree(seen.effect, foreseen):
        return True
    if where.missing and not isinstance(foreseen, Undecided):
        return False
    if isinstance(seen.effect, Failed) and (seen.context or not independent(seen.effect, where)):
        return False
    if where.missing and _touches(seen.effect, tuple(texts), where.missing):
        return False
    return not seen.looked_at_rows()


def agree(one: Effect, other: Effect) -> bool:
    """Whether both succeed, or both fail at one place with one SQLSTATE."""
    if isinstance(one, Failed) and isinstance(other, Failed):
        return (one.sqlstate, one.position) == (other.sqlstate, other.position)
    return isinstance(one, Done) and isinstance(other, Done)


def independent(failed: Failed, where: Circumstances) -> bool:
    """Whether the statement alone, on this catalogue, is the reason of an error."""
    state = failed.sqlstate
    if where.new and state.startswith(BY_ROWS):
        return not where.stands_in
    if state == _PRIVILEGE or not state.startswith(_TOLD_BY_THE_STATEMENT):
        return False
    if _OF_THE_SERVER.match(failed.message):
        return _lacks(_NO_ROLE, failed, where.roles) or _lacks(
            _NO_EXTENSION, failed, where.extensions
        )
    if where.stands_in and not _is_about_names(failed):
        return False
    if where.older and state == _SYNTAX:
        return False
    return not (state in _UNDEFINED and (where.missing or where.older))


def _lacks(pattern: re.Pattern[str], failed: Failed, there: frozenset[str]) -> bool:
    """Whether the real server does not have what is missing either."""
    found = pattern.fullmatch(failed.message)
    return found is not None and bool(there) and found[1] not in there


def _is_about_names(failed: Failed) -> bool:
    """Whether an error depends on nothing that only a real extension knows."""
    if _MAKES_EXTENSION.match(failed.statement):
        return _EXTENSION_THERE.fullmatch(failed.message) is not None
    if failed.sqlstate == _NOT_THERE:
        return _PLAIN_OBJECT.match(failed.message) is not None
    return failed.sqlstate in _OF_NAMES


def _touches(effect: Effect, texts: tuple[str, ...], missing: tuple[OtherObject, ...]) -> bool:
    """Whether texts name what could not be made again, or may meet what depends on it."""
    words = set(_WORD.findall("\n".join(texts).lower()))
    if isinstance(effect, Done) and words & _UNDONE_BY_DEPENDANTS:
        return True
    return mention(texts, (thing.name.table for thing in missing))


def mention(texts: Iterable[str], names: Iterable[str]) -> bool:
    """Whether texts may name one of these, however it is spelled there."""
    text = "\n".join(texts).lower()
    words = set(_WORD.findall(text))
    lower = {name.lower() for name in names}
    return any(name in words if _WORD.fullmatch(name) else name in text for name in lower)
