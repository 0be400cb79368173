"""Snapshots of two branches that were merged."""

import json
from collections.abc import Mapping
from typing import Any

from forensics.model import WriteFile
from forensics.rules.snapshot_collision import snapshot_collision
from tests.build import Case, project, snapshot

TAGS = ("0000_base", "0001_mail", "0002_age", "0003_note")


def meta(number: int) -> str:
    """Where a snapshot lies."""
    return f"drizzle/meta/{number:04}_snapshot.json"


def users(*columns: str, **more: object) -> dict[str, object]:
    """A table with an id and these columns."""
    empty = ("foreignKeys", "compositePrimaryKeys", "uniqueConstraints", "policies")
    held = {
        name: {"name": name, "type": "text", "primaryKey": False, "notNull": False}
        for name in ("id", *columns)
    }
    return {
        "name": "users", "schema": "", "columns": held, "indexes": {},
        **{field: {} for field in (*empty, "checkConstraints")}, "isRLSEnabled": False, **more,
    }  # fmt: skip


def made(number: int, *columns: str, **changes: object) -> str:
    """A snapshot of that table."""
    return snapshot(number, tables={"public.users": users(*columns)}, **changes)


def identity(number: int) -> str:
    """The id of the snapshot of that number, as `snapshot` gives it."""
    return str(json.loads(snapshot(number))["id"])


def branches(
    files: Mapping[str, str | None] = {}, *, lacks: bool = True, count: int = 3
) -> dict[str, str | bytes]:
    """Two branches from 0000: 0001 adds `mail`, 0002 adds `age` and knows nothing of `mail`."""
    columns = ("age",) if lacks else ("mail", "age")
    held: dict[str, str | bytes | None] = {
        meta(0): made(0),
        meta(1): made(1, "mail"),
        meta(2): made(2, *columns, prevId=identity(0)),
        "drizzle/0000_base.sql": 'CREATE TABLE "users" (\n\t"id" text\n);\n',
        "drizzle/0001_mail.sql": 'ALTER TABLE "users" ADD COLUMN "mail" text;',
        "drizzle/0002_age.sql": 'ALTER TABLE "users" ADD COLUMN "age" text;',
    }
    return project(*TAGS[:count], **held) | {
        path: text for path, text in files.items() if text is not None
    }


def columns_of(text: str) -> list[str]:
    """The columns of the table in a snapshot."""
    return list(json.loads(text)["tables"]["public.users"]["columns"])


def written(case: Case) -> dict[str, dict[str, Any]]:
    """What the repair writes, by path."""
    finding = case.only(snapshot_collision)
    assert finding.fix is not None
    steps = [step for step in finding.fix.steps if isinstance(step, WriteFile)]
    return {step.path: json.loads(step.after) for step in steps}
