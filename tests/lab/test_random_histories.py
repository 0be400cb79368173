"""Whatever happened to a database, no fix.sql records a migration that lacks an effect.

Random lists of migrations run for real, but for some statements, and random migrations of them are
recorded. What the rules then recommend to record is held against what PostgreSQL itself says of a
database in which all of that ran. What no catalogue shows must be named in the script.
"""

import os
from collections.abc import Iterator
from random import Random

import psycopg
import pytest
from msgspec.structs import replace

from forensics.adapters.drizzle import Drizzle
from forensics.facts import SequenceState, TrackingRow
from forensics.model import InsertRows
from forensics.render.sql import fix_sql
from forensics.rules import RULES
from forensics.scratch.postgres import throw_away_postgres
from tests.build import DEFAULT, GAPS, Case, database, digest, name, project, stamps, table
from tests.dialects.postgres.effects.live import live_schema
from tests.lab.random_histories import (
    Connection,
    Objects,
    Past,
    objects,
    past,
    run,
    undone,
)

pytestmark = pytest.mark.lab

BREAKPOINT = ";--> statement-breakpoint\n"
HISTORIES = int(os.environ.get("FORENSICS_TEST_HISTORIES", "30"))
"""How many are tried: each takes a tenth of a second."""


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    """A connection to a server of its own; whatever is done is undone."""
    with throw_away_postgres() as server:
        server.execute("CREATE ROLE keeper; CREATE ROLE reader")
        with psycopg.connect(server.url(), autocommit=True) as found:
            yield found


def test_no_script_records_what_is_not_there_without_naming_it(connection: Connection) -> None:
    """Random lists, random losses, random rows; and some of them are repaired."""
    repaired = 0
    for seed in range(HISTORIES):
        made = past(Random(seed), connection)
        with undone(connection):
            run(connection, made.ran())
            live, steps = objects(connection), _recommended(made, connection)
        repaired += bool(steps)
        for step in steps:
            _holds(seed, made, step, live, connection)
    assert repaired > HISTORIES // 8


def _recommended(made: Past, connection: Connection) -> list[InsertRows]:
    """What the rules want to be recorded."""
    tags = _tags(made)
    texts = {tag: BREAKPOINT.join(it) for tag, it in zip(tags, made.migrations, strict=True)}
    files = project(*tags, **{f"drizzle/{tag}.sql": text for tag, text in texts.items()})
    files = {path: text for path, text in files.items() if not path.endswith("_snapshot.json")}
    rows = [
        TrackingRow(id=number, checksum=digest(texts[tags[it]]), at=stamps(len(tags))[it])
        for number, it in enumerate(sorted(made.recorded), start=1)
    ]
    used = SequenceState(name=name(f"{DEFAULT}_id_seq"), last_value=99, is_called=True)
    held = database(table(DEFAULT, *rows, sequence=used))
    case = Case(files, replace(held, schema=live_schema(connection)))
    given = replace(case.facts, standing=Drizzle().compares.standing(case.scene.tree, case.facts))
    answers = [it for rule in RULES for it in rule.ask(given, GAPS)]
    fixes = [fix for it in answers if (fix := getattr(it, "fix", None)) is not None]
    return [step for fix in fixes for step in fix.steps if isinstance(step, InsertRows)]


def _tags(made: Past) -> list[str]:
    return [f"{number:04}_m" for number in range(len(made.migrations))]


def _holds(seed: int, made: Past, step: InsertRows, live: Objects, connection: Connection) -> None:
    """With what was skipped of the recorded migrations and is not named, nothing is otherwise."""
    tags = _tags(made)
    new = {tags.index(row.key) for row in step.rows}
    hidden = {it for it in made.skipped if it[0] in new} - _named(made, new, fix_sql([step]))
    with undone(connection):
        run(connection, made.ran(also=hidden))
        whole = objects(connection)
    wrong = sorted(map(str, whole.items() ^ live.items()))
    assert not wrong, f"seed {seed} records {sorted(new)} without {sorted(hidden)}: {wrong}\n{made}"


def _named(made: Past, new: set[int], script: str) -> frozenset[tuple[int, int]]:
    """The statements that the script says it does not know of."""
    lines = (it.removeprefix("-- ") for it in script.splitlines() if it.startswith("-- "))
    told = "".join(lines).replace(" ", "")
    return frozenset(
        (position, number)
        for position in new
        for number, text in enumerate(made.migrations[position])
        for each in text.split("; ")
        if f"{_tags(made)[position]}:{each[:60]}".replace(" ", "") in told
    )
