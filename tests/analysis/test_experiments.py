"""Experiments: steps done on what was seen, never on the case, and in an order that holds."""

import msgspec
import pytest

from forensics.analysis.experiments import apply_to_database, apply_to_tree, without_table
from forensics.model import (
    DeleteFile,
    MoveTable,
    Outcome,
    RenameTable,
    RunCommand,
    SetRecordedHash,
    WriteFile,
)
from tests.build import (
    CONFIG,
    DEFAULT,
    JOURNAL,
    PUBLIC,
    START,
    Case,
    database,
    journal,
    name,
    project,
    rows,
    table,
)
from tests.support.trees import DictTree

MOVE = (
    RenameTable(table=name(DEFAULT), to="retired", rows=0),
    MoveTable(table=name(PUBLIC), to_schema="drizzle", rows=1, newest=START),
)
SPLIT = database(table(DEFAULT), table(PUBLIC, *rows("0000_a")))


def write(path: str, after: str, before: str | None = None) -> WriteFile:
    """A step that writes a file."""
    return WriteFile(path=path, before=before, after=after)


# --- Files --------------------------------------------------------------------------------------


def test_written_and_deleted_files_are_seen_by_reads_and_listings() -> None:
    """And the tree below is as it was."""
    base = DictTree({"a/x": "1", "a/y": "2"})
    tree = apply_to_tree(base, (write("a/new", "3"), DeleteFile(path="a/x")))
    assert tree.folder("a").names() == {"new", "y"}
    assert (tree.read("a/new").text, tree.read("a/y").text) == ("3", "2")
    assert tree.read("a/x").outcome is Outcome.ABSENT
    assert base.folder("a").names() == {"x", "y"}


def test_the_last_of_two_steps_on_a_path_counts() -> None:
    """Deleted after it was written, or written after it was deleted."""
    base = DictTree({"a/x": "1"})
    gone = apply_to_tree(base, (write("a/x", "2"), DeleteFile(path="a/x")))
    back = apply_to_tree(base, (DeleteFile(path="a/x"), write("a/x", "2")))
    assert gone.read("a/x").outcome is Outcome.ABSENT
    assert back.read("a/x").text == "2"
    anew = apply_to_tree(
        base, (write("a/x", "1 and 2", "1"), DeleteFile(path="a/x"), write("a/x", "0 and 1", "1"))
    )
    assert anew.read("a/x").text == "0 and 1"


def test_two_fixes_of_one_file_are_both_in_it() -> None:
    """Each was made from the text that is there, and neither takes the other back."""
    text = journal("0000_a", "0001_b")
    steps = (
        write(JOURNAL, text.replace("0000_a", "0000_x"), text),
        write(JOURNAL, text.replace("0001_b", "0001_y"), text),
    )
    tree = apply_to_tree(DictTree({JOURNAL: text}), steps)
    assert tree.read(JOURNAL).text == journal("0000_x", "0001_y")


def test_steps_for_the_shell_or_the_database_change_no_file() -> None:
    """Nothing is run, so the tree itself is given back."""
    base = DictTree({"a": "1"})
    assert apply_to_tree(base, (RunCommand(argv=("rm", "a"), why=""), *MOVE)) is base


def test_an_edited_config_is_read_anew() -> None:
    """The tool then reads another table; any other file leaves the tool as it was given."""
    case = Case(project("0000_a"))
    after = CONFIG.replace(" out:", " migrations: { schema: 'public' }, out:")
    assert case.after((write("drizzle.config.ts", after, CONFIG),)).tool.tracking == name(PUBLIC)
    given = Case(project("0000_a"), tracking=name("other.table"))
    assert given.after((write("README.md", "x"),)).tool.tracking == name("other.table")
    assert given.after(()).tool.tracking == name("other.table")


def test_an_edit_that_breaks_the_config_shows() -> None:
    """What cannot be read of it is said, as it would be of the real file."""
    case = Case(project("0000_a"))
    assert not case.scene.tool.unread
    assert case.after((write("drizzle.config.ts", "nonsense(", CONFIG),)).tool.unread


# --- The database -------------------------------------------------------------------------------


def test_a_table_is_renamed_and_moved_with_its_rows() -> None:
    """In the list of tracking tables and in the catalogue, whose schemas grow with it."""
    seen = apply_to_database(database(table(DEFAULT), table(PUBLIC, *rows("0000_a"))), MOVE)
    assert seen is not None and seen.tracking is not None and seen.schema is not None
    held = {str(each.name): len(each.rows) for each in seen.tracking.tables}
    assert held == {"drizzle.retired": 0, DEFAULT: 1}
    assert {str(each.name) for each in seen.schema.tables} == set(held)
    alone = apply_to_database(database(table(PUBLIC)), MOVE)
    assert alone is not None and alone.schema is not None and "drizzle" in alone.schema.schemas


def test_the_value_that_was_seen_is_not_changed() -> None:
    """An experiment works on a copy."""
    before = msgspec.json.encode(SPLIT)
    apply_to_database(SPLIT, MOVE)
    assert msgspec.json.encode(SPLIT) == before


def test_a_hash_is_set_in_the_row_that_is_meant_and_no_other() -> None:
    """By its stamp and its old value; twice is the same as once."""
    held = rows("0000_a", "0001_b")
    step = SetRecordedHash(
        table=name(PUBLIC), created_at=START, before=held[0].checksum, after="new"
    )
    seen = apply_to_database(database(table(PUBLIC, *held)), (step, step))
    assert seen is not None and seen.tracking is not None
    assert [row.checksum for row in seen.tracking.tables[0].rows] == ["new", held[1].checksum]
    other = msgspec.structs.replace(step, before="something else")
    untouched = apply_to_database(database(table(PUBLIC, *held)), (other,))
    assert untouched == database(table(PUBLIC, *held))


@pytest.mark.parametrize("first", [True, False])
def test_a_hash_is_set_whether_its_table_moves_before_or_after(first: bool) -> None:
    """Each step names its table as it was found, since each finding was made on its own."""
    old = rows("0000_a")[0].checksum
    step = SetRecordedHash(table=name(PUBLIC), created_at=START, before=old, after="new")
    seen = apply_to_database(SPLIT, (step, *MOVE) if first else (*MOVE, step))
    assert seen is not None and seen.tracking is not None
    moved = seen.tracking.get(name(DEFAULT))
    assert moved is not None and [row.checksum for row in moved.rows] == ["new"]


def test_without_a_database_or_its_parts_nothing_is_made_up() -> None:
    """No tracking tables, no catalogue, no database at all."""
    assert apply_to_database(None, MOVE) is None
    bare = msgspec.structs.replace(SPLIT, tracking=None, schema=None)
    assert apply_to_database(bare, MOVE) == bare


def test_a_dropped_table_is_gone_from_rows_and_catalogue() -> None:
    """The others stay; what was not seen of a database is not made up."""
    seen = without_table(SPLIT, name(DEFAULT))
    assert seen is not None and seen.tracking is not None and seen.schema is not None
    assert [str(each.name) for each in seen.tracking.tables] == [PUBLIC]
    assert [str(each.name) for each in seen.schema.tables] == [PUBLIC]
    assert without_table(None, name(DEFAULT)) is None
    bare = msgspec.structs.replace(SPLIT, schema=None)
    left = without_table(bare, name(DEFAULT))
    assert left is not None and left.schema is None
