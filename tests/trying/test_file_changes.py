"""What `rm`, `mv`, `cp` and `git apply` leave, and what they cannot do."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from forensics.trying.actions import Deletion, Move, Patch
from forensics.trying.changed_tree import ChangedTree
from forensics.trying.file_changes import ActionFailed, CannotTry, Ground, delete, move, patch
from tests.build import commit, commits
from tests.trying.test_changed_tree import Unasked

FILES: Mapping[str, str | bytes] = {
    "app/config.ts": "one\ntwo\n",
    "app/drizzle/a.sql": "-- a\nSELECT 1;\n",
    "app/drizzle/meta/b.json": "{}",
    "app/drizzle/meta/.hidden": "h",
    "app/drizzle/meta/tmp-1": "x",
    "app/drizzle/meta/tmp-2": "y",
}


def ground(**states: str) -> Ground:
    """The files of an app below the top level; `states` are what git thinks of paths."""
    told = {f"app/drizzle/meta/{name}": state for name, state in states.items()}
    return Ground(
        tree=ChangedTree(base=Unasked(FILES)),
        bases=("app", ""),
        commits=commits(commit(), states=told),
    )


def left(tree: ChangedTree) -> list[str]:
    """The files of the folder of snapshots."""
    return sorted(path.removeprefix("app/drizzle/") for path in tree.files("app/drizzle"))


ALL = ["a.sql", "meta/.hidden", "meta/b.json", "meta/tmp-1", "meta/tmp-2"]


@pytest.mark.parametrize(
    ("paths", "gone"),
    [
        (("drizzle/meta/tmp-1",), {"meta/tmp-1"}),
        (("app/drizzle/meta/tmp-1",), {"meta/tmp-1"}),
        (("./drizzle/../drizzle/meta/tmp-1", "drizzle/a.sql"), {"meta/tmp-1", "a.sql"}),
        (("drizzle/meta/tmp-*",), {"meta/tmp-1", "meta/tmp-2"}),
        (("drizzle/meta/*",), {"meta/b.json", "meta/tmp-1", "meta/tmp-2"}),
        (("drizzle/meta",), {"meta/.hidden", "meta/b.json", "meta/tmp-1", "meta/tmp-2"}),
    ],
)
def test_a_path_starts_at_the_project_or_at_the_top_level(
    paths: tuple[str, ...], gone: set[str]
) -> None:
    """Wildcards stand for what the shell would put there."""
    tree = delete(ground(), Deletion(paths=paths, folders=True))
    assert left(tree) == [name for name in ALL if name not in gone]


def test_deleting_what_is_not_there_fails_unless_forced() -> None:
    """As `rm` and `rm -f` do."""
    with pytest.raises(ActionFailed, match="there is no 'drizzle/meta/x'"):
        delete(ground(), Deletion(paths=("drizzle/meta/x",)))
    assert left(delete(ground(), Deletion(paths=("drizzle/meta/x",), force=True))) == ALL


def test_a_folder_needs_the_option() -> None:
    """Without -r nothing happens."""
    with pytest.raises(ActionFailed, match="-r is missing"):
        delete(ground(), Deletion(paths=("drizzle/meta",)))


@pytest.mark.parametrize("path", ["/etc/passwd", "~/x", "src/unknown.ts", "../x", "*/meta/x"])
def test_of_what_nobody_looked_at_nothing_is_said(path: str) -> None:
    """Not that it is missing, either."""
    with pytest.raises(CannotTry):
        delete(ground(), Deletion(paths=(path,), force=True))


def test_git_deletes_only_what_it_tracks() -> None:
    """An ignored file is none of its business, and stays where a folder is deleted."""
    ignored = ground(**{"tmp-1": "ignored"})
    with pytest.raises(ActionFailed, match="did not match"):
        delete(ignored, Deletion(paths=("drizzle/meta/tmp-1",), by_git=True))
    tree = delete(ignored, Deletion(paths=("drizzle/meta",), folders=True, by_git=True))
    assert left(tree) == ["a.sql", "meta/tmp-1"]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (
            Move(sources=("drizzle/meta/tmp-1",), target="drizzle/x"),
            ["a.sql", "meta/.hidden", "meta/b.json", "meta/tmp-2", "x"],
        ),
        (
            Move(sources=("drizzle/meta/tmp-1", "drizzle/meta/tmp-2"), target="drizzle"),
            ["a.sql", "meta/.hidden", "meta/b.json", "tmp-1", "tmp-2"],
        ),
        (Move(sources=("drizzle/a.sql",), target="drizzle/b.sql", keeps=True), ["b.sql", *ALL]),
        (
            Move(sources=("drizzle/meta",), target="drizzle/old"),
            ["a.sql", "old/.hidden", "old/b.json", "old/tmp-1", "old/tmp-2"],
        ),
        (Move(sources=("app/drizzle/meta/tmp-1",), target="elsewhere"), [*ALL[:3], ALL[4]]),
    ],
)
def test_files_move_with_their_content(action: Move, expected: list[str]) -> None:
    """Into a folder, or to another name; a target starts where its source did."""
    tree = move(ground(), action)
    assert left(tree) == sorted(expected)
    assert {read.data for read in tree.written.values()} <= {
        text.encode() if isinstance(text, str) else text for text in FILES.values()
    }


def test_git_does_not_move_what_it_does_not_track() -> None:
    """As with `git rm`."""
    with pytest.raises(ActionFailed, match="not under version control"):
        move(
            ground(**{"tmp-1": "untracked"}),
            Move(sources=("drizzle/meta/tmp-1",), target="drizzle/x", by_git=True),
        )


# --- Patches ------------------------------------------------------------------------------------

EDIT = """\
--- a/{0}config.ts
+++ b/{0}config.ts
@@ -1,2 +1,2 @@
 one
