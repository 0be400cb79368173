"""Builders of folders as drizzle 1.0 lays them out, and of the tables that it writes."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

from msgspec.structs import replace

from forensics.adapters.drizzle.snapshots.shared_shapes import ORIGIN
from forensics.adapters.drizzle.v1.folder import stamp_of
from forensics.facts import Column, Database, TrackingRow
from tests.build import CONFIG, DEFAULT, database, table

KIT = "1.0.0-rc.5"
NAMES = ("20261101000000_one", "20261101000001_two", "20261101000002_three")
COLUMNS = ("id", "hash", "created_at", "name", "applied_at")


def sql(name: str) -> str:
    """A statement that no other migration has."""
    return f'CREATE TABLE "{name.partition("_")[2]}" ("id" integer);'


def path(name: str, file: str = "migration.sql") -> str:
    """Of a file of a migration."""
    return f"drizzle/{name}/{file}"


def snapshot(name: str, *parents: str, version: str = "9", writes: Sequence[str] = ()) -> str:
    """A snapshot whose id is the migration's name."""
    footprint = {"statementType": "create_table", "writes": list(writes), "reads": []}
    head: dict[str, object] = {
        "type": "diff" if parents else "base",
        "version": version,
        "dialect": "postgres",
    }
    head |= {"id": name, "prevIds": list(parents) or [ORIGIN], "footprints": [footprint]}
    return json.dumps(head)


def folders(
    *names: str, kit: str = KIT, changes: Mapping[str, str | None] | None = None
) -> dict[str, str | bytes]:
    """A project whose migrations follow one another; `None` removes a file."""
    files: dict[str, str | bytes | None] = {
        "drizzle.config.ts": CONFIG,
        "package.json": json.dumps({"devDependencies": {"drizzle-kit": kit}}),
    }
    for before, name in zip(("", *names), names, strict=False):
        files[path(name)] = sql(name)
        parents = (before,) if before else ()
        writes = [f"n|tbl|{name}"]
        files[path(name, "snapshot.json")] = snapshot(name, *parents, writes=writes)
    files |= changes or {}
    return {place: text for place, text in files.items() if text is not None}


def row(number: int, name: str | None, checksum: str = "", at: int | None = None) -> TrackingRow:
    """As 1.0 writes it, or, without a name, 0.x."""
    checksum = checksum or sha256(sql(name or "").encode()).hexdigest()
    return TrackingRow(
        id=number,
        checksum=checksum,
        at=at if at is not None else stamp_of(name or ""),
        key=name,
    )


def recorded(*rows: TrackingRow, named: bool = True, live: Sequence[str] = ()) -> Database:
    """A database whose table is that of 1.0, or, not `named`, of 0.x."""
    columns = COLUMNS if named else COLUMNS[:3]
    held = database(table(DEFAULT, *rows, columns=columns), live=live)
    assert held.schema is not None
    extra = (Column(name="name", type="text"),) if named else ()
    tables = tuple(
        replace(it, columns=it.columns + extra) if str(it.name) == DEFAULT else it
        for it in held.schema.tables
    )
    return replace(held, schema=replace(held.schema, tables=tables))
