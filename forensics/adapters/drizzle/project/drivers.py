"""Which driver runs the migrations, since it decides the transaction, and what a failure leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from forensics.adapters.drizzle.dialects import FOLLOWED, MYSQL
from forensics.adapters.drizzle.project.config import Config
from forensics.adapters.npm.packages import Package, ancestors
from forensics.facts import Driver, MigratorCall, ToolUse, Transaction

# `migrate()` of drizzle-orm, <driver>/migrator.ts. All drivers but three hand the migrations to
# PgDialect.migrate (pg-core/dialect.ts), which runs all that is pending in one
# `session.transaction`: node-postgres, postgres-js, neon-serverless and vercel-postgres in all
# releases, pglite since 0.30.6, bun-sql since 0.39.0, netlify-db since 0.45.3.
# The three have a loop of their own:
# - neon-http (0.27.1 to 0.45): every statement is a request, and all rows come after all of them.
#   Its session throws "No transactions support in neon-http driver".
# - xata-http (since 0.30.4): every statement is a request, the row of a migration after its last.
# - pg-proxy (since 0.29.0): statements and rows go to a callback of the project as one list. Its
#   table is always "drizzle"."__drizzle_migrations", whatever the options say.
#
# A text between two breakpoints may hold several statements where the driver sends it by the simple
# protocol, as pg and postgres.js do for a query without parameters. PGlite's `query` and the HTTP
# service of Neon prepare it, and PostgreSQL prepares one statement only.
_DRIVERS = {
    "node-postgres": Driver(name="node-postgres", transaction=Transaction.ONE),
    "postgres-js": Driver(name="postgres-js", transaction=Transaction.ONE),
    "neon-serverless": Driver(name="neon-serverless", transaction=Transaction.ONE),
    "vercel-postgres": Driver(name="vercel-postgres", transaction=Transaction.ONE),
    "pglite": Driver(name="pglite", transaction=Transaction.ONE, several=False),
    "bun-sql": Driver(name="bun-sql", transaction=Transaction.ONE, several=None),
    "aws-data-api/pg": Driver(name="aws-data-api", transaction=Transaction.ONE, several=None),
    "netlify-db": Driver(name="netlify-db", transaction=Transaction.ONE),
    "neon-http": Driver(
        name="neon-http", transaction=Transaction.NONE, several=False, rows_last=True
    ),
    "xata-http": Driver(name="xata-http", transaction=Transaction.NONE, several=None),
    "pg-proxy": Driver(name="pg-proxy", transaction=Transaction.UNKNOWN, several=None),
}
"""Driver, as in the name of its module -> what it does."""

# On MySQL the migrator of all drivers is MySqlDialect.migrate (mysql-core/dialect.ts), which runs
# all that is pending in one `session.transaction`; MySQL ends that with the first change of the
# schema, and from there on each statement, also the row of a migration, stays by itself.
# mysql-proxy hands a list to a callback of the project, as pg-proxy does. mysql2 sends a text with
# several statements where its connection has `multipleStatements`.
_ON_MYSQL = {
    name: Driver(name=name, transaction=Transaction.UNTIL_SCHEMA_CHANGE, several=several)
    for name, several in (
        ("mysql2", None),
        ("planetscale-serverless", False),
        ("tidb-serverless", None),
        ("mysql-proxy", None),
    )
}
_KIT_PACKAGES_FOR_MYSQL = {"mysql2": "mysql2", "@planetscale/database": "planetscale-serverless"}
"""As connectToMySQL of drizzle-kit looks for them."""

# preparePostgresDB of drizzle-kit, cli/connections.ts, 0.21 to 0.31: the config's `driver` first
# (pglite since 0.24), else the first of these packages that can be imported. Of Neon it takes the
# driver over a web socket, never the one over HTTP.
_OF_CONFIG = {"aws-data-api": "aws-data-api/pg", "pglite": "pglite"}
_KIT_PACKAGES = {
    "pg": "node-postgres",
    "postgres": "postgres-js",
    "@vercel/postgres": "vercel-postgres",
    "@neondatabase/serverless": "neon-serverless",
}
"""Package -> driver, in the order in which drizzle-kit looks for them."""
_ASSUMED = "node-postgres"

_T = TypeVar("_T")

PROXIES = frozenset({"pg-proxy", "mysql-proxy", "sqlite-proxy", "singlestore-proxy"})
"""Drivers whose `migrate()` has a callback between the database and the options."""


def configured(config: Config) -> Driver | None:
    """The driver that the config of drizzle-kit names, or what it says of a connection."""
    if config.dialect == MYSQL and config.several is not None:
        return replace(_ON_MYSQL["mysql2"], several=config.several)
    name = _OF_CONFIG.get(config.driver or "")
    return _named(name, config.path) if name is not None else None


def find_driver(
    tool: ToolUse, packages: dict[str, Package], calls: tuple[MigratorCall, ...]
) -> Driver | None:
    """The driver of the code that applies the migrations, else that of drizzle-kit.

    `calls` are empty where drizzle-kit applies them. `None` for another dialect.
    """
    if tool.dialect == MYSQL:
        return _for_mysql(tool, packages, calls)
    if tool.dialect != FOLLOWED:
        return None
    called = list(dict.fromkeys(call.driver for call in calls if call.driver in _DRIVERS))
    if called:
        return _of_calls([_named(name, _place(name, calls)) for name in called])
    if tool.driver is not None:
        return tool.driver
    found = _installed(tool, packages, _KIT_PACKAGES)
    return _named(*found) if found else _DRIVERS[_ASSUMED]


def _for_mysql(
    tool: ToolUse, packages: dict[str, Package], calls: tuple[MigratorCall, ...]
) -> Driver:
    """The same for MySQL; the config says how mysql2 connects where drizzle-kit applies them."""
    called = {it.driver: it for it in reversed(calls) if it.driver in _ON_MYSQL}
    if called:
        return _of_calls(
            [
                replace(_ON_MYSQL[name], source=it.path, several=it.several)
                if it.several is not None
                else replace(_ON_MYSQL[name], source=it.path)
                for name, it in called.items()
            ]
        )
    name, source = _installed(tool, packages, _KIT_PACKAGES_FOR_MYSQL) or ("mysql2", "")
    driver = replace(_ON_MYSQL[name], source=source)
    if tool.driver is not None and name == tool.driver.name:
        return replace(driver, several=tool.driver.several)
    return driver


def _installed(
    tool: ToolUse, packages: dict[str, Package], wanted: Mapping[str, str]
) -> tuple[str, str] | None:
    """The driver of the first of some packages that is declared, and the file that says so."""
    nearest = [packages[it] for it in ancestors(tool.working_folder) if it in packages]
    for name, driver in wanted.items():
        for package in nearest:
            if package.range_of(name) is not None:
                return driver, package.path
    return None


def _of_calls(drivers: list[Driver]) -> Driver:
    """One for all calls; where they differ in what counts, nobody knows which of them runs."""
    first, *others = drivers
    if all(_same(first, other) for other in others):
        return first
    return Driver(
        name=" or ".join(driver.name for driver in drivers),
        transaction=_agreed(driver.transaction for driver in drivers) or Transaction.UNKNOWN,
        several=_agreed(driver.several for driver in drivers),
        rows_last=any(driver.rows_last for driver in drivers),
        source=first.source,
    )


def _same(one: Driver, other: Driver) -> bool:
    return (one.transaction, one.several) == (other.transaction, other.several)


def _agreed(values: Iterable[_T]) -> _T | None:
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def _named(name: str, source: str) -> Driver:
    return replace(_DRIVERS[name], source=source)


def _place(driver: str, calls: tuple[MigratorCall, ...]) -> str:
    return next(call.path for call in calls if call.driver == driver)
