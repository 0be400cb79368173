"""Measures every cell with the real kit: `python -m tests.lab.mysql.observe [NAME ...]`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypedDict

from forensics.scratch.mariadb import MariaDb, throw_away_mariadb
from tests.lab.kits import kit_command, kit_modules, node
from tests.lab.mysql.cells import CELLS, build, left
from tests.lab.run import clean_environment

OBSERVED = Path(__file__).parent / "observed.json"
KIT = "0.31.11-mysql"
COMMANDS = ("migrate", "check", "generate")
_ON_FOLDERS = frozenset({"nothing is pending", "the journal is empty", "the journal is no JSON"})
"""Cells in which the commands are asked that do not connect; others have the same folder to them."""
# The kit hides the error, so the migrator is called once more, on another database.
_ASK = """
const mysql = require("mysql2/promise"), { drizzle } = require("drizzle-orm/mysql2");
const { migrate } = require("drizzle-orm/mysql2/migrator");
(async () => {
  const connection = await mysql.createConnection(process.env.DATABASE_URL);
  try { await migrate(drizzle(connection), { migrationsFolder: "drizzle" }); }
  catch (error) {
    const cause = error.cause ?? error;
    console.log(JSON.stringify([cause.errno ?? 0, cause.sqlState ?? "", cause.message]));
  }
  await connection.end();
})();"""


class Seen(TypedDict):
    """What came of one run."""

    exit_code: int
    says_success: bool
    error: tuple[int, str, str] | None
    """Number, SQLSTATE and words, the server's or drizzle-orm's."""
    tables: dict[str, list[str]]
    """Afterwards, with what belongs to each."""
    recorded: list[str]
    """The stamps, in the order in which they were recorded."""
    others: dict[str, int]
    """The exit codes of the commands that do not connect."""


def measure(name: str, server: MariaDb, modules: Path) -> Seen:
    """Run the commands in one cell."""
    with tempfile.TemporaryDirectory(prefix="lab-mysql-") as place:
        kit, orm, other = (Path(place, it) for it in ("kit", "orm", "other"))
        urls = {}
        for folder, database in ((kit, "kit"), (orm, "orm"), (other, "kit2")):
            folder.mkdir()
            urls[folder] = build(name, server, database, folder)
            (folder / "node_modules").symlink_to(modules)
        done = _run(kit_command("migrate"), kit, urls[kit])
        asked = _run([node(), "-e", _ASK], orm, urls[orm])
        error = json.loads(asked.stdout) if asked.stdout.strip() else None
        others = {}
        if name in _ON_FOLDERS:
            others = {
                it: _run(kit_command(it), other, urls[other]).returncode for it in COMMANDS[1:]
            }
        tables, recorded = left(server, "kit")
        return Seen(
            exit_code=done.returncode,
            says_success="applied successfully" in done.stdout,
            error=tuple(error) if error else None,
            tables=tables,
            recorded=recorded,
            others=others,
        )


def _run(command: list[str], folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(folder, url)
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=environment, timeout=120
    )


def main(names: list[str]) -> None:
    """Write what was seen of some cells, or of all."""
    known = json.loads(OBSERVED.read_text(encoding="utf-8")) if OBSERVED.exists() else {}
    with throw_away_mariadb() as server:
        for name in names or CELLS:
            known[name] = measure(name, server, kit_modules(KIT))
            print(name, known[name]["exit_code"], known[name]["error"], flush=True)
    kept = {name: known[name] for name in CELLS if name in known}
    text = json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False)
    OBSERVED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
