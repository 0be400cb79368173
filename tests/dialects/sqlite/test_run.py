"""SQLite itself says what SQL does; what rows decide is asked, and never guessed."""

import pytest

from forensics.dialects.effect import Done, Failed, Undecided
from forensics.dialects.sqlite.run import ENFORCED, row_questions, run
from forensics.dialects.sqlite.text import statements
from forensics.facts import LiveSchema, RelationKind, RowKind

EMPTY = LiveSchema(evidence="e1", schemas=("main",), search_path=("main",))
USERS = "CREATE TABLE users (id integer PRIMARY KEY, name text, email text UNIQUE)"
POSTS = "CREATE TABLE posts (id integer PRIMARY KEY, author integer REFERENCES users (id))"
REBUILD = [
    "CREATE TABLE __new (id integer PRIMARY KEY, name text {}, email text UNIQUE)",
    "INSERT INTO __new (id, name, email) SELECT id, name, email FROM users",
    "DROP TABLE users",
    "ALTER TABLE __new RENAME TO users",
]


@pytest.fixture(scope="module")
def schema() -> LiveSchema:
    """Two tables, one refers to the other."""
    made = run(EMPTY, [USERS, POSTS])
    assert isinstance(made, Done)
    return made.schema


def test_a_catalogue_is_made_again_from_its_statements(schema: LiveSchema) -> None:
    """And keeps the evidence that it came from."""
    again = run(schema, ())
    assert isinstance(again, Done) and again.schema == schema and schema.evidence == "e1"
    assert [str(it.name) for it in schema.tables] == ["main.users", "main.posts"]


@pytest.mark.parametrize(
    ("sql", "message", "exists"),
    [
        (USERS, "table users already exists", True),
        ("ALTER TABLE users ADD name text", "duplicate column name: name", True),
        ("ALTER TABLE nope ADD a text", "no such table: nope", False),
        ("CREATE TABL x", 'near "TABL": syntax error', False),
        ("BEGIN", "cannot start a transaction within a transaction", False),
    ],
)
def test_an_error_is_that_of_sqlite(
    schema: LiveSchema, sql: str, message: str, exists: bool
) -> None:
    """In its own words, at its place."""
    effect = run(schema, ["SELECT 1", f"SELECT 2; {sql}"])
    assert isinstance(effect, Failed)
    assert (effect.message, effect.exists) == (message, exists)
    assert (effect.position, effect.number) == (1, 2)


def test_a_rebuild_that_demands_nothing_more_passes(schema: LiveSchema) -> None:
    """Whatever rows there are."""
    texts = [it.format("DEFAULT 'x'") for it in REBUILD]
    effect = run(schema, texts)
    assert isinstance(effect, Done)
    [users] = [it for it in effect.schema.tables if it.name.table == "users"]
    assert [it.default for it in users.columns] == [None, "'x'", None]


@pytest.mark.parametrize(
    ("texts", "kind", "query"),
    [
        (
            [it.format("NOT NULL") for it in REBUILD],
            RowKind.NOT_NULL,
            'SELECT count(*) FROM "users" WHERE "name" IS NULL',
        ),
        (
            ["ALTER TABLE users ADD age integer NOT NULL"],
            RowKind.NEW_COLUMN,
            'SELECT count(*) FROM "users"',
        ),
        (
            ["CREATE UNIQUE INDEX one ON users (name)"],
            RowKind.UNIQUE,
            'SELECT count(*) FROM (SELECT 1 FROM "users" WHERE "name" IS NOT NULL GROUP BY "name" '
            "HAVING count(*) > 1)",
        ),
        (
            [ENFORCED, "DROP TABLE users"],
            RowKind.FOREIGN_KEY,
            'SELECT (SELECT count(*) FROM "posts" WHERE "author" IS NOT NULL)',
        ),
    ],
)
def test_what_rows_decide_is_undecided_until_it_was_counted(
    schema: LiveSchema, texts: list[str], kind: RowKind, query: str
) -> None:
    """0 means that it passes, anything else that it fails."""
    [asked] = row_questions(schema, texts)
    assert (asked.question.kind, asked.question.query) == (kind, query)
    assert isinstance(run(schema, texts), Undecided)
    assert isinstance(run(schema, texts, {query: 0}), Done)
    assert isinstance(run(schema, texts, {query: 3}), Failed)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("UPDATE users SET name = 'x' WHERE name IS NULL", [REBUILD[0].format("NOT NULL")]),
        ("DELETE FROM users WHERE id > 7", ["CREATE UNIQUE INDEX one ON users (name)"]),
    ],
)
def test_rows_that_a_pending_statement_changes_are_not_counted(
    schema: LiveSchema, before: str, after: list[str]
) -> None:
    """What it leaves is not known, whatever a query on the rows as they are says."""
    rest = [*after, *(REBUILD[1:] if len(after) == 1 and "__new" in after[0] else [])]
    later = [it.question for it in row_questions(schema, [before, *rest])][1:]
    assert later
    assert {(it.query, it.changed_by) for it in later} == {("", before)}
    assert isinstance(run(schema, [before, *rest], {it.query: 0 for it in later}), Undecided)


