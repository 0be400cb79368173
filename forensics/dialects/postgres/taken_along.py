"""Indexes and constraints that went with a column which a migration drops and adds again.

PostgreSQL drops what is on a column together with it. The snapshot still has it, so no generated
migration makes it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from forensics.dialects.losses import TakenAlong, Texts
from forensics.dialects.repeats import without_comments
from forensics.facts import Migration

_TABLE = r'(?P<table>"[^"]+"(?:\."[^"]+")?)'
_INDEX = (
    rf'CREATE (?P<unique>UNIQUE )?INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?"(?P<index>[^"]+)" ON '
    rf"{_TABLE}[^;]*;?"
)
_CONSTRAINT = (
    rf'ALTER TABLE {_TABLE.replace("table", "of")} ADD CONSTRAINT "(?P<constraint>[^"]+)" '
    r"(?:UNIQUE|FOREIGN KEY|CHECK|PRIMARY KEY)[^;]*;?"
)
_COLUMN = (
    rf"ALTER TABLE {_TABLE.replace('table', 'altered')} (?P<change>DROP|ADD) COLUMN "
    r'(?:IF (?:NOT )?EXISTS )?"(?P<column>[^"]+)"'
)
_EVENT = re.compile(f"{_INDEX}|{_CONSTRAINT}|{_COLUMN}", re.IGNORECASE)
_PUBLIC = re.compile(r'^"public"\.')
_NAME = re.compile(r'"[^"]+"|[\w$]+')
Place = tuple[int, int]
"""The position of a migration, and a place in its text."""


def taken_along(texts: Texts, newest: str) -> Iterator[TakenAlong]:
    """Those that no later text names, and that the newest snapshot still has."""
    made: dict[str, TakenAlong] = {}
    lost: dict[str, tuple[TakenAlong, Place]] = {}
    again: set[tuple[int, str, str]] = set()
    named: dict[str, Place] = {}
    for migration, written in texts:
        text = without_comments(written.replace("--> statement-breakpoint", ";"))
        for event in _EVENT.finditer(text):
            if event["column"] is None:
                it = _made(migration, event)
                made[it.name] = it
                continue
            of = (migration.position, _PUBLIC.sub("", event["altered"]), event["column"])
            if event["change"].upper() == "ADD":
                again.add(of)
                continue
            again.discard(of)
            at = migration.position, event.end() - 1
            lost |= {it.name: (it, at) for it in _gone(made, migration, event)}
        named |= {
            found[0].strip('"').lower(): (migration.position, found.start())
            for found in _NAME.finditer(text)
        }
    for it, at in lost.values():
        added = (it.migration.position, it.table, it.column) in again
        is_back = named.get(it.name.lower(), at) > at
        if f'"{it.name}"' in newest and added and not is_back:
            yield it


def _made(migration: Migration, event: re.Match[str]) -> TakenAlong:
    index = event["index"]
    return TakenAlong(
        migration=migration,
        column="",
        name=index or event["constraint"],
        kind="index" if index else "constraint",
        unique=bool(event["unique"]) or not index,
        statement=" ".join(event[0].rstrip(";").split()),
        table=_PUBLIC.sub("", event["table"] or event["of"]),
    )


def _gone(
    made: dict[str, TakenAlong], migration: Migration, event: re.Match[str]
) -> Iterator[TakenAlong]:
    table, column = _PUBLIC.sub("", event["altered"]), event["column"]
    for it in made.values():
        if it.table == table and f'"{column}"' in _columns(it):
            yield replace(it, migration=migration, column=column)


def _columns(made: TakenAlong) -> str:
    """The part of a statement that names columns of its own table."""
    behind = made.statement.partition(f'"{made.name}"')[2]
    own = behind.partition(" REFERENCES ")[0]
    return own.partition(made.table)[2] or own
