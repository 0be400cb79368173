"""A project whose migrations are lost, each in another way, and the database that they were applied to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from forensics.scratch.postgres import Server
from tests.build import CONFIG, JOURNAL, digest, journal, stamps
from tests.collect.repositories import Repo
from tests.recover.lost import original, pair

Files = dict[str, str | None]
NOBODY = "00000000-0000-0000-0000-000000000000"


class Way(Struct, frozen=True):
    """How one file was lost, and what is to be said of it."""

    name: str
    expected: str
    """The verdict."""
    source: str
    """What the words about its source hold."""
    lose: Callable[[Museum, str, str], None] = lambda museum, path, text: None
    """Given the path of the file and its text."""
    change: str = ""
    """The pair of snapshots that it lies between; else no snapshot changes."""
    applied: Callable[[str], str] = lambda text: text
    """What ran, given the text of the file."""


class Museum:
    """The project, its tags, and what was applied."""

    def __init__(self, folder: Path, ways: tuple[Way, ...]) -> None:
        self.repo = Repo(folder / "project")
        self.ways = ways
        self.tags: list[str] = []
        self.texts: dict[str, str] = {}
        self.tag_of: dict[str, str] = {}
        self.files: Files = {"drizzle.config.ts": CONFIG, ".gitignore": "/dist\n*~\n"}
        self._parent = NOBODY
        for way in ways:
            self._exhibit(way)
        self.files[JOURNAL] = journal(*self.tags)
        self.repo.commit("begin", self.files)
        for way in ways:
            tag = self.tag_of[way.name]
            way.lose(self, f"drizzle/{tag}.sql", self.texts[tag])

    def _exhibit(self, way: Way) -> None:
        snapshots = pair(way.change) if way.change else {"before": {}, "after": {}}
        base = self._add(f"before_{way.name}", snapshots["before"])
        self.files[f"drizzle/{base}.sql"] = self.texts[base]
        tag = self._add(way.name, snapshots["after"], original(way.change) if way.change else "")
        self.tag_of[way.name] = tag

    def _add(self, name: str, snapshot: dict[str, object], text: str = "") -> str:
        number = len(self.tags)
        tag = f"{number:04}_{name.replace(' ', '_').replace('-', '_')}"
        self.tags.append(tag)
        self.texts[tag] = text or f"UPDATE book SET title = '{name}';\nSELECT {number};\n"
        id_ = f"00000000-0000-4000-8000-{number + 1:012}"
        empty: dict[str, object] = {
            it: {} for it in ("tables", "enums", "schemas", "sequences", "roles", "views")
        }
        known = {"version": "7", "dialect": "postgresql", **empty, "policies": {}}
        meta: dict[str, object] = {"schemas": {}, "tables": {}, "columns": {}}
        told = {**known, "_meta": meta, **snapshot, "id": id_, "prevId": self._parent}
        self.files[f"drizzle/meta/{number:04}_snapshot.json"] = json.dumps(told)
        self._parent = id_
        return tag

    def applied(self, tag: str) -> str:
        """What ran under a tag."""
        way = next((it for it in self.ways if self.tag_of[it.name] == tag), None)
        return way.applied(self.texts[tag]) if way else self.texts[tag]

    def record(self, server: Server, database: str) -> str:
        """The address of a database that has a row for each; one tag stands with Supabase too."""
        server.create_database(database)
        rows = zip(self.tags, stamps(len(self.tags)), strict=True)
        values = ", ".join(f"('{digest(self.applied(tag))}', {when})" for tag, when in rows)
        server.execute(
            "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations "
            "(id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);"
            f"INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES {values}",
            database=database,
        )
        server.execute(self.texts[self.tag_of["regenerable and edited"]], database=database)
        statements = self.texts[self.tag_of["kept by supabase"]].rstrip().rstrip(";").split(";\n")
        array = ", ".join("'" + it.replace("'", "''") + "'" for it in statements)
        server.execute(
            "CREATE SCHEMA supabase_migrations; CREATE TABLE supabase_migrations.schema_migrations "
            "(version text PRIMARY KEY, statements text[], name text);"
            "INSERT INTO supabase_migrations.schema_migrations VALUES "
            f"('20260101000000', ARRAY[{array}], 'elsewhere')",
            database=database,
        )
        return server.url(database)
