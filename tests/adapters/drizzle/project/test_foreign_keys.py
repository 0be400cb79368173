"""Code that calls `migrate()` on SQLite, and how it switches foreign keys off before."""

import pytest
from msgspec.structs import replace

from forensics.adapters.drizzle.project.foreign_keys import switched_off
from forensics.facts import MigratorCall
from tests.build import tool


@pytest.mark.parametrize(
    ("call", "lines"),
    [
        ("migrate(db, { migrationsFolder: 'd' })", ["migrate(db, { migrationsFolder: 'd' });"]),
        (
            "migrate(drizzle(raw, { schema }), options)",
            ["const database = drizzle(raw, { schema });", "migrate(database, options);"],
        ),
    ],
)
def test_the_example_switches_them_off_on_the_connection_of_the_migrator(
    call: str, lines: list[str]
) -> None:
    """The raw client has no such `run`, so it is wrapped once, and used three times."""
    of = MigratorCall(path="m.cjs", line=1, folder=None, tracking=None, evidence="e", text=call)
    (example,) = switched_off(replace(tool(), migrator_calls=(of,)))
    told = example.instead.splitlines()
    assert [it for it in told if "PRAGMA" not in it and not it.startswith("//")] == lines
    name = "database" if len(lines) == 2 else "db"
    assert [it for it in told if "PRAGMA" in it] == [
        f"{name}.run(sql`PRAGMA foreign_keys = {state}`);" for state in ("OFF", "ON")
    ]
