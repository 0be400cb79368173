"""Builds every trap with the real tool and keeps what it shows: `python -m tests.lab.traps.observe [NAME]`."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from forensics.scratch.postgres import Server, throw_away_postgres
from tests.lab.kits import node_version
from tests.lab.run import KitRun, run_kit, run_kit_in_terminal
from tests.lab.traps.stories import TRAPS
from tests.lab.traps.trap import Trap
from tests.lab.traps.workshop import DAY, NOWHERE, Workshop, git

FOLDER = Path(__file__).resolve().parent
STATES = FOLDER / "states.json"
HISTORIES = FOLDER / "histories.fi"
WORKERS = 3
ARGUMENTS = {"generate": ("--name", "next")}
LOG = {"log_line_prefix": "%d %e ", "autovacuum": "off"}
"""The server's log says in which database an error was raised, and its SQLSTATE."""

_COLUMNS = """
SELECT table_schema || '.' || table_name || '.' || column_name FROM information_schema.columns
WHERE table_schema !~ '^(pg_|information_schema)' ORDER BY 1"""
_TABLES = "SELECT schemaname, tablename FROM pg_tables WHERE tablename ~ 'migrations' ORDER BY 1, 2"
_TABLE = re.compile(r"pgTable\('(\w+)', \{(.*?)\}", re.DOTALL)
_COLUMN = re.compile(r"(?:text|serial)\('(\w+)'\)")

Row = tuple[str, int | None, str, int | None]
"""Table, id, hash, created_at."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What one command did in a state, on copies of project and database."""

    command: str
    run: KitRun
    raised: str = ""
    """The first error that the server logged over it: 0.31.11 does not print it."""
    sqlstate: str = ""
    lacks: tuple[str, ...] = ()
    """Columns that the database lacks after a success: of the schema code, and of files that the
    journal does not list."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A trap as the real tool left it, without its files: those are in histories.fi."""

    trap: str
    kit: str
    sql: str
    """Makes the database."""
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    seen: tuple[Seen, ...]
    node: str = ""

    @property
    def ref(self) -> str:
        """The branch that holds its files."""
        return f"{self.kit}/{self.trap}"


def main() -> int:
    """Build and measure everything, or print the traps whose names contain the given text."""
    part = " ".join(sys.argv[1:])
    wanted = [(trap, kit) for trap in TRAPS for kit in trap.kits if part in trap.name]
    with tempfile.TemporaryDirectory(prefix="lab-traps-") as scratch:
        store = Path(scratch) / "store"
        states = measured(wanted, Path(scratch), store)
        if part:
            shown = [msgspec.structs.replace(state, sql="") for state in states]
            print(msgspec.json.format(msgspec.json.encode(shown)).decode())
        else:
            STATES.write_bytes(msgspec.json.format(msgspec.json.encode(states), indent=1) + b"\n")
            keep(store, HISTORIES)
    return 0


def recorded() -> list[State]:
    """What was measured when states.json was written."""
    return msgspec.json.decode(STATES.read_bytes(), type=list[State])


def measured(wanted: Iterable[tuple[Trap, str]], scratch: Path, store: Path) -> list[State]:
    """Build traps and run the commands in each; their files go into a repository."""
    store.mkdir()
    git(store, "init", "-q", "--bare")
    with throw_away_postgres(settings=LOG) as server, ThreadPoolExecutor(WORKERS) as pool:
        jobs = [
            (server, scratch / str(number), store, trap, kit)
            for number, (trap, kit) in enumerate(wanted)
        ]
        return list(pool.map(lambda job: _measure(*job), jobs))


def keep(store: Path, target: Path) -> None:
    """Write all branches of a repository as one stream for `git fast-import`."""
    done = subprocess.run(
        ["git", "fast-export", "--all", "--show-original-ids"],
        cwd=store,
        capture_output=True,
        check=True,
    )
    target.write_bytes(done.stdout)


