"""A statement that fails only because of its place gets a fix that moves it."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from forensics.dialects import dialect_named
from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.observed import Observed
from forensics.dialects.postgres.effects import run
from forensics.facts import Column, LiveSchema
from forensics.model import CommandOutcome, TrueError, WriteFile
from tests.support.pending import BREAK, found, healed, pending
from tests.support.standing import users

KEY = 'ALTER TABLE "users" ADD CONSTRAINT "name_key" UNIQUE("name");'
COLUMN = 'ALTER TABLE "users" ADD COLUMN "name" text;'
OTHER = 'CREATE TABLE "other" ("id" integer);'


@pytest.mark.parametrize(
    "texts",
    [
        (KEY, COLUMN),
        (OTHER, KEY, 'ALTER TABLE "other" ADD COLUMN "x" text;', COLUMN),
        (
            'CREATE TABLE "a" ("id" integer PRIMARY KEY);',
            'CREATE TABLE "b" ("id" integer REFERENCES "a" ("id"));',
            'DROP TABLE "a";',
            'DROP TABLE "b";',
        ),
    ],
)
def test_the_same_statements_pass_in_another_order(texts: tuple[str, ...]) -> None:
    """None is changed, and the tool's marks between them stay where they are."""
    case = pending(f"\n{BREAK}".join(texts))
    (finding,) = found(case)
    assert finding.rule == "failing-statement" and finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    after = [it.strip() for it in step.after.split(BREAK)]
    assert sorted(after) == sorted(texts) and after != list(texts)
    assert healed(case, finding).outcome is CommandOutcome.PASSES


@pytest.mark.parametrize(
    "texts",
    [
        ('CREATE TABLE "users" ("id" integer);', 'DROP TABLE "users";'),
        ('ALTER TABLE "users" ADD COLUMN "id" integer;', 'ALTER TABLE "users" DROP COLUMN "id";'),
        (KEY, 'UPDATE "users" SET "id" = 1;', COLUMN),
        (KEY, OTHER),
    ],
)
def test_no_order_is_offered_that_loses_rows_or_does_not_pass(texts: tuple[str, ...]) -> None:
    """Dropping first what is there already would pass, and take its rows along."""
    (finding,) = found(pending(f"\n{BREAK}".join(texts)))
    assert finding.fix is None


def test_a_default_in_the_way_of_a_type_goes_first_and_comes_back_last() -> None:
    """As a generator leaves it that gives an enum other labels."""
    made = ("CREATE TYPE \"r\" AS ENUM('a');", 'CREATE TABLE "t" ("c" "r" DEFAULT \'a\');')
    retyped = (
        'ALTER TABLE "t" ALTER COLUMN "c" SET DATA TYPE text;',
        'DROP TYPE "r";',
        'ALTER TABLE "t" ALTER COLUMN "c" SET DATA TYPE varchar;',
    )
    case = pending(f"\n{BREAK}".join((*made, *retyped)))
    (finding,) = found(case)
    assert "keeps the type in use" in finding.root_cause and finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert step.after.index("DROP DEFAULT") < step.after.index("DROP TYPE")
    assert step.after.rstrip().endswith("""SET DEFAULT 'a';""")
    assert healed(case, finding).outcome is CommandOutcome.PASSES


