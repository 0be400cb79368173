"""Measures every cell with the real kit: `python -m tests.lab.sqlite.observe DRIVER [NODE_MODULES]`.

Without a folder of modules it takes those of `kits/0.31.11-sqlite`, which has libsql alone:
better-sqlite3 has to be compiled, and is installed by hand for this.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypedDict

from tests.lab.kits import kit_command, kit_modules, node
from tests.lab.run import clean_environment
from tests.lab.sqlite.cells import CELLS, build, rows_of

OBSERVED = Path(__file__).parent / "observed.json"
KIT = "0.31.11-sqlite"
# The kit hides the error, so the migrator is called once more, on another copy.
_ASK = {
    "better-sqlite3": """
const Database = require("better-sqlite3"), { drizzle } = require("drizzle-orm/better-sqlite3");
const { migrate } = require("drizzle-orm/better-sqlite3/migrator");
try { migrate(drizzle(new Database("app.sqlite")), { migrationsFolder: "drizzle" }); }
catch (error) { console.log((error.cause ?? error).message.split("\\n")[0]); }""",
    "libsql": """
const { createClient } = require("@libsql/client"), { drizzle } = require("drizzle-orm/libsql");
const { migrate } = require("drizzle-orm/libsql/migrator");
migrate(drizzle(createClient({ url: "file:app.sqlite" })), { migrationsFolder: "drizzle" })
  .catch((error) => console.log((error.cause ?? error).message.split("\\n")[0]));""",
}


class Seen(TypedDict):
    """What came of one run."""

    exit_code: int
    says_success: bool
    error: str
    """Of the driver, or of drizzle-orm; empty where there was none."""
    rows: dict[str, int]
    """Afterwards, by table."""


def measure(name: str, driver: str, modules: Path) -> Seen:
    """Run `migrate` in one cell."""
    with tempfile.TemporaryDirectory(prefix="lab-sqlite-") as place:
        runs = [Path(place, number) for number in ("kit", "orm")]
        for folder in runs:
            folder.mkdir()
            build(name, driver, folder)
            (folder / "node_modules").symlink_to(modules)
        environment = clean_environment(Path(place), "")
        options = {"capture_output": True, "text": True, "env": environment, "timeout": 120}
        done = subprocess.run(kit_command("migrate"), cwd=runs[0], **options)  # type: ignore[call-overload]
        asked = subprocess.run([node(), "-e", _ASK[driver]], cwd=runs[1], **options)  # type: ignore[call-overload]
        return Seen(
            exit_code=done.returncode,
            says_success="applied successfully" in done.stdout,
            error=re.sub(r"^(?:SQLITE_\w+: )+", "", asked.stdout.strip()),
            rows=dict(rows_of(runs[0])),
        )


def main(driver: str, modules: Path) -> None:
    """Write what was seen beside what is known of the other driver."""
    known = json.loads(OBSERVED.read_text(encoding="utf-8")) if OBSERVED.exists() else {}
    known[driver] = {}
    for name in CELLS:
        known[driver][name] = measure(name, driver, modules)
        print(driver, name, known[driver][name], flush=True)
        text = json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False)
        OBSERVED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else kit_modules(KIT))
