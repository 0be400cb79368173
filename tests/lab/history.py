"""Gives a lab project the git history that its story tells, the same commits every time."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.lab.generate import journal_prefix
from tests.lab.story import APP, Commit, Story

DRIZZLE = APP / "drizzle"
SCHEMA = APP / "src" / "db" / "schema.ts"
CONFIG = APP / "drizzle.config.ts"
SKETCH = APP / "src" / "sketch.ts"
JOURNAL = DRIZZLE / "meta" / "_journal.json"
TRACKING_SCHEMA = "  migrations: { schema: "


def forget_schema(folder: Path) -> None:
    """Take the schema of the tracking table out of the config."""
    config = folder / CONFIG
    lines = config.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(TRACKING_SCHEMA)]
    config.write_text("".join(kept), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository with one author and a clock of its own."""

    folder: Path
    told: Story

    def git(self, *arguments: str, at: str | None = None) -> str:
        """Run git without anybody's settings."""
        return subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=self._environment(at or self.told.first.date),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def commit(self, commit: Commit, *paths: Path | str) -> None:
        """Commit some paths, deleted ones too, on the day of the story."""
        self.git("add", "--all", "--", *map(str, paths))
        self.git("commit", "--quiet", "--allow-empty", "-m", commit.subject, at=commit.date)

    def merge(self, commit: Commit) -> None:
        """Commit a finished branch into main."""
        assert commit.branch is not None
        self.git("switch", "--quiet", "main")
        message = f"Merge branch '{commit.branch}'"
        self.git("merge", "--quiet", "--no-ff", "-m", message, commit.branch, at=commit.date)
        self.git("branch", "--quiet", "-d", commit.branch)

    def _environment(self, date: str) -> dict[str, str]:
        who = self.told.developer
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": who.name,
            "GIT_AUTHOR_EMAIL": who.email,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": who.name,
            "GIT_COMMITTER_EMAIL": who.email,
            "GIT_COMMITTER_DATE": date,
        }


def commit_story(folder: Path, told: Story, *, forgets_schema: bool, deleted: Path | None) -> None:
    """Commit the project step by step; the last commits bring the faults that are committed."""
    repository = Repository(folder, told)
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.git("config", "core.autocrlf", "false")
    repository.commit(told.first, *_beginnings(folder))
    journal = (folder / JOURNAL).read_bytes()
    for number in range(len(told.migrations)):
        _commit_migration(repository, number, journal)
    if forgets_schema:
        forget_schema(folder)
        repository.commit(told.config, CONFIG)
    _commit_last(repository, deleted)


def _beginnings(folder: Path) -> list[str]:
    """Everything but the migrations and the schema that they follow."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return [
        path.as_posix()
        for path in files
        if DRIZZLE not in path.parents and path != SCHEMA and path.parts[0] != ".git"
    ]


def _commit_migration(repository: Repository, number: int, journal: bytes) -> None:
    told, folder = repository.told, repository.folder
    step, tag = told.migrations[number], told.tags[number]
    assert step.commit.branch is not None
    repository.git("switch", "--quiet", "-c", step.commit.branch)
    (folder / SCHEMA).write_text(told.schema(number), encoding="utf-8")
    (folder / JOURNAL).write_bytes(journal_prefix(journal, number + 1))
    snapshot = DRIZZLE / "meta" / f"{number:04}_snapshot.json"
    repository.commit(step.commit, SCHEMA, JOURNAL, snapshot, DRIZZLE / f"{tag}.sql")
    repository.merge(step.commit)


def _commit_last(repository: Repository, deleted: Path | None) -> None:
    """The work in progress: a feature that has nothing to do with what its commit also deletes."""
    folder, told = repository.folder, repository.told
    repository.git("switch", "--quiet", "-c", told.branch)
    (folder / SKETCH).write_text("export {};\n", encoding="utf-8")
    paths = [SKETCH] if deleted is None else [SKETCH, deleted]
    if deleted is not None:
        (folder / deleted).unlink()
    repository.commit(told.deletion, *paths)
