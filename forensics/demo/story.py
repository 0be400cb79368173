"""What the developers of an example project did, and when, as its story.json tells it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from forensics.model import Record


class Developer(Record, frozen=True, kw_only=True):
    """A fictitious author."""

    name: str
    email: str


class StoryCommit(Record, frozen=True, kw_only=True):
    """One commit; the date is ISO 8601 with its offset."""

    date: str
    subject: str


class BranchCommit(StoryCommit, frozen=True, kw_only=True):
    """The one commit of a branch."""

    branch: str


class StoryStep(Record, frozen=True, kw_only=True):
    """One migration: its custom name, the millisecond it was generated, the commit with it."""

    name: str
    when: int
    commit: BranchCommit


class Story(Record, frozen=True, kw_only=True):
    """The history of one project, from its first commit to the day it breaks."""

    folder: Path
    """Holds story.json, `tree` (the project without its schema) and `steps` (the schemas)."""
    project: str
    kit: str
    """The version of drizzle-kit that wrote the migrations."""
    developer: Developer
    first: StoryCommit
    migrations: tuple[StoryStep, ...]
    config: StoryCommit
    """Takes the schema of the tracking table out of the config."""
    stray_file: str
    """When something left a file in the folder of the snapshots: ISO 8601."""
    deletion: BranchCommit
    """The work in progress: about something else, it also deletes the last migration's file."""

    @property
    def tree(self) -> Path:
        """The project's files as they are after the last migration, without schema.ts."""
        return self.folder / "tree"

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the migrations, such as 0003_rooms."""
        return tuple(f"{number:04}_{step.name}" for number, step in enumerate(self.migrations))

    def schema(self, number: int) -> str:
        """The text of schema.ts after one migration."""
        return (self.folder / "steps" / f"{number:04}.ts").read_text(encoding="utf-8")


def read_story(folder: Path) -> Story:
    """The story told in a folder of ours."""
    told = msgspec.json.decode((folder / "story.json").read_bytes())
    return msgspec.convert({**told, "folder": folder}, Story)
