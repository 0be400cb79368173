"""Three processes run the real `migrate()` at once: what that leaves, and that the lock prevents it."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from forensics.scratch.postgres import Server
from tests.lab.investigation import investigate
from tests.lab.kits import kit_modules, node
from tests.lab.traps.workshop import Workshop

pytestmark = pytest.mark.lab

KIT = "0.31.11"
PROCESSES = 3
MIGRATOR = """\
import {{ drizzle }} from "drizzle-orm/node-postgres";
import {{ migrate }} from "drizzle-orm/node-postgres/migrator";
import {{ Client, Pool }} from "pg";

const pool = new Pool({{ connectionString: process.env.DATABASE_URL }});
const db = drizzle(pool);
{call}
await pool.end();
"""
CALL = 'await migrate(db, { migrationsFolder: "drizzle" });'


@pytest.fixture
def shop(server: Server, tmp_path: Path) -> Workshop:
    """One migration applied, and one pending that adds to a number."""
    database = f"shop_{abs(hash(tmp_path)):x}"
    server.create_database(database)
    shop = Workshop(folder=tmp_path / "project", kit=KIT, server=server, database=database)
    shop.begin()
    (shop.app / "node_modules").symlink_to(kit_modules(KIT))
    shop.generate("customers", "points")
    shop.migrate()
    shop.sql("INSERT INTO customers (name, points) VALUES ('a', '1')")
    shop.run("generate", "--custom", "--name", "bonus")
    shop.path("0001_bonus.sql").write_text(
        "UPDATE customers SET points = (points::int + 500)::text;\n", encoding="utf-8"
    )
    write(shop, CALL)
    shop.commit("A bonus for everybody")
    return shop


def write(shop: Workshop, call: str) -> None:
    """The code that each replica runs when it starts."""
    (shop.app / "migrate.mjs").write_text(MIGRATOR.format(call=call), encoding="utf-8")
    manifest = json.loads((shop.app / "package.json").read_bytes())
    manifest["scripts"]["start"] = "node migrate.mjs"
    (shop.app / "package.json").write_text(json.dumps(manifest), encoding="utf-8")


def at_once(shop: Workshop, count: int = PROCESSES) -> None:
    """Start processes that all wait for one row, so that all have read what is pending; let go."""
    url = shop.server.url(shop.database)
    with psycopg.connect(url) as held:
        held.execute("SELECT FROM customers FOR UPDATE")
        started = [
            subprocess.Popen(
                [node(), "migrate.mjs"],
                cwd=shop.app,
                env={"PATH": os.environ["PATH"], "DATABASE_URL": url, "HOME": str(shop.folder)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            for _ in range(count)
        ]
        with psycopg.connect(url, autocommit=True) as watch:
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock'"
            )
            deadline = time.monotonic() + 120
            while watch.execute(waiting).fetchone() != (count,):
                assert time.monotonic() < deadline, [it.poll() for it in started]
                time.sleep(0.05)
    for process in started:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0, out


def test_processes_that_start_together_are_found_and_kept_apart(
    shop: Workshop, tmp_path: Path
) -> None:
    """The update ran three times; with the code of the report it runs once."""
    at_once(shop)
    assert shop.sql("SELECT points FROM customers") == [("1501",)]
    url = shop.server.url(shop.database)
    found = investigate(shop.app, tmp_path / "out", "--no-scratch", url=url)
    assert found.exit_code == 1
    issues = found.issues()
    assert issues.keys() == {"duplicate-tracking-row", "concurrent-migrators"}
    assert issues["duplicate-tracking-row"]["subject"] == "drizzle.__drizzle_migrations"
    told = issues["concurrent-migrators"]
    assert (told["subject"], told["severity"]) == ("apps/api/drizzle", "high")
    assert "UPDATE customers SET points" in told["root_cause"]
    (step,) = told["fix"]["steps"]
    assert step["path"] == "apps/api/migrate.mjs"
    assert not (found.folder / "fix.sql").exists()

    write(shop, step["instead"].replace(f"await {step['now']}", CALL.rstrip(";")))
    shop.sql("DELETE FROM drizzle.__drizzle_migrations WHERE id > 1")
    at_once(shop)
    assert shop.sql("SELECT points FROM customers") == [("2001",)]
    assert shop.sql("SELECT count(*) FROM drizzle.__drizzle_migrations") == [(2,)]
    after = investigate(shop.app, tmp_path / "after", "--no-scratch", url=url)
    assert (after.exit_code, after.issues()) == (0, {})


@pytest.mark.night
def test_the_script_in_place_of_the_command_applies_once(shop: Workshop, tmp_path: Path) -> None:
    """What is printed for a project that runs `drizzle-kit migrate`."""
    at_once(shop)
    (shop.app / "migrate.mjs").unlink()
    manifest = json.loads((shop.app / "package.json").read_bytes())
    del manifest["scripts"]["start"]
    manifest["dependencies"]["pg"] = "8"
    (shop.app / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
    url = shop.server.url(shop.database)
    found = investigate(shop.app, tmp_path / "out", "--no-scratch", url=url)
    (step,) = found.issues()["concurrent-migrators"]["fix"]["steps"]
    assert (step["path"], step["now"]) == ("apps/api/migrate.mjs", "drizzle-kit migrate")
    assert re.search(r"migrationsTable", step["instead"])
    (shop.app / "migrate.mjs").write_text(step["instead"], encoding="utf-8")
    shop.sql("DELETE FROM drizzle.__drizzle_migrations WHERE id > 1")
    at_once(shop)
    assert shop.sql("SELECT count(*) FROM drizzle.__drizzle_migrations") == [(2,)]
