"""What a target of fuzzing is, and how a project or a bundle is judged."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from forensics.analysis.diagnose import diagnose
from forensics.collect.case import collect
from forensics.collect.request import Request
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle
from forensics.model import Topic
from forensics.render.json import report_json
from forensics.render.junit import render_junit
from forensics.render.markdown import report_markdown
from forensics.render.sarif import render_sarif
from forensics.report.build import build
from tests.build import project, snapshot

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
TABLE = {
    "public.a": {
        "name": "a",
        "schema": "",
        "columns": {
            "id": {"name": "id", "type": "serial", "primaryKey": True, "notNull": True},
            "b": {
                "name": "b",
                "type": "text",
                "primaryKey": False,
                "notNull": False,
                "default": "'x'",
            },
        },
        "indexes": {"i": {"name": "i", "columns": [{"expression": "b", "isExpression": False}]}},
        "foreignKeys": {},
        "compositePrimaryKeys": {},
        "uniqueConstraints": {"u": {"name": "u", "columns": ["b"], "nullsNotDistinct": False}},
    }
}
PACKAGE = {
    "scripts": {"migrate": "drizzle-kit migrate && node dist/migrate.js"},
    "dependencies": {"drizzle-orm": "^0.44.0", "postgres": "3"},
    "devDependencies": {"drizzle-kit": "~0.31.1"},
    "packageManager": "pnpm@9.0.0",
    "workspaces": ["packages/*"],
}
LOCK = {
    "lockfileVersion": 3,
    "packages": {"": PACKAGE, "node_modules/drizzle-kit": {"version": "0.31.4"}},
}
MORE: Mapping[str, str] = {
    "package.json": json.dumps(PACKAGE),
    "package-lock.json": json.dumps(LOCK),
    "drizzle/meta/0001_snapshot.json": snapshot(1, tables=TABLE),
}


@dataclass(frozen=True)
class Target:
    """One reader."""

    strategy: st.SearchStrategy[Any]
    check: Callable[[Any], None]


def in_project(path: str) -> Callable[[str], None]:
    """Judge a sound project of drizzle-kit of which one file was replaced."""
    return in_files({**project("0000_a", "0001_b"), **MORE}, path)


def in_files(files: Mapping[str, str | bytes], path: str) -> Callable[[str], None]:
    """Judge a project of which one file was replaced."""

    def check(text: str) -> None:
        with tempfile.TemporaryDirectory(dir=MEMORY) as base:
            write(Path(base) / "project", {**files, path: text})
            request = Request(project=Path(base) / "project", look_at_database=False)
            try:
                bundle = collect(request, Path(base) / "bundle", lambda line: None)
            except ForensicsError:
                return
            judge(bundle)

    return check


def judge(bundle: Bundle) -> None:
    """To the report in four formats; whatever breaks on the way is an error."""
    try:
        report = build(diagnose(bundle))
        report_json(report)
        report_markdown(report)
        render_sarif(report)
        render_junit(report)
    except ForensicsError:
        return
    broken = [it.lacks for it in report.unanswered if it.topic is Topic.DEFECT]
    assert broken == [], broken


def write(place: Path, files: Mapping[str, str | bytes]) -> None:
    """A project, whatever its files are."""
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(as_bytes(content))


def as_bytes(content: str | bytes) -> bytes:
    """As a file has it, also half of a surrogate pair."""
    return content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")


def write_sound(folder: Path, place: Path) -> Bundle:
    """The bundle of a small project."""
    write(place, {**project("0000_a"), **MORE})
    return collect(Request(project=place, look_at_database=False), folder, lambda line: None)
