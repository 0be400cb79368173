"""Lost files, each in its own way: what is found, where, and that nothing is proven without a hash."""

from pathlib import Path

import pytest

from forensics.facts import Recovered, RecoveryVerdict
from tests.build import digest
from tests.recover.lost import LOST, Lost, original

HAND_MADE = "UPDATE book SET title = upper(title);\n"
"""Nothing that any kit would write."""


@pytest.fixture
def lost(tmp_path: Path) -> Lost:
    """A project that lacks a migration which the kit wrote."""
    return Lost(tmp_path)


def proven(found: Recovered | None, text: str, where: str) -> None:
    """The very bytes, by their hash, from there."""
    assert found is not None
    assert found.verdict is RecoveryVerdict.PROVEN
    assert (found.text, found.sha256, found.recorded) == (text, digest(text), digest(text))
    assert where in found.source


def test_in_the_history_of_its_path(lost: Lost) -> None:
    """Deleted by a commit: git's own bytes, and no other place is looked at."""
    lost.repo.commit("add it", {LOST: HAND_MADE})
    lost.repo.commit("remove it", {LOST: None})
    asked: list[bool] = []
    proven(lost.search(HAND_MADE, looked=asked.append), HAND_MADE, '("add it")')
    assert asked == [False]


def test_on_another_branch(lost: Lost) -> None:
    """It never was on HEAD."""
    lost.repo.git("checkout", "-q", "-b", "other")
    lost.repo.commit("elsewhere", {LOST: HAND_MADE})
    lost.repo.git("checkout", "-q", "main")
    proven(lost.search(HAND_MADE), HAND_MADE, "on other")


@pytest.mark.parametrize("untracked", [False, True])
def test_in_a_stash(lost: Lost, untracked: bool) -> None:
    """Put away and forgotten, also where it was never added."""
    lost.repo.write({LOST: HAND_MADE})
    if not untracked:
        lost.repo.git("add", "-A")
    lost.repo.git("stash", *(["-u"] if untracked else []))
    assert not (lost.repo.top / LOST).exists()
    proven(lost.search(HAND_MADE), HAND_MADE, "stash")


def test_in_a_dangling_blob(lost: Lost) -> None:
    """Added to the index once, never committed: only the search by hash finds it."""
    lost.repo.git("hash-object", "-w", "--stdin", stdin=HAND_MADE.encode())
    proven(lost.search(HAND_MADE), HAND_MADE, "nothing refers to any more")


def test_in_a_dangling_blob_with_other_line_ends(lost: Lost) -> None:
    """The database was migrated from a checkout with CRLF."""
    lost.repo.git("hash-object", "-w", "--stdin", stdin=HAND_MADE.encode())
    applied = HAND_MADE.replace("\n", "\r\n")
    found = lost.search(applied)
    proven(found, applied, "with CRLF line ends")
    assert found is not None
    assert found.as_found == HAND_MADE


def test_under_another_path_of_a_commit(lost: Lost) -> None:
    """Copied into an archive, outside of what is read of the history."""
    lost.repo.commit("archive", {"archive/old.sql": HAND_MADE})
    lost.repo.commit("clean up", {"archive/old.sql": None})
    proven(lost.search(HAND_MADE), HAND_MADE, "archive/old.sql")


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        f"dist/{LOST}",
        "build/0001_second.sql",
        f"{LOST}~",
        "drizzle/0001_second.sql.bak",
        ".history/drizzle/0001_second_20260101120000.sql",
    ],
)
def test_in_a_copy(lost: Lost, path: str) -> None:
    """Build outputs, backups and local histories; git ignores them."""
    lost.repo.commit("ignore", {".gitignore": f"/{path.partition('/')[0]}\n*~\n*.bak\n"})
    lost.repo.write({path: HAND_MADE})
    proven(lost.search(HAND_MADE), HAND_MADE, f"the copy {path}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("held", "applied", "difference"),
    [
        ("A;\r\nB;\r\n", "A;\nB;\n", "with LF line ends"),
        ("A;\nB;\n", "A;\nB;", "with no final newline"),
        ("A;\nB;", "A;\nB;\n", "with 1 final newline"),
        ("\ufeffA;\n", "A;\n", "without its mark"),
    ],
)
def test_a_file_that_differs_in_bytes_alone(
    lost: Lost, held: str, applied: str, difference: str
) -> None:
    """Line ends, final newlines, byte order mark: the file itself is the original, once changed."""
    (lost.repo.top / LOST).write_bytes(held.encode())
    proven(lost.search(applied), applied, f"the file itself, {difference}")


def test_never_committed_but_regenerable(lost: Lost) -> None:
    """From the snapshots, byte for byte."""
    proven(lost.search(lost.original), lost.original, "the snapshots before and after it")


def test_regenerable_with_one_more_newline(lost: Lost) -> None:
    """An editor put a newline at the end before it was applied."""
    found = lost.search(f"{lost.original}\n")
    proven(found, f"{lost.original}\n", "with 1 final newline")
    assert found is not None
    assert found.as_found == lost.original


