"""Effects against a real PostgreSQL: outcome, SQLSTATE, message and the catalogue that is left."""

import random
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest

from forensics.collect.database.answering import Row
from forensics.dialects.effect import Done, Effect, Failed, Undecided
from forensics.dialects.postgres.effects import run
from forensics.facts import LiveSchema
from forensics.scratch import engine as scratch_module
from forensics.scratch.engine import Scratch, scratch
from forensics.scratch.postgres import Server
from tests.dialects.postgres.effects.live import live_schema, shape
from tests.lab.story import story

pytestmark = pytest.mark.lab

SETUP, _, _REST = (
    Path(__file__).with_name("statements.sql").read_text(encoding="utf-8").partition("-- decided\n")
)
_DECIDED, _, _OPEN = _REST.partition("-- open\n")
OPEN = tuple(_OPEN.splitlines())
POOL = tuple(_DECIDED.splitlines()) + OPEN


def migrations(project: str) -> list[list[str]]:
    """The statements of a lab project's migrations, as the migrator cuts them."""
    folder = story(project).tree / "apps" / "api" / "drizzle"
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sql"))]
    return [text.split("--> statement-breakpoint") for text in texts]


def disagreement(connection: psycopg.Connection[Row], texts: list[str], predicted: Effect) -> str:
    """How prediction and server differ on one transaction; empty where they agree or we abstain."""
    # Which indexes go with a column is not collected, and so not predicted.
    indexes = not any("DROP COLUMN" in text for text in texts)
    return difference(connection, texts, predicted, indexes=indexes)


def difference(
    connection: psycopg.Connection[Row], texts: list[str], predicted: Effect, *, indexes: bool
) -> str:
    """The same for an effect that somebody foresaw."""
    if isinstance(predicted, Undecided):
        return ""
    try:
        for text in texts:
            connection.execute(text.encode())
        left = live_schema(connection)
    except psycopg.Error as error:
        happened = (error.sqlstate, error.diag.message_primary)
    else:
        happened = ("", "")
    connection.rollback()
    match predicted:
        case Failed(sqlstate=sqlstate, message=message):
            return "" if happened == (sqlstate, message) else f"{predicted} but {happened}"
        case Done(schema=schema):
            if happened != ("", ""):
                return f"Done but {happened}"
            return _difference(schema, left, indexes)


def _difference(predicted: LiveSchema, left: LiveSchema, indexes: bool) -> str:
    one, two = shape(predicted, indexes=indexes), shape(left, indexes=indexes)
    return "\n".join(
        f"{key}: {one.get(key)} but {two.get(key)}"
        for key in sorted(one.keys() | two.keys())
        if one.get(key) != two.get(key)
    )


@pytest.mark.parametrize("project", ["clinic", "library"])
@pytest.mark.parametrize("before", range(7))
def test_the_labs_migrations_do_what_is_predicted(
    server: Server, project: str, before: int
) -> None:
    """However many ran before, all of them again and the rest alone are decided, and rightly."""
    listed = migrations(project)
    name = f"{project}_{before}"
    server.create_database(name)
    with psycopg.connect(server.url(name)) as connection:
        for text in chain(*listed[:before]):
            connection.execute(text.encode())
        connection.commit()
        for texts in (list(chain(*listed)), list(chain(*listed[before:]))):
            predicted = run(live_schema(connection), texts)
            assert not isinstance(predicted, Undecided)
            assert disagreement(connection, texts, predicted) == ""
    server.drop_database(name)


@pytest.fixture(scope="module")
def many(server: Server) -> Iterator[psycopg.Connection[Row]]:
    """A connection to a small database of many kinds of objects, with rows."""
    server.create_database("many")
    with psycopg.connect(server.url("many")) as connection:
        connection.execute(SETUP.encode())
        connection.commit()
        yield connection


@pytest.fixture(scope="module")
def before(many: psycopg.Connection[Row]) -> Iterator[LiveSchema]:
    """Its schema, read once: every transaction is rolled back, and afterwards it is the same."""
    schema = live_schema(many)
    many.rollback()
    yield schema
    assert live_schema(many) == schema


@pytest.mark.parametrize("text", POOL)
def test_a_statement_does_what_is_predicted(
    many: psycopg.Connection[Row], before: LiveSchema, text: str
) -> None:
    """Each statement alone is decided, rightly, but for those that are known to depend on more."""
    effect = run(before, [text])
    assert disagreement(many, [text], effect) == ""
    assert isinstance(effect, Undecided) is (text in OPEN)


def test_random_transactions_do_what_is_predicted(
    many: psycopg.Connection[Row], before: LiveSchema
) -> None:
    """Hundreds of them; where we answer, the server agrees."""
    chance = random.Random(20260110)
    transactions = [chance.sample(POOL, chance.randint(2, 5)) for _ in range(500)]
    outcomes: Counter[str] = Counter()
    for texts in transactions:
        predicted = run(before, texts)
        outcomes[type(predicted).__name__] += 1
        assert disagreement(many, texts, predicted) == "", texts
    assert outcomes["Done"] > 10
    assert outcomes["Failed"] > 200
    assert outcomes["Undecided"] < outcomes.total() / 3


@pytest.fixture(scope="module")
def made() -> Iterator[Scratch]:
    """A scratch server, on which no table has rows."""
    with patch.object(scratch_module, "SECONDS", 3600.0), scratch() as running:
        yield running


@pytest.mark.sample(3)
@pytest.mark.parametrize("text", POOL)
def test_a_scratch_database_says_what_the_real_one_does(
    many: psycopg.Connection[Row], before: LiveSchema, made: Scratch, text: str
) -> None:
    """Or abstains: what depends on rows, of which it has none, is never answered from it."""
    effect = made.engine(before, [text])
    assert difference(many, [text], effect, indexes=made.answer(before, (text,)) is not None) == ""


@pytest.mark.night
def test_it_does_so_in_random_transactions(
    many: psycopg.Connection[Row], before: LiveSchema, made: Scratch
) -> None:
    """Whatever came before in the same transaction; and it never contradicts the model."""
    chance = random.Random(20260111)
    answered = 0
    for texts in (chance.sample(POOL, chance.randint(2, 5)) for _ in range(200)):
        answer = made.answer(before, tuple(texts))
        if answer is not None and not getattr(
            answer, "stand_ins", ()
        ):  # this server has none to stand in
            answered += 1
            assert difference(many, texts, answer, indexes=True) == "", texts
    assert answered > 100
    assert made.disagreements == []
    assert made.not_rebuilt == ()
