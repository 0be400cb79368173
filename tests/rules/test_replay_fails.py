"""Migrations that passed on this database, and fail on an empty one."""

from collections.abc import Iterable

from forensics.adapters.prisma.dev import replaying
from forensics.dialects.effect import Effect, Failed
from forensics.dialects.postgres.effects import run
from forensics.facts import LiveSchema, TrackingRow
from forensics.model import Certainty, CommandOutcome, Severity
from forensics.rules.replay_fails import replay_fails
from tests.adapters.prisma.cases import PrismaCase, case
from tests.adapters.prisma.samples import (
    ALL,
    PHONE,
    POST,
    THREE,
    TWO,
    USER,
    live,
    path,
    project,
    row,
)
from tests.build import digest

KEY = 'ALTER TABLE "User" ADD FOREIGN KEY ("id") REFERENCES "Event"("id");\n'
ROWS = 'INSERT INTO "Post" ("id") VALUES (1);\n' + KEY
REFUSED = "insert or update violates a foreign key"


def with_post(text: str, *applied: TrackingRow | str) -> PrismaCase:
    """The project with other SQL in its last migration, on a database that has all tables."""
    return case(TWO, THREE, live("Event"), *applied, files=project(*ALL, **{path(POST): text}))


def empty_refuses(schema: LiveSchema, texts: Iterable[str]) -> Effect:
    """A server on which the rows of the migrations alone do not do; it knows only a new database."""
    texts = tuple(texts)
    if schema.tables or not texts[-1].startswith("INSERT"):
        return run(schema, texts)
    return Failed(
        sqlstate="23503", message=REFUSED, statement=KEY, position=len(texts) - 1, number=2
    )


def test_a_table_that_no_migration_makes_is_missing_on_an_empty_database() -> None:
    """What to add is said, and with which command it is declared applied."""
    (finding,) = with_post(KEY, *ALL).found(replay_fails)
    assert (finding.subject, finding.severity) == (POST, Severity.HIGH)
    assert finding.certainty is Certainty.PREDICTED
    assert 'fails on an empty database: relation "Event" does not exist' in finding.title
    assert "No listed migration makes it" in finding.root_cause
    assert "looks in" not in finding.root_cause
    assert "migrate resolve --applied NAME" in finding.root_cause


def test_rows_that_no_migration_writes_are_missing_too() -> None:
    """Only a server that runs all files knows; the model says that it does not."""
    given = with_post(ROWS, USER, PHONE, row(POST, checksum=digest(ROWS)))
    found = replaying(given.facts, empty_refuses)
    assert found is not None and found.failure.error.text == REFUSED
    told = given.scene.adapter.predict(given.facts, "migrate dev", empty_refuses)
    assert told.outcome is CommandOutcome.BLOCKED
    assert replaying(given.facts, run) is None
    alone = given.scene.adapter.predict(given.facts, "migrate dev", run)
    assert alone.outcome is CommandOutcome.UNKNOWN


def test_all_files_are_sent_once_however_many_depend_on_rows() -> None:
    """Not each time from the first file to the next of them."""
    sent: list[int] = []

    def server(schema: LiveSchema, texts: Iterable[str]) -> Effect:
        texts = tuple(texts)
        sent.append(len(texts))
        return run(schema, texts)

    rows = {path(tag): 'INSERT INTO "User" ("id") VALUES (1);\n' for tag in (PHONE, POST)}
    given = case(TWO, THREE, *ALL, files=project(*ALL, **rows))
    assert replaying(given.facts, server) is None
    assert sent == [1, len(ALL)]


def test_migrations_that_pass_on_an_empty_database_are_quiet() -> None:
    """And so is a project without a migration."""
    assert not case(TWO, THREE, *ALL).found(replay_fails)
    assert not case(files=project()).found(replay_fails)


def test_what_fails_here_as_well_is_quiet() -> None:
    """A pending statement that fails is told where it is pending."""
    pending = project(*ALL, **{path(POST): KEY})
    assert not case(TWO, USER, PHONE, files=pending).found(replay_fails)
    assert case(TWO, live("Event"), USER, PHONE, files=pending).found(replay_fails)