def test_a_unique_index_on_what_is_unique_already_passes(schema: LiveSchema) -> None:
    """As a rebuild makes the indexes of the old table again."""
    assert isinstance(run(schema, ["CREATE UNIQUE INDEX one ON users (email)"]), Done)


def test_without_enforcement_a_table_goes_whoever_refers_to_it(schema: LiveSchema) -> None:
    """So a driver that switches it off has no question."""
    assert isinstance(run(schema, ["DROP TABLE users"]), Done)


def test_rows_of_a_new_table_decide_nothing() -> None:
    """It is known what is in it."""
    assert isinstance(run(EMPTY, [USERS, "INSERT INTO users (id) VALUES (1)"]), Done)


def test_what_only_libsql_knows_is_done_as_libsql_does_it(schema: LiveSchema) -> None:
    """A column changes in its place."""
    effect = run(schema, ['ALTER TABLE users ALTER COLUMN "name" TO "name" text DEFAULT \'x\''])
    assert isinstance(effect, Done)
    [users] = [it for it in effect.schema.tables if it.name.table == "users"]
    assert [it.default for it in users.columns] == [None, "'x'", None]


def test_what_a_commit_ends_is_not_followed(schema: LiveSchema) -> None:
    """Drivers do different things with it."""
    assert isinstance(run(schema, ["COMMIT"]), Undecided)


@pytest.mark.parametrize(
    "sign",
    ["<", "<=", "<>", ">", ">=", "=", "==", "!=", "||", "<<", ">>", "->", "->>", "&", "|", "%"],
)
def test_every_operator_is_run_as_it_is_written(sign: str) -> None:
    """A text that is put together from its tokens would tear it apart."""
    made = run(LiveSchema(evidence=""), [f"CREATE TABLE a (x text CHECK (x {sign} '$.b'))"])
    assert isinstance(made, Done)
    [statement] = statements(f"SELECT x/* a */{sign}y -- b")
    assert statement.written == f"SELECT x {sign}y"


def test_the_catalogue_keeps_a_statement_as_it_was_written() -> None:
    """As SQLite does; blanks within a type mean nothing."""
    text = "CREATE TABLE a (\n\tx text(256) NOT NULL, -- a name\n\ty numeric(10, 2)\n)"
    made = run(LiveSchema(evidence=""), [text, "CREATE TABLE b (y numeric ( 10,2 ))"])
    assert isinstance(made, Done)
    one, two = made.schema.tables
    assert one.definition == text
    assert one.columns[0].type == "text(256)"
    assert one.columns[1].type == two.columns[0].type == "numeric(10,2)"


def test_of_a_virtual_table_nothing_but_its_name_is_claimed() -> None:
    """Its module alone knows what columns it has."""
    text = "CREATE VIRTUAL TABLE found USING fts5(body)"
    made = run(LiveSchema(evidence=""), [text])
    assert isinstance(made, Done)
    kinds = {it.name.table: (it.kind, it.columns) for it in made.schema.tables}
    assert kinds["found"] == (RelationKind.VIRTUAL, ())
