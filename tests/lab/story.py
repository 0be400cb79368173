"""What the developers of the lab's projects did, and when: read from each project's story.json."""

from functools import cache
from pathlib import Path

import msgspec

LAB = Path(__file__).resolve().parent
PROJECTS = {"0.21.4": "clinic", "0.31.11": "library"}
APP = Path("apps/api")


class Developer(msgspec.Struct, frozen=True, kw_only=True):
    """A fictitious author."""

    name: str
    email: str


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """One commit of the story."""

    date: str
    subject: str
    branch: str | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One migration: its custom name, the millisecond it was generated, and the commit that brought it."""

    name: str
    when: int
    commit: Commit


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """The history of one project, from its first commit to the day it breaks."""

    project: str
    kit: str
    developer: Developer
    first: Commit
    migrations: tuple[Step, ...]
    config: Commit
    deletion: Commit
    branch: str

    @property
    def folder(self) -> Path:
        """Where the project's sources are kept in the lab."""
        return LAB / "projects" / self.project

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


@cache
def story(project: str) -> Story:
    """The story of one project."""
    return msgspec.json.decode((LAB / "projects" / project / "story.json").read_bytes(), type=Story)