-two
+three
"""
COMMENT = """\
diff --git a/app/drizzle/a.sql b/app/drizzle/a.sql
--- a/app/drizzle/a.sql
+++ b/app/drizzle/a.sql
@@ -1,2 +1,2 @@
--- a
+++ /etc/passwd
 SELECT 1;
"""
CREATE = """\
--- /dev/null
+++ b/drizzle/new.sql
@@ -0,0 +1 @@
+SELECT 2;
"""
DELETE = """\
--- a/drizzle/meta/b.json
+++ /dev/null
@@ -1 +0,0 @@
-{}
\\ No newline at end of file
"""
RENAME = """\
diff --git a/app/drizzle/a.sql b/app/drizzle/z.sql
similarity index 100%
rename from app/drizzle/a.sql
rename to app/drizzle/z.sql
"""
LINK = """\
diff --git a/app/drizzle/link b/app/drizzle/link
new file mode 120000
--- /dev/null
+++ b/app/drizzle/link
@@ -0,0 +1 @@
+/etc/passwd
\\ No newline at end of file
"""


@pytest.mark.parametrize("below", ["", "app/"])
def test_a_patch_is_relative_to_the_project_or_to_the_top_level(below: str) -> None:
    """Where its files are."""
    tree = patch(ground(), Patch(diff=EDIT.format(below)))
    assert tree.read("app/config.ts").data == b"one\nthree\n"
    assert list(tree.written) == ["app/config.ts"]


def test_a_removed_comment_is_no_file_name() -> None:
    """Git says which files a patch names, not the lines that look like it."""
    tree = patch(ground(), Patch(diff=COMMENT))
    assert tree.read("app/drizzle/a.sql").data == b"++ /etc/passwd\nSELECT 1;\n"
    assert list(tree.written) == ["app/drizzle/a.sql"]


def test_a_patch_creates_deletes_and_renames() -> None:
    """And leaves the other files alone."""
    assert left(patch(ground(), Patch(diff=CREATE))) == sorted([*ALL, "new.sql"])
    assert left(patch(ground(), Patch(diff=DELETE))) == [n for n in ALL if n != "meta/b.json"]
    renamed = patch(ground(), Patch(diff=RENAME))
    assert left(renamed) == sorted([*ALL[1:], "z.sql"])


def test_a_patch_that_does_not_fit_fails_with_the_words_of_git() -> None:
    """Which are the user's to read."""
    with pytest.raises(ActionFailed, match="patch does not apply"):
        patch(ground(), Patch(diff=EDIT.format("").replace("two", "2")))
    with pytest.raises(ActionFailed, match="No valid patches"):
        patch(ground(), Patch(diff="nothing\n"))


def test_a_patch_of_code_that_was_not_read_cannot_be_tried() -> None:
    """What the tool makes of it is not known."""
    with pytest.raises(CannotTry, match=r"src/schema\.ts"):
        patch(ground(), Patch(diff=EDIT.format("src/").replace("config", "schema")))


@pytest.mark.parametrize(
    "diff",
    [LINK, EDIT.format("../"), EDIT.format("../../../../etc/"), CREATE.replace("b/", "/tmp/")],
)
def test_no_patch_leads_out_of_its_folder(diff: str, tmp_path: Path) -> None:
    """Through a link, or by its paths."""
    with pytest.raises((ActionFailed, CannotTry)):
        patch(ground(), Patch(diff=diff))
