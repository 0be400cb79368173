"""SQL of the case runs in memory, and reaches nothing else."""

from pathlib import Path

import pytest

from forensics.dialects.sqlite.memory import NotRun, SqliteError, memory


@pytest.mark.parametrize(
    "hostile",
    [
        "ATTACH '{path}' AS other",
        "VACUUM INTO '{path}'",
        "CREATE VIRTUAL TABLE t USING csv(filename='{path}')",
        "PRAGMA writable_schema = ON",
        "PRAGMA temp_store_directory = '{folder}'",
        "PRAGMA journal_mode = DELETE",
        "SELECT load_extension('{path}')",
        "SELECT writefile('{path}', 'x')",
        "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c",
        "SELECT length(zeroblob(100000000))",
    ],
)
def test_what_would_leave_the_memory_is_not_run(hostile: str, tmp_path: Path) -> None:
    """It is refused before it runs, and no file is made."""
    statement = hostile.format(path=tmp_path / "made", folder=tmp_path)
    with memory() as opened, pytest.raises((NotRun, SqliteError)):
        opened.rows(statement)
    assert not list(tmp_path.iterdir())


def test_a_file_is_not_read_through_another_name_of_it(tmp_path: Path) -> None:
    """Not even one that is a database."""
    with memory() as opened:
        opened.rows("CREATE TABLE secrets (value text)")
        with pytest.raises(NotRun, match="another database"):
            opened.rows(f"ATTACH 'file:{tmp_path}/x?mode=ro' AS other")
        assert opened.rows("SELECT count(*) FROM secrets") == [(0,)]


def test_after_a_refusal_the_next_statement_runs() -> None:
    """A refusal is about one statement."""
    with memory() as opened:
        with pytest.raises(NotRun):
            opened.rows("ATTACH ':memory:' AS other")
        assert opened.rows("SELECT 1") == [(1,)]


def test_the_memory_is_bounded() -> None:
    """A migration that writes without end stops."""
    grows = (
        "INSERT INTO t WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 200) "
        "SELECT zeroblob(1000000) FROM c"
    )
    with memory() as opened:
        opened.rows("CREATE TABLE t (a)")
        with pytest.raises((NotRun, SqliteError)):
            opened.rows(grows)
