"""A small drizzle project on SQLite with its database file, made without any tool."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from forensics import pipeline
from forensics.model import Issue, Report


def investigated(folder: Path, **options: object) -> Report:
    """What an investigation of the project and its `app.sqlite` says."""
    done = pipeline.investigate(
        folder,
        output=folder / "out",
        formats=("json",),
        database_url=f"file:{folder / 'app.sqlite'}",
        scratch=False,
        **options,  # type: ignore[arg-type]
    )
    return done.report


def issues(report: Report, rule: str) -> Sequence[Issue]:
    """Those of one rule."""
    return [it for it in report.issues if it.rule == rule]


def runs_in_shell(script: str, database: Path) -> None:
    """Run a script as the shell of SQLite does, which stops at the first error."""
    import sqlite3

    with closing(sqlite3.connect(database, isolation_level=None)) as opened:
        opened.executescript(script.replace(".bail on\n", ""))
