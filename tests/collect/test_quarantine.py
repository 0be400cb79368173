"""A hostile repository: none of its code runs, nothing of it changes, nothing of it blocks us."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.collect.commits import collect_commits
from forensics.collect.quarantine import quarantine
from forensics.collect.repository import find_repository, read_regular
from forensics.collect.revision import CommitTree
from forensics.evidence.bundle_writer import BundleWriter
from tests.collect.repositories import NOWHERE, THEN, Repo, examined, fingerprint, told

SQL = "SELECT 1;\n"


def program(repo: Repo, canary: Path, name: str) -> str:
    """A program inside the repository that leaves its name in the canary when it runs."""
    path = repo.top / "evil" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {name} >> {canary}\n")
    path.chmod(0o755)
    return str(path)


PROGRAMS = (
    "core.fsmonitor", "core.pager", "pager.log", "pager.check-ignore", "core.sshCommand",
    "core.gitProxy", "core.editor", "core.askPass", "core.alternateRefsCommand", "credential.helper",
    "diff.external", "diff.text.textconv", "diff.drv.command", "filter.cln.clean",
    "filter.cln.smudge", "filter.prc.process", "gpg.program", "gpg.ssh.program",
    "uploadpack.packObjectsHook", "trailer.x.command", "remote.origin.uploadpack",
)  # fmt: skip
HOOKS = ("post-index-change", "reference-transaction", "fsmonitor-watchman", "post-checkout")


def hostile(repo: Repo, canary: Path) -> None:
    """Every way by which reading commands of git can be made to run a program."""
    (repo.top / ".gitattributes").write_text(
        "*.sql diff=text\n*.json diff=drv\n*.old filter=cln\n*.new filter=prc\n"
    )
    settings = {key: program(repo, canary, key) for key in PROGRAMS}
    settings |= {
        f"alias.{name}": "!" + program(repo, canary, "alias") for name in ("st", "ls-files")
    }
    settings["remote.origin.url"] = str(repo.top)
    settings["remote.origin.promisor"] = "true"
    settings["extensions.partialClone"] = "origin"
    settings["log.showSignature"] = "true"
    settings["include.path"] = str(repo.top / "more-config")
    for hook in HOOKS:
        (repo.top / ".git/hooks" / hook).unlink(missing_ok=True)
        (repo.top / ".git/hooks" / hook).symlink_to(program(repo, canary, f"hook-{hook}"))
    text = (repo.top / ".git/config").read_text()
    for key, value in settings.items():
        section, _, name = key.rpartition(".")
        head, _, middle = section.partition(".")
        text += f'[{head} "{middle}"]\n' if middle else f"[{head}]\n"
        text += f"\t{name} = {value}\n"
    (repo.top / ".git/config").write_text(text)
    (repo.top / "more-config").write_text(
        f"[core]\nfsmonitor = {program(repo, canary, 'include')}\n"
    )


@pytest.fixture
def attacked(tmp_path: Path) -> Iterator[tuple[Repo, Path]]:
    """A hostile repository with signed-looking commits, a stash, a missing blob, and its canary."""
    repo, canary = Repo(tmp_path / "repo"), tmp_path / "canary"
    files = {
        "drizzle/0000_a.sql": SQL,
        "drizzle/meta/a.json": "{}",
        "drizzle/a.new": "x",
        "a.old": "x",
    }
    repo.commit("base", {**files, "drizzle/0001_b.sql": "SELECT 2;\n"})
    missing = repo.blob("HEAD:drizzle/0001_b.sql")
    raw = repo.git("cat-file", "commit", "HEAD").replace(
        "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n", 1
    )
    signed = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw.encode() + b"\n")
    repo.git("update-ref", "refs/heads/signed", signed)
    repo.write({"drizzle/0000_a.sql": "SELECT 3;\n"})
    repo.git("stash", "-q")
    repo.commit("two", {"drizzle/0001_b.sql": None, "drizzle/0002_c.sql": "SELECT 2;\n--\n"})
    repo.write(
        {
            "drizzle/0000_a.sql": "SELECT 9;\n",
            "drizzle/meta/a.json": "[]",
            "drizzle/a.new": "y",
            "a.old": "y",
        }
    )
    repo.write({"drizzle/new.sql": "x", ".gitignore": "tmp-*\n", "drizzle/tmp-1": ""})
    hostile(repo, canary)
    repo.forget(missing)
    yield repo, canary


READING = (
    ("status",),
    ("diff", "--", "drizzle/0000_a.sql"),
    ("diff", "--", "drizzle/meta"),
    ("log", "-1", "-p", "signed"),
    ("show", "HEAD~1:drizzle/0001_b.sql"),
    ("st",),
)


def test_the_canary_sings_under_plain_git(attacked: tuple[Repo, Path]) -> None:
    """The traps are real: ordinary reading commands run the repository's programs."""
    repo, canary = attacked
    for command in READING:
        subprocess.run(
            ["git", *command],
            cwd=repo.top,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
        )
    assert {
        "include",
        "alias",
        "diff.external",
        "diff.text.textconv",
        "diff.drv.command",
        "filter.cln.clean",
        "filter.prc.process",
        "gpg.program",
        "remote.origin.uploadpack",
    } <= set(canary.read_text().split())


