"""Whether what is there is valid and in force is read as PostgreSQL leaves it."""

from collections.abc import Callable
from contextlib import suppress

import psycopg
import pytest

from forensics.evidence.recorded_database import recorded_database
from forensics.facts import Index, LiveTable, Policy, Trigger
from forensics.scratch.postgres import Server
from tests.collect.database.conftest import Collect, Collected

pytestmark = pytest.mark.slow

Run = Callable[[str], list[tuple[object, ...]]]
LETTERS = """
CREATE TABLE letters (id int PRIMARY KEY, owner text, of int);
INSERT INTO letters VALUES (1, 'a', 9), (2, 'a', 9);
"""


def test_an_index_that_failed_on_duplicates_is_not_valid(run: Run, collect: Collect) -> None:
    """PostgreSQL leaves it behind; the others are as usable as ever."""
    run(LETTERS)
    with suppress(psycopg.errors.UniqueViolation):
        run("CREATE UNIQUE INDEX CONCURRENTLY by_owner ON letters (owner)")
    failed, key = _letters(collect()).index_definitions
    assert (failed.name, failed.valid, failed.ready, failed.live) == (
        "by_owner", False, False, True
    )  # fmt: skip
    assert (failed.usable, failed.maybe_building) == (False, False)
    assert key == Index(name="letters_pkey", unique=True, definition="USING btree (id)")


def test_a_session_that_may_be_building_is_seen_without_rights(
    server: Server, database: str, run: Run, reader: str, collect: Collect
) -> None:
    """By its lock, which everybody may see; a valid index is not built again."""
    run(LETTERS)
    with suppress(psycopg.errors.UniqueViolation):
        run("CREATE UNIQUE INDEX CONCURRENTLY by_owner ON letters (owner)")
    with psycopg.connect(server.url(database)) as builder:
        builder.execute("LOCK TABLE letters IN SHARE UPDATE EXCLUSIVE MODE")
        found = _letters(collect(server.url(database, reader)))
    told = {index.name: index.maybe_building for index in found.index_definitions}
    assert told == {"by_owner": True, "letters_pkey": False}


def test_a_constraint_that_was_not_validated_is_told(run: Run, collect: Collect) -> None:
    """Its definition says it too, as PostgreSQL prints it."""
    run(LETTERS)
    run("ALTER TABLE letters ADD CONSTRAINT small CHECK (of < 5) NOT VALID")
    told = {it.name: it.validated for it in _letters(collect()).constraints}
    assert told == {"letters_pkey": True, "small": False}


def test_triggers_are_read_with_whether_they_fire(run: Run, collect: Collect) -> None:
    """`ALWAYS` fires too, `REPLICA` in no ordinary session; those of foreign keys are not told."""
    run(LETTERS)
    run("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    for name in ("always", "off", "plain", "replica"):
        run(f'CREATE TRIGGER "{name}" BEFORE UPDATE ON letters EXECUTE FUNCTION f()')
    run("ALTER TABLE letters ADD FOREIGN KEY (of) REFERENCES letters (id) NOT VALID")
    run('ALTER TABLE letters DISABLE TRIGGER "off"')
    run('ALTER TABLE letters ENABLE ALWAYS TRIGGER "always"')
    run('ALTER TABLE letters ENABLE REPLICA TRIGGER "replica"')
    assert _letters(collect()).triggers == (
        Trigger(name="always"),
        Trigger(name="off", enabled=False),
        Trigger(name="plain"),
        Trigger(name="replica", enabled=False),
    )


def test_row_security_and_policies_are_read(run: Run, collect: Collect) -> None:
    """With command, roles, kind and both expressions, as PostgreSQL prints them."""
    run(LETTERS)
    run("CREATE POLICY own ON letters USING (owner = current_user)")
    run(
        "CREATE POLICY fresh ON letters AS RESTRICTIVE FOR INSERT TO postgres "
        "WITH CHECK (of IS NOT NULL)"
    )
    off = _letters(collect())
    assert (off.row_security, off.forced_row_security) == (False, False)
    assert off.policies == (
        Policy(
            name="fresh",
            command="INSERT",
            permissive=False,
            roles=("postgres",),
            check="(of IS NOT NULL)",
        ),
        Policy(name="own", using="(owner = CURRENT_USER)"),
    )
    run("ALTER TABLE letters ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    on = _letters(collect())
    assert (on.row_security, on.forced_row_security) == (True, True)


def test_secrets_in_policies_are_masked(run: Run, collect: Collect) -> None:
    """A policy can compare with a token."""
    run(LETTERS)
    run("CREATE POLICY own ON letters USING (owner = 'sesame')")

    def mask(content: bytes, path: str) -> tuple[bytes, int]:
        return content.replace(b"sesame", b"***"), content.count(b"sesame")

    (policy,) = _letters(collect(mask=mask)).policies
    assert policy.using == "(owner = '***'::text)"


def test_a_policy_that_names_a_locked_table_costs_the_expressions_only(
    server: Server, database: str, run: Run, collect: Collect
) -> None:
    """Printing it would wait for the lock."""
    run(f"{LETTERS} CREATE TABLE staff (name text)")
    run("CREATE POLICY own ON letters USING (owner IN (SELECT name FROM staff))")
    with psycopg.connect(server.url(database)) as holder:
        holder.execute("LOCK TABLE staff")
        found = collect()
    assert found.problems == []
    assert _letters(found).policies == (Policy(name="own"),)


def test_the_bundle_holds_it(run: Run, collect: Collect) -> None:
    """What is read from it is what was seen."""
    run(LETTERS)
    run("ALTER TABLE letters ENABLE ROW LEVEL SECURITY")
    run("CREATE POLICY own ON letters USING (true)")
    found = collect()
    database = recorded_database(found.bundle)
    assert database is not None and database.schema is not None
    assert _letters(found) in database.schema.tables


def _letters(found: Collected) -> LiveTable:
    assert found.database is not None and found.database.schema is not None, found.problems
    (table,) = (it for it in found.database.schema.tables if it.name.table == "letters")
    return table
