"""The migrator does to a database what drizzle-orm's own does, errors included."""

import json
from pathlib import Path

import pytest

from forensics.demo.migrator import DemoMigration, MigrationFailed, migrate, read_migrations
from forensics.model import TableName
from forensics.scratch.postgres import Server

pytestmark = pytest.mark.slow

TRACKING = TableName(schema="odd schema", table='rows "1"')
SEEN = 'SELECT id, hash, created_at FROM "odd schema"."rows ""1""" ORDER BY id'


@pytest.fixture
def database(server: Server, request: pytest.FixtureRequest) -> str:
    """The name of an empty database."""
    server.create_database(request.node.name)
    return str(request.node.name)


def test_a_file_is_split_at_breakpoints_and_hashed_whole(tmp_path: Path) -> None:
    """Order and stamps are the journal's; a file that it does not list is not read."""
    files = {"0001_b": "SELECT 1;--> statement-breakpoint\nSELECT 2;", "0000_a": "", "0002_c": "x"}
    for tag, text in files.items():
        (tmp_path / f"{tag}.sql").write_text(text)
    entries = [{"idx": 0, "tag": "0001_b", "when": 5}, {"idx": 1, "tag": "0000_a", "when": 3}]
    _journal(tmp_path, entries)
    second, first = read_migrations(tmp_path)
    assert (second.statements, second.when) == (("SELECT 1;", "\nSELECT 2;"), 5)
    assert second.hash == "d02ede076c33aca93b597b447e27a39a118448f2e77f4057568b202ecfc6e9fe"
    assert (first.statements, first.when) == (("",), 3)


def test_a_listed_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """The tool reads every file before it runs any."""
    _journal(tmp_path, [{"tag": "0000_a", "when": 1}])
    with pytest.raises(FileNotFoundError):
        read_migrations(tmp_path)


def test_only_what_is_newer_than_the_newest_row_runs(server: Server, database: str) -> None:
    """Hashes are not compared, and an older migration that never ran is passed over."""
    first, second = _migration("CREATE TABLE a ()", 10), _migration("CREATE TABLE b ()", 20)
    migrate(server.url(database), (second,), TRACKING)
    migrate(server.url(database), (first, second, _migration("DROP TABLE b", 30)), TRACKING)
    assert server.execute(SEEN, database=database) == [(1, "hash 20", 20), (2, "hash 30", 30)]
    assert server.execute("SELECT to_regclass('a'), to_regclass('b')", database=database) == [
        (None, None)
    ]


def test_a_row_without_a_stamp_counts_as_zero(server: Server, database: str) -> None:
    """JavaScript's Number(null); descending order puts it first."""
    migrate(server.url(database), (_migration("SELECT 1", 10),), TRACKING)
    server.execute('UPDATE "odd schema"."rows ""1""" SET created_at = NULL', database=database)
    migrate(server.url(database), (_migration("SELECT 1", 10),), TRACKING)
    assert server.execute(SEEN, database=database) == [(1, "hash 10", None), (2, "hash 10", 10)]


def test_a_failed_run_leaves_the_empty_table_and_takes_ids(server: Server, database: str) -> None:
    """All is rolled back but for the schema, the table and its sequence; the error is PostgreSQL's."""
    good, bad = _migration("CREATE TABLE a ()", 10), _migration("CREATE TABLE a ()", 20)
    with pytest.raises(MigrationFailed, match='^relation "a" already exists$') as failed:
        migrate(server.url(database), (good, bad), TRACKING)
    assert failed.value.sqlstate == "42P07"
    assert server.execute(SEEN, database=database) == []
    assert server.execute("SELECT to_regclass('a')", database=database) == [(None,)]
    migrate(server.url(database), (good,), TRACKING)
    assert server.execute(SEEN, database=database) == [(2, "hash 10", 10)]


def _migration(statement: str, when: int) -> DemoMigration:
    return DemoMigration(statements=(statement,), hash=f"hash {when}", when=when)


def _journal(folder: Path, entries: list[dict[str, object]]) -> None:
    (folder / "meta").mkdir()
    (folder / "meta" / "_journal.json").write_text(json.dumps({"version": "6", "entries": entries}))
