"""The static part alone on 300 migrations, next to a bare Python that reads the same files."""

from __future__ import annotations

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
    """A healthy project; how many bytes its files have."""
    tags = [f"{number:04}_step" for number in range(MIGRATIONS)]
    files = project(*tags)
    for number, tag in enumerate(tags):
        count = 1 + number * TABLES // MIGRATIONS
        files[f"drizzle/{tag}.sql"] = f'ALTER TABLE "t{count}" ADD COLUMN "c{number}" text;\n'
        files[f"drizzle/meta/{number:04}_snapshot.json"] = snapshot(
            number, tables={f"public.t{table}": _table(table) for table in range(count)}
        )
    for path, text in files.items():
        target = top / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)
    return sum(path.stat().st_size for path in top.rglob("*") if path.is_file())


def _table(number: int) -> dict[str, object]:
    columns = {
        f"c{column}": {"name": f"c{column}", "type": "text", "primaryKey": False, "notNull": False}
        for column in range(COLUMNS)
    }
    empty = ("indexes", "foreignKeys", "compositePrimaryKeys", "uniqueConstraints", "policies")
    table = {"name": f"t{number}", "schema": "", "columns": columns, "isRLSEnabled": False}
    return {**table, **{field: {} for field in (*empty, "checkConstraints")}}
