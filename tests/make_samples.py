"""Writes sample_reports/ and the README's picture: the demo, and each folder of tests/sample_cases as a case.

A case folder has `project/`, the project as it is examined; `applied/`, the folder of drizzle-kit that
its database was migrated with, if any; where the project differs from that, `earlier/`, the project
of a commit before, and `subject.txt`, what the later commit says; and `database.sql`, what else was
run in it, a statement a line.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path

import psycopg

from forensics import pipeline
from forensics.demo.database import DEFAULT
from forensics.demo.migrator import migrate, read_migrations
from forensics.scratch.postgres import Server, throw_away_postgres
from forensics.system.temporary import temporary_folder
from tests import make_picture

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_reports"
CASES = ROOT / "tests/sample_cases"
DEMO = "drizzle-incident"
_FIRST = "feat: shop"
FORMATS = ("md", "html", "json", "pdf")
WRITTEN_AT = 1_772_000_000
"""When the files of a case were last written: seconds since 1970."""
_GIT = ("-c", "user.name=dev", "-c", "user.email=dev@example.org", "-c", "init.defaultBranch=main")


@dataclass(frozen=True)
class Sample:
    """A case and what it shows."""

    name: str
    shows: str


CASES_SHOWN = (
    Sample("failing-cast", "A pending change of type fails: the statement, and the cast it lacks"),
    Sample("skipped-after-merge", "A merged migration that is skipped in silence"),
    Sample("invalid-index", "A recorded migration whose index is there, but not valid"),
    Sample("squashed-baseline", "A new baseline that a migrated database would run again"),
    Sample("lost-file", "A migration that was never committed, rebuilt from its snapshots"),
    Sample("marked-as-applied", "Prisma: a failed migration that was marked as applied"),
    Sample("two-tools", "Prisma and drizzle-kit on one database: a table that both would make"),
)
SHOWN = (Sample(DEMO, "The demo: three issues that hide each other, and a note"), *CASES_SHOWN)


def main() -> None:
    """Every sample, then the page that shows them."""
    command = [sys.executable, "-m", "forensics", "demo", "--format", ",".join(FORMATS)]
    shutil.rmtree(SAMPLES / DEMO, ignore_errors=True)
    subprocess.run([*command, "--output", str(SAMPLES / DEMO)], cwd=ROOT, check=True)
    _bare(SAMPLES / DEMO)
    with throw_away_postgres() as server:
        for sample in CASES_SHOWN:
            make(sample.name, SAMPLES / sample.name, server)
    (SAMPLES / "index.html").write_text(index(), encoding="utf-8")
    make_picture.main()


def make(name: str, output: Path, server: Server) -> None:
    """One case: its project with history, its database, its reports."""
    case = CASES / name
    database = name.replace("-", "_")
    server.create_database(database)
    if (case / "applied").is_dir():
        migrate(server.url(database), read_migrations(case / "applied"), DEFAULT)
    if (case / "database.sql").is_file():
        _by_hand(server.url(database), (case / "database.sql").read_text(encoding="utf-8"))
    shutil.rmtree(output, ignore_errors=True)
    with temporary_folder("sample") as folder:
        project = build_project(case, folder / "shop")
        pipeline.investigate(
            project, output=output, formats=FORMATS, database_url=server.url(database)
        )
    server.drop_database(database)
    _bare(output)


def build_project(case: Path, project: Path) -> Path:
    """The project of a case, with a commit for each state; the same commits every time."""
    states = [state for name in ("earlier", "project") if (state := case / name).is_dir()]
    project.mkdir()
    _git(project, "init", "-q", "--template=")
    for number, state in enumerate(states):
        for path in project.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(state, project, dirs_exist_ok=True)
        _git(project, "add", "-A")
        subject = (case / "subject.txt").read_text(encoding="utf-8").strip() if number else _FIRST
        _git(project, "commit", "-q", "-m", subject, day=number + 1)
    for path in project.rglob("*"):
        os.utime(path, (WRITTEN_AT, WRITTEN_AT))
    return project


def _git(folder: Path, *arguments: str, day: int = 1) -> None:
    at = f"2026-02-{day:02}T09:00:00Z"
    dated = os.environ | {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    subprocess.run(["git", *_GIT, *arguments], cwd=folder, env=dated, check=True)


def _by_hand(url: str, script: str) -> None:
    """Each line in a transaction of its own; one that is marked fails."""
    with psycopg.connect(url, autocommit=True) as connection:
        for line in script.splitlines():
            if line.endswith("-- fails"):
                with suppress(psycopg.Error):
                    connection.execute(line.encode())
            else:
                connection.execute(line.encode())


def _bare(folder: Path) -> None:
    """Without the bundle, which the PDF carries, and without our marks."""
    shutil.rmtree(folder / "bundle", ignore_errors=True)
    for mark in (".forensics", ".gitignore"):
        (folder / mark).unlink(missing_ok=True)


def index() -> str:
    """A page with a card for each sample: what it shows, what broke, its picture, its files."""
    css = (ROOT / "templates/report.css").read_text(encoding="utf-8")
    cards = "\n".join(card for sample in SHOWN for card in _card(sample))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>Sample reports of Forensics</title>\n"
        f"<style>\n{css}\nmain {{ display: block; margin: 0 auto; max-width: 62rem; }}\n</style>\n"
        f"</head>\n<body>\n<main>\n<h1>Sample reports of Forensics</h1>\n{cards}\n</main>\n"
        "</body>\n</html>\n"
    )


def _card(sample: Sample) -> Iterator[str]:
    page = (SAMPLES / sample.name / "report.html").read_text(encoding="utf-8")
    tiles = re.search(r'<ul class="tiles">.*?</ul>', page, re.DOTALL)
    drawn = re.search(r"<figure>.*?</figure>", page, re.DOTALL)
    title = re.search(r"<title>(.*?)</title>", page)
    files = " · ".join(
        f'<a href="{sample.name}/report.{kind}">{kind}</a>'
        for kind in FORMATS
        if (SAMPLES / sample.name / f"report.{kind}").is_file()
    )
    yield f'<section class="issue"><h2>{escape(sample.shows)}</h2>'
    yield f"<p>{title[1] if title else ''}: {files}</p>"
    yield re.sub(r'<a href="#[^"]*">(.*?)</a>', r"\1", tiles[0]) if tiles else ""
    yield drawn[0] if drawn else ""
    yield "</section>"


if __name__ == "__main__":
    main()
