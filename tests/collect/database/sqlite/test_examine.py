"""A look at a SQLite file changes nothing of it, and reads nothing but what it must."""

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from forensics.collect.database.address import BadAddress, parse_address
from forensics.collect.database.collect import collect_database
from forensics.collect.database.sqlite.file import opened
from forensics.collect.database.sqlite.guard import Guard
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import Database
from forensics.model import Outcome, TableName

MAKES = """
CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric);
INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('aa', 1700000000000), ('bb', NULL);
CREATE TABLE d1_migrations (id integer PRIMARY KEY, name text UNIQUE, applied_at text);
INSERT INTO d1_migrations (name, applied_at) VALUES ('0000_a.sql', 'then');
CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT, name text NOT NULL DEFAULT 'x');
INSERT INTO users (name) VALUES ('Secret Name');
CREATE VIEW v AS SELECT name FROM users;
"""
Stamp = dict[str, tuple[bytes, int, int]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a rollback journal, which nobody has open."""
    file = tmp_path / "case" / "app.sqlite"
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as database:
        database.executescript(MAKES)
    return file


def stamp(path: Path) -> Stamp:
    """Bytes, time and size of everything beside the file, and of its folder."""
    found = {
        it.name: (it.read_bytes(), it.stat().st_mtime_ns, it.stat().st_size)
        for it in path.parent.iterdir()
    }
    return found | {".": (b"", path.parent.stat().st_mtime_ns, 0)}


def looked_at(url: str, tmp_path: Path) -> tuple[Database | None, list[str]]:
    """What is seen, and the problems that are told."""
    problems: list[str] = []
    (tmp_path / "bundle").mkdir()
    found = collect_database(
        url,
        BundleWriter(tmp_path / "bundle"),
        deadline=time.monotonic() + 20,
        on_problem=problems.append,
    )
    return found, problems


@contextmanager
def writer(path: Path) -> Iterator[sqlite3.Connection]:
    """Another process with the file open in WAL mode, and what it wrote still in the WAL."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('cc', 9)")
        yield database


def test_catalogue_and_tracking_rows_are_seen(path: Path, tmp_path: Path) -> None:
    """Ids are NULL, as SQLite makes them; other tools' tables are noticed."""
    found, problems = looked_at(f"file:{path}", tmp_path)
    assert found is not None and found.tracking is not None and found.schema is not None
    assert problems == []
    assert (found.identity.dialect, found.identity.database) == ("sqlite", "app.sqlite")
    tracking = found.tracking.get(TableName(schema="main", table="__drizzle_migrations"))
    assert tracking is not None
    assert [(it.id, it.checksum, it.at) for it in tracking.rows] == [
        (None, "aa", 1700000000000),
        (None, "bb", None),
    ]
    assert [it.tool for it in found.tracking.tables] == ["drizzle-kit", "wrangler d1"]
    assert {it.name.table for it in found.schema.tables} >= {"users", "v"}


def test_no_row_of_another_table_is_in_the_bundle(path: Path, tmp_path: Path) -> None:
    """Nor anywhere beside it."""
    looked_at(str(path), tmp_path)
    kept = b"".join(it.read_bytes() for it in (tmp_path / "bundle").rglob("*") if it.is_file())
    assert b"Secret Name" not in kept and b"users" in kept


def test_the_connection_may_not_read_another_table(path: Path) -> None:
    """SQLite itself refuses it."""
    with opened(str(path), time.monotonic() + 20) as connection:
        Guard(connection)
        for statement in ("SELECT name FROM users", "SELECT * FROM v", "ATTACH 'x' AS y"):
            with pytest.raises(sqlite3.DatabaseError, match="not authorized|prohibited"):
                connection.execute(statement).fetchall()


def test_nothing_of_the_original_changes(path: Path, tmp_path: Path) -> None:
    """Neither bytes nor times, and nothing is made beside it."""
    before = stamp(path)
    looked_at(f"sqlite:{path}", tmp_path)
    assert stamp(path) == before


def test_what_is_in_the_wal_is_seen_and_left_as_it_is(path: Path, tmp_path: Path) -> None:
    """While another process has the file open."""
    with writer(path):
        before = stamp(path)
        assert "app.sqlite-wal" in before
        found, _ = looked_at(str(path), tmp_path)
        assert stamp(path) == before
    assert found is not None and found.tracking is not None
    assert [it.checksum for it in found.tracking.tables[0].rows] == ["aa", "bb", "cc"]


def test_a_transaction_that_another_process_has_open_is_not_seen(
    path: Path, tmp_path: Path
) -> None:
    """And not disturbed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('dd', 9)")
        found, _ = looked_at(str(path), tmp_path)
        other.execute("COMMIT")
    assert found is not None and found.tracking is not None
    assert [it.checksum for it in found.tracking.tables[0].rows] == ["aa", "bb"]


def test_a_time_that_is_no_number_is_not_taken_for_none(path: Path, tmp_path: Path) -> None:
    """SQLite keeps any text in the column, and the tool then finds nothing pending."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE __drizzle_migrations SET created_at = '2024-01-01'")
    found, [problem] = looked_at(str(path), tmp_path)
    assert found is not None and found.tracking is not None
    assert found.tracking.tables[0].outcome is Outcome.FAILED
    assert "created_at that is not a number" in problem


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b"something else" * 20, "is not a SQLite database"),
        (b"SQLite format 3\0" + b"\0" * 200, "cannot be read|not a SQLite|is"),
    ],
)
def test_what_is_no_database_is_said(content: bytes | None, why: str, tmp_path: Path) -> None:
    """In one line, and the rest goes on without it."""
    file = tmp_path / "odd.sqlite"
    if content is not None:
        file.write_bytes(content)
    found, [problem] = looked_at(str(file), tmp_path)
    assert found is None and "odd.sqlite" in problem
    assert re.search(why, problem)


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    """It would wait for ever."""
    os.mkfifo(tmp_path / "pipe.sqlite")
    found, [problem] = looked_at(str(tmp_path / "pipe.sqlite"), tmp_path)
    assert found is None and "is not a file" in problem


def test_a_view_with_the_name_of_a_tracking_table_is_never_read(tmp_path: Path) -> None:
    """It may run code, and read anything."""
    file = tmp_path / "app.sqlite"
    with closing(sqlite3.connect(file)) as database:
        database.executescript(
            "CREATE TABLE users (hash text); CREATE VIEW __drizzle_migrations AS "
            "SELECT 1 AS id, hash, 2 AS created_at FROM users"
        )
    found, _ = looked_at(str(file), tmp_path)
    assert found is not None and found.tracking is not None
    assert [it.outcome for it in found.tracking.tables] == [Outcome.SKIPPED]


@pytest.mark.parametrize(
    "given",
    [
        "file:{}",
        "sqlite:{}",
        "sqlite://{}",
        "sqlite:///{}",
        "file://{}?mode=rwc",
        "{}",
        "'{}'",
        "libsql:file:{}",
    ],
)
def test_a_file_is_named_in_many_ways(given: str, path: Path) -> None:
    """Parameters are left out: it is opened read-only whatever they say."""
    address = parse_address(given.format(path))
    assert address is not None
    assert (address.dialect, address.path, str(address)) == ("sqlite", str(path), "app.sqlite")


@pytest.mark.parametrize("given", ["libsql://db.example.org", "file::memory:", ":memory:"])
def test_what_is_no_file_is_refused(given: str) -> None:
    """With what can be done instead."""
    with pytest.raises(BadAddress):
        parse_address(given)
