"""Git history: what happened to the migrations is found, wherever in the repository it lies."""

import os
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from forensics.collect import history
from forensics.collect.commits import NO_GIT, collect_commits
from forensics.collect.repository import find_repository
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded import recorded_commits
from forensics.facts import PathState
from forensics.model import Obstacle, Outcome
from forensics.system.ownership import keyed
from tests.collect.repositories import NOWHERE, THEN, Repo, examined, fingerprint, told

SQL = "CREATE TABLE a (\n  id serial PRIMARY KEY,\n  name text,\n  email text\n);\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """An empty repository."""
    return Repo(tmp_path / "repo")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Where the evidence goes."""
    return tmp_path / "bundle"


def test_a_deletion_and_its_commit_are_found(repo: Repo, bundle: Path) -> None:
    """A committed migration that a later commit deleted: both commits, dates in UTC, the blob's text."""
    added = repo.commit("feat(1.7): add a", {"drizzle/0000_a.sql": SQL, "other.txt": "x"})
    deleted = repo.commit("chore: clean up", {"drizzle/0000_a.sql": None})
    commits = examined(repo.top, bundle, "drizzle")
    assert told(commits) == [
        ("chore: clean up", [("D", "drizzle/0000_a.sql")]),
        ("feat(1.7): add a", [("A", "drizzle/0000_a.sql")]),
    ]
    first, last = commits.commits[1], commits.commits[0]
    assert (first.id, first.parents, last.id, last.parents) == (added, (), deleted, (added,))
    assert first.authored == first.committed == "2025-12-31T22:03:00+00:00"
    assert first.on_head
    assert first.refs == ()
    assert (commits.head, commits.branch, commits.whole, commits.gap) == (deleted, "main", True, "")
    blob = commits.blob(last.changes[0].old_blob)
    assert blob is not None
    assert (blob.sha256, blob.size, blob.text) == (sha256(SQL.encode()).hexdigest(), len(SQL), SQL)
    assert commits.recent_subjects == ("chore: clean up", "feat(1.7): add a")


def test_renames_are_followed_by_content(repo: Repo, bundle: Path) -> None:
    """A renamed and slightly edited file is one change with both paths and both blobs."""
    repo.commit("add", {"drizzle/0000_a.sql": SQL})
    old = repo.blob("HEAD:drizzle/0000_a.sql")
    repo.commit("rename", {"drizzle/0000_a.sql": None, "drizzle/0000_b.sql": SQL + "-- edited\n"})
    (change,) = examined(repo.top, bundle, "drizzle").commits[0].changes
    assert (change.status, change.old_path, change.path) == (
        "R",
        "drizzle/0000_a.sql",
        "drizzle/0000_b.sql",
    )
    assert (change.old_blob, change.blob) == (old, repo.blob("HEAD:drizzle/0000_b.sql"))


def test_other_branches_tags_stash_and_reflog_are_searched(repo: Repo, bundle: Path) -> None:
    """Whatever git still holds is found, and it is said what leads to it where HEAD does not."""
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    repo.git("checkout", "-q", "-b", "feature/x")
    repo.commit("on a branch", {"drizzle/0001_b.sql": "SELECT 1;\n"})
    repo.git("checkout", "-q", "--detach", "main")
    repo.commit("on a tag", {"drizzle/0001_t.sql": "SELECT 2;\n"})
    repo.git("tag", "v1")
    repo.git("checkout", "-q", "main")
    repo.commit("amended away", {"drizzle/0001_r.sql": "SELECT 3;\n"})
    repo.git("reset", "-q", "--hard", "HEAD~1")
    for number in (4, 5):  # refs/stash holds the newest only, the older one is in its log
        repo.write({"drizzle/0000_a.sql": f"SELECT {number};\n"})
        repo.git("stash", "-q")
    repo.write({"drizzle/0002_u.sql": "SELECT 6;\n"})
    repo.git("stash", "-q", "-u")
    commits = examined(repo.top, bundle, "drizzle")
    away = {commit.refs for commit in commits.commits if not commit.on_head}
    assert away == {("feature/x",), ("v1",), ("reflog",), ("stash",)}
    found = {change.path: commit.subject for commit in commits.commits for change in commit.changes}
    assert found["drizzle/0001_b.sql"] == "on a branch"
    assert found["drizzle/0001_t.sql"] == "on a tag"
    assert found["drizzle/0001_r.sql"] == "amended away"
    assert "untracked files" in found["drizzle/0002_u.sql"]
    texts = {blob.text for blob in commits.blobs}
    assert {f"SELECT {number};\n" for number in range(1, 7)} <= texts
    assert [commit.subject for commit in commits.commits if commit.on_head] == ["base"]
    assert ("D", "drizzle/0002_u.sql") not in {
        pair for _, changes in told(commits) for pair in changes
    }