@pytest.mark.slow
@pytest.mark.parametrize("kit", ["0.21.4", "0.29.1"])
def test_regenerable_in_the_style_of_an_older_kit(tmp_path: Path, kit: str) -> None:
    """The snapshots were brought up to date since, the file was not."""
    older = original("create two tables with a foreign key", kit)
    assert "DO $$" in older
    lost = Lost(tmp_path, "create two tables with a foreign key")
    proven(lost.search(older), older, "drizzle-kit 0.2")


@pytest.mark.parametrize("change", ["rename a column", "a column dropped, another added"])
def test_of_two_answers_the_hash_decides(tmp_path: Path, change: str) -> None:
    """Snapshots do not tell a renamed column from one dropped and one added; the hash does."""
    applied = original(change)
    assert ("RENAME COLUMN" in applied) == (change == "rename a column")
    proven(Lost(tmp_path, change).search(applied), applied, "the snapshots")


def test_never_committed_and_written_by_hand(lost: Lost) -> None:
    """What the kit would have written is a reconstruction, and said to be one."""
    found = lost.search(HAND_MADE)
    assert found is not None
    assert (found.verdict, found.text) == (RecoveryVerdict.RECONSTRUCTED, lost.original)
    assert found.sha256 != found.recorded
    assert any("every other object that git holds: " in place for place in found.tried)
    assert found.checked.startswith(
        "the snapshots around it: it turns the one before into the one after; "
        "the database, which has nothing of what it makes; no other file"
    )


def test_of_reconstructions_the_one_counts_that_fits(lost: Lost) -> None:
    """An early draft in git does not lead to the snapshot; what the kit would write does."""
    lost.repo.commit("draft", {LOST: "CREATE TABLE draft ();\n"})
    lost.repo.commit("remove it", {LOST: None})
    found = lost.search(HAND_MADE)
    assert found is not None
    assert (found.verdict, found.text) == (RecoveryVerdict.RECONSTRUCTED, lost.original)


def test_a_reconstruction_that_does_not_fit_is_said_to(lost: Lost) -> None:
    """Without the snapshots, the draft is all there is; with one of them, it is seen to differ."""
    lost.repo.commit(
        "draft", {LOST: lost.original + "--> statement-breakpoint\nCREATE TABLE x ();"}
    )
    lost.repo.commit("remove it", {LOST: None})
    (lost.repo.top / "drizzle/meta/0000_snapshot.json").unlink()
    found = lost.search(HAND_MADE)
    assert found is not None
    assert (found.verdict, found.text) == (
        RecoveryVerdict.RECONSTRUCTED,
        lost.original + "--> statement-breakpoint\nCREATE TABLE x ();",
    )
    assert "the database, which has nothing of what it makes" in found.checked


def test_nothing_is_invented_for_a_custom_migration(tmp_path: Path) -> None:
    """Where the snapshots are the same, no kit wrote the file."""
    lost = Lost(tmp_path)
    snapshots = lost.repo.top / "drizzle/meta"
    first = (snapshots / "0000_snapshot.json").read_text()
    again = first.replace("000000000001", "000000000002")
    again = again.replace(
        "00000000-0000-0000-0000-000000000000", "00000000-0000-4000-8000-000000000001"
    )
    (snapshots / "0001_snapshot.json").write_text(again)
    found = lost.search(HAND_MADE)
    assert found is not None
    assert (found.verdict, found.text) == (RecoveryVerdict.NOT_FOUND, None)
    assert any("written by hand" in place for place in found.tried)


def test_without_a_database_nothing_is_proven(lost: Lost) -> None:
    """The likeliest text, without a hash to hold it against."""
    found = lost.search(None)
    assert found is not None
    assert (found.verdict, found.recorded, found.text) == (
        RecoveryVerdict.RECONSTRUCTED,
        None,
        lost.original,
    )


def test_an_original_with_a_secret_is_named_not_shown(lost: Lost) -> None:
    """What is masked in the bundle is proven by its hash, and git prints it."""
    secret = "CREATE USER MAPPING FOR app OPTIONS (password 'hunter2-hunter2');\n"
    url = f"-- postgres://app:s3cr3t-pa55@db.example.org/shop\n{secret}"
    id_ = lost.repo.git("hash-object", "-w", "--stdin", stdin=url.encode())
    found = lost.search(url)
    assert found is not None
    assert (found.verdict, found.text) == (RecoveryVerdict.PROVEN, None)
    assert found.command == ("git", "cat-file", "blob", id_)


def test_a_healthy_file_is_not_looked_for(lost: Lost) -> None:
    """It is there, with the recorded hash."""
    (lost.repo.top / LOST).write_bytes(HAND_MADE.encode())
    asked: list[bool] = []
    assert lost.search(HAND_MADE, looked=asked.append) is None
    assert asked == [False]
