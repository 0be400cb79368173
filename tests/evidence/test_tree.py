"""Trees: paths, and the overlay that experiments read through."""

import pytest

from forensics.evidence.tree import OverlayTree, join, split
from forensics.model import Outcome
from tests.support.trees import DictTree


@pytest.mark.parametrize(
    ("folder", "name", "path"),
    [
        ("", "a", "a"),
        ("a/b", "./c", "a/b/c"),
        ("a/b", "../c", "a/c"),
        ("a", "../../c", "../c"),
        ("a//b", "", "a/b"),
        (".", "a", "a"),
    ],
)
def test_paths_are_joined_without_leaving_traces_of_dots(folder: str, name: str, path: str) -> None:
    """Dots are resolved as far as the tree reaches."""
    assert join(folder, name) == path


def test_a_path_is_split_into_folder_and_name() -> None:
    """The top is the empty folder."""
    assert split("a/b/c") == ("a/b", "c")
    assert split("c") == ("", "c")


def test_an_overlay_shows_written_and_hides_deleted_files() -> None:
    """Reads, listings and searches agree on what the steps have done."""
    base = DictTree({"m/a.json": b"{}", "m/b.json": b"{}", "m/stray": b"x"})
    tree = OverlayTree(base, written={"m/c.json": "{}"}, deleted={"m/stray", "m/a.json"})
    assert tree.read("m/c.json").text == "{}"
    assert tree.read("m/stray").outcome is Outcome.ABSENT
    assert tree.folder("m").names() == {"b.json", "c.json"}
    assert tree.search("m", ("*.json",)).paths == ("m/b.json",)


def test_an_overlay_leaves_everything_else_as_it_is() -> None:
    """A file that no step touches is read from the base, with its evidence."""
    base = DictTree({"m/a.json": b"{}"})
    tree = OverlayTree(base, written={"m/b.json": "1"})
    assert tree.read("m/a.json") == base.read("m/a.json")


def test_an_overwritten_file_has_the_hash_of_its_new_text() -> None:
    """Rules compare hashes, so an experiment's file needs its own."""
    tree = OverlayTree(DictTree({"a": b"old"}), written={"a": "new"})
    assert tree.read("a").sha256 == DictTree({"a": b"new"}).read("a").sha256
