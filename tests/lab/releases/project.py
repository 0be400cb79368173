"""The tiny project of all releases: one table, two migrations, snapshots that its release knows."""

import hashlib
import json
from pathlib import Path

from forensics.demo.project import APP
from tests.lab.build import Home, LabProject
from tests.lab.story import story

TAGS = ("0000_first", "0001_second")
STAMPS = (1_700_000_000_000, 1_700_000_001_000)
SQL = (
    'CREATE TABLE "one" (\n\t"id" integer NOT NULL\n);\n',
    'ALTER TABLE "one" ADD COLUMN "note" text;',
)
IDS = (
    "00000000-0000-0000-0000-000000000000",
    *(f"00000000-0000-4000-8000-00000000000{n}" for n in "123"),
)

_CONFIG = """import { defineConfig } from "drizzle-kit";

export default defineConfig({
  schema: "./schema.ts",
  out: "./drizzle",
  dialect: "postgresql",
  dbCredentials: { url: process.env.DATABASE_URL! },
});
"""
_SCHEMA = """import { index, integer, pgTable, text } from "drizzle-orm/pg-core";

export const one = pgTable("one", { id: integer("id").notNull(), note: text("note") });
"""


def tiny_project(folder: Path, kit: str) -> LabProject:
    """Write the project into a folder that is not there yet."""
    app = folder / APP
    meta = app / "drizzle" / "meta"
    meta.mkdir(parents=True)
    (app / "package.json").write_text('{"name": "tiny", "private": true}\n', encoding="utf-8")
    (app / "drizzle.config.ts").write_text(_CONFIG, encoding="utf-8")
    (app / "schema.ts").write_text(_SCHEMA, encoding="utf-8")
    version = snapshot_version(kit)
    for number, (tag, sql) in enumerate(zip(TAGS, SQL, strict=True)):
        (app / "drizzle" / f"{tag}.sql").write_text(sql, encoding="utf-8")
        write(meta / f"000{number}_snapshot.json", _snapshot(number, version))
    write(meta / "_journal.json", _journal(version))
    told = story("library")
    return LabProject(folder=folder, kit=kit, faults=frozenset(), home=Home.DRIZZLE, told=told)


def snapshot_version(kit: str) -> str:
    """What the release writes."""
    return "6" if kit.startswith("0.21.") else "7"


def database(schema: str = "drizzle") -> str:
    """The SQL that makes its database, as `migrate` leaves it, with the rows in a schema."""
    rows = ", ".join(
        f"('{hashlib.sha256(sql.encode()).hexdigest()}', {when})"
        for sql, when in zip(SQL, STAMPS, strict=True)
    )
    table = f'"{schema}"."__drizzle_migrations"'
    return (
        f'{SQL[0]}; {SQL[1]}; CREATE SCHEMA IF NOT EXISTS "{schema}"; CREATE TABLE {table} '
        "(id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint); "
        f"INSERT INTO {table} (hash, created_at) VALUES {rows}"
    )


def write(path: Path, value: object) -> None:
    """Write JSON as the kit does."""
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")


def _journal(version: str) -> dict[str, object]:
    entries = [
        {"idx": number, "version": version, "when": when, "tag": tag, "breakpoints": True}
        for number, (tag, when) in enumerate(zip(TAGS, STAMPS, strict=True))
    ]
    return {"version": version, "dialect": "postgresql", "entries": entries}


def _snapshot(number: int, version: str) -> dict[str, object]:
    return {
        "id": IDS[number + 1],
        "prevId": IDS[number],
        "version": version,
        "dialect": "postgresql",
        "tables": {"public.one": _table(number)},
        "enums": {},
        "schemas": {},
        "_meta": {"columns": {}, "schemas": {}, "tables": {}},
    }


def _table(number: int) -> dict[str, object]:
    names = {"id": ("integer", True), "note": ("text", False)}
    columns = {
        name: {"name": name, "type": kind, "primaryKey": False, "notNull": needed}
        for name, (kind, needed) in list(names.items())[: number + 1]
    }
    return {
        "name": "one",
        "schema": "",
        "columns": columns,
        "indexes": {},
        "foreignKeys": {},
        "compositePrimaryKeys": {},
        "uniqueConstraints": {},
    }