@pytest.mark.slow
def test_nothing_runs_and_nothing_changes(attacked: tuple[Repo, Path], tmp_path: Path) -> None:
    """History, states and a commit's files are read; no program ran, no byte or time differs."""
    repo, canary = attacked
    with (repo.top / ".git/config").open("a") as config:
        config.write("[core]\n\texcludesFile = /dev/zero\n\tattributesFile = /dev/zero\n")
    before = fingerprint(repo.top)
    commits = examined(repo.top, tmp_path / "bundle", "drizzle", "")
    found = find_repository(repo.top)
    assert found is not None
    tree = CommitTree(found, "HEAD")
    assert tree.read("drizzle/0000_a.sql").data == SQL.encode()
    assert tree.search("", ("*.sql",)).paths
    tree.close()
    assert {"base", "two"} <= {commit.subject for commit in commits.commits}
    assert {state.state for state in commits.states} == {"tracked", "untracked", "ignored"}
    assert "partial" in commits.gap
    assert not canary.exists(), canary.read_text()
    assert fingerprint(repo.top) == before


def test_inherited_git_variables_do_not_reach_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever GIT_ variables the caller has, they neither redirect nor run anything."""
    repo, canary = Repo(tmp_path / "repo"), tmp_path / "canary"
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    evil = program(repo, canary, "inherited")
    for name, value in {
        "GIT_DIR": "/nonexistent",
        "GIT_WORK_TREE": "/nonexistent",
        "GIT_INDEX_FILE": "/nonexistent",
        "GIT_OBJECT_DIRECTORY": "/nonexistent",
        "GIT_EXTERNAL_DIFF": evil,
        "GIT_PAGER": evil,
        "GIT_TRACE": str(tmp_path / "trace"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": evil,
    }.items():
        monkeypatch.setenv(name, value)
    assert told(examined(repo.top, tmp_path / "bundle", "drizzle")) == [
        ("base", [("A", "drizzle/0000_a.sql")])
    ]
    assert not canary.exists()
    assert not (tmp_path / "trace").exists()


def test_a_foreign_owner_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository of another user is read, without a word to the settings of ours."""
    if os.geteuid() != 0:
        pytest.fail("run as root: only root can give files to another user")
    repo = Repo(tmp_path / "repo")
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    for path in (repo.top, *repo.top.rglob("*")):
        os.chown(path, 12345, 12345)
    (home := tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(home))
    assert told(examined(repo.top, tmp_path / "bundle", "drizzle"))[0][0] == "base"
    assert list(home.iterdir()) == []


