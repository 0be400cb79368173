"""The example project on disk: its healthy files, and the issues that no commit brings."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

from forensics.demo.story import Story

APP = Path("apps/api")
DRIZZLE = APP / "drizzle"
JOURNAL = DRIZZLE / "meta" / "_journal.json"
SCHEMA = APP / "src" / "db" / "schema.ts"
CONFIG = APP / "drizzle.config.ts"
STRAY_FILE = DRIZZLE / "meta" / "tmp-4f2a-cwd"

_STRAY_TEXT = "/c/Users/dev/shop/apps/api/drizzle/meta\n"
_TRACKING_SCHEMA = "  migrations: { schema: "


def copy_project(told: Story, folder: Path) -> None:
    """Copy the healthy project, after its last migration, to a folder that is not there yet."""
    shutil.copytree(told.tree, folder)
    (folder / SCHEMA).write_text(told.schema(len(told.migrations) - 1), encoding="utf-8")


def last_migration(told: Story) -> Path:
    """The path of the last migration's file in the project."""
    return DRIZZLE / f"{told.tags[-1]}.sql"


def forget_schema(folder: Path) -> None:
    """Take the schema of the tracking table out of the config."""
    config = folder / CONFIG
    lines = config.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(_TRACKING_SCHEMA)]
    config.write_text("".join(kept), encoding="utf-8")


def leave_stray_file(told: Story, folder: Path) -> None:
    """Put a file among the snapshots that is none; an ignore rule of the project hides it."""
    stray = folder / STRAY_FILE
    stray.write_text(_STRAY_TEXT, encoding="utf-8")
    _date(stray, told.stray_file)


def date_files(told: Story, folder: Path) -> None:
    """Give all but the stray file the date of the last commit, as if it was checked out then.

    Reports tell when files were last written, and the evidence holds it of each: so these dates
    belong to the story, and two demos see the same files.
    """
    for parent, folders, files in os.walk(folder, topdown=True):
        for name in (*files, *folders):
            if Path(parent, name) != folder / STRAY_FILE:
                _date(Path(parent, name), told.deletion.date)
        folders[:] = [name for name in folders if name != ".git"]


def _date(path: Path, date: str) -> None:
    moment = datetime.fromisoformat(date).timestamp()
    os.utime(path, (moment, moment))
