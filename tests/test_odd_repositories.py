"""Odd and hostile repositories, by every verb that reads a project: nothing runs, nothing breaks."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from forensics.cli import cli
from forensics.errors import ForensicsError
from forensics.pipeline import check
from tests.build import project
from tests.collect.repositories import Repo, fingerprint
from tests.collect.test_quarantine import hostile
from tests.rules.branches import made, meta

NOBODY = 65534
SQL = "SELECT 1;\n"


def sound(top: Path, *options: str) -> Repo:
    """A repository with two migrations, in which nothing is wrong."""
    repo = Repo(top, options=options)
    files: dict[str, str | None] = {
        it: str(text) for it, text in project("0000_a", "0001_b").items()
    }
    repo.commit("first", {**files, "package.json": "{}"})
    repo.commit("second", {"README.md": "x"})
    return repo


def attacked(top: Path) -> Path:
    """Every setting of git by which reading runs a program."""
    repo = sound(top)
    hostile(repo, top.parent / "canary")
    return top


def of_another_owner(top: Path) -> Path:
    """Git refuses such a one, unless a setting says that it is safe."""
    sound(top)
    for path in (top, *top.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return top


def with_pipes(top: Path) -> Path:
    """In the place of files that are read."""
    sound(top)
    for name in (
        ".git/config",
        ".git/index",
        "package.json",
        ".env",
        "drizzle/meta/0001_snapshot.json",
    ):
        (top / name).unlink(missing_ok=True)
        os.mkfifo(top / name)
    os.mkfifo(top / ".git/refs/heads/pipe")
    return top


def with_devices(top: Path) -> Path:
    """Links to one that never ends, and a device itself."""
    sound(top)
    for name in (".git/packed-refs", "yarn.lock", "drizzle/0001_b.sql", "forensics.toml"):
        (top / name).unlink(missing_ok=True)
        (top / name).symlink_to("/dev/zero")
    os.mknod(top / "drizzle/0002_c.sql", 0o20666, os.makedev(1, 5))
    return top


def without_commits(top: Path) -> Path:
    """Only files."""
    repo = Repo(top)
    repo.write({it: str(text) for it, text in project("0000_a").items()})
    return top


def bare(top: Path) -> Path:
    """The directory of git itself, with files that somebody laid next to it."""
    sound(top.parent / "origin")
    Repo(top, init=False).top.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(top.parent / "origin" / ".git", top)
    Repo(top, init=False).write({it: str(text) for it, text in project("0000_a").items()})
    return top


def of_sha256(top: Path) -> Path:
    """Ids of 64 digits."""
    return sound(top, "--object-format=sha256").top


def worktree(top: Path) -> Path:
    """Its `.git` is a file."""
    sound(top.parent / "origin").git("worktree", "add", "-q", "-b", "other", str(top))
    return top


def submodule(top: Path) -> Path:
    """A repository within another one."""
    inner, outer = sound(top.parent / "inner"), Repo(top.parent / "outer")
    outer.git(
        "-c", "protocol.file.allow=always", "submodule", "-q", "add", str(inner.top), top.name
    )
    shutil.move(outer.top, top)
    return top / top.name


def partial(top: Path) -> Path:
    """Contents are missing, and git would fetch them."""
    origin = sound(top.parent / "origin")
    origin.git("config", "uploadpack.allowFilter", "true")
    Repo(top.parent, init=False).git(
        "clone", "-q", "--filter=blob:none", f"file://{origin.top}", top.name
    )
    shutil.rmtree(origin.top)
    return top


def with_odd_names(top: Path) -> Path:
    """No UTF-8, control characters, and what looks like an option, also as branches."""
    repo = sound(top)
    for name in (
        b"\xff\xfe.sql",
        b"a\nb.sql",
        b"\x1b[31m.sql",
        b"--help.sql",
        b"-rf",
        b"*?[x].sql",
    ):
        Path(os.fsdecode(os.fsencode(top / "drizzle") + b"/" + name)).write_text(SQL)
    (top / ".git/refs/heads/--upload-pack=x").write_text(repo.git("rev-parse", "HEAD") + "\n")
    (top / ".git/refs/heads/-x").write_text(repo.git("rev-parse", "HEAD") + "\n")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "--exec=x\n\n\x1b[31mSigned-off-by: x")
    return top


def damaged(top: Path) -> Path:
    """Objects that are gone or are no objects, a HEAD that is none, a shallow list of nonsense."""
    repo = sound(top)
    repo.forget(repo.blob("HEAD:drizzle/0000_a.sql"))
    (top / ".git/refs/heads/broken").write_bytes(b"\xff" * 40)
    (top / ".git/shallow").write_text("nonsense\n")
    (top / ".git/objects/info/alternates").write_text("/nowhere\n../../../../../../dev\n")
    return top


def with_links_out(top: Path) -> Path:
    """Migrations, config and git itself lie elsewhere."""
    origin = sound(top.parent / "elsewhere")
    top.mkdir()
    for name in ("drizzle", ".git", "package.json"):
        (top / name).symlink_to(origin.top / name)
    (top / "drizzle.config.ts").symlink_to("/etc/passwd")
    return top


ODD: tuple[Callable[[Path], Path], ...] = (
    *(attacked, of_another_owner, with_pipes, with_devices, without_commits, bare, of_sha256),
    *(worktree, submodule, partial, with_odd_names, damaged, with_links_out),
)


def told(*arguments: str | Path) -> str:
    """What a command printed; an error is one that the user can act on."""
    done = CliRunner().invoke(cli, [*map(str, arguments)], catch_exceptions=True)
    if not isinstance(done.exception, SystemExit | ForensicsError | type(None)):
        raise done.exception
    return done.output


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
def test_nothing_runs_and_nothing_breaks(make: Callable[[Path], Path], tmp_path: Path) -> None:
    """And the repository is as it was."""
    top = make(tmp_path / "case")
    before = fingerprint(tmp_path / "case")
    out = tmp_path / "out"
    runs = [
        ("check", top, "--history"),
        ("investigate", top, "--no-scratch", "--format", "json", "--output", out),
        ("investigate", top, "--at", "HEAD", "--no-scratch", "--output", tmp_path / "at"),
        ("recover", top, "--output", tmp_path / "recovered"),
        ("edition", out, "--project", top, "--output", tmp_path / "edition"),
    ]
    for arguments in runs:
        if arguments[0] == "edition" and not out.exists():
            continue
        assert "defect of forensics" not in told(*arguments), arguments[0]
    assert not (tmp_path / "canary").exists(), (tmp_path / "canary").read_text()
    assert fingerprint(tmp_path / "case") == before


@pytest.mark.parametrize("number", [1, 2])
def test_a_snapshot_that_is_not_read_accuses_no_other(number: int, tmp_path: Path) -> None:
    """It may be the parent that another names, and have what another seems to lack."""
    files = project("0000_base", "0001_mail", "0002_age")
    files |= {meta(it): made(it, *("mail", "age")[:it]) for it in range(3)}
    Repo(tmp_path, init=False).write({path: str(text) for path, text in files.items()})
    (tmp_path / meta(number)).unlink()
    os.mkfifo(tmp_path / meta(number))
    report = check(tmp_path)
    assert not [it.rule for it in report.issues if "snapshot" in it.rule]
    assert any(meta(number) in it.lacks for it in report.unanswered)


def test_json_that_is_nested_deeply_is_no_defect(tmp_path: Path) -> None:
    """A journal of 100 KB that no parser of ours can enter."""
    files = project("0000_a", **{"drizzle/meta/_journal.json": '{"a":' * 20_000 + "}" * 20_000})
    Repo(tmp_path, init=False).write({path: str(text) for path, text in files.items()})
    assert [it.rule for it in check(tmp_path).issues] == ["malformed-journal"]
