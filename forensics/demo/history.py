"""Gives an example project the git history that its story tells, the same commits every time."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from forensics.demo.project import CONFIG, DRIZZLE, JOURNAL, SCHEMA, forget_schema
from forensics.demo.story import BranchCommit, Story, StoryCommit
from forensics.errors import ForensicsError
from forensics.system.programs import find_program, search_path

_SKETCH = SCHEMA.parents[1] / "sketch.ts"


class GitFailed(ForensicsError):
    """No history could be made; the message says why and what to install."""


def commit_story(told: Story, folder: Path, *, forgets_schema: bool, deletes: Path | None) -> None:
    """Commit the healthy project step by step; the last commits bring the issues requested.

    Raises `GitFailed` without git, or with one older than 2.29.
    """
    repository = _Repository(folder, told, _git())
    repository.git("init", "--quiet", "--template=", "--initial-branch=main")
    repository.commit(told.first, *_beginnings(folder))
    journal = (folder / JOURNAL).read_bytes()
    for number in range(len(told.migrations)):
        _commit_migration(repository, number, journal)
    if forgets_schema:
        forget_schema(folder)
        repository.commit(told.config, CONFIG)
    _commit_last(repository, deletes)


def journal_prefix(journal: bytes, length: int) -> bytes:
    """The journal as drizzle-kit wrote it when it had that many entries."""
    data = json.loads(journal)
    data["entries"] = data["entries"][:length]
    return json.dumps(data, indent=2, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class _Repository:
    """A git repository with one author and a clock of its own."""

    folder: Path
    told: Story
    program: str

    def git(self, *arguments: str, at: str | None = None) -> None:
        """Run git without anybody's settings."""
        done = subprocess.run(
            [self.program, *arguments],
            cwd=self.folder,
            env=self._environment(at or self.told.first.date),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if done.returncode != 0:
            raise GitFailed(
                f"git {arguments[0]} failed: {done.stderr.strip()}. "
                "The history of the example project needs git 2.29 or newer."
            )

    def commit(self, commit: StoryCommit, *paths: Path) -> None:
        """Commit some paths, deleted ones too, on the day of the story."""
        self.git("add", "--all", "--", *map(str, paths))
        self.git("commit", "--quiet", "-m", commit.subject, at=commit.date)

    def start(self, branch: str) -> None:
        """Go on in a new branch."""
        self.git("switch", "--quiet", "-c", branch)

    def merge(self, commit: BranchCommit) -> None:
        """Commit a finished branch into main."""
        self.git("switch", "--quiet", "main")
        message = f"Merge branch '{commit.branch}'"
        self.git("merge", "--quiet", "--no-ff", "-m", message, commit.branch, at=commit.date)
        self.git("branch", "--quiet", "-d", commit.branch)

    def _environment(self, date: str) -> dict[str, str]:
        who = self.told.developer
        return {
            "PATH": search_path(),
            "LC_ALL": "C",
            "HOME": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_DEFAULT_HASH": "sha1",  # git 3 makes SHA-256 repositories by itself
            "GIT_AUTHOR_NAME": who.name,
            "GIT_AUTHOR_EMAIL": who.email,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": who.name,
            "GIT_COMMITTER_EMAIL": who.email,
            "GIT_COMMITTER_DATE": date,
        }


def _git() -> str:
    program = find_program("git")
    if program is None:
        raise GitFailed(
            "The example project has a git history, and there is no git to make it. Install one: "
            "'apt-get install git' (Debian, Ubuntu) or 'brew install git' (macOS)."
        )
    return program


def _beginnings(folder: Path) -> list[Path]:
    """Everything but the migrations and the schema that they follow."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return [
        path
        for path in files
        if DRIZZLE not in path.parents and path != SCHEMA and path.parts[0] != ".git"
    ]


def _commit_migration(repository: _Repository, number: int, journal: bytes) -> None:
    told, folder = repository.told, repository.folder
    commit, tag = told.migrations[number].commit, told.tags[number]
    repository.start(commit.branch)
    (folder / SCHEMA).write_text(told.schema(number), encoding="utf-8")
    (folder / JOURNAL).write_bytes(journal_prefix(journal, number + 1))
    snapshot = DRIZZLE / "meta" / f"{number:04}_snapshot.json"
    repository.commit(commit, SCHEMA, JOURNAL, snapshot, DRIZZLE / f"{tag}.sql")
    repository.merge(commit)


def _commit_last(repository: _Repository, deletes: Path | None) -> None:
    """The work in progress: a feature that has nothing to do with what its commit also deletes."""
    folder, commit = repository.folder, repository.told.deletion
    repository.start(commit.branch)
    (folder / _SKETCH).write_text("export {};\n", encoding="utf-8")
    if deletes is None:
        repository.commit(commit, _SKETCH)
    else:
        (folder / deletes).unlink()
        repository.commit(commit, _SKETCH, deletes)
