"""A small drizzle project on MariaDB: its states, an investigation of it, and the real client."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from forensics import pipeline
from forensics.model import Fix, Issue, Report, RunSql
from forensics.scratch.mariadb import MariaDb

CLIENT = "mariadb"
"""Comes with the server; `mysql` is the same program by its older name."""


def investigated(folder: Path, url: str, **options: object) -> Report:
    """What an investigation of the project and its database says."""
    options.setdefault("scratch", False)
    options.setdefault("history", False)
    done = pipeline.investigate(
        folder,
        output=folder / "out",
        formats=("json",),
        database_url=url,
        **options,  # type: ignore[arg-type]
    )
    return done.report


def issues(report: Report, rule: str) -> Sequence[Issue]:
    """Those of one rule."""
    return [it for it in report.issues if it.rule == rule]


def script_of(fix: Fix | None) -> RunSql:
    """The only step of a fix that is one script."""
    assert fix is not None
    [step] = fix.steps
    assert isinstance(step, RunSql) and step.whole
    return step


def ran(server: MariaDb, database: str, script: str, *options: str) -> str:
    """Run a script as people do; returns the client's error, empty where it had none."""
    command = [CLIENT, "--no-defaults", f"--socket={server.socket}", "--user=root", *options]
    done = subprocess.run([*command, database], input=script, capture_output=True, text=True)
    assert bool(done.stderr) is (done.returncode != 0) or "--force" in options, done
    return done.stderr
