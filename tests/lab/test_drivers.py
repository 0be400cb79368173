"""The real `migrate()` of drizzle-orm over several drivers: what it does, and what we foresee."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace
from psycopg.conninfo import conninfo_to_dict

from forensics.adapters.base import Hints
from forensics.adapters.drizzle import Drizzle
from forensics.facts import Applying, Database, EnumType, Transaction
from forensics.model import TableName
from forensics.scratch.postgres import Server
from tests.build import project
from tests.lab.kits import LAB, kit_modules, node
from tests.lab.small import Small
from tests.support.standing import having
from tests.support.trees import DictTree

pytestmark = pytest.mark.lab

BREAK = "--> statement-breakpoint\n"
TYPE = "CREATE TYPE mood AS ENUM ('low')"
MOOD = EnumType(name=TableName(schema="public", table="mood"), labels=("low",))


@dataclass(frozen=True)
class Pending:
    """What is pending on a database that has the type `mood` and no table."""

    texts: tuple[str, ...]
    left: frozenset[str] = frozenset()
    """The tables that a failure leaves where every statement is sent by itself."""


PENDING = {
    "all passes": Pending((f"CREATE TABLE a (id int);\n{BREAK}CREATE TABLE b (id int);",)),
    "the second of two fails": Pending(
        (
            "CREATE TABLE a (id int);",
            f"CREATE TABLE b (id int);\n{BREAK}ALTER TABLE a ADD COLUMN x int REFERENCES missing;",
        ),
        left=frozenset("ab"),
    ),
    "no transaction allows it": Pending(
        (f"CREATE TABLE a (id int);\n{BREAK}CREATE INDEX CONCURRENTLY i ON a (id);",)
    ),
    "an enum value is used at once": Pending(
        (f"ALTER TYPE mood ADD VALUE 'high';\n{BREAK}CREATE TABLE a (id mood DEFAULT 'high');",)
    ),
    "a text of two statements": Pending(("CREATE TABLE a (id int); CREATE TABLE b (id int);",)),
}

CODE = {
    "node-postgres": """\
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
export async function apply(database, migrationsFolder) {
  const client = new pg.Client({ database });
  await client.connect();
  await migrate(drizzle(client), { migrationsFolder }).finally(() => client.end());
}
""",
    "postgres-js": """\
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
export async function apply(database, migrationsFolder) {
  const client = postgres({ database, max: 1, onnotice: () => {} });
  await migrate(drizzle(client), { migrationsFolder }).finally(() => client.end());
}
""",
    "pglite": """\
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
let client;
export async function apply(database, migrationsFolder, before) {
  client ??= new PGlite();
  await client.exec("DROP SCHEMA IF EXISTS public, drizzle CASCADE; CREATE SCHEMA public; " + before);
  await migrate(drizzle(client), { migrationsFolder });
}
""",
    "neon-http": """\
import { neon } from "@neondatabase/serverless";
import { drizzle } from "drizzle-orm/neon-http";
import { migrate } from "drizzle-orm/neon-http/migrator";
export async function apply(database, migrationsFolder) {
  const sql = neon(`postgresql://user:password@neon.invalid/${database}`);
  await migrate(drizzle(sql), { migrationsFolder });
}
""",
    "pg-proxy": """\
import { drizzle } from "drizzle-orm/pg-proxy";
import { migrate } from "drizzle-orm/pg-proxy/migrator";
import pg from "pg";
export async function apply(database, migrationsFolder) {
  const client = new pg.Client({ database });
  await client.connect();
  const db = drizzle(async (text, values) => client.query({ text, values, rowMode: "array" }));
  const send = async (texts) => { for (const text of texts) await client.query(text); };
  await migrate(db, send, { migrationsFolder }).finally(() => client.end());
}
""",
}
_KEEPS = {"neon-http": Transaction.NONE, "pg-proxy": Transaction.UNKNOWN}


@dataclass(frozen=True)
class Real:
    """What one run of the real `migrate()` did; PGlite's database is gone with its process."""

    error: str | None
    tables: frozenset[str] = frozenset()
    rows: int = 0


@pytest.fixture(scope="module")
def real(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Real]:
    """Each driver in one process, on a database for each kind of what is pending."""
    top = tmp_path_factory.mktemp("drivers")
    (top / "node_modules").symlink_to(kit_modules("drivers"))
    (top / "run.mjs").write_bytes((LAB / "drivers.mjs").read_bytes())
    folders = [_folder(top / f"folder_{number}", it) for number, it in enumerate(PENDING.values())]
    found = {}
    for driver, code in CODE.items():
        (top / f"migrate-{driver}.mjs").write_text(code, encoding="utf-8")
        names = [f"{driver}_{number}".replace("-", "_") for number in range(len(PENDING))]
        for name in names:
            server.create_database(name)
            server.execute(TYPE, database=name)
        errors = _run(server, top, driver, list(zip(folders, names, strict=True)))
        for kind, name, error in zip(PENDING, names, errors, strict=True):
            found[driver, kind] = Real(error, *_left(server, name))
    return found


