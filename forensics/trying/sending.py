"""Sends a script to a scratch copy as psql would, and says what the server answers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from psycopg.pq import TransactionStatus

from forensics import limits
from forensics.facts import OtherObject
from forensics.scratch.case_database import CaseDatabase
from forensics.scratch.psql import requests
from forensics.scratch.rebuild import in_words
from forensics.scratch.simple_query import Connection, ServerError, run_text
from forensics.trying.actions import Script
from forensics.trying.file_changes import CannotTry

SCRIPT_SECONDS = limits.SCRIPT_SECONDS
_OF_THE_COPY = ("42501", "53", "54", "55006", "55P03", "57", "58", "3D", "XX")
"""Errors that tell of the scratch server: rights, limits, timeouts, databases."""
_CODE = frozenset({"DO", "CALL"})
"""The tags of what runs blocks of code, or procedures."""
_ABOUT_OBJECTS = re.compile(
    r"\b(?:alter|call|comment|create|do|drop|grant|revoke|security)\b", re.IGNORECASE
)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Sent:
    """What the server answered to a script."""

    error: str
    """The first one, empty where there was none."""
    ran_code: bool
    """Whether blocks of code or procedures ran."""


def send(connection: Connection, script: Script, ended: Callable[[Sequence[str]], None]) -> Sent:
    """Send a script; `ended` is told the tags of what has just been committed.

    Raises `CannotTry` for an error that is the copy's own, and as `run_text`.
    """
    deadline = time.monotonic() + SCRIPT_SECONDS
    texts = (script.sql,) if script.as_one else requests(script.sql, deadline)
    first, tags = "", set[str]()
    for number, text in enumerate(texts, 1):
        try:
            ran = run_text(connection, text.encode(), deadline)
        except UnicodeEncodeError as error:
            raise CannotTry(f"The script is not Unicode: {error.reason}.") from error
        tags.update(ran.tags)
        if connection.info.transaction_status is TransactionStatus.IDLE:
            ended([tag.split(" ")[0] if tag[-1:].isdigit() else tag for tag in ran.tags])
        if ran.error is None:
            continue
        _check_own(ran.error)
        where = f"statement {number} of {len(texts)}: " if len(texts) > 1 else ""
        first = first or f"{where}{ran.error.message}"
        if script.stops:
            break
    return Sent(first, bool(tags & _CODE))


def _check_own(error: ServerError) -> None:
    if error.sqlstate.startswith(_OF_THE_COPY):
        raise CannotTry(
            f"The scratch copy does not let it: {error.message}. It has the collected schema and "
            "tracking rows, a role without other rights, and limits; what the real server would "
            "do is not known."
        )


def check_known(case: CaseDatabase, script: Script) -> None:
    """Raise `CannotTry` where a script is about objects that could not be copied."""
    if named := tuple(_named(case, script)):
        raise CannotTry(
            f"The scratch copy lacks {', '.join(in_words(named))}, which the script names: what "
            "it would do to that is not known."
        )


def _named(case: CaseDatabase, script: Script) -> Iterator[OtherObject]:
    if not _ABOUT_OBJECTS.search(script.sql):
        return
    text = script.sql.lower()
    words = set(_WORD.findall(text))
    for thing in case.missing:
        name = thing.name.table.lower()
        if name in words if _WORD.fullmatch(name) else name in text:
            yield thing
