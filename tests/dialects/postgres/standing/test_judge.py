"""States that a real PostgreSQL is in, held against the SQL that made them: never a difference."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from forensics.adapters.drizzle.ddl import STYLES, regenerate
from forensics.adapters.drizzle.snapshots.as_state import state_of_snapshot
from forensics.adapters.drizzle.snapshots.schema import parse
from forensics.collect.database.answering import Row
from forensics.dialects.postgres.standing import judge
from forensics.dialects.steps import StandingStep
from forensics.facts import Migration, Presence, Standing
from tests.build import database
from tests.dialects.postgres.effects.live import live_schema

pytestmark = pytest.mark.lab

SPELLINGS = Path(__file__).with_name("spellings.sql").read_text(encoding="utf-8").split("-- next\n")
PAIRS = Path(__file__).parents[3] / "lab/pairs"
HARD_TEXT = Path(__file__).with_name("hard.sql").read_text(encoding="utf-8")
BREAKPOINT = "--> statement-breakpoint"
STYLE_OF = {"0.21.4": "0.21", "0.31.11": "0.31"}
FAILING = {
    "0.21.4": {"become an enum", "add values to an enum", "create an enum", "create every type"}
    | {"become a primary key", "be a primary key no more", "drop a schema with all of its own"},
    "0.31.11": {"become an enum", "add values to an enum", "become an identity", "roles"}
    | {"become a primary key", "be a primary key no more"},
}
"""Pairs whose SQL PostgreSQL refuses, in one transaction or at all, as the kit wrote it."""


MADE = """\
CREATE TABLE a (id serial PRIMARY KEY, email text, n int);
CREATE TABLE b (id serial PRIMARY KEY, aid int REFERENCES a (id));
CREATE TYPE mood AS ENUM ('x', 'y');
CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
"""
HARD = dict(it.split("\n", 1) for it in HARD_TEXT.split("-- next: ")[1:])
"""What it is about -> statements after `MADE` whose outcome is read exactly, or in doubt."""


def step(number: int, text: str, snapshot: str | None = None) -> StandingStep:
    """A migration of a text, and its snapshot."""
    migration = Migration(position=number, index=number, key=f"{number:04}", path="x", stamp=number)
    after = state_of_snapshot(parse(snapshot), ("public",)) if snapshot else None
    texts = tuple(text.split(BREAKPOINT))
    return StandingStep(migration=migration, texts=texts, snapshot=lambda: after)


def standings(
    connection: psycopg.Connection[Row], steps: Sequence[StandingStep]
) -> Iterator[Standing]:
    """The judgement before the first step, and after each."""
    yield judge(live_schema(connection), steps)
    for each in steps:
        connection.execute("SET LOCAL search_path TO public")
        for text in each.texts or ():
            connection.execute(text.encode())
        yield judge(live_schema(connection), steps)
    connection.rollback()


def test_however_things_are_spelled_each_state_is_met_exactly(
    connection: psycopg.Connection[Row],
) -> None:
    """Types, defaults, keys, renames, drops, blocks: a hundred statements in four migrations."""
    steps = [step(number, text) for number, text in enumerate(SPELLINGS)]
    for done, found in enumerate(standings(connection, steps)):
        assert found.differences(done - 1) == (), done
        assert found.compared(done - 1)
        for migration in found.migrations[:done]:
            assert migration.presence in (Presence.PRESENT, Presence.UNDECIDABLE), migration.tag
        for migration in found.migrations[done:]:
            assert migration.presence in (Presence.ABSENT, Presence.UNDECIDABLE), migration.tag


@pytest.mark.parametrize("about", HARD)
def test_what_is_hard_to_read_is_no_drift(connection: psycopg.Connection[Row], about: str) -> None:
    """At most it is in doubt: nothing is missing or more, and no statement is told not to be."""
    *_, found = standings(connection, [step(0, MADE), step(1, HARD[about])])
    assert found.differences(1) == ()
    told = {statement.presence for it in found.migrations for statement in it.statements}
    assert not told & {Presence.ABSENT, Presence.PARTLY}


READ = {
    "a function without DDL": (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; UPDATE a SET n = f();"
    ),
    "the head of a dump": "SELECT pg_catalog.set_config('search_path', '', false);",
    "the end of a pulled schema": "RESET ALL;",
    "a table of the session made from another": "CREATE TEMP TABLE held AS SELECT * FROM a;",
}


@pytest.mark.parametrize("about", READ)
def test_what_changes_no_object_hides_no_drift(about: str) -> None:
    """The state after it is known, and held against a database in which nothing is there."""
    empty = database().schema
    assert empty is not None
    found = judge(empty, [step(0, MADE), step(1, READ[about])], start=1)
    assert {it.subject for it in found.differences(1)} >= {"public.a", "public.b"}


@pytest.mark.sample(2)
@pytest.mark.parametrize("kit", STYLE_OF)
def test_what_the_kits_write_leads_to_what_their_snapshots_say(
    connection: psycopg.Connection[Row], kit: str
) -> None:
    """Every pair of the lab, before and after: no difference, and no effect too early or late."""
    (style,) = (it for it in STYLES if it.releases == STYLE_OF[kit])
    lines = (PAIRS / f"{kit}.jsonl").read_text(encoding="utf-8").splitlines()
    looked_at = 0
    for pair in map(json.loads, lines):
        if pair["statements"] is None or pair["name"] in FAILING[kit]:
            continue
        before, after = json.dumps(pair["before"]), json.dumps(pair["after"])
        first = regenerate(None, before, style).candidates[0]
        second = BREAKPOINT.join(pair["statements"]).replace("CONCURRENTLY ", "")
        steps = [step(0, first, before), step(1, second, after)]
        for done, found in enumerate(standings(connection, steps)):
            assert found.differences(done - 1) == (), (pair["name"], done)
            told = [migration.presence for migration in found.migrations]
            wrong = {Presence.ABSENT, Presence.PARTLY}
            assert not wrong & set(told[:done]), (pair["name"], done)
            wrong = {Presence.PRESENT, Presence.PARTLY}
            assert not wrong & set(told[done:]), (pair["name"], done)
            looked_at += 1
    assert looked_at > 150
