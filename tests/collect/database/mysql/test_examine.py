"""A look at MariaDB changes nothing, and reads nothing but what it must."""

from __future__ import annotations

import builtins
import time
from pathlib import Path
from typing import Any

import pymysql
import pytest

from forensics.collect.database.collect import collect_database
from forensics.collect.database.count import count_rows
from forensics.collect.database.mysql.rights import covers
from forensics.collect.database.mysql.session import Session
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import Database, RowKind, RowQuestion
from forensics.model import Outcome, TableName, TrueError
from forensics.scratch.mariadb import MariaDb
from tests.lab.mysql.cells import address

pytestmark = pytest.mark.slow

MAKES = """
CREATE TABLE __drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('aa', 1700000000000), ('bb', NULL);
CREATE TABLE users (id int AUTO_INCREMENT PRIMARY KEY, name varchar(80) NOT NULL DEFAULT 'x');
INSERT INTO users (name) VALUES ('Secret Name'), ('Secret Name');
CREATE VIEW schema_migrations AS SELECT name AS version FROM users;
"""


@pytest.fixture
def url(mariadb: MariaDb) -> str:
    """A database with rows, beside another one with a tracking table."""
    for name in ("case1", "beside"):
        mariadb.create_database(name)
    statements = [it for it in MAKES.split(";") if it.strip()]
    mariadb.execute(*statements, database="case1")
    mariadb.execute(statements[0], database="beside")
    return address(mariadb, "case1")


def looked_at(url: str, folder: Path, **options: Any) -> tuple[Database | None, list[str]]:  # noqa: ANN401
    """What is seen, and the problems that are told."""
    problems: list[str] = []
    folder.joinpath("bundle").mkdir()
    writer = BundleWriter(folder / "bundle")
    until = options.pop("deadline", time.monotonic() + 20)
    found = collect_database(url, writer, deadline=until, on_problem=problems.append, **options)
    return found, problems


def everything(folder: Path) -> bytes:
    """All that was recorded."""
    return b"".join(it.read_bytes() for it in sorted(folder.rglob("*")) if it.is_file())


def test_rows_of_the_tracking_table_are_read_and_no_others(url: str, tmp_path: Path) -> None:
    """A table of the application is known by its catalogue alone."""
    found, problems = looked_at(url, tmp_path)
    assert found is not None and found.tracking is not None and found.schema is not None
    own = found.tracking.get(TableName(schema="", table="__drizzle_migrations"))
    assert own is not None and own.outcome is Outcome.COLLECTED
    assert [(it.id, it.checksum, it.at) for it in own.rows] == [
        (1, "aa", 1700000000000),
        (2, "bb", None),
    ]
    assert {it.name.table for it in found.schema.tables} >= {"users", "schema_migrations"}
    assert b"Secret" not in everything(tmp_path)
    assert found.identity.server == "a local socket" and "MariaDB" in found.identity.server_version
    assert problems == [
        "schema_migrations: is a view, which may run code when it is read: never read."
    ]


def test_tables_of_other_databases_are_named_and_never_read(url: str, tmp_path: Path) -> None:
    """Several applications share a server."""
    found, _ = looked_at(url, tmp_path)
    assert found is not None and found.tracking is not None
    assert all(it.name.schema == "" for it in found.tracking.tables)
    assert b"beside.__drizzle_migrations" in everything(tmp_path) or b'"beside"' in everything(
        tmp_path
    )