def _folder(folder: Path, pending: Pending) -> str:
    tags = [f"{number:04}_step" for number in range(len(pending.texts))]
    files = _files(pending, tags)
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(folder / "drizzle")


def _files(pending: Pending, tags: list[str]) -> dict[str, str | bytes]:
    texts = {f"drizzle/{tag}.sql": text for tag, text in zip(tags, pending.texts, strict=True)}
    return project(*tags) | texts


def _run(server: Server, top: Path, driver: str, cases: list[tuple[str, str]]) -> list[str | None]:
    place = conninfo_to_dict(server.url())
    done = subprocess.run(
        [node(), "run.mjs", str(top / f"migrate-{driver}.mjs")]
        + [json.dumps([*case, TYPE]) for case in cases],
        cwd=top,
        env={
            "PATH": os.environ["PATH"],
            "PGHOST": str(place["host"]),
            "PGPORT": str(place.get("port", "5432")),
            "PGUSER": str(place["user"]),
            "PGPASSWORD": str(place.get("password", "")),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    errors: list[str | None] = json.loads(done.stdout)
    return errors


def _left(server: Server, name: str) -> tuple[frozenset[str], int]:
    made = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"
    tables = frozenset(str(name) for (name,) in server.execute(made, database=name))
    kept = "SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL"
    if server.execute(kept, database=name) == [(False,)]:
        return tables, 0
    [(rows,)] = server.execute("SELECT count(*) FROM drizzle.__drizzle_migrations", database=name)
    return tables, int(str(rows))


def _foreseen(driver: str, pending: Pending) -> Applying:
    """What we say of the same project, read as a user's would be."""
    tags = [f"{number:04}_step" for number in range(len(pending.texts))]
    tree = DictTree(_files(pending, tags) | {"migrate.mjs": CODE[driver]})
    adapter = Drizzle()
    (tool,) = adapter.detect(tree, "", Hints())
    made = having(())
    assert made.schema is not None
    database: Database = replace(made, schema=replace(made.schema, enums=(MOOD,)))
    told = adapter.applying(adapter.facts(tree, tool, database, None))
    assert told is not None
    return told


@pytest.mark.parametrize("kind", PENDING)
@pytest.mark.parametrize("driver", CODE)
def test_what_is_foreseen_of_a_driver_is_what_it_does(
    driver: str, kind: str, real: dict[tuple[str, str], Real]
) -> None:
    """The error, and what a failure leaves; of pg-proxy, what does not depend on its callback."""
    told, seen = _foreseen(driver, PENDING[kind]), real[driver, kind]
    assert told.transaction is _KEEPS.get(driver, Transaction.ONE)
    if told.doubt is not None:
        assert driver == "pg-proxy"
        return
    assert seen.error == (told.failure.error.sqlstate if told.failure else None)
    if driver == "pglite":
        return
    if told.failure is None:
        assert seen.rows == len(PENDING[kind].texts)
    else:
        keeps = told.transaction is not Transaction.ONE
        assert (seen.rows, seen.tables) == (
            1 if driver == "pg-proxy" else 0,
            PENDING[kind].left if keeps else frozenset(),
        )


def test_a_run_over_http_leaves_the_database_half_way(server: Server, tmp_path: Path) -> None:
    """The first migration is there as a whole, the second in part: no `push` made them."""
    shop = Small(tmp_path / "shop", "drivers", server, "half_way")
    shop.write(*PENDING["the second of two fails"].texts)
    (shop.folder / "migrate-neon-http.mjs").write_text(CODE["neon-http"], encoding="utf-8")
    (shop.folder / "run.mjs").write_bytes((LAB / "drivers.mjs").read_bytes())
    shop.commit("Two tables")
    folder = str(shop.folder / "drizzle")
    assert _run(server, shop.folder, "neon-http", [(folder, "half_way")]) == ["42P01"]
    report = shop.investigate()
    (told,) = (issue for issue in report.issues if issue.rule == "tracking-rows-missing")
    assert "over neon-http (migrate-neon-http.mjs), which has no transaction" in told.root_cause
    assert "missing, or there only in part: 0001_step: `ALTER TABLE a" in told.root_cause
    assert "without the tool" not in told.root_cause and told.fix is None
    (tool,) = report.case.tools
    assert tool.runner == (
        "migrate() of drizzle-orm in migrate-neon-http.mjs, through neon-http, each statement by itself"
    )
