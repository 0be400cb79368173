"""Builds a lab project: its tree, its git history, and any subset of the four faults."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from forensics.demo.history import commit_story
from forensics.demo.project import (
    APP,
    copy_project,
    forget_schema,
    last_migration,
    leave_stray_file,
)
from forensics.demo.story import Story
from tests.lab.story import PROJECTS, story


class Fault(StrEnum):
    """The four faults of the incident."""

    F1 = "F1"
    """A stray text file lies in drizzle/meta, hidden from git by an ignore rule."""
    F2 = "F2"
    """The file of the last migration is gone."""
    F3 = "F3"
    """The recorded hash of the last migration differs from the file: in the database only."""
    F4 = "F4"
    """The tracking rows are in `public`, and the config names no schema."""


ALL_FAULTS = frozenset(Fault)


class Home(StrEnum):
    """The schema that holds the tracking rows."""

    PUBLIC = "public"
    DRIZZLE = "drizzle"


class Deletion(StrEnum):
    """How the file of F2 went away: by a commit about something else, or in the working tree."""

    COMMIT = "commit"
    WORKING_TREE = "working tree"


class Config(StrEnum):
    """How the config of F4 came to name no schema: a commit took it out, or it never did."""

    FORGOT = "forgot"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabProject:
    """A project on disk, and what is wrong with it."""

    folder: Path
    kit: str
    faults: frozenset[Fault]
    home: Home
    told: Story = field(repr=False)

    @property
    def app(self) -> Path:
        """Where drizzle-kit is run."""
        return self.folder / APP

    @property
    def missing_file(self) -> str:
        """The migration file that F2 deletes, as the kit names it."""
        return f"./drizzle/{self.told.tags[-1]}.sql"


def build_project(
    folder: Path,
    kit: str,
    faults: frozenset[Fault] = frozenset(),
    *,
    git: bool = True,
    project: str | None = None,
    home: Home = Home.PUBLIC,
    deletion: Deletion = Deletion.COMMIT,
    config: Config = Config.FORGOT,
) -> LabProject:
    """Copy a project into a folder that is not there yet, give it its history, and break it."""
    told = story(project or PROJECTS[kit])
    copy_project(told, folder)
    never = home is Home.DRIZZLE or (Fault.F4 in faults and config is Config.NEVER)
    if never:
        forget_schema(folder)
    if git:
        by_commit = Fault.F2 in faults and deletion is Deletion.COMMIT
        forgets = Fault.F4 in faults and not never
        deletes = last_migration(told) if by_commit else None
        commit_story(told, folder, forgets_schema=forgets, deletes=deletes)
    built = LabProject(folder=folder, kit=kit, faults=faults, home=home, told=told)
    break_working_tree(built)
    return built


def break_working_tree(project: LabProject) -> None:
    """Apply the faults to the files; those that a commit brought already are there."""
    if Fault.F1 in project.faults:
        leave_stray_file(project.told, project.folder)
    if Fault.F2 in project.faults:
        (project.app / project.missing_file).unlink(missing_ok=True)
    if Fault.F4 in project.faults:
        forget_schema(project.folder)
