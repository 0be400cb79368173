"""A healthy project of drizzle with its database, for the checks that every adapter passes."""

import msgspec

from forensics.facts import Column, Constraint, LiveTable, TrackingRow
from forensics.facts.kinds import ConstraintKind
from forensics.model import UpdateRow, WriteFile
from tests.adapters.conformance import Sample
from tests.build import DEFAULT, digest, name, project, rows, snapshot, stamps, table
from tests.support.standing import having

TAGS = ("0000_users", "0001_orders")
SQL = {
    "0000_users": 'CREATE TABLE "users" (\n\t"id" integer PRIMARY KEY NOT NULL\n);\n',
    "0001_orders": 'CREATE TABLE "orders" (\n\t"id" integer PRIMARY KEY NOT NULL\n);\n',
}
_PATH = f"drizzle/{TAGS[0]}.sql"
_AFTER = "-- reviewed\n" + SQL[TAGS[0]]
_WHENS = stamps(len(TAGS))
_LATER = _WHENS[-1] + 5


def _files() -> dict[str, str | bytes]:
    held = project(*TAGS)
    for number, tag in enumerate(TAGS):
        tables = {f"public.{it[5:]}": _table(it[5:]) for it in TAGS[: number + 1]}
        held[f"drizzle/{tag}.sql"] = SQL[tag]
        held[f"drizzle/meta/{number:04}_snapshot.json"] = snapshot(number, tables=tables)
    return held


def _table(called: str) -> dict[str, object]:
    key = {"name": "id", "type": "integer", "primaryKey": True, "notNull": True}
    none = ("indexes", "foreignKeys", "compositePrimaryKeys", "uniqueConstraints", "policies")
    return {
        "name": called, "schema": "", "columns": {"id": key}, "isRLSEnabled": False,
        **{field: {} for field in (*none, "checkConstraints")},
    }  # fmt: skip


def _live(called: str) -> LiveTable:
    key = Constraint(
        name=f"{called}_pkey", kind=ConstraintKind.PRIMARY_KEY, definition="PRIMARY KEY (id)"
    )
    column = Column(name="id", type="integer", not_null=True)
    return LiveTable(
        name=name(f"public.{called}"), owner="app", columns=(column,), constraints=(key,)
    )


def _rows(*whens: int) -> tuple[TrackingRow, ...]:
    return tuple(
        msgspec.structs.replace(row, checksum=digest(SQL[tag]))
        for row, tag in zip(rows(*TAGS, whens=whens), TAGS, strict=True)
    )


_LIVE = (_live("users"), _live("orders"))
SAMPLE = Sample(
    files=_files(),
    database=having(_LIVE, table(DEFAULT, *_rows(*_WHENS))),
    migration=_PATH,
    steps=(
        WriteFile(path=_PATH, before=SQL[TAGS[0]], after=_AFTER),
        UpdateRow(
            table=name(DEFAULT),
            column="created_at",
            before=_WHENS[-1],
            after=_LATER,
            where=(("hash", digest(SQL[TAGS[-1]])),),
        ),
    ),
    files_after=_files() | {_PATH: _AFTER},
    database_after=having(_LIVE, table(DEFAULT, *_rows(*_WHENS[:-1], _LATER))),
)
