"""The demo: an incident of four issues, built for real from packaged files, and gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forensics.demo.database import build_database
from forensics.demo.history import commit_story
from forensics.demo.project import copy_project, date_files, last_migration, leave_stray_file
from forensics.demo.story import Story, read_story
from forensics.scratch.postgres import throw_away_postgres
from forensics.system.private_folder import private_folder

CLINIC = Path(__file__).with_name("clinic")
"""The example: appointments of a small practice, on drizzle-kit 0.21.4."""

EXPECTED = frozenset(
    {"stray-file-in-meta", "missing-migration-file", "tracking-table-in-two-schemas"}
)
"""The rules whose issues an investigation must find; the fourth, another hash, breaks nothing."""


@contextmanager
def incident() -> Iterator[tuple[Path, str]]:
    """Build project and database, hand out folder and address, and remove every trace of both.

    Raises `GitFailed` and `PostgresUnavailable`, which say what to install.
    """
    told = read_story(CLINIC)
    with private_folder() as private:
        project = private.path / told.project
        _build_project(told, project)
        with throw_away_postgres() as server:
            yield project, build_database(server, told)


def _build_project(told: Story, folder: Path) -> None:
    copy_project(told, folder)
    commit_story(told, folder, forgets_schema=True, deletes=last_migration(told))
    leave_stray_file(told, folder)
    date_files(told, folder)
