"""Experiments: steps done on what was seen, never on the case, and in an order that holds."""

from forensics.analysis.experiments import apply_to_tree
from forensics.model import (
    DeleteFile,
    Outcome,
    RenameTable,
    RunCommand,
    WriteFile,
)
from tests.build import (
    CONFIG,
    DEFAULT,
    JOURNAL,
    PUBLIC,
    Case,
    journal,
    name,
    project,
)
from tests.support.trees import DictTree

RETIRE = RenameTable(table=name(DEFAULT), to="retired", rows=0)


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
    assert apply_to_tree(base, (RunCommand(argv=("rm", "a"), why=""), RETIRE)) is base


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