def test_an_order_that_the_server_refuses_is_not_offered() -> None:
    """The model proposes it, and the throw-away server has the last word."""

    def server(schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """Refuses the key wherever it stands."""
        texts = tuple(texts)
        for position, text in enumerate(texts):
            if text.strip().startswith(KEY[:-1]):
                return Failed(
                    sqlstate="42703", message="refused", statement=KEY, position=position, number=1
                )
        return run(schema, texts)

    (finding,) = found(pending(f"{KEY}\n{BREAK}{COLUMN}"), server)
    assert finding.fix is None and "was tried, and fails: refused" in finding.root_cause


GENERATED = 'ALTER TABLE "users" ADD COLUMN "b" boolean GENERATED ALWAYS AS (name is null) STORED;'


def test_a_statement_that_the_model_cannot_follow_goes_behind_what_it_lacks() -> None:
    """The server says what is missing, and the file has what makes it."""

    def server(schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """Refuses the generated column unless that column was added before."""
        texts = tuple(it.strip() for it in texts)
        for position, text in enumerate(texts):
            if text.startswith(GENERATED[:-1]) and not any(
                it.startswith(COLUMN[:-1]) for it in texts[:position]
            ):
                return Failed(
                    sqlstate="42703",
                    message='column "name" does not exist',
                    statement=GENERATED,
                    position=position,
                    number=1,
                )
        return Done(schema=schema)

    (finding,) = found(pending(f"{GENERATED}\n{BREAK}{OTHER}\n{BREAK}{COLUMN}"), server)
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert step.after.index(COLUMN) < step.after.index(GENERATED)
    (finding,) = found(pending(f"{GENERATED}\n{BREAK}{OTHER}"), server)
    assert finding.fix is None


def test_what_fails_on_rows_or_is_there_already_lacks_nothing() -> None:
    """Though a later statement makes something of a name in the error."""
    said = 'column "name" of relation "users" contains null values'

    def server(schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """Refuses the generated column wherever it stands."""
        for position, text in enumerate(texts):
            if text.strip().startswith(GENERATED[:-1]):
                return Failed(
                    sqlstate="23502",
                    message=said,
                    statement=GENERATED,
                    position=position,
                    number=1,
                )
        return Done(schema=schema)

    (finding,) = found(pending(f"{GENERATED}\n{BREAK}{COLUMN}"), server)
    assert said in finding.root_cause
    assert "lacks" not in finding.root_cause and finding.fix is None


@pytest.mark.parametrize(
    ("texts", "moved"),
    [
        (('ALTER TABLE "users" DROP COLUMN "name";', 'DROP INDEX "name_idx";'), True),
        (
            (
                'ALTER TABLE "users" DROP COLUMN "name";',
                'CREATE INDEX "name_idx" ON "users" ("id");',
                'ALTER TABLE "users" DROP COLUMN "id";',
                'DROP INDEX "name_idx";',
            ),
            False,
        ),
        (('DROP TABLE "users" CASCADE;', 'DROP TABLE "users";'), False),
    ],
)
def test_a_drop_of_what_is_gone_moves_before_what_took_it_along(
    texts: tuple[str, ...], *, moved: bool
) -> None:
    """Not before what makes it, and never what has rows."""

    def server(schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """Refuses what drops the index once one of its columns is gone."""
        gone = False
        for position, text in enumerate(texts):
            if gone and text.strip().startswith("DROP INDEX"):
                return Failed(
                    sqlstate="42704",
                    message='index "name_idx" does not exist',
                    statement=text,
                    position=position,
                    number=1,
                )
            gone = gone or "DROP COLUMN" in text
        return run(schema, ()) if gone else run(schema, texts)

    named = Column(name="name", type="text")
    table = replace(users(), columns=(*users().columns, named), indexes=("name_idx",))
    (finding,) = found(pending(f"\n{BREAK}".join(texts), tables=[table]), server)
    assert (finding.fix is not None) is moved
    if finding.fix is not None:
        (step,) = finding.fix.steps
        assert isinstance(step, WriteFile)
        assert step.after.index("DROP INDEX") < step.after.index("DROP COLUMN")


def test_a_captured_failure_tells_nothing_of_another_order() -> None:
    """It was seen where something stood behind it that stands before it now."""

    def unsure(schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """Knows nothing."""
        return Undecided(statement="", why="it depends on rows")

    error = TrueError(text="seen", sqlstate="42703")
    engine = Observed(unsure, dialect_named("postgresql"), KEY, error, behind=(COLUMN,))
    schema = LiveSchema(evidence="e1")
    assert isinstance(engine(schema, (KEY, COLUMN)), Failed)
    assert isinstance(engine(schema, (OTHER, KEY)), Failed)
    assert isinstance(engine(schema, (COLUMN, KEY)), Undecided)
