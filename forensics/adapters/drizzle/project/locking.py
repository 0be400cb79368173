"""How code could take a lock before it migrates, since `migrate()` of drizzle-orm takes none."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.adapters.drizzle.dialects import FOLLOWED
from forensics.evidence.tree import join
from forensics.facts import CodeExample, MigratorCall, ToolUse

# The lock is that of a session: it ends when its connection does, also where the process is killed.
# A pooler in transaction mode gives a statement any session, so such an address would not do.
_AROUND = {
    "node-postgres": """\
// Client is that of the package pg; the address is that of the server itself, not of a pooler
const lock = new Client({{ connectionString: process.env.{variable} }});
await lock.connect();
await lock.query("SELECT pg_advisory_lock(hashtext('{table}'))");
try {{
  await {call};
}} finally {{
  await lock.end(); // releases the lock
}}""",
    "postgres-js": """\
// the address is that of the server itself, not of a pooler
const lock = postgres(process.env.{variable}, {{ max: 1 }});
await lock`SELECT pg_advisory_lock(hashtext('{table}'))`;
try {{
  await {call};
}} finally {{
  await lock.end(); // releases the lock
}}""",
}
"""Driver -> the code around a call of `migrate()`."""

_SCRIPT = {
    "node-postgres": """\
// migrate.mjs, to be run in place of `drizzle-kit migrate`
import {{ drizzle }} from "drizzle-orm/node-postgres";
import {{ migrate }} from "drizzle-orm/node-postgres/migrator";
import pg from "pg";

const client = new pg.Client({{ connectionString: process.env.DATABASE_URL }});
await client.connect();
await client.query("SELECT pg_advisory_lock(hashtext('{table}'))");
try {{
  await migrate(drizzle(client), {options});
}} finally {{
  await client.end(); // releases the lock
}}""",
    "postgres-js": """\
// migrate.mjs, to be run in place of `drizzle-kit migrate`
import {{ drizzle }} from "drizzle-orm/postgres-js";
import {{ migrate }} from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";

const client = postgres(process.env.DATABASE_URL, {{ max: 1 }});
await client`SELECT pg_advisory_lock(hashtext('{table}'))`;
try {{
  await migrate(drizzle(client), {options});
}} finally {{
  await client.end(); // releases the lock
}}""",
}
"""Driver -> a script that does what `drizzle-kit migrate` does, with a lock."""


def takes_lock(calls: tuple[MigratorCall, ...]) -> bool:
    """Whether all code that applies the migrations takes a lock."""
    return bool(calls) and all(call.locked for call in calls)


def lock_examples(tool: ToolUse) -> tuple[CodeExample, ...]:
    """For each place that applies the migrations without a lock; none for an unknown driver."""
    if tool.dialect != FOLLOWED or tool.tracking is None:
        return ()
    return tuple(_around_calls(tool)) or tuple(_in_place_of_kit(tool))


def _around_calls(tool: ToolUse) -> Iterator[CodeExample]:
    for call in tool.migrator_calls:
        template = _AROUND.get(call.driver)
        if template is not None and not call.locked:
            code = template.format(
                variable=call.variable or "DATABASE_URL",
                table=call.tracking or tool.tracking,
                call=call.text,
            )
            yield CodeExample(path=call.path, line=call.line, now=call.text, instead=code)


def _in_place_of_kit(tool: ToolUse) -> Iterator[CodeExample]:
    driver = tool.driver
    script = _SCRIPT.get(driver.name) if driver is not None and driver.source else None
    if tool.migrator_calls or tool.runner_reads_folder or script is None:
        return
    code = script.format(table=tool.tracking, options=_options(tool))
    path = join(tool.working_folder, "migrate.mjs")
    yield CodeExample(path=path, line=1, now="drizzle-kit migrate", instead=code)


def _options(tool: ToolUse) -> str:
    assert tool.tracking is not None
    told = {
        "migrationsFolder": tool.out,
        "migrationsSchema": tool.tracking.schema,
        "migrationsTable": tool.tracking.table,
    }
    return "{ " + ", ".join(f'{name}: "{value}"' for name, value in told.items()) + " }"