@pytest.fixture(scope="module")
def based(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one migration."""
    repo = Repo(tmp_path_factory.mktemp("based") / "repo")
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    return repo.top


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "config",
        "HEAD",
        "index",
        "shallow",
        "packed-refs",
        "info/exclude",
        "logs/HEAD",
        "refs/heads/x",
        "MERGE_HEAD",
        "commondir",
    ],
)
@pytest.mark.parametrize("trap", ["pipe", "zero", "garbage", "link", "folder"])
def test_a_trap_in_place_of_a_file_blocks_nothing(
    based: Path, tmp_path: Path, name: str, trap: str
) -> None:
    """Pipes, endless devices, garbage and links where git keeps its files: an answer, in time."""
    top = Path(shutil.copytree(based, tmp_path / "repo"))
    path = top / ".git" / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if trap == "pipe":
        os.mkfifo(path)
    elif trap == "folder":
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
    elif trap == "garbage":
        path.write_bytes(b"\x00\xff[garbage\nref: \n" * 50)
    else:
        path.symlink_to("/dev/zero" if trap == "zero" else "/etc/passwd")
    writer = BundleWriter(tmp_path / "bundle")
    commits = collect_commits(find_repository(top), ("drizzle",), writer, seconds=10)
    items = writer.seal(NOWHERE, THEN).manifest.items
    assert [item.kind for item in items] == ["history" if commits else "git"]
    assert b"root:" not in b"".join(
        f.read_bytes() for f in (tmp_path / "bundle").rglob("*") if f.is_file()
    )


def test_only_a_regular_file_of_a_size_is_read(tmp_path: Path) -> None:
    """Whatever stands where git keeps a file."""
    (file := tmp_path / "file").write_bytes(b"0123456789")
    os.mkfifo(pipe := tmp_path / "pipe")
    (link := tmp_path / "link").symlink_to(file)
    assert read_regular(file, 10) == b"0123456789"
    for place in (Path("/dev/zero"), tmp_path, pipe, link, tmp_path / "none"):
        assert read_regular(place, 10) is None, place
    assert read_regular(file, 9) is None


@pytest.mark.slow
def test_a_pipe_among_the_ignore_rules_ends_at_the_deadline(tmp_path: Path) -> None:
    """Git itself opens .gitignore: what hangs there costs the states, not the run."""
    repo = Repo(tmp_path / "repo")
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    repo.write({"drizzle/new.sql": ""})
    os.mkfifo(repo.top / ".gitignore")
    commits = collect_commits(
        find_repository(repo.top), ("drizzle",), BundleWriter(tmp_path / "bundle"), seconds=2
    )
    assert commits is not None
    assert told(commits) == [("base", [("A", "drizzle/0000_a.sql")])]


def test_an_odd_path_to_the_repository_is_quoted(tmp_path: Path) -> None:
    """Line breaks, quotes, backslashes and foreign bytes in the path of the repository itself."""
    repo = Repo(tmp_path / os.fsdecode(b'a\n"b\\ \xff#'))
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    assert told(examined(repo.top, tmp_path / "bundle", "drizzle"))[0][0] == "base"


def test_a_bare_repository_in_a_folder_is_not_discovered(tmp_path: Path) -> None:
    """Only `.git` counts: files that imitate a git directory inside the project do not."""
    Repo(tmp_path / "bare", options=("--bare",))
    assert find_repository(tmp_path / "bare") is None


def test_the_quarantine_is_private_and_goes_away(tmp_path: Path) -> None:
    """No one else can look into it, and nothing of it is left, also after an error."""
    repo = Repo(tmp_path / "repo")
    repo.commit("base", {"drizzle/0000_a.sql": SQL})
    repository = find_repository(repo.top)
    assert repository is not None
    with pytest.raises(RuntimeError, match="in the middle"):
        with quarantine(repository) as place:
            folder = place.git.git_dir
            assert folder.stat().st_mode & 0o077 == 0
            raise RuntimeError("in the middle")
    assert not folder.exists()


def test_importing_the_collector_does_not_import_git() -> None:
    """GitPython costs 80 ms and looks for the program: only when history is read."""
    script = "import sys, forensics.collect.commits, forensics.collect.revision; print('git' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
