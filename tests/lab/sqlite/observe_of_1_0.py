"""Measures every cell with the real 1.0: `python -m tests.lab.sqlite.observe_of_1_0 NODE_MODULES`.

The folder needs drizzle-kit and drizzle-orm 1.0.0-rc.5, and @libsql/client 0.18.0 or better-sqlite3 12.11.1.
"""

import json
import re
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TypedDict

from tests.lab.kits import kit_command
from tests.lab.run import clean_environment
from tests.lab.sqlite.cells import TABLE
from tests.lab.sqlite.cells_of_1_0 import BETTER, CELLS, LIBSQL, build
from tests.lab.transcript import plain

OBSERVED = Path(__file__).parent / "observed_of_1_0.json"
OF_BETTER = Path(__file__).parent / "observed_of_1_0_better.json"
"""What `migrate` did with better-sqlite3, which has to be compiled and is installed by hand."""
ERROR = "[\u2717]"
"""What the kit puts before an error; what stands above it is the driver's stack."""
COMMANDS = ("migrate", "check", "generate")


class Seen(TypedDict):
    """What came of one command."""

    exit_code: int
    printed: str
    columns: list[str | None]
    """Of the table, afterwards."""
    recorded: list[str | None]
    """The names in the tracking table, afterwards."""


def measure(name: str, command: str, modules: Path, package: str = LIBSQL) -> Seen:
    """Run a command in one cell, with the driver of a package."""
    with tempfile.TemporaryDirectory(prefix="lab-sqlite-") as place:
        folder = Path(place, "app")
        folder.mkdir()
        build(name, folder, package)
        (folder / "node_modules").symlink_to(modules)
        done = subprocess.run(
            kit_command(command),
            cwd=folder,
            env=clean_environment(Path(place), ""),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
        lines = "\n".join((plain(done.stdout, []), plain(done.stderr, [])))
        return Seen(
            exit_code=done.returncode,
            printed=_without_noise(lines.replace(str(folder), "APP")),
            columns=_column(folder, "SELECT name FROM pragma_table_info('kites')"),
            recorded=_column(folder, f"SELECT name FROM {TABLE}"),
        )


def _without_noise(printed: str) -> str:
    told = re.sub(r"^(?:No config path|Reading config|Using ').*\n", "", printed, flags=re.M)
    told = told[max(told.find(ERROR), 0) :]
    return "\n".join(line.rstrip() for line in told.splitlines() if line.strip())


def _column(folder: Path, query: str) -> list[str | None]:
    with closing(sqlite3.connect(folder / "app.sqlite")) as opened:
        try:
            return [value for (value,) in opened.execute(query)]
        except sqlite3.Error:
            return []


def main(modules: Path, names: list[str]) -> None:
    """Write what was seen: of the driver that is installed there."""
    libsql = (modules / LIBSQL).is_dir()
    path = OBSERVED if libsql else OF_BETTER
    seen = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in names or CELLS:
        if libsql:
            seen[name] = {command: measure(name, command, modules) for command in COMMANDS}
        else:
            seen[name] = measure(name, "migrate", modules, BETTER)
        print(name, flush=True)
        text = json.dumps(seen, indent=1, sort_keys=True, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
