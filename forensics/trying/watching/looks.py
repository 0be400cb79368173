"""Looks at a scratch database before and after a script, and says what the script did."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from forensics.model import TableName
from forensics.scratch.simple_query import Connection
from forensics.trying.watching.catalogue import Catalogue, read_catalogue
from forensics.trying.watching.differences import Changed, changed
from forensics.trying.watching.planting import Contents, contents, poorer
from forensics.trying.watching.triggers import Deeds, Watch

_GONE_SECONDS = 3.0
"""How long a session may take to end."""
_EXACT = 15
"""The first major version whose statistics are complete when a session has ended."""
_COLUMNS = """\
SELECT c.oid::pg_catalog.int8, a.attnum::pg_catalog.int8, n.nspname, c.relname, a.attname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute a
  ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', %s)
ORDER BY n.nspname, c.relname, a.attnum"""
_CASCADES = """\
SELECT DISTINCT confrelid::pg_catalog.int8, conrelid::pg_catalog.int8,
  CASE confdeltype WHEN 'c' THEN 'DELETE' ELSE 'UPDATE' END
FROM pg_catalog.pg_constraint WHERE contype = 'f' AND confdeltype IN ('c', 'n', 'd')"""
_ALONE = """\
SELECT pg_catalog.count(*) = 0 FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND backend_type = 'client backend'
  AND pid <> pg_catalog.pg_backend_pid()"""
_SCANS = """\
SELECT relid::pg_catalog.int8, seq_scan + coalesce(idx_scan, 0)
FROM pg_catalog.pg_stat_user_tables WHERE relid = ANY (%s::pg_catalog.oid[])"""
_CALLS = """\
SELECT coalesce(pg_catalog.sum(calls), 0)::pg_catalog.int8 FROM pg_catalog.pg_stat_user_functions
WHERE schemaname <> %s"""


_ALONE_IN_IT = frozenset({"ALTER TABLE", "ALTER TRIGGER", "CREATE TRIGGER", "DROP TRIGGER"})
"""Tags of statements that can touch a trigger, and do nothing to rows meanwhile."""
_COULD_TOUCH = _ALONE_IN_IT | {"CALL", "COMMIT", "DO", "SELECT"}


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables by oid, their columns by number: names change, these do not."""

    names: Mapping[int, TableName]
    columns: Mapping[tuple[int, int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a script did to a database."""

    before: Tables
    left: Tables
    deeds: Deeds
    """With those that follow from a foreign key, also where no row did."""
    emptied: frozenset[int]
    """Tables whose planted rows are fewer, or under whose name is another table without them."""
    hidden: Mapping[int, TableName]
    """Of the latter: where the rows are now."""
    poorer: tuple[tuple[int, int], ...]
    """Table and number of columns whose planted values are not told apart any more."""
    catalogue: Changed
    looked_at: tuple[TableName, ...]
    """Tables that were read while code ran: what the code did may depend on their rows."""
    unwatched: tuple[TableName, ...]
    """Tables whose triggers were switched off for a while, in which their rows could go unseen."""


class Looks:
    """The looks at one database; `superuser` is a connection to it, `tracking` is not watched.

    Of `planted` tables, the rows are compared.
    """

    def __init__(
        self, superuser: Connection, tracking: frozenset[TableName], *, planted: bool
    ) -> None:
        self._superuser, self._planted = superuser, planted
        self.before = application_tables(superuser, tracking)
        names = self.before.names
        self._watch = Watch(superuser, [*names])
        self._catalogue: Catalogue = self._now()
        self._contents: Contents = contents(superuser, [*names]) if planted else {}
        self._cascades = cast("list[tuple[int, int, str]]", superuser.execute(_CASCADES).fetchall())
        self._read, self._called = self._counts()
        self._unwatched: dict[int, None] = {}

    def after_statement(self, tags: Sequence[str]) -> None:
        """Look after the triggers; `tags` are those of the statements that have just ended."""
        if not _COULD_TOUCH.intersection(tags):
            return
        touched = self._watch.restore()
        if len(tags) > 1 or not _ALONE_IN_IT.issuperset(tags):
            self._unwatched |= dict.fromkeys(touched)

    def after(self, *, ran_code: bool) -> Done:
        """What differs now that the session of the script has ended.

        `ran_code` says that a block of code was among the statements. Raises `psycopg.Error`.
        """
        self._wait()
        self._unwatched |= dict.fromkeys(self._watch.restore())
        looked_at = tuple(self._looked_at(ran_code))
        left, catalogue = _tables(self._superuser, self._watch.name), self._now()
        deeds = _with_cascades(self._watch.deeds(), self._cascades)
        now = contents(self._superuser, [*left.names]) if self._planted else {}
        self._watch.remove()
        hidden = dict(self._hidden(left, now))
        fewer = {
            oid for oid, had in self._contents.items() if oid in now and now[oid].rows < had.rows
        }
        return Done(
            before=self.before,
            left=left,
            deeds=deeds,
            emptied=frozenset(fewer | {*hidden}),
            hidden=hidden,
            poorer=tuple(self._poorer(now, fewer)),
            catalogue=changed(self._catalogue, catalogue),
            looked_at=looked_at,
            unwatched=tuple(self.before.names[oid] for oid in self._unwatched),
        )

    def _now(self) -> Catalogue:
        return read_catalogue(self._superuser, self._watch.note)

    def _wait(self) -> None:
        """Until the server has ended the session, and counted what it did."""
        deadline = time.monotonic() + _GONE_SECONDS
        while time.monotonic() < deadline:
            if self._superuser.execute(_ALONE).fetchone() == (True,):
                return
            time.sleep(0.002)

    def _counts(self) -> tuple[Mapping[int, int], int]:
        read = self._superuser.execute(_SCANS, ([*self.before.names],)).fetchall()
        [(calls,)] = self._superuser.execute(_CALLS, (self._watch.name,)).fetchall()
        return dict(cast("list[tuple[int, int]]", read)), cast("int", calls)

    def _looked_at(self, ran_code: bool) -> Iterator[TableName]:
        read, called = self._counts()
        exact = self._superuser.info.server_version >= _EXACT * 10_000
        if not ran_code and called == self._called:
            return
        for oid, name in self.before.names.items():
            if not exact or read.get(oid, 0) > self._read.get(oid, 0):
                yield name

    def _hidden(self, left: Tables, now: Contents) -> Iterator[tuple[int, TableName]]:
        """Tables that have another name, while another one with less in it has theirs."""
        there = {name: oid for oid, name in left.names.items()}
        for oid, name in self.before.names.items():
            other = there.get(name)
            if oid not in left.names or other in (None, oid):
                continue
            here, there_now = now.get(oid), now.get(other)
            if here is None or there_now is None or there_now.rows < here.rows:
                yield oid, left.names[oid]

    def _poorer(self, now: Contents, fewer: set[int]) -> Iterator[tuple[int, int]]:
        for oid, had in self._contents.items():
            if oid not in now or oid in fewer:
                continue
            for number, values in had.values.items():
                if number in now[oid].values and poorer(values, now[oid].values[number]):
                    yield oid, number


_ColumnRow = tuple[int, int | None, str, str, str]


def application_tables(superuser: Connection, tracking: frozenset[TableName]) -> Tables:
    """All tables but those that record migrations."""
    every = _tables(superuser, "")
    names = {oid: name for oid, name in every.names.items() if name not in tracking}
    return Tables(names, {at: name for at, name in every.columns.items() if at[0] in names})


def _tables(superuser: Connection, ours: str) -> Tables:
    names: dict[int, TableName] = {}
    columns: dict[tuple[int, int], str] = {}
    rows = superuser.execute(_COLUMNS, (ours,)).fetchall()
    for oid, number, schema, table, column in cast("list[_ColumnRow]", rows):
        names[oid] = TableName(schema=schema, table=table)
        if number is not None:
            columns[oid, number] = column
    return Tables(names, columns)


def _with_cascades(deeds: Deeds, cascades: Sequence[tuple[int, int, str]]) -> Deeds:
    """Whoever deletes rows of a table may delete those that refer to them."""
    found = {table: set(done) for table, done in deeds.items()}
    more = True
    while more:
        more = False
        for table, child, deed in cascades:
            if "DELETE" in found.get(table, ()) and deed not in found.setdefault(child, set()):
                found[child].add(deed)
                more = True
    return {table: frozenset(done) for table, done in found.items() if done}
