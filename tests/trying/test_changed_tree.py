"""Files as an action leaves them, over the recorded ones."""

from forensics.evidence.tree import EntryKind, Folder, Read
from forensics.model import Outcome
from forensics.trying.changed_tree import ChangedTree
from tests.support.trees import DictTree

FILES = {"app/a.sql": "a", "app/meta/b.json": "b", "app/meta/c.json": "c"}


class Unasked(DictTree):
    """A tree that was asked only for what it holds, as the one of a bundle."""

    def read(self, path: str) -> Read:
        """Skipped where nobody asked."""
        found = super().read(path)
        if found.outcome is Outcome.COLLECTED:
            return found
        return Read(path=path, evidence="", outcome=Outcome.SKIPPED)

    def folder(self, path: str) -> Folder:
        """Skipped where nobody asked."""
        found = super().folder(path)
        if found.outcome is Outcome.COLLECTED and path:
            return found
        return Folder(path=path, evidence="", outcome=Outcome.SKIPPED)


def tree() -> ChangedTree:
    """Nothing changed yet."""
    return ChangedTree(base=Unasked(FILES))


def names(changed: ChangedTree, path: str) -> list[str]:
    """What a folder lists."""
    return sorted(changed.folder(path).names())


def test_what_is_not_changed_reads_as_before() -> None:
    """With its evidence."""
    assert tree().read("app/a.sql") == tree().base.read("app/a.sql")
    assert tree().folder("app/meta") == tree().base.folder("app/meta")


def test_a_written_file_reads_as_the_collector_would_read_it() -> None:
    """Hash, size, encoding, line ends, and its name in the listing."""
    changed = tree().with_file("app/new/d.sql", b"\xef\xbb\xbfd\r\n")
    read = changed.read("app/new/d.sql")
    assert (read.outcome, read.size, read.encoding, read.line_ends) == (
        Outcome.COLLECTED,
        6,
        "utf-8-bom",
        "crlf",
    )
    assert names(changed, "app") == ["a.sql", "meta", "new"]
    assert [e.kind for e in changed.folder("app").entries if e.name == "new"] == [EntryKind.FOLDER]
    assert changed.search("app", ("*.sql",)).paths == ("app/a.sql", "app/new/d.sql")


def test_a_deleted_file_leaves_its_folder() -> None:
    """Which lists the others."""
    changed = tree().without("app/meta/b.json")
    assert changed.read("app/meta/b.json").outcome is Outcome.ABSENT
    assert names(changed, "app/meta") == ["c.json"]
    both = changed.without("app/meta/c.json")
    assert (names(both, "app/meta"), both.is_folder("app/meta")) == ([], True)


def test_a_deleted_folder_is_gone_with_all_that_is_below() -> None:
    """The tool makes a difference between an empty folder and none."""
    changed = tree().with_file("app/meta/new", b"").without("app/meta")
    assert changed.folder("app/meta").outcome is Outcome.ABSENT
    assert changed.read("app/meta/b.json").outcome is Outcome.ABSENT
    assert changed.read("app/meta/new").outcome is Outcome.ABSENT
    assert names(changed, "app") == ["a.sql"]
    assert changed.search("app", ("*.json",)).paths == ()


def test_a_deleted_folder_can_be_made_anew() -> None:
    """It holds what was written since, and nothing else."""
    changed = tree().without("app/meta").with_file("app/meta/d.json", b"d")
    assert names(changed, "app/meta") == ["d.json"]
    assert changed.read("app/meta/b.json").outcome is Outcome.ABSENT


def test_whether_something_is_there_may_be_unknown() -> None:
    """Where nobody looked; a listing without it says that it is not."""
    assert tree().exists("app/a.sql") is True
    assert tree().exists("app/meta") is True
    assert tree().exists("app/x.sql") is False
    assert tree().exists("app/meta/x/y") is None
    assert tree().exists("elsewhere/x") is None
    assert tree().without("app/meta").exists("app/meta/b.json") is False
    assert tree().without("app/meta").exists("app/meta/x/y") is False
