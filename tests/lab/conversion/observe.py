"""Measures every cell with the real 1.0: `python -m tests.lab.conversion.observe NODE_MODULES`.

The folder needs drizzle-kit and drizzle-orm 1.0.0-rc.5, pg and @libsql/client 0.18.0.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypedDict

from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.conversion.cells import CELLS, DIALECTS, build, database_of
from tests.lab.kits import kit_command
from tests.lab.run import clean_environment
from tests.lab.transcript import plain

OBSERVED = Path(__file__).parent / "observed.json"
COMMANDS = ("check", "generate", "migrate")
BEFORE = ("check", "migrate")
"""What is run before; `generate` begins with the look of `check` at the folder."""
TEMPLATE = "kites_of_0_x"


class Said(TypedDict):
    """How a command ended."""

    exit_code: int
    printed: str


class Seen(TypedDict):
    """What came of `up`."""

    up: Said
    files: dict[str, str]
    """Path below the project -> the SHA-256 of its content, afterwards."""
    heads: dict[str, dict[str, object]]
    """What chains the snapshots that `up` wrote for PostgreSQL."""
    before: dict[str, Said]
    after: dict[str, Said]
    """The other commands, each on a copy."""


def measure(dialect: str, name: str, modules: Path, server: Server | None) -> Seen:
    """Run `up` in one cell, and the other commands before and after it, each on a copy."""
    with tempfile.TemporaryDirectory(prefix="lab-up-") as place:
        app = Path(place, "app")
        app.mkdir()
        build(dialect, name, app)
        (app / "node_modules").symlink_to(modules)
        built = files_of(app)
        others = COMMANDS if dialect != "mysql" else ()
        before = {it: _other(app, it, server) for it in others if it in BEFORE}
        up = run(app, "up")
        files = files_of(app)
        same = files == built
        after = {
            it: before[it] if same and it in BEFORE else _other(app, it, server) for it in others
        }
        heads = {} if dialect == "sqlite" else _heads(app, files)
        return Seen(up=up, files=files, heads=heads, before=before, after=after)


def _other(app: Path, command: str, server: Server | None) -> Said:
    with tempfile.TemporaryDirectory(prefix="lab-up-") as place:
        copy = shutil.copytree(app, Path(place, "app"), symlinks=True)
        if server is None or command != "migrate":
            return run(copy, command)
        server.create_database("kites", template=TEMPLATE)
        try:
            return run(copy, command, server.url("kites"))
        finally:
            server.drop_database("kites")


def run(app: Path, command: str, url: str = "") -> Said:
    """What a command of the kit answers."""
    more = ("--name", "next") if command == "generate" else ()
    done = subprocess.run(
        kit_command(command, *more),
        cwd=app,
        env=clean_environment(app.parent, url or "postgresql://127.0.0.1:1/none"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    lines = "\n".join((plain(done.stdout, []), plain(done.stderr, [])))
    return Said(exit_code=done.returncode, printed=_without_noise(lines.replace(str(app), "APP")))


_NOISE = r"^(?:No config path|Reading config|Using '|    at |Node\.js v|\s*\^|file:|/|\s*$).*\n?"


def _without_noise(printed: str) -> str:
    told = re.sub(_NOISE, "", printed, flags=re.M)
    told = re.sub(r"\d{14}_next", "TIME_next", told)
    told = re.sub(r"\S*/drizzle-kit/bin\.cjs:\d+", "", told)
    return "\n".join(line.rstrip() for line in told.splitlines() if line.strip())[-1200:]


def files_of(app: Path) -> dict[str, str]:
    """Every file of the migration folder with its hash."""
    return {
        path.relative_to(app).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((app / "drizzle").rglob("*"))
        if path.is_file()
    }


def head_of(text: str) -> dict[str, object]:
    """The fields of a snapshot that chain it."""
    try:
        held = json.loads(text)
    except ValueError:
        return {}
    return {it: held[it] for it in ("version", "dialect", "id", "prevIds") if it in (held or ())}


def _heads(app: Path, files: dict[str, str]) -> dict[str, dict[str, object]]:
    named = [it for it in files if it.endswith("/snapshot.json")]
    return {it: head_of((app / it).read_text("utf-8-sig")) for it in named}


def main(modules: Path, wanted: list[str]) -> None:
    """Write what was seen."""
    seen = json.loads(OBSERVED.read_text(encoding="utf-8")) if OBSERVED.exists() else {}
    with throw_away_postgres() as server:
        server.create_database(TEMPLATE)
        for statement in database_of("postgresql"):
            server.execute(statement, database=TEMPLATE)
        for name in wanted or CELLS:
            for dialect in DIALECTS:
                own = server if dialect == "postgresql" else None
                seen.setdefault(dialect, {})[name] = measure(dialect, name, modules, own)
            print(name, flush=True)
            text = json.dumps(seen, indent=1, sort_keys=True, ensure_ascii=False)
            OBSERVED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