def _measure(server: Server, scratch: Path, store: Path, trap: Trap, kit: str) -> State:
    scratch.mkdir()
    name = scratch.name if scratch.name.startswith("trap") else f"trap_{scratch.name}"
    server.create_database(name)
    shop = Workshop(folder=scratch / "project", kit=kit, server=server, database=name)
    trap.build(shop)
    _store(shop, store, f"{kit}/{trap.name}")
    dumped = _dump(server, name)
    return State(
        trap=trap.name,
        kit=kit,
        sql=dumped,
        columns=columns(server, name),
        rows=tuple(tracking(server, name)),
        seen=tuple(_see(shop, command) for command in trap.commands),
        node=node_version(),
    )


def _store(shop: Workshop, store: Path, ref: str) -> None:
    """The history on `<ref>/head`; what is not committed as one commit more, on `<ref>/tree`."""
    shop.git("push", "-q", str(store), f"HEAD:refs/heads/{ref}/head")
    shop.commit("(not committed)")
    shop.git("push", "-q", str(store), f"HEAD:refs/heads/{ref}/tree")


def _dump(server: Server, database: str) -> str:
    program = shutil.which("pg_dump")
    assert program, "pg_dump is needed to write states.json"
    done = subprocess.run(
        [program, "--inserts", "--no-owner", "--dbname", server.url(database)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (
        line for line in done.stdout.splitlines() if line and not line.startswith(("--", "\\"))
    )
    return "\n".join(line for line in lines if not line.startswith("SET transaction_timeout"))


def _see(shop: Workshop, command: str) -> Seen:
    shop.now += DAY
    if command in ("check", "generate"):
        run = run_kit(shop.project, command, NOWHERE, args=ARGUMENTS.get(command, ()))
        return Seen(command=command, run=run)
    copy = f"{shop.database}_{command}"
    shop.server.create_database(copy, template=shop.database)
    url = shop.server.url(copy)
    if command == "push" and shop.kit == "0.21.4":
        # With pipes it idles ten seconds at its question.
        run = run_kit_in_terminal(shop.project, command, url, patience=2)
    else:
        run = run_kit(shop.project, command, url)
    raised, sqlstate = _raised(shop.server, copy)
    lacks = _lacks(shop, copy) if command == "migrate" and run.exit_code == 0 else ()
    return Seen(command=command, run=run, raised=raised, sqlstate=sqlstate, lacks=lacks)


def _raised(server: Server, database: str) -> tuple[str, str]:
    """The first error in a database, by the server's log, and its SQLSTATE."""
    log = server.log_path.read_text(encoding="utf-8", errors="replace")
    found = re.search(rf"^{database} (\w{{5}}) ERROR:  (.*)$", log, re.MULTILINE)
    return (found[2], found[1]) if found else ("", "")


def _lacks(shop: Workshop, database: str) -> tuple[str, ...]:
    """What the schema code declares, or an unlisted file adds, and the database does not have."""
    there = set(columns(shop.server, database))
    return tuple(sorted(set(_wanted(shop)) - there))


def _wanted(shop: Workshop) -> Iterator[str]:
    code = (shop.app / "src/schema.ts").read_text(encoding="utf-8")
    for table, body in _TABLE.findall(code):
        yield from (f"public.{table}.{column}" for column in _COLUMN.findall(body))
    listed = {f"{entry['tag']}.sql" for entry in shop.journal()}
    for path in shop.path(".").glob("[0-9]*.sql"):
        if path.name in listed:
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        yield from (
            f"public.{table}.{column}"
            for table, column in re.findall(r'ALTER TABLE "(\w+)" ADD COLUMN "(\w+)"', text)
        )


def columns(server: Server, database: str) -> tuple[str, ...]:
    """Every column of the database, qualified."""
    return tuple(str(name) for (name,) in server.execute(_COLUMNS, database=database))


def tracking(server: Server, database: str) -> Iterator[Row]:
    """Every row of every tracking table."""
    for schema, table in server.execute(_TABLES, database=database):
        query = f'SELECT id, hash, created_at FROM "{schema}"."{table}" ORDER BY id'
        for number, digest, stamp in server.execute(query, database=database):
            yield f"{schema}.{table}", _int(number), str(digest), _int(stamp)


def _int(value: object) -> int | None:
    return None if value is None else int(str(value))


if __name__ == "__main__":
    sys.exit(main())
