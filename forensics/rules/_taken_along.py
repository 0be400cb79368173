"""Indexes and constraints that went with a column which a migration drops and adds again.

PostgreSQL drops what is on a column together with it. The snapshot still has it, so no generated
migration makes it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from forensics.dialects import dialect_of
from forensics.facts import Files, History, LiveSchema, Migration, Snapshots, ToolUse
from forensics.model import Record
from forensics.rules._repeats import without_comments

_OF = "postgresql"
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


class TakenAlong(Record, frozen=True, kw_only=True):
    """An index or a constraint that is no longer there since its column was added again."""

    tag: str
    path: str
    column: str
    name: str
    kind: str
    """`index` or `constraint`."""
    unique: bool
    statement: str
    """What made it."""
    table: str


def taken_along(
    tool: ToolUse, history: History, files: Files, snapshots: Snapshots
) -> Iterator[TakenAlong]:
    """Those that no later text names, and that the newest snapshot still has."""
    newest = snapshots.newest.text if snapshots.newest else None
    if dialect_of(tool).name != _OF or newest is None:
        return
    made: dict[str, TakenAlong] = {}
    lost: dict[str, tuple[TakenAlong, Place]] = {}
    again: set[tuple[str, str, str]] = set()
    named: dict[str, Place] = {}
    for migration in history.migrations:
        text = _statements(files, migration)
        for event in _EVENT.finditer(text):
            if event["column"] is None:
                it = _made(migration, event)
                made[it.name] = it
                continue
            of = (migration.key, _PUBLIC.sub("", event["altered"]), event["column"])
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
        is_back = named.get(it.name.lower(), at) > at
        if f'"{it.name}"' in newest and (it.tag, it.table, it.column) in again and not is_back:
            yield it


def _statements(files: Files, migration: Migration) -> str:
    """The text without its comments, in which statements may stand that nothing runs."""
    file = files.get(migration.path)
    text = (file.text or "") if file else ""
    return without_comments(text.replace("--> statement-breakpoint", ";"))


def _made(migration: Migration, event: re.Match[str]) -> TakenAlong:
    index = event["index"]
    return TakenAlong(
        tag=migration.key,
        path=migration.path,
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
            yield replace(it, tag=migration.key, path=migration.path, column=column)


def _columns(made: TakenAlong) -> str:
    """The part of a statement that names columns of its own table."""
    behind = made.statement.partition(f'"{made.name}"')[2]
    own = behind.partition(" REFERENCES ")[0]
    return own.partition(made.table)[2] or own


def is_made(lost: TakenAlong, schema: LiveSchema) -> bool:
    """Whether the database has it by now."""
    return any(
        lost.name in (*table.indexes, *(it.name for it in table.constraints))
        for table in schema.tables
    )
