"""Which driver opens a SQLite database, and whether foreign keys are watched while it migrates."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.adapters.drizzle.dialects import is_sqlite
from forensics.adapters.npm.packages import Package, ancestors
from forensics.facts import MigratorCall, Opener, ToolUse

KIT = "drizzle-kit migrate"
_PACKAGES = {"@libsql/client": "libsql", "better-sqlite3": "better-sqlite3"}
"""Package -> driver, in the order in which drizzle-kit looks for them (connectToSQLite, 0.31)."""

# Seen by running them: better-sqlite3 12 and node:sqlite (Node.js 22) watch, bun:sqlite (1.4) does
# not, and drizzle-orm's migrator begins a transaction, in which a PRAGMA changes nothing. The
# migrator of libsql switches it off before its transaction (`migrate` of @libsql/client).
_BY_ITSELF = {
    "better-sqlite3": (True, "better-sqlite3 switches foreign keys on for each connection."),
    "node-sqlite": (True, "node:sqlite switches foreign keys on for each connection."),
    "libsql": (False, "@libsql/client switches foreign keys off while it applies migrations."),
    "sql-js": (False, "sql.js leaves foreign keys off."),
    "bun-sqlite": (False, "bun:sqlite leaves foreign keys off."),
}
_ALWAYS = frozenset({"libsql"})
"""Whatever the code sets before."""


def openers(tool: ToolUse, packages: dict[str, Package]) -> tuple[Opener, ...]:
    """Those of the code that applies the migrations, else the one that drizzle-kit takes."""
    if not is_sqlite(tool):
        return ()
    of_code = tuple(_of_call(call) for call in tool.migrator_calls)
    by_kit = not of_code or KIT in (tool.runner or "")
    return (*(_of_kit(tool, packages) if by_kit else ()), *of_code)


def _of_kit(tool: ToolUse, packages: dict[str, Package]) -> Iterator[Opener]:
    if tool.runner_reads_folder:
        return
    nearest = [packages[it] for it in ancestors(tool.working_folder) if it in packages]
    for name, driver in _PACKAGES.items():
        found = next((each for each in nearest if each.range_of(name)), None)
        if found is not None:
            enforces, why = _BY_ITSELF[driver]
            yield Opener(
                name=driver, where=KIT, enforces=enforces, why=why, evidence=found.evidence
            )
            return


def _of_call(call: MigratorCall) -> Opener:
    name = call.driver.partition("/")[0]
    enforces, why = _BY_ITSELF.get(name, (None, ""))
    if call.foreign_keys is not None and name not in _ALWAYS:
        enforces = call.foreign_keys
        why = f"{call.path} switches foreign keys {'on' if enforces else 'off'} before that."
    return Opener(
        name=name,
        where=f"{call.path}:{call.line}",
        enforces=enforces,
        why=why,
        evidence=call.evidence,
    )
