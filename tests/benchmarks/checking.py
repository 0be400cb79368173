"""The static part alone on 300 migrations, next to a bare Python that reads the same files."""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.timing import medians, process
from tests.build import project, snapshot

MIGRATIONS = 300
TABLES, COLUMNS = 60, 8
"""Of the newest snapshot: 10 MB in all of them."""
_READ = """\
import hashlib, os
for folder, _, names in os.walk("."):
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            hashlib.sha256(file.read()).hexdigest()
"""


def measure() -> Iterator[str]:
    """Goal: under a second, each run a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        size = _build(top)
        works = {
            "ours": process(sys.executable, "-m", "forensics", "check", folder),
            "floor": process(sys.executable, "-c", _READ, folder=top),
        }
        took = medians(works, runs=7)
        yield (
            f"check of {MIGRATIONS} migrations ({size >> 20} MiB): {took['ours']:.2f} s, "
            f"{took['ours'] / took['floor']:.1f}x a Python that reads and hashes the same files"
        )


def _build(top: Path) -> int:
    """A healthy project, written as drizzle-kit writes one; how many bytes its files have."""
    tags = [f"{number:04}_step" for number in range(MIGRATIONS)]
    files = project(*tags)
    tables: dict[str, object] = {}
    for number, tag in enumerate(tags):
        name = f"t{number * TABLES // MIGRATIONS}"
        key, column = f"public.{name}", f"c{number}"
        if key in tables:
            tables = {**tables, key: _table(name, *_columns(tables[key]), column)}
            sql = f'ALTER TABLE "{name}" ADD COLUMN "{column}" text;'
        else:
            names = [*(f"{column}_{place}" for place in range(COLUMNS)), column]
            tables = {**tables, key: _table(name, *names)}
            sql = _create(name, names)
        files[f"drizzle/{tag}.sql"] = sql
        files[f"drizzle/meta/{number:04}_snapshot.json"] = _printed(number, tables)
    for path, text in files.items():
        target = top / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)
    return sum(path.stat().st_size for path in top.rglob("*") if path.is_file())


def _printed(number: int, tables: dict[str, object]) -> str:
    return json.dumps(json.loads(snapshot(number, tables=tables)), indent=2)


def _create(name: str, columns: list[str]) -> str:
    lines = ",\n".join(f'\t"{column}" text' for column in columns)
    return f'CREATE TABLE IF NOT EXISTS "{name}" (\n{lines}\n);\n'


def _columns(table: object) -> Iterator[str]:
    assert isinstance(table, dict)
    yield from table["columns"]


def _table(name: str, *names: str) -> dict[str, object]:
    columns = {
        column: {"name": column, "type": "text", "primaryKey": False, "notNull": False}
        for column in names
    }
    empty = ("indexes", "foreignKeys", "compositePrimaryKeys", "uniqueConstraints", "policies")
    table = {"name": name, "schema": "", "columns": columns, "isRLSEnabled": False}
    return {**table, **{field: {} for field in (*empty, "checkConstraints")}}
