"""A case beside the four faults: how files and database are broken, and the commands that are run."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.build import Fault, LabProject

FOLDER = ("check", "generate")
ALL = ("check", "generate", "migrate")
DATABASE = ("migrate",)

Break = Callable[[LabProject], None]


def nothing(project: LabProject) -> None:
    """Leave the files as they are."""


@dataclass(frozen=True, slots=True)
class Case:
    """One state: how the files are broken, what is done to the database, and the commands to run."""

    name: str
    files: Break = nothing
    commands: tuple[str, ...] = FOLDER
    sql: str = ""
    faults: frozenset[Fault] | None = None
    """None: the ordinary project, with its rows in schema drizzle; else the incident, with rows in public."""
    address: str | None = None
    """Connect there instead of to a database of one's own."""


def text(path: str, content: str) -> Break:
    """Write a file below apps/api/drizzle."""

    def apply(project: LabProject) -> None:
        (project.app / "drizzle" / path).write_text(content, encoding="utf-8")

    return apply


def both(*breaks: Break) -> Break:
    """Do several things to the files."""

    def apply(project: LabProject) -> None:
        for one in breaks:
            one(project)

    return apply
