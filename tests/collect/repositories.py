"""Real git repositories for tests: built by real git, the same at any time and for any user."""

import os
import re
import subprocess
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from forensics.collect.commits import collect_commits
from forensics.collect.repository import find_repository
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import Commits
from forensics.model import Project

NOWHERE = Project(root="", head=None, branch=None)
THEN = datetime(2026, 1, 1, tzinfo=UTC)

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


class Repo:
    """A repository whose commits are a minute apart."""

    def __init__(self, top: Path, *, init: bool = True, options: tuple[str, ...] = ()) -> None:
        self.top = top
        self.minute = 0
        if init:
            top.mkdir(parents=True, exist_ok=True)
            self.git("init", "-q", "-b", "main", *options)

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run git here; its output without the last line end."""
        self.minute += 1
        date = f"2026-01-01T{self.minute // 60:02}:{self.minute % 60:02}:00+02:00"
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.top,
            env=_ENVIRONMENT | {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
            input=stdin,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "replace").rstrip("\n")

    def write(self, files: dict[str, str | None]) -> None:
        """Write files; `None` deletes one."""
        for name, text in files.items():
            path = self.top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)

    def commit(self, subject: str, files: dict[str, str | None] | None = None) -> str:
        """Write files, commit everything, give the commit's id."""
        self.write(files or {})
        self.git("add", "-A")
        said = self.git("-c", "core.abbrev=no", "commit", "--allow-empty", "-m", subject)
        self.minute += 1
        found = re.match(r"\[.* ([0-9a-f]{40,64})\] ", said)
        assert found is not None, said
        return found[1]

    def blob(self, revision: str) -> str:
        """The id of what a revision names, such as `HEAD:a.sql`."""
        return self.git("rev-parse", revision)

    def forget(self, object_id: str) -> None:
        """Delete a loose object."""
        (self.top / ".git/objects" / object_id[:2] / object_id[2:]).unlink()


def examined(top: Path, bundle: Path, *paths: str) -> Commits:
    """What `collect_commits` says of paths; there must be a repository that can be read."""
    commits = collect_commits(find_repository(top), paths, BundleWriter(bundle))
    assert commits is not None
    return commits


def told(commits: Commits) -> list[tuple[str, list[tuple[str, str]]]]:
    """Subject and changes of each commit, for comparison at a glance."""
    return [
        (commit.subject, [(change.status, change.path) for change in commit.changes])
        for commit in commits.commits
    ]


def fingerprint(folder: Path) -> dict[str, tuple[int, int, int, str]]:
    """Mode, size, mtime and content of everything below a folder."""
    return {
        str(path.relative_to(folder)): (
            (status := path.lstat()).st_mode,
            status.st_size if path.is_file() else 0,
            status.st_mtime_ns,
            sha256(path.read_bytes()).hexdigest()
            if path.is_file() and not path.is_symlink()
            else "",
        )
        for path in sorted(folder.rglob("*"))
    }
