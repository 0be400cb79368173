"""Tests of which driver applies the migrations, by the code, the config and the packages."""

import json

import pytest

from forensics.adapters.base import Hints
from forensics.adapters.drizzle import Drizzle
from forensics.facts import Driver, MigratorCall, ToolUse, Transaction
from tests.build import project
from tests.support.trees import DictTree

ONE, NONE = Transaction.ONE, Transaction.NONE


def tool_of(more: dict[str, str]) -> ToolUse:
    """The tool of a project with further files."""
    (tool,) = Drizzle().detect(DictTree(project("0000_users") | more), "", Hints())
    return tool


def driver_of(more: dict[str, str]) -> Driver:
    """Its driver."""
    found = tool_of(more).driver
    assert found is not None
    return found


def manifest(*packages: str, **scripts: str) -> dict[str, str]:
    """A package.json."""
    content = {"dependencies": dict.fromkeys(packages, "*"), "scripts": scripts}
    return {"package.json": json.dumps(content)}


def code(*drivers: str, options: str = '{ migrationsFolder: "drizzle" }') -> dict[str, str]:
    """Code that applies the migrations over each of the drivers."""
    lines = [
        f'import {{ migrate as m{number} }} from "drizzle-orm/{driver}/migrator";\n'
        f"await m{number}(db, {options});"
        for number, driver in enumerate(drivers)
    ]
    return {"src/migrate.ts": "\n".join(lines)}


def config(more: str) -> dict[str, str]:
    """A config with one more line."""
    return {
        "drizzle.config.ts": "export default { dialect: 'postgresql', schema: './s.ts', "
        f"out: './drizzle', {more} }}"
    }


@pytest.mark.parametrize(
    ("files", "name", "transaction", "source"),
    [
        ({}, "node-postgres", ONE, ""),
        (manifest("postgres"), "postgres-js", ONE, "package.json"),
        (manifest("postgres", "pg"), "node-postgres", ONE, "package.json"),
        (manifest("@neondatabase/serverless"), "neon-serverless", ONE, "package.json"),
        (manifest("pg") | config("driver: 'pglite'"), "pglite", ONE, "drizzle.config.ts"),
        (manifest("pg") | config("driver: 'aws-data-api'"), "aws-data-api", ONE,
         "drizzle.config.ts"),
        (manifest("pg") | code("neon-http"), "neon-http", NONE, "src/migrate.ts"),
        (code("xata-http"), "xata-http", NONE, "src/migrate.ts"),
        (code("pg-proxy", options='send, { migrationsFolder: "drizzle" }'), "pg-proxy",
         Transaction.UNKNOWN, "src/migrate.ts"),
        (code("node-postgres", "neon-http"), "node-postgres or neon-http", Transaction.UNKNOWN,
         "src/migrate.ts"),
        (code("node-postgres", "postgres-js"), "node-postgres", ONE, "src/migrate.ts"),
        (code("neon-http") | manifest("pg", migrate="drizzle-kit migrate"), "node-postgres", ONE,
         "package.json"),
    ],
)  # fmt: skip
def test_the_driver_is_read_from_what_applies_the_migrations(
    files: dict[str, str], name: str, transaction: Transaction, source: str
) -> None:
    """Code before the kit's own choice, unless a script runs the kit; one of two is not known."""
    driver = driver_of(files)
    assert (driver.name, driver.transaction, driver.source) == (name, transaction, source)


def test_other_dialects_have_no_driver_that_is_followed() -> None:
    """Of SQLite nothing is said."""
    files = config("").copy()
    files["drizzle.config.ts"] = files["drizzle.config.ts"].replace("postgresql", "sqlite")
    assert tool_of(files).driver is None


def test_a_proxy_takes_its_options_behind_the_callback_and_has_one_table() -> None:
    """`migrationsTable` means nothing to it."""
    options = 'send, { migrationsFolder: "drizzle", migrationsTable: "m" }'
    (call,) = tool_of(code("pg-proxy", options=options)).migrator_calls
    assert isinstance(call, MigratorCall)
    assert (call.folder, str(call.tracking)) == ("drizzle", "drizzle.__drizzle_migrations")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "through node-postgres (assumed), all pending migrations in one transaction"),
        (code("neon-http"), "through neon-http, each statement by itself"),
    ],
)
def test_what_is_assumed_is_said(files: dict[str, str], told: str) -> None:
    """A report says which driver it had in mind."""
    assert driver_of(files).told == told
