"""Ways to break the files of a lab project's migration folder."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from forensics.demo.project import last_migration
from tests.lab.build import LabProject
from tests.lab.cases import Break

JOURNAL = "meta/_journal.json"


def snapshot(number: int) -> str:
    """The path of a snapshot below the migration folder."""
    return f"meta/{number:04}_snapshot.json"


def remove(*paths: str) -> Break:
    """Delete files or folders."""

    def apply(project: LabProject) -> None:
        for path in paths:
            target = _folder(project) / path
            shutil.rmtree(target) if target.is_dir() else target.unlink()

    return apply


def remove_migrations(*numbers: int) -> Break:
    """Delete migration files."""

    def apply(project: LabProject) -> None:
        for number in numbers:
            _migration(project, number).unlink()

    return apply


def make_folder(path: str) -> Break:
    """Put an empty folder there."""

    def apply(project: LabProject) -> None:
        (_folder(project) / path).mkdir()

    return apply


def truncate(path: str) -> Break:
    """Keep the first half of a file."""

    def apply(project: LabProject) -> None:
        target = _folder(project) / path
        content = target.read_bytes()
        target.write_bytes(content[: len(content) // 2])

    return apply


def prefix(path: str, start: bytes) -> Break:
    """Put some bytes before a file's content."""

    def apply(project: LabProject) -> None:
        target = _folder(project) / path
        target.write_bytes(start + target.read_bytes())

    return apply


def conflict(path: str, line: str) -> Break:
    """Leave the markers of a merge around the first line that matches."""

    def apply(project: LabProject) -> None:
        target = _folder(project) / path
        content = target.read_text(encoding="utf-8")
        marked = re.sub(
            rf"^(.*{line}.*)$",
            r"<<<<<<< HEAD\n\1\n=======\n\1\n>>>>>>> feature/other",
            content,
            count=1,
            flags=re.MULTILINE,
        )
        target.write_text(marked, encoding="utf-8")

    return apply


def set_keys(*paths: str, **values: object) -> Break:
    """Give some JSON files other values at the top; `...` takes a key away."""

    def apply(project: LabProject) -> None:
        for path in paths:
            target = _folder(project) / path
            data = {**json.loads(target.read_text(encoding="utf-8")), **values}
            write_json(target, {key: value for key, value in data.items() if value is not ...})

    return apply


def same_parent(later: int) -> Break:
    """Make a snapshot point to the parent of the one before it, as after a merge of two branches."""

    def apply(project: LabProject) -> None:
        before = json.loads((_folder(project) / snapshot(later - 1)).read_text(encoding="utf-8"))
        set_keys(snapshot(later), prevId=before["prevId"])(project)

    return apply


def append_entry(tag: str, sql: str | None, *, later: int) -> Break:
    """List one more migration, stamped so many milliseconds after the last; without SQL, no file."""

    def apply(project: LabProject) -> None:
        target = _folder(project) / JOURNAL
        journal = json.loads(target.read_text(encoding="utf-8"))
        last = journal["entries"][-1]
        entry = {**last, "idx": last["idx"] + 1, "tag": tag, "when": last["when"] + later}
        write_json(target, {**journal, "entries": [*journal["entries"], entry]})
        if sql is not None:
            (_folder(project) / f"{tag}.sql").write_text(sql, encoding="utf-8")

    return apply


def drop_last_entry(project: LabProject) -> None:
    """Take the last migration off the list."""
    target = _folder(project) / JOURNAL
    journal = json.loads(target.read_text(encoding="utf-8"))
    write_json(target, {**journal, "entries": journal["entries"][:-1]})


def write_last_migration(*, end: str = "") -> Break:
    """Write the last migration's file as it was, with something after it."""

    def apply(project: LabProject) -> None:
        original = (project.told.tree / last_migration(project.told)).read_bytes()
        (project.app / project.missing_file).write_bytes(original + end.encode())

    return apply


def empty_last_migration(project: LabProject) -> None:
    """Leave an empty file where the last migration should be."""
    (project.app / project.missing_file).write_bytes(b"")


def replace_text(path: str, old: str, new: str) -> Break:
    """Replace a text in a file of the app."""

    def apply(project: LabProject) -> None:
        target = project.app / path
        content = target.read_text(encoding="utf-8")
        assert content.count(old) == 1
        target.write_text(content.replace(old, new), encoding="utf-8")

    return apply


def prefix_migration(number: int, start: bytes) -> Break:
    """Put some bytes before a migration's SQL."""

    def apply(project: LabProject) -> None:
        target = _migration(project, number)
        target.write_bytes(start + target.read_bytes())

    return apply


def write_json(target: Path, data: dict[str, Any]) -> None:
    """Write JSON as the kit does."""
    target.write_text(json.dumps(data, indent=2, ensure_ascii=False), encoding="utf-8")


def _folder(project: LabProject) -> Path:
    return project.app / "drizzle"


def _migration(project: LabProject, number: int) -> Path:
    return _folder(project) / f"{project.told.tags[number]}.sql"
