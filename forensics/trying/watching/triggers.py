"""Triggers of ours on a scratch database: they note who reaches for rows, also for rows it lacks.

They belong to the superuser, and so does what they note. The owner of a table may switch them off
or drop them; then they are put back as soon as that statement has ended.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import cast

from psycopg import sql

from forensics.scratch.simple_query import Connection

Deeds = Mapping[int, frozenset[str]]
"""The oid of a table -> what was done to its rows: `DELETE`, `TRUNCATE`, `UPDATE`."""

# Statement triggers fire for no row at all, so they also tell of data that the copy does not have.
_NOTES = """\
CREATE SCHEMA {watch};
CREATE TABLE {watch}.seen (relation pg_catalog.oid, deed pg_catalog.text);
CREATE FUNCTION {watch}.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = '' AS $$
BEGIN
  INSERT INTO {watch}.seen VALUES (TG_RELID, TG_OP);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION {watch}.note() FROM PUBLIC"""
_TRIGGER = sql.SQL(
    "CREATE TRIGGER {} BEFORE UPDATE OR DELETE OR TRUNCATE ON {} "
    "FOR EACH STATEMENT EXECUTE FUNCTION {}()"
)
_ALWAYS = sql.SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}")
_THERE = """\
SELECT c.oid::pg_catalog.int8, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
  t.tgname::pg_catalog.text, t.xmin::pg_catalog.text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid AND t.tgfoid = %s::pg_catalog.oid
WHERE c.oid = ANY (%s::pg_catalog.oid[])"""


class Watch:
    """The watch over tables of one database, under a name that no script knows."""

    def __init__(self, superuser: Connection, tables: Sequence[int]) -> None:
        self._superuser = superuser
        self.name = f"watch_{secrets.token_hex(8)}"
        superuser.execute(_NOTES.replace("{watch}", self.name).encode())
        [(note,)] = superuser.execute(
            "SELECT %s::pg_catalog.regproc::pg_catalog.oid::pg_catalog.int8",
            (f"{self.name}.note",),
        ).fetchall()
        self.note = cast("int", note)
        """The oid of the function that the triggers call."""
        self._marks: dict[int, str] = dict.fromkeys(tables, "")
        self.restore()

    def restore(self) -> frozenset[int]:
        """Put back what is gone or was touched; returns the oids of those tables."""
        touched = set[int]()
        for oid, schema, table, trigger, mark in self._there():
            if trigger is not None and mark == self._marks[oid]:
                continue
            place = sql.Identifier(schema, table)
            if trigger is None:
                trigger = self.name
                note = sql.Identifier(self.name, "note")
                self._superuser.execute(_TRIGGER.format(sql.Identifier(trigger), place, note))
            self._superuser.execute(_ALWAYS.format(place, sql.Identifier(trigger)))
            touched.add(oid)
        self._marks |= {oid: mark or "" for oid, _, _, _, mark in self._there()} if touched else {}
        return frozenset(touched)

    def deeds(self) -> Deeds:
        """What was noted, committed deeds only: what was rolled back took its note with it."""
        seen = sql.SQL("SELECT DISTINCT relation::pg_catalog.int8, deed FROM {}").format(
            sql.Identifier(self.name, "seen")
        )
        noted = cast("list[tuple[int, str]]", self._superuser.execute(seen).fetchall())
        found: dict[int, frozenset[str]] = {}
        for relation, deed in noted:
            found[relation] = found.get(relation, frozenset()) | {deed}
        return found

    def remove(self) -> None:
        """Leave the database as if nobody had watched it."""
        self._superuser.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self.name)))

    def _there(self) -> list[tuple[int, str, str, str | None, str | None]]:
        found = self._superuser.execute(_THERE, (self.note, list(self._marks))).fetchall()
        return cast("list[tuple[int, str, str, str | None, str | None]]", found)
