"""Thousands of statements cost few ways to the server, and what fails fails alone."""

from collections.abc import Iterator
from contextlib import closing
from time import monotonic

import psycopg
import pytest

from forensics.scratch import grouped
from forensics.scratch.grouped import in_groups
from forensics.scratch.postgres import Server
from forensics.scratch.simple_query import Connection, Stopped, run_text, run_together

pytestmark = pytest.mark.slow


@pytest.fixture
def connection(server: Server) -> Iterator[Connection]:
    """To it; closed in whatever state it is."""
    with closing(psycopg.connect(server.url(), autocommit=True)) as made:
        yield made


def run(connection: Connection, *texts: str) -> list[str]:
    """Run all, each that fails alone; what each of those said."""
    told: list[str] = []
    deadline = monotonic() + 60
    written = [text.encode() for text in texts]
    for text, well in zip(written, in_groups(connection, written, deadline), strict=True):
        if not well:
            ran = run_text(connection, text, deadline, one_statement=True)
            told.append(ran.error.sqlstate if ran.error else "")
    return told


def test_what_fails_is_found_and_the_rest_is_made(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In ways to the server that grow with what fails, not with what there is."""
    calls: list[int] = []

    def counted(connection: Connection, texts: list[bytes], deadline: float) -> bool:
        calls.append(len(texts))
        return run_together(connection, texts, deadline)

    monkeypatch.setattr(grouped, "run_together", counted)
    texts = [f"CREATE TABLE t{number} (a int)" for number in range(1000)]
    texts[500] = "CREATE TABLE t499 (a int)"
    texts[501] = "-- two\nCREATE TABLE x (a int); CREATE TABLE y (a int)"
    told = run(connection, *texts)
    assert [it for it in told if it] == ["42P07", "42601"]
    assert len(told) < 5
    assert len(calls) < 30
    [(made,)] = connection.execute(
        "SELECT count(*) FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    assert made == 998


def test_what_returns_rows_or_ends_a_transaction_runs_alone(connection: Connection) -> None:
    """Rows could be without end, and half of a group must not stay."""
    texts = ("SELECT 1", "BEGIN", "ROLLBACK", "/* x */ CREATE TABLE alone ()", "VALUES (1)")
    assert run(connection, *texts) == [""] * 5


def test_a_long_statement_is_sent_while_the_server_answers(connection: Connection) -> None:
    """Longer than what a socket takes at once."""
    long = f"SELECT '{'x' * 2_000_000}'".encode()
    assert run_text(connection, long, monotonic() + 20).error is None
    comments = [f"COMMENT ON SCHEMA public IS '{'x' * 300_000}'".encode() for _ in range(5)]
    assert list(in_groups(connection, comments, monotonic() + 20)) == [True] * 5


def test_a_group_that_does_not_end_is_stopped(connection: Connection) -> None:
    """Also where each statement looks harmless."""
    made = (
        "CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1 FROM pg_sleep(9)'"
    )
    connection.execute(made)
    with pytest.raises(Stopped):
        run_together(
            connection,
            [b"CREATE TABLE i (a int)", b"CREATE INDEX ON i (f(1))"] * 2,
            monotonic() + 1,
        )
