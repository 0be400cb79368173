"""Indexes and constraints that went with a column which a migration drops and adds again.

PostgreSQL drops what is on a column together with it. The snapshot still has it, so no generated
migration makes it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.dialects import dialect_of
from forensics.facts import Files, History, LiveSchema, Migration, Snapshots, ToolUse
from forensics.model import Record

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
    """Those that no later statement makes again, and that the newest snapshot still has."""
    newest = snapshots.newest.text if snapshots.newest else None
    if dialect_of(tool).name != _OF or newest is None:
        return
    made: dict[str, TakenAlong] = {}
    lost: dict[str, TakenAlong] = {}
    for migration in history.migrations:
        file = files.get(migration.path)
        for event in _EVENT.finditer((file.text or "") if file else ""):
            if event["column"] is None:
                it = _made(migration, event)
                made[it.name] = it
                lost.pop(it.name, None)
            elif event["change"].upper() == "DROP":
                lost |= _gone(made, migration, event)
    texts = {it.key: file.text or "" for it in history.migrations if (file := files.get(it.path))}
    for it in lost.values():
        if f'"{it.name}"' in newest and _added_again(texts[it.tag], it):
            yield it


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
) -> dict[str, TakenAlong]:
    table, column = _PUBLIC.sub("", event["altered"]), event["column"]
    return {
        name: TakenAlong(
            tag=migration.key,
            path=migration.path,
            column=column,
            name=name,
            kind=it.kind,
            unique=it.unique,
            statement=it.statement,
            table=table,
        )
        for name, it in made.items()
        if it.table == table and f'"{column}"' in _columns(it)
    }


def _columns(made: TakenAlong) -> str:
    """The part of a statement that names columns of its own table."""
    behind = made.statement.partition(f'"{made.name}"')[2]
    own = behind.partition(" REFERENCES ")[0]
    return own.partition(made.table)[2] or own


def _added_again(text: str, lost: TakenAlong) -> bool:
    """By the migration that drops it, behind that."""
    changes = [
        event["change"].upper()
        for event in _EVENT.finditer(text)
        if event["column"] == lost.column and _PUBLIC.sub("", event["altered"]) == lost.table
    ]
    return "DROP" in changes and changes[-1] == "ADD"


def is_made(lost: TakenAlong, schema: LiveSchema) -> bool:
    """Whether the database has it by now."""
    return any(
        lost.name in (*table.indexes, *(it.name for it in table.constraints))
        for table in schema.tables
    )
