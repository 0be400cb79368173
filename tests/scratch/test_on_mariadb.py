"""A throw-away MariaDB answers for the database that was collected, where that holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from forensics.dialects.effect import Done, Failed
from forensics.dialects.mysql.text import statements
from forensics.facts import Database, DatabaseIdentity, LiveSchema
from forensics.scratch import mariadb as starts
from forensics.scratch import on_mariadb
from forensics.scratch.mariadb import MariaDb, MariaDbUnavailable, throw_away_mariadb
from forensics.scratch.on_mariadb import OnMariaDb, is_harmless
from tests.dialects.mysql.live import live

pytestmark = pytest.mark.slow


def database(version: str) -> Database:
    """One of a server that says this version."""
    identity = DatabaseIdentity(
        database="shop", dialect="mysql", server="h", server_version=version, role="amy"
    )
    return Database(identity=identity)


@pytest.fixture
def schema(mariadb: MariaDb) -> LiveSchema:
    """As it was collected."""
    with live(mariadb) as opened:
        return opened.catalogue()


@pytest.fixture
def engine(mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnMariaDb]:
    """An engine on the server of the tests."""
    monkeypatch.setattr(OnMariaDb, "_start", lambda self, schema: mariadb)
    with ExitStack() as stack:
        yield OnMariaDb(stack, database(mariadb.version))


def test_it_answers_what_the_model_leaves_open(engine: OnMariaDb, schema: LiveSchema) -> None:
    """A type that we do not know, a statement that is not read."""
    failed = engine.answer(schema, ("ALTER TABLE `users` ADD `v` vector(3)",))
    assert isinstance(failed, Failed) and failed.detail == "errno 4161" and not failed.kept
    done = engine.answer(schema, ("ALTER TABLE `tags` CONVERT TO CHARACTER SET latin1",))
    assert isinstance(done, Done)
    [tags] = [it for it in done.schema.tables if it.name.table == "tags"]
    assert "latin1" in (tags.definition or "")


def test_what_rows_decide_stays_open(engine: OnMariaDb, schema: LiveSchema) -> None:
    """On empty tables everything unique is unique."""
    unique = "ALTER TABLE `users` ADD CONSTRAINT `u` UNIQUE(`name`)"
    assert engine.answer(schema, (unique,)) is None
    assert engine.answer(schema, (unique, "ALTER TABLE `nope` ADD `x` int")) is None
    first = engine.answer(schema, ("ALTER TABLE `nope` ADD `x` int", unique))
    assert isinstance(first, Failed) and first.position == 0


def test_it_agrees_with_the_model_and_notes_where_it_does_not(
    engine: OnMariaDb, schema: LiveSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disagreement is a defect of ours, and is told."""
    texts = ("CREATE TABLE `a` (`x` int)", "CREATE TABLE `a` (`y` int)")
    seen = engine.answer(schema, texts)
    assert isinstance(seen, Failed) and (seen.position, seen.kept, seen.exists) == (1, True, True)
    assert not engine.disagreements
    monkeypatch.setattr(on_mariadb, "run", lambda schema, texts: Done(schema=schema))
    assert isinstance(engine.answer(schema, (*texts, "SELECT 1")), Failed)
    assert len(engine.disagreements) == 1


@pytest.mark.parametrize(
    "text",
    [
        "SELECT LOAD_FILE('/etc/passwd')",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "CREATE TABLE `a` (`x` int) DATA DIRECTORY='/tmp'",
        "CREATE TABLE `a` (`x` int) ENGINE=CONNECT",
        "CREATE FUNCTION `f` RETURNS string SONAME 'x.so'",
        "CREATE TABLE `mysql`.`a` (`x` int)",
        "CREATE VIEW `v` AS SELECT LOAD_FILE('/etc/passwd')",
        "DROP DATABASE `shop`",
        "SET GLOBAL general_log = 1",
        "/*!50001 DROP TABLE `a` */",
        "CREATE TABLE `a` (`x` int) CONNECTION='mysql://h/d/t'",
        "INSERT INTO `a` VALUES (1)",
    ],
)
def test_only_definitions_of_this_database_are_run(text: str) -> None:
    """Whatever else a hostile migration holds is left to the model."""
    [statement] = statements(text)
    assert not is_harmless(statement)


def test_of_another_product_nothing_is_tried(schema: LiveSchema) -> None:
    """And one line says why."""
    settings = tuple((k, "8.4.3" if k == "version" else v) for k, v in schema.settings)
    with ExitStack() as stack:
        engine = OnMariaDb(stack, database("8.4.3"))
        of_mysql = replace(schema, settings=settings)
        assert engine.answer(of_mysql, ("DROP TABLE `tags`",)) is None
        assert engine.version is None
        assert "The database is MySQL 8.4.3, and only a MariaDB can be started" in engine.trouble


def test_an_older_server_says_nothing_of_what_it_does_not_know(
    engine: OnMariaDb, schema: LiveSchema
) -> None:
    """VECTOR came with 11.7."""
    engine._real = "11.8.2-MariaDB"
    assert engine.answer(schema, ("ALTER TABLE `users` ADD `v` vector(3)",)) is None


def test_without_a_server_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on with the model."""
    monkeypatch.setattr(starts, "find_mariadb", lambda: None)
    with pytest.raises(MariaDbUnavailable, match="apt-get install mariadb-server"):
        with throw_away_mariadb():
            pass


def test_the_server_is_private_and_leaves_nothing() -> None:
    """On its socket alone, as nobody special, in a folder that is gone afterwards."""
    with throw_away_mariadb() as server:
        place = server.socket.parent
        assert server.execute("SELECT @@skip_networking, @@secure_file_priv, @@local_infile") == [
            (1, f"{place}/files/", 0)
        ]
        assert place.stat().st_mode & 0o077 == 0
        [(pid,)] = [(int((place / "pid").read_text()),)]
        if os.geteuid() == 0:
            assert Path(f"/proc/{pid}").stat().st_uid != 0
    assert not place.exists() and not Path(f"/proc/{pid}").exists()
