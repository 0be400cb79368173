"""Snapshots of every version are understood, and what is not in the SQL is said."""

import json
from typing import Any

import pytest

from forensics.adapters.drizzle.ddl import SnapshotError, regenerate, style_of

COLUMN = {"name": "id", "type": "serial", "primaryKey": True, "notNull": True}
TABLE: dict[str, Any] = {
    **{"name": "t", "schema": "", "columns": {"id": COLUMN}, "foreignKeys": {}},
    **{"indexes": {}, "compositePrimaryKeys": {}, "uniqueConstraints": {}},
}
BASE = {"id": "a", "prevId": "b", "schemas": {}}
META: dict[str, Any] = {"_meta": {"schemas": {}, "tables": {}, "columns": {}}}
ENUM = {"name": "mood", "values": {"good": "good", "bad": "bad"}}


def five() -> dict[str, Any]:
    """A snapshot as 0.20 wrote it: tables keyed by name, the values of an enum in an object."""
    tables = {"t": {**TABLE, "indexes": {"i": {"name": "i", "columns": ["id"], "isUnique": False}}}}
    return {
        **{**BASE, **META, "version": "5", "dialect": "pg"},
        **{"tables": tables, "enums": {"mood": ENUM}},
    }


def test_version_5_is_converted() -> None:
    """Its enums move to `public`, its tables get their schema, as the kit's own `up` does."""
    (told,) = regenerate(None, json.dumps(five()), style_of("0.21")).candidates
    assert "CREATE TYPE \"public\".\"mood\" AS ENUM('good', 'bad');" in told
    assert 'CREATE TABLE IF NOT EXISTS "t" (\n\t"id" serial PRIMARY KEY NOT NULL\n);\n' in told
    assert told.endswith('CREATE INDEX IF NOT EXISTS "i" ON "t" ("id");')


def test_versions_can_be_mixed() -> None:
    """Between a snapshot of 5 and its conversion to 6 nothing changes."""
    enum = {"name": "mood", "schema": "public", "values": ["good", "bad"]}
    six = {**five(), "version": "6", "dialect": "postgresql", "enums": {"public.mood": enum}}
    six["tables"] = {"public.t": five()["tables"]["t"]}
    assert regenerate(json.dumps(five()), json.dumps(six), style_of("0.21")).candidates == ("",)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": "7"}', "\ufeff{}", "{" * 9000])
def test_other_texts_are_refused(text: str) -> None:
    """A stray file, a journal or a half-written snapshot is no schema."""
    with pytest.raises(SnapshotError):
        regenerate(None, text, style_of("0.31"))


def test_what_is_not_covered_is_named() -> None:
    """Policies that a schema puts on tables of others are not in the SQL."""
    plain = {**BASE, **META, "version": "7", "dialect": "postgresql", "tables": {}, "enums": {}}
    policy = {"name": "p", "as": "PERMISSIVE", "for": "ALL", "to": ["public"], "on": "auth.users"}
    after = {**plain, "policies": {"p": policy}}
    told = regenerate(json.dumps(plain), json.dumps(after), style_of("0.31"))
    assert told.not_covered == ("policies on tables of others",)