def test_a_file_lost_in_a_merge_is_found(repo: Repo, bundle: Path) -> None:
    """A merge that silently dropped what its branch had added is shown as the deletion."""
    repo.commit("base", {"drizzle/0000_a.sql": SQL, "x": "1"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit("add b", {"drizzle/0001_b.sql": "SELECT 1;\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("elsewhere", {"x": "2"})
    repo.git("merge", "-q", "--no-commit", "--no-ff", "topic")
    repo.commit("merge topic", {"drizzle/0001_b.sql": None})
    assert told(examined(repo.top, bundle, "drizzle"))[0] == (
        "merge topic",
        [("D", "drizzle/0001_b.sql")],
    )


def test_what_a_merge_made_up_is_found(repo: Repo, bundle: Path) -> None:
    """A file that no parent has is the merge's own change."""
    repo.commit("base", {"drizzle/0000_a.sql": SQL, "x": "1"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit("add b", {"drizzle/0001_b.sql": "SELECT 1;\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("elsewhere", {"x": "2"})
    repo.git("merge", "-q", "--no-commit", "--no-ff", "topic")
    repo.commit(
        "merge topic", {"drizzle/0001_b.sql": "SELECT 2;\n", "drizzle/0002_c.sql": "SELECT 3;\n"}
    )
    subject, changes = told(examined(repo.top, bundle, "drizzle"))[0]
    assert (subject, sorted(changes)) == (
        "merge topic",
        [("A", "drizzle/0002_c.sql"), ("M", "drizzle/0001_b.sql")],
    )


def test_an_ordinary_merge_says_nothing(repo: Repo, bundle: Path) -> None:
    """What a clean merge brings is told by the commits that it merges, deletions included."""
    repo.commit("base", {"drizzle/0000_a.sql": SQL, "drizzle/0001_b.sql": "SELECT 1;\n"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit("add c", {"drizzle/0002_c.sql": "SELECT 2;\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("drop b", {"drizzle/0001_b.sql": None})
    repo.git("merge", "-q", "--no-edit", "topic")
    assert [subject for subject, _ in told(examined(repo.top, bundle, "drizzle"))] == [
        "drop b",
        "add c",
        "base",
    ]


def test_states_and_the_rule_that_ignores(
    repo: Repo, bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Tracked (also when deleted on disk), untracked, and ignored with the rule's file, line and text."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[core]\nexcludesFile = ~/ignored-everywhere\n")
    (home / "ignored-everywhere").write_text("*.swp\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    repo.commit(
        "base",
        {
            ".gitignore": "a\nb\ntmp-*\n!tmp-keep\n",
            "drizzle/0000_a.sql": SQL,
            "drizzle/gone.sql": "x",
        },
    )
    (repo.top / ".git/info/exclude").write_text("# mine\n*.bak\n")
    repo.write(
        {
            "drizzle/gone.sql": None,
            "drizzle/new.sql": "",
            "drizzle/meta/tmp-1": "",
            "drizzle/tmp-keep": "",
            "drizzle/x.bak": "",
            "drizzle/x.swp": "",
            "drizzle/.gitignore": "deep/\n",
            "drizzle/deep/er/f": "",
        }
    )
    states = {state.path: state for state in examined(repo.top, bundle, "drizzle").states}
    assert {path: state.state for path, state in states.items()} == {
        "drizzle/0000_a.sql": "tracked",
        "drizzle/gone.sql": "tracked",
        "drizzle/new.sql": "untracked",
        "drizzle/tmp-keep": "untracked",
        "drizzle/.gitignore": "untracked",
        "drizzle/meta/tmp-1": "ignored",
        "drizzle/x.bak": "ignored",
        "drizzle/x.swp": "ignored",
        "drizzle/deep/er/f": "ignored",
    }
    assert states["drizzle/meta/tmp-1"].rule == ".gitignore:3: tmp-*"
    assert states["drizzle/x.bak"].rule == ".git/info/exclude:2: *.bak"
    assert states["drizzle/x.swp"].rule == "~/ignored-everywhere:1: *.swp"
    assert states["drizzle/deep/er/f"].rule == "drizzle/.gitignore:1: deep/"


def test_a_shallow_clone_is_not_whole(repo: Repo, tmp_path: Path, bundle: Path) -> None:
    """The boundary is not taken for the beginning: the history says that it is cut, and why."""
    repo.commit("one", {"drizzle/0000_a.sql": SQL})
    repo.commit("two", {"drizzle/0001_b.sql": SQL + "--\n"})
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.top}", str(tmp_path / "shallow"))
    commits = examined(tmp_path / "shallow", bundle, "drizzle")
    assert not commits.whole
    assert commits.gap == "the clone is shallow: older commits are not here"
    assert [commit.subject for commit in commits.commits] == ["two"]


def test_a_partial_clone_is_not_whole_and_fetches_nothing(
    repo: Repo, tmp_path: Path, bundle: Path
) -> None:
    """Blobs that stayed on the server are missing and said to be; nothing is asked of the server."""
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit("one", {"drizzle/0000_a.sql": SQL})
    repo.commit("two", {"drizzle/0000_a.sql": None})
    clone = tmp_path / "partial"
    repo.git("clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{repo.top}", str(clone))
    before = fingerprint(clone)
    commits = examined(clone, bundle, "drizzle")
    assert not commits.whole
    assert "partial" in commits.gap
    assert "1 of 1 file contents are missing" in commits.gap
    assert [commit.subject for commit in commits.commits] == ["two", "one"]
    assert fingerprint(clone) == before


def test_a_missing_blob_costs_that_blob(repo: Repo, bundle: Path) -> None:
    """The history is read to its end, also where renames would need the missing content."""
    repo.commit("one", {"drizzle/0000_a.sql": SQL, "drizzle/0001_b.sql": "SELECT 1;\n"})
    missing = repo.blob("HEAD:drizzle/0000_a.sql")
    repo.commit("two", {"drizzle/0000_a.sql": None, "drizzle/0000_z.sql": SQL + "-- edited\n"})
    repo.forget(missing)
    commits = examined(repo.top, bundle, "drizzle")
    assert told(commits) == [
        ("two", [("D", "drizzle/0000_a.sql"), ("A", "drizzle/0000_z.sql")]),
        ("one", [("A", "drizzle/0000_a.sql"), ("A", "drizzle/0001_b.sql")]),
    ]
    lost = commits.blob(missing)
    assert lost is not None
    assert (lost.sha256, lost.size, lost.text) == (None, None, None)
    assert not commits.whole
    assert "1 of 3 file contents are missing" in commits.gap


def test_a_missing_commit_costs_what_lies_behind_it(repo: Repo, bundle: Path) -> None:
    """Where the chain of parents is broken the history goes on beside it, and says so."""
    repo.commit("one", {"drizzle/0000_a.sql": SQL})
    lost = repo.commit("two", {"drizzle/0001_b.sql": "SELECT 1;\n"})
    repo.git("branch", "old", "HEAD~1")
    repo.commit("three", {"drizzle/0002_c.sql": "SELECT 2;\n"})
    repo.forget(lost)
    commits = examined(repo.top, bundle, "drizzle")
    assert [commit.subject for commit in commits.commits] == ["three", "one"]
    assert not commits.whole
    assert "the parents of commit" in commits.gap


def test_a_worktree_has_its_own_head_and_index(repo: Repo, tmp_path: Path, bundle: Path) -> None:
    """`.git` is a file there: HEAD, branch and index are the worktree's, the objects the main one's."""
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    repo.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = Repo(tmp_path / "side", init=False)
    side.minute = 30
    head = side.commit("in the worktree", {"drizzle/0001_b.sql": "SELECT 1;\n"})
    commits = examined(side.top / "drizzle", bundle, "drizzle")
    assert (commits.head, commits.branch) == (head, "side")
    assert commits.state("drizzle/0001_b.sql") == PathState(
        path="drizzle/0001_b.sql", state="tracked"
    )
    assert told(commits)[0][0] == "in the worktree"
    assert examined(repo.top, tmp_path / "other", "drizzle").branch == "main"


def test_a_submodule_is_a_repository_of_its_own(repo: Repo, tmp_path: Path, bundle: Path) -> None:
    """Seen from inside the submodule, its own history counts."""
    inner = Repo(tmp_path / "inner")
    inner.commit("in the submodule", {"drizzle/0000_a.sql": SQL})
    repo.commit("base", {"x": "1"})
    repo.git(
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        str(inner.top),
        "packages/db",
    )
    commits = examined(repo.top / "packages/db/drizzle", bundle, "drizzle")
    assert told(commits) == [("in the submodule", [("A", "drizzle/0000_a.sql")])]


def test_borrowed_objects_are_found(repo: Repo, tmp_path: Path, bundle: Path) -> None:
    """A repository that borrows its objects from another one is read like any other."""
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    repo.git("clone", "-q", "--shared", str(repo.top), str(tmp_path / "shared"))
    commits = examined(tmp_path / "shared", bundle, "drizzle")
    assert told(commits) == [("base", [("A", "drizzle/0000_a.sql")])]
    assert commits.whole


def test_no_commit_yet_is_an_empty_history(repo: Repo, bundle: Path) -> None:
    """A fresh repository has a branch, no HEAD, no commits, and is whole."""
    repo.write({"drizzle/0000_a.sql": SQL})
    commits = examined(repo.top, bundle, "drizzle")
    assert (commits.head, commits.branch, commits.commits, commits.whole) == (
        None,
        "main",
        (),
        True,
    )
    assert commits.state("drizzle/0000_a.sql") == PathState(
        path="drizzle/0000_a.sql", state="untracked"
    )


def test_a_detached_head_has_no_branch(repo: Repo, bundle: Path) -> None:
    """The commit is HEAD, and that is all."""
    head = repo.commit("base", {"drizzle/0000_a.sql": SQL})
    repo.git("checkout", "-q", "--detach")
    commits = examined(repo.top, bundle, "drizzle")
    assert (commits.head, commits.branch) == (head, None)


def test_sha256_repositories_are_read(tmp_path: Path, bundle: Path) -> None:
    """The other object format is recognised from the settings."""
    repo = Repo(tmp_path / "repo", options=("--object-format=sha256",))
    head = repo.commit("base", {"drizzle/0000_a.sql": SQL})
    commits = examined(repo.top, bundle, "drizzle")
    assert len(head) == 64
    assert (commits.head, told(commits)) == (head, [("base", [("A", "drizzle/0000_a.sql")])])


def test_packed_refs_and_packed_objects_are_read(repo: Repo, bundle: Path) -> None:
    """After `git gc` refs are in one file and objects in a pack: nothing changes."""
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    repo.git("checkout", "-q", "-b", "other")
    repo.commit("on the branch", {"drizzle/0001_b.sql": "SELECT 1;\n"})
    repo.git("checkout", "-q", "main")
    before = examined(repo.top, bundle, "drizzle")
    repo.git("gc", "-q")
    assert examined(repo.top, bundle.with_name("second"), "drizzle") == before


@pytest.mark.parametrize("kind", ["replace", "grafts"])
def test_rewritten_history_is_ignored_and_said(repo: Repo, bundle: Path, kind: str) -> None:
    """Replacement objects and grafts change what git shows, not what was committed."""
    first = repo.commit("base", {"drizzle/0000_a.sql": SQL})
    second = repo.commit("second", {"drizzle/0001_b.sql": "SELECT 1;\n"})
    if kind == "replace":
        repo.git("replace", "--graft", second)
    else:
        (repo.top / ".git/info/grafts").write_text(f"{second}\n")
    commits = examined(repo.top, bundle, "drizzle")
    assert [commit.id for commit in commits.commits] == [second, first]
    assert commits.commits[0].parents == (first,)
    assert not commits.whole
    assert "ignored" in commits.gap


ODD = [
    b"a b.sql",
    b"line\nbreak.sql",
    b"caf\xe9.sql",
    b"-rf.sql",
    b":(top)x.sql",
    b"t\tab.sql",
    "ü.sql".encode(),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD)
def test_odd_names_survive(repo: Repo, bundle: Path, name: bytes) -> None:
    """Blanks, line breaks, bytes that are not UTF-8, dashes and pathspec magic: history and state."""
    path = os.fsencode(repo.top) + b"/drizzle"
    os.mkdir(path)
    Path(os.fsdecode(path + b"/" + name)).write_text(SQL)
    repo.commit("odd")
    shown = "drizzle/" + name.decode("utf-8", "backslashreplace")
    commits = examined(repo.top, bundle, "drizzle")
    assert told(commits) == [("odd", [("A", shown)])]
    assert commits.states == (PathState(path=shown, state="tracked"),)


def test_an_odd_folder_can_be_asked_for(repo: Repo, bundle: Path) -> None:
    """A folder that looks like an option or like pathspec magic is only a folder."""
    repo.commit("base", {"-n/0000_a.sql": SQL, ":(exclude)x/0001.sql": SQL})
    found = examined(repo.top, bundle, "-n", ":(exclude)x")
    assert sorted(told(found)[0][1]) == [("A", "-n/0000_a.sql"), ("A", ":(exclude)x/0001.sql")]


def test_files_and_the_top_can_be_asked_for(repo: Repo, tmp_path: Path) -> None:
    """A single config file, and the empty path for everything."""
    repo.commit("base", {"drizzle.config.ts": "x", "drizzle/0000_a.sql": SQL})
    repo.write({"drizzle/new.sql": ""})
    one = examined(repo.top, tmp_path / "1", "drizzle.config.ts")
    assert [state.path for state in one.states] == ["drizzle.config.ts"]
    everything = examined(repo.top, tmp_path / "2", "")
    assert len(everything.commits[0].changes) == 2
    assert everything.state("drizzle/new.sql") == PathState(
        path="drizzle/new.sql", state="untracked"
    )


def test_no_git_is_an_item_and_no_error(tmp_path: Path, bundle: Path) -> None:
    """Without a repository there is no history, and the bundle says what follows from that."""
    writer = BundleWriter(bundle)
    assert find_repository(tmp_path) is None
    assert collect_commits(None, ("drizzle",), writer) is None
    (item,) = writer.seal(NOWHERE, THEN).of_kind(EvidenceKind.GIT)
    assert (item.outcome, item.note) == (Outcome.ABSENT, NO_GIT)


def test_git_not_installed_is_an_item(
    repo: Repo, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository without a git program is said, not raised."""
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    monkeypatch.setenv("PATH", str(bundle))
    writer = BundleWriter(bundle)
    assert collect_commits(find_repository(repo.top), ("drizzle",), writer) is None
    (item,) = writer.seal(NOWHERE, THEN).of_kind(EvidenceKind.GIT)
    assert item.outcome is Outcome.ABSENT
    assert "git is not installed" in item.note
    assert item.obstacle is Obstacle.NO_PROGRAM


@pytest.mark.slow
def test_a_deadline_ends_in_time(
    repo: Repo, bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A git that hangs, child processes included, is ended; the bundle says that time ran out."""
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    slow = tmp_path / "bin/git"
    slow.parent.mkdir()
    slow.write_text(f"#!/bin/sh\nsleep 60 & echo $! >> {tmp_path}/pids; sleep 60\n")
    slow.chmod(0o755)
    import git

    assert git.__version__  # it looks for the program when it is imported: not part of the hang
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    writer = BundleWriter(bundle)
    assert collect_commits(find_repository(repo.top), ("drizzle",), writer, seconds=0.5) is None
    (item,) = writer.seal(NOWHERE, THEN).of_kind(EvidenceKind.GIT)
    assert item.outcome is Outcome.TIMED_OUT
    for pid in (tmp_path / "pids").read_text().split():
        state = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True)
        assert state.stdout.strip()[:1] in ("", "Z"), "a child was left behind"


def test_analysis_reads_the_same_history_from_the_bundle(repo: Repo, bundle: Path) -> None:
    """What collection returns is what the bundle gives back, with the item's evidence id."""
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    writer = BundleWriter(bundle)
    commits = collect_commits(find_repository(repo.top), ("drizzle",), writer)
    assert commits is not None
    assert commits.evidence == "e1"
    assert recorded_commits(writer.seal(NOWHERE, THEN)) == commits


def test_secrets_in_subjects_and_blobs_are_masked(repo: Repo, bundle: Path) -> None:
    """A password in a commit message or in an old migration does not reach the bundle, nor a hash of it."""
    sql = "CREATE ROLE a PASSWORD 'hunter2x';\n"
    repo.commit("set the password to hunter2x!", {"drizzle/0000_a.sql": sql})
    commits = examined(repo.top, bundle, "drizzle")
    (blob,) = commits.blobs
    assert blob.sha256 == keyed(sha256(sql.encode()).hexdigest())
    assert commits.blob(commits.commits[0].changes[0].blob) == blob
    assert blob.text == "CREATE ROLE a PASSWORD '***';\n"
    assert all(b"hunter2x" not in path.read_bytes() for path in bundle.rglob("*") if path.is_file())


def test_of_a_snapshot_hash_and_outline_are_kept_of_the_rest_the_text(
    repo: Repo, bundle: Path
) -> None:
    """Snapshots are large: what chains them is kept, and what is none is kept as it is."""
    large = '{"id": "1", "prevId": "0", "tables": {"a": {"name": "a"}}}'
    repo.commit(
        "base",
        {
            "d/meta/_journal.json": "{}",
            "d/meta/0000_snapshot.json": large,
            "d/meta/0001_snapshot.json": "[]",
            "d/0.sql": "1",
            "d/x.md": "x",
        },
    )
    blobs = examined(repo.top, bundle, "d").blobs
    found = {blob.sha256: (blob.text, blob.outline) for blob in blobs}
    digest = {text: sha256(text.encode()).hexdigest() for text in ("{}", "[]", "1", large)}
    assert found == {
        digest["{}"]: ("{}", None),
        digest["[]"]: ("[]", None),
        digest["1"]: ("1", None),
        digest[large]: (None, '{"id": "1", "prevId": "0", "tables": {}}'),
    }


def test_code_is_read_only_where_it_was_asked_for_by_name(repo: Repo, bundle: Path) -> None:
    """A config is; a schema that lies beside the migrations, in hundreds of versions, is not."""
    repo.commit("base", {"drizzle.config.ts": "config", "drizzle/schema.ts": "schema"})
    found = examined(repo.top, bundle, "drizzle", "drizzle.config.ts")
    assert [blob.text for blob in found.blobs] == ["config"]


def test_a_wanted_hash_keeps_its_text(repo: Repo, bundle: Path) -> None:
    """A file that is looked for by its hash is kept whatever its kind."""
    repo.commit("base", {"d/meta/0000_snapshot.json": "[1]"})
    wanted = frozenset({sha256(b"[1]").hexdigest()})
    commits = collect_commits(
        find_repository(repo.top), ("d",), BundleWriter(bundle), wanted_hashes=wanted
    )
    assert commits is not None
    assert [blob.text for blob in commits.blobs] == ["[1]"]


def test_a_forged_date_is_no_crash(repo: Repo, bundle: Path) -> None:
    """A commit dated outside any calendar keeps its place without a date."""
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    tree = repo.git("rev-parse", "HEAD^{tree}")
    person = "A <a@example.org> 99999999999999999 +0000"
    raw = f"tree {tree}\nauthor {person}\ncommitter {person}\n\nforged\n".encode()
    forged = repo.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=raw)
    repo.git("update-ref", "refs/heads/forged", forged)
    commits = examined(repo.top, bundle, "drizzle")
    assert {commit.subject for commit in commits.commits} == {"base", "forged"}


def test_a_cut_off_output_gives_whole_commits_only() -> None:
    """A name or a record that the limit cut in two is not taken for a whole one."""
    header = b"a" * 40 + b"\x00\x0010\x0010\x00HEAD\x00subject\x00"
    record = b"\n:000000 100644 " + b"0" * 40 + b" " + b"b" * 40 + b" A\x00x.sql\x00"
    whole = header + record
    assert [len(entry.changes) for entry in history.parse(whole)] == [1]
    for length in range(len(whole)):
        for entry in history.parse(whole[:length]):
            assert entry.changes in ([], list(next(history.parse(whole)).changes))


def test_a_commit_is_examined_in_place_of_head(repo: Repo, bundle: Path) -> None:
    """Its own history and its own files; what lies in the working tree does not matter."""
    first = repo.commit("a", {"drizzle/0000_a.sql": "SELECT 1;\n"})
    repo.commit("b", {"drizzle/0000_a.sql": None, "drizzle/0001_b.sql": "SELECT 2;\n"})
    (repo.top / "drizzle/note.txt").write_text("untracked")
    at = collect_commits(find_repository(repo.top), ("drizzle",), BundleWriter(bundle), at=first)
    assert at is not None
    assert (at.head, at.branch) == (first, None)
    assert [(state.path, state.state) for state in at.states] == [("drizzle/0000_a.sql", "tracked")]
    assert [commit.id for commit in at.commits if commit.on_head] == [first]


def test_what_lies_in_a_submodule_has_its_history_there(repo: Repo, bundle: Path) -> None:
    """Of such a path nobody may say that it was never committed."""
    repo.commit("outer", {"README": "outer"})
    inner = Repo(repo.top / "libs/clinic")
    inner.commit("a", {"drizzle/0000_a.sql": "SELECT 1;\n"})
    found = collect_commits(
        find_repository(repo.top), ("libs/clinic/drizzle/meta",), BundleWriter(bundle)
    )
    assert found is not None and not found.whole
    assert "libs/clinic is a repository of its own" in found.gap
    assert found.remedy == "run it on libs/clinic"


def test_a_branch_names_what_the_log_of_it_names_too(repo: Repo, bundle: Path) -> None:
    """Every state that a branch once had stands in its log; the branch still has it."""
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    repo.git("checkout", "-q", "-b", "feature/x")
    repo.git("checkout", "-q", "main")
    repo.commit("on main", {"drizzle/0001_b.sql": "SELECT 1;\n"})
    repo.commit("later on main", {"drizzle/0001_b.sql": "SELECT 2;\n"})
    repo.commit("amended away", {"drizzle/0001_b.sql": "SELECT 3;\n"})
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.git("checkout", "-q", "feature/x")
    commits = examined(repo.top, bundle, "drizzle").commits
    away = {commit.subject: commit.refs for commit in commits if not commit.on_head}
    assert away == {
        "amended away": ("ORIG_HEAD",),
        "later on main": ("main",),
        "on main": ("main",),
    }
