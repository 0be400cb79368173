"""What is written instead of ADD COLUMN runs on a table with rows, and keeps them."""

import sqlite3
from contextlib import closing

import pytest

from forensics.dialects.sqlite.catalogue import read_catalogue
from forensics.dialects.sqlite.memory import memory
from forensics.dialects.sqlite.rebuilds import Hit, walk
from forensics.dialects.sqlite.remedies import keeping_rows, new_column, without_column
from forensics.facts import LiveSchema

TABLE = "CREATE TABLE `repos` (\n\t`id` integer PRIMARY KEY NOT NULL,\n\t`name` text\n)"
INDEX = "CREATE UNIQUE INDEX `by_name` ON `repos` (`name`)"
OTHER = "CREATE TABLE `other` (`repos` text)"
TIME = "ALTER TABLE `repos` ADD `at` integer DEFAULT (unixepoch()) NOT NULL"
NOT_CONSTANT = "Cannot add a column with non-constant default"


def schema_of(opened: sqlite3.Connection) -> LiveSchema:
    """Its catalogue."""
    return read_catalogue(lambda sql: opened.execute(sql).fetchall())


def instead(*more: str, written: str = TIME, said: str = NOT_CONSTANT) -> tuple[str, ...]:
    """What is proposed for a database with these statements too."""
    with closing(sqlite3.connect(":memory:")) as opened:
        for statement in (TABLE, *more):
            opened.execute(statement)
        return new_column(written, said, "repos", schema_of(opened))


def test_a_default_that_is_no_constant_takes_a_rebuild() -> None:
    """The engine refuses the statement on rows, and takes the rebuild; the index comes back."""
    with closing(sqlite3.connect(":memory:")) as opened:
        for statement in (TABLE, INDEX, OTHER, "INSERT INTO repos VALUES (1, 'a'), (2, 'b')"):
            opened.execute(statement)
        with pytest.raises(sqlite3.OperationalError, match=NOT_CONSTANT):
            opened.execute(TIME)
        for statement in instead(INDEX, OTHER):
            opened.execute(statement)
        rows = opened.execute("SELECT id, name, at > 0 FROM repos ORDER BY id").fetchall()
        assert rows == [(1, "a", 1), (2, "b", 1)]
        assert INDEX in schema_of(opened).statements


@pytest.mark.parametrize(
    "more",
    [
        "CREATE TABLE `child` (`repo` integer REFERENCES `repos`(`id`) ON DELETE CASCADE)",
        "CREATE VIEW `names` AS SELECT name FROM repos",
        "CREATE TRIGGER t AFTER INSERT ON repos BEGIN SELECT 1; END",
    ],
)
def test_no_rebuild_is_proposed_that_could_take_something_along(more: str) -> None:
    """Rows of a child, a view, a trigger."""
    assert not instead(more)


def test_a_column_without_a_default_needs_a_value() -> None:
    """Which one, a person knows."""
    written = "ALTER TABLE `repos` ADD `kind` text NOT NULL"
    (line,) = instead(written=written, said="Cannot add a NOT NULL column with default value NULL")
    assert line.startswith(f"{written} DEFAULT /*")


CHILD = (
    "CREATE TABLE `posts` (`id` integer PRIMARY KEY NOT NULL, `author` integer, "
    "`mail` text UNIQUE, `size` integer, `twice` integer AS (`size` * 2), "
    "CONSTRAINT own FOREIGN KEY (`author`) REFERENCES `repos`(`id`) ON DELETE cascade, "
    "UNIQUE(`author`, `size`)) STRICT"
)
INDEXES = ("CREATE INDEX `one` ON `posts` (`author`)", "CREATE INDEX `two` ON `posts` (`size`)")


@pytest.mark.parametrize("column", ["author", "mail", "MAIL"])
def test_a_column_that_is_not_dropped_goes_with_a_rebuild(column: str) -> None:
    """With the constraints on it; rows, other constraints and other indexes stay."""
    drop = f"ALTER TABLE `posts` DROP COLUMN `{column}`"
    with closing(sqlite3.connect(":memory:")) as opened:
        for statement in (TABLE, CHILD, INDEXES[1], *INDEXES[: column != "author"]):
            opened.execute(statement)
        opened.execute("INSERT INTO repos VALUES (1, 'a')")
        opened.execute("INSERT INTO posts VALUES (7, 1, 'a@x', 3)")
        with pytest.raises(sqlite3.OperationalError) as said:
            opened.execute(drop)
        lines = without_column(drop, str(said.value), schema_of(opened))
        for statement in lines:
            opened.execute(statement)
        assert opened.execute("SELECT id, twice FROM posts").fetchall() == [(7, 6)]
        [(made,)] = opened.execute("SELECT sql FROM sqlite_schema WHERE name = 'posts'")
        assert f"`{column.lower()}`" not in made and made.endswith("STRICT")
        assert ("FOREIGN KEY" in made) is (column != "author")
        assert opened.execute("SELECT name FROM sqlite_schema WHERE name = 'two'").fetchall()


@pytest.mark.parametrize(
    "more",
    [
        "CREATE TABLE votes (post integer REFERENCES posts(id))",
        "CREATE VIEW v AS SELECT * FROM posts",
    ],
)
def test_a_table_that_others_use_is_not_made_anew(more: str) -> None:
    """That would delete or break what refers to it."""
    with closing(sqlite3.connect(":memory:")) as opened:
        for statement in (TABLE, CHILD, more):
            opened.execute(statement)
        said = 'error in table posts after drop column: unknown column "author" in foreign key definition'
        drop = "ALTER TABLE `posts` DROP COLUMN `author`"
        assert not without_column(drop, said, schema_of(opened))
        assert not without_column(drop, "no such column", schema_of(opened))


REFERRING = "CREATE TABLE child (repo integer REFERENCES repos(id) ON DELETE CASCADE{})"
COMPUTED = ", twice integer GENERATED ALWAYS AS (repo * 2) {}"
REBUILD = ("DROP TABLE repos", TABLE.replace("repos", "__new"), "ALTER TABLE __new RENAME TO repos")


@pytest.mark.parametrize("computed", ["", COMPUTED.format("STORED"), COMPUTED.format("VIRTUAL")])
def test_rows_are_kept_from_a_table_that_is_rebuilt(computed: str) -> None:
    """Also those of a table with a column that is computed, which an INSERT must leave out."""
    with memory() as opened:
        opened.build((TABLE, REFERRING.format(computed)))
        hits = [it for it in walk(opened, REBUILD) if isinstance(it, Hit)]
    before, after = keeping_rows({it.table: it.writable for it in hits})
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as engine:
        for statement in (
            *("PRAGMA foreign_keys = ON", TABLE, REFERRING.format(computed)),
            *("INSERT INTO repos VALUES (1, 'a')", "INSERT INTO child (repo) VALUES (1), (1)"),
            *("BEGIN", *before, *REBUILD, "INSERT INTO repos VALUES (1, 'a')", *after, "COMMIT"),
        ):
            engine.execute(statement)
        assert engine.execute("SELECT count(*) FROM child WHERE repo = 1").fetchone() == (2,)
        assert len(schema_of(engine).tables) == 2