def test_nothing_is_sent_but_selects_in_a_read_only_transaction(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with its limit of time; no setting of the session is changed."""
    sent: list[str] = []
    query = pymysql.Connection.query

    def noted(self: pymysql.Connection[Any], sql: str, unbuffered: bool = False) -> int:
        sent.append(sql if isinstance(sql, str) else sql.decode())
        return query(self, sql, unbuffered)

    monkeypatch.setattr(pymysql.Connection, "query", noted)
    looked_at(url, tmp_path)
    assert sent[0] == "START TRANSACTION READ ONLY"
    limited = "SET STATEMENT max_statement_time=5, lock_wait_timeout=1 FOR SELECT "
    assert {it for it in sent[1:] if not it.startswith(limited)} == {"SHOW GRANTS"}
    assert len(sent) < 20  # a query for each kind of object, however many there are


def test_the_transaction_refuses_to_write(url: str, mariadb: MariaDb) -> None:
    """Whatever a later change of ours might send."""
    from forensics.collect.database.address import parse_address
    from forensics.collect.database.mysql.session import read_only_session

    given = parse_address(url)
    assert given is not None
    with read_only_session(given, time.monotonic() + 10) as session:
        with pytest.raises(pymysql.MySQLError, match="READ ONLY"):
            session.asked("INSERT INTO users (name) VALUES ('x')")


def test_a_statement_that_takes_too_long_is_an_outcome(url: str) -> None:
    """The limit stands in the statement, so no setting outlives us on a pooled connection."""
    from forensics.collect.database.address import parse_address
    from forensics.collect.database.mysql.session import read_only_session

    given = parse_address(url)
    assert given is not None
    with read_only_session(given, time.monotonic() + 20) as session:
        before = session.asked("SELECT @@max_statement_time")
        began = time.monotonic()
        with pytest.raises(pymysql.MySQLError, match="max_statement_time"):
            session.rows(
                "SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c WHERE a.TABLE_NAME <> CONCAT(b.TABLE_NAME, c.TABLE_NAME)"
            )
        assert time.monotonic() - began < 9
        assert session.asked("SELECT @@max_statement_time") == before


def test_without_the_driver_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the run goes on without the database."""
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:  # noqa: ANN401
        if name.partition(".")[0] == "pymysql":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    found, problems = looked_at("mysql://amy:s3cr3t@h/app", tmp_path)
    assert found is None
    [line] = problems
    assert "pip install 'migration-forensics[mysql]'" in line and "s3cr3t" not in line


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("mysql://amy:s3cr3t@127.0.0.1:1/app", "Nothing answers at 127.0.0.1:1"),
        ("mysql://amy:s3cr3t@127.0.0.1:1", "names no database"),
        ("mysql://root@localhost/nowhere?socketPath={socket}", "has no database nowhere"),
    ],
)
def test_a_database_that_cannot_be_entered_is_one_line(
    given: str, says: str, mariadb: MariaDb, tmp_path: Path
) -> None:
    """What to do next, and never the password."""
    found, problems = looked_at(given.format(socket=mariadb.socket), tmp_path)
    assert found is None
    [line] = problems
    assert says in line and "s3cr3t" not in line
    assert b"s3cr3t" not in everything(tmp_path)


def test_a_role_that_sees_some_tables_is_told_so(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is hidden from it would look as if it were missing."""
    monkeypatch.setattr(
        Session,
        "asked",
        lambda self, statement: (
            [("GRANT SELECT ON `case1`.`users` TO `amy`@`%`",)]
            if statement == "SHOW GRANTS"
            else REAL(self, statement)
        ),
    )
    found, problems = looked_at(url, tmp_path)
    assert found is not None and found.schema is None and found.tracking is None
    assert "ask for GRANT SELECT ON case1.*" in problems[0]


REAL = Session.asked


@pytest.mark.parametrize(
    ("grants", "whole"),
    [
        (["GRANT ALL PRIVILEGES ON *.* TO `a`@`%`"], True),
        (["GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*D8'"], False),
        (["GRANT USAGE ON *.* TO `a`@`%`", "GRANT SELECT ON `shop`.* TO `a`@`%`"], True),
        ([r"GRANT SELECT, INSERT ON `sh\_%`.* TO `a`@`%`"], False),
        (["GRANT SELECT ON `sh_p`.* TO `a`@`%`"], True),
        (["GRANT SELECT ON `sh%`.* TO `a`@`%`"], True),
        (["GRANT SELECT ON `shop`.`users` TO `a`@`%`"], False),
        (["GRANT SELECT ON `other`.* TO `a`@`%`"], False),
        (["GRANT `reader`@`%` TO `a`@`%`", "GRANT USAGE ON *.* TO `a`@`%`"], True),
    ],
)
def test_rights_on_the_whole_database_are_told_from_others(grants: list[str], whole: bool) -> None:
    """In a GRANT the database is a pattern; a role may have any right."""
    assert covers(grants, "shop") is whole


def test_rows_are_counted_and_nothing_else_of_them_is_kept(url: str, mariadb: MariaDb) -> None:
    """One number for a question; a view is never read."""
    query = "SELECT COUNT(*) FROM `users` WHERE `name` = 'Secret Name'"
    table = TableName(schema="", table="users")
    question = RowQuestion(
        kind=RowKind.UNIQUE,
        table=table,
        demand="",
        query=query,
        runs_no_code=True,
        error=TrueError(text="Duplicate entry"),
    )
    counts = count_rows(url, [question])
    assert counts is not None and [it.violations for it in counts.counts] == [2]
    view = TableName(schema="", table="schema_migrations")
    from msgspec.structs import replace

    refused = count_rows(url, [replace(question, table=view)])
    assert refused is not None and refused.counts[0].violations is None
