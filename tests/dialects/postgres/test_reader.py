"""The reader of SQL against PostgreSQL's own parser, and on hostile texts."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pglast import parse_sql
from pglast.parser import ParseError

from forensics.dialects.postgres.commands import (
    AlterTable,
    CreateTable,
    Do,
    Exists,
    If,
    Place,
    Statement,
    Unread,
)
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.statements import statements
from tests.dialects.postgres.told import told_by_postgres, told_by_us
from tests.dialects.postgres.written_sql import Writer
from tests.support.growth import is_linear

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[2]


def written() -> Iterator[str]:
    """Statements of two seeds."""
    for seed in (1, 2):
        writer = Writer(seed)
        for _ in range(2_600):
            yield writer.statement()


def of_the_kits() -> Iterator[str]:
    """Every statement that a kit of the lab wrote."""
    for path in sorted((TESTS / "lab/pairs").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from json.loads(line)["statements"] or ()


def disagreements(texts: Iterator[str]) -> tuple[list[object], Counter[str]]:
    """Where the two readers differ on texts of one statement each, and what was read."""
    found: list[object] = []
    kinds: Counter[str] = Counter()
    for text in texts:
        try:
            (theirs,) = parse_sql(text)
        except ParseError as error:
            raise AssertionError(f"{text!r} is no SQL: {error}") from error
        (ours,) = statements(text)
        one, two = told_by_us(ours.command), told_by_postgres(theirs.stmt)
        kinds[str(one[0])] += 1
        if one != two:
            found.append((text, one, two))
    return found, kinds


def test_what_we_read_is_what_postgresql_reads() -> None:
    """Kind, names, columns, types, constraints and actions of 5,200 statements."""
    found, kinds = disagreements(written())
    assert found[:3] == []
    assert kinds.total() >= 5_000
    assert len(kinds) == 16
    assert min(kinds.values()) >= 20


def test_so_it_is_with_what_the_kits_wrote() -> None:
    """Hundreds of statements, in three styles."""
    found, kinds = disagreements(it for it in of_the_kits() if _is_one(it))
    assert found[:3] == []
    assert kinds.total() > 400


def _is_one(text: str) -> bool:
    try:
        return len(parse_sql(text)) == 1
    except ParseError:
        return False


# --- Places -------------------------------------------------------------------------------------


def test_a_statement_knows_its_number_line_and_text() -> None:
    """The line is that of its first word, not of the comment before it."""
    text = "-- first\nSELECT 1;;\n/* two\nlines */ DROP TABLE a\n  CASCADE ;\n"
    one, two = statements(text)
    assert (one.place.number, one.place.line) == (1, 2)
    assert (two.place.number, two.place.line) == (2, 4)
    assert text[two.place.start : two.place.end] == "DROP TABLE a\n  CASCADE"


def test_a_statement_in_a_block_has_the_place_of_the_block() -> None:
    """That is what a person finds in the file."""
    (found,) = statements("\n\nDO $$ BEGIN CREATE TABLE a (); END $$")
    assert isinstance(found.command, Do)
    assert found.command.block is not None
    (inner,) = found.command.block.steps
    assert isinstance(inner, Statement)
    assert isinstance(inner.command, CreateTable)
    assert inner.place == found.place == Place(1, 3, 2, 39)


# --- What cannot be read ------------------------------------------------------------------------


def test_a_text_that_begins_as_no_statement_is_postgresqls_syntax_error() -> None:
    """In its words; who asks for no check has it unread."""
    with pytest.raises(PostgresError, match='syntax error at or near "TABEL"'):
        statements("SELECT 1; CREATE TABEL a ()")
    assert isinstance(statements("CREATE TABEL a ()", check=False)[0].command, Unread)


@pytest.mark.parametrize(
    "text",
    [
        *("CREATE TABLE order (a int)", "CREATE TABLE a (b int,)", "DROP TABLE a, b garbage"),
        *("ALTER TABLE a DROP b)", "ALTER TABLE a ADD b int)", "CREATE TYPE a AS ENUM ('a' 'b')"),
        *("DROP TABLE select", "CREATE INDEX i ON a (b", "ALTER TABLE a RENAME b TO c, DROP d"),
    ],
)
def test_what_postgresql_refuses_is_not_taken_for_read(text: str) -> None:
    """The whole statement is unread: we do not say where its error is."""
    with pytest.raises(ParseError):
        parse_sql(text)
    assert isinstance(statements(text)[0].command, Unread)


def test_an_action_that_we_do_not_read_leaves_the_others_read() -> None:
    """Of one ALTER TABLE."""
    (found,) = statements("ALTER TABLE a ADD b int, ATTACH PARTITION c DEFAULT, DROP d")
    assert isinstance(found.command, AlterTable)
    assert [isinstance(it, Unread) for it in found.command.actions] == [False, True, False]


@pytest.mark.parametrize(
    "text", ["SELECT '\0'", "-- \0", 'DROP TABLE "\ud800"', "SELECT E'\\ud800'"]
)
def test_what_cannot_reach_a_server_is_not_read(text: str) -> None:
    """NUL, at which drivers cut, and half a character."""
    with pytest.raises(Unsure):
        statements(text)


# --- Blocks -------------------------------------------------------------------------------------


def block(body: str) -> Do:
    """A block as it was read."""
    (found,) = statements(f"DO $do$ {body} $do$")
    assert isinstance(found.command, Do)
    return found.command


def test_a_block_asks_a_catalogue_before_it_acts() -> None:
    """The idiom that people write, for constraints, types and columns."""
    told = block(
        "BEGIN IF NOT EXISTS (SELECT 1 FROM information_schema.columns c WHERE c.table_name = 'a' "
        "AND column_name = 'b') THEN ALTER TABLE a ADD b int; DROP TABLE c; END IF; END"
    )
    assert told.block is not None
    (step,) = told.block.steps
    assert isinstance(step, If)
    wanted = (("table_name", "a"), ("column_name", "b"))
    assert (step.negated, step.exists) == (True, Exists("information_schema.columns", wanted))
    assert len(step.then) == 2


@pytest.mark.parametrize(
    "body",
    [
        "DECLARE x int; BEGIN DROP TABLE a; END",
        "BEGIN EXECUTE 'DROP TABLE a'; END",
        "BEGIN IF x THEN DROP TABLE a; END IF; END",
        "BEGIN IF NOT EXISTS (SELECT 1 FROM a WHERE b = 'c' OR d = 'e') THEN DROP TABLE a; END IF; END",
        "BEGIN IF NOT EXISTS (SELECT 1 FROM a WHERE b = lower('c')) THEN DROP TABLE a; END IF; END",
        "BEGIN IF EXISTS (SELECT FROM a WHERE b = 'c') THEN DROP TABLE a; ELSE DROP TABLE d; END IF; END",
        "BEGIN DROP TABLE a; EXCEPTION WHEN duplicate_object THEN DROP TABLE b; END",
        "BEGIN DROP TABLE a; EXCEPTION WHEN no_such_condition THEN NULL; END",
        "BEGIN DROP TABLE a; END; DROP TABLE b",
        "BEGIN DROP TABLE a",
        "BEGIN COMMIT; END",
        "BEGIN DO 'BEGIN END'; END",
        "BEGIN CREATE TABLE order (); END",
        "DROP TABLE a",
        "",
    ],
)
def test_any_other_block_may_do_anything(body: str) -> None:
    """Its words are told, and nothing is made of them."""
    assert block(body).block is None


def test_a_block_of_another_language_is_unread() -> None:
    """It is not PL/pgSQL."""
    (found,) = statements("DO LANGUAGE plv8 $$ BEGIN END $$")
    assert isinstance(found.command, Unread)


# --- Hostile texts ------------------------------------------------------------------------------

DEEP = 10_000
HOSTILE = {
    "parentheses": f"CREATE TABLE a (b int DEFAULT {'(' * DEEP}1{')' * DEEP})",
    "parentheses of a check": f"ALTER TABLE a ADD CHECK ({'(' * DEEP}b{')' * DEEP})",
    "parentheses of an index": f"CREATE INDEX i ON a (b) WHERE {'(' * DEEP}b IS NULL{')' * DEEP}",
    "open parentheses": f"CREATE TABLE a {'(' * DEEP}",
    "terms": f"SELECT 1{'+1' * 100_000}",
    "brackets": f"CREATE TABLE a (b int{'[]' * DEEP})",
    "comments": f"{'/*' * DEEP}{'*/' * DEEP} DROP TABLE a",
    "actions": f"ALTER TABLE a {', '.join(['DROP b'] * DEEP)}",
    "names": f"DROP TABLE {'.'.join(['a'] * DEEP)}",
    "statements": "DROP TABLE a;" * DEEP,
    "ifs": f"DO $$ BEGIN {'IF EXISTS (SELECT FROM a WHERE b = $x$c$x$) THEN ' * DEEP} END $$",
}


@pytest.mark.parametrize("about", HOSTILE)
def test_a_hostile_text_has_an_answer(about: str) -> None:
    """However deep or long it is; libpg_query dies of some of these."""
    assert statements(HOSTILE[about])


GROWING: dict[str, Callable[[int], str]] = {
    "columns": lambda size: f"CREATE TABLE a ({', '.join(['b text NOT NULL'] * size)})",
    "actions": lambda size: f"ALTER TABLE a {', '.join(['ADD b int DEFAULT 1'] * size)}",
    "statements": lambda size: "DROP TABLE a;\n" * size,
    "parentheses": lambda size: f"CREATE TABLE a (b int DEFAULT {'(' * size}1{')' * size})",
    "a block": lambda size: f"DO $$ BEGIN {'DROP TABLE a; ' * size} END $$",
    "a predicate": lambda size: f"CREATE INDEX i ON a (b) WHERE a{' AND a' * size}",
}


@pytest.mark.parametrize("about", GROWING)
def test_twice_the_text_takes_twice_the_time(about: str) -> None:
    """Reading is linear in the length."""
    assert is_linear(lambda size: statements(GROWING[about](size)), 60)


PIECES = st.sampled_from(
    [
        "CREATE",
        "ALTER",
        "DROP",
        "TABLE",
        "TYPE",
        "INDEX",
        "UNIQUE",
        "DO",
        "BEGIN",
        "EXCEPTION",
        "WHEN",
        "THEN",
        "END",
        "IF",
        "NOT",
        "EXISTS",
        "SELECT",
        "FROM",
        "WHERE",
        "AND",
        "ADD",
        "COLUMN",
        "CONSTRAINT",
        "PRIMARY",
        "KEY",
        "FOREIGN",
        "REFERENCES",
        "CHECK",
        "DEFAULT",
        "ON",
        '"a"',
        "b",
        "c.d",
        "integer",
        "varchar",
        "(",
        ")",
        ",",
        ";",
        ".",
        "::",
        "[",
        "]",
        "=",
        "'x'",
        "$$",
        "$a$",
        "E'\\n'",
        "1",
        "RENAME",
        "TO",
        "SET",
        "SCHEMA",
        "COMMENT",
        "IS",
        "NULL",
        "ENUM",
        "AS",
        "TRIGGER",
        "POLICY",
        "VIEW",
        "FUNCTION",
        "IN",
        "CASCADE",
        "VALUE",
        "USING",
        "--",
        "/*",
        "*/",
        '"',
        "'",
        "\ufeff",
    ]
)


@given(st.lists(PIECES, max_size=16).map(" ".join))
def test_any_words_have_an_answer(text: str) -> None:
    """Statements, PostgreSQL's syntax error, or that we are unsure."""
    try:
        found = statements(text)
    except (PostgresError, Unsure):
        return
    for number, each in enumerate(found, start=1):
        assert each.place.number == number
        assert text[each.place.start : each.place.end]
