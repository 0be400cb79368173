"""What is particular to a kind of database is asked of its dialect; of others nothing is claimed."""

import ast
import re
from pathlib import Path

import pytest

from forensics.adapters import ADAPTERS
from forensics.collect.database.collector import COLLECTORS
from forensics.dialects import DIALECTS, USUAL, dialect_named
from forensics.dialects.effect import Done, Undecided
from forensics.dialects.text_changes import Change, change
from forensics.facts import LiveSchema, LiveTable
from forensics.model import TableName
from forensics.scratch.engines import ENGINES
from forensics.scratch.server import SERVERS
from tests.support.sources import MODULES, name_of, nodes, text

SCHEMA = LiveSchema(
    evidence="e1",
    schemas=("public",),
    tables=(LiveTable(name=TableName(schema="public", table="a")),),
)
MAKES = "CREATE TABLE b (c text)"

OWN_ROOMS = (
    "dialects/postgres",
    "collect/database",
    "scratch",
    "adapters/drizzle",
    "adapters/prisma",
    "adapters/supabase",
)
"""Where PostgreSQL may be named: what is particular to it, and what the tools call it."""

NAMED_IN = {
    "dialects/__init__.py": "the registry",
    "facts/database.py": "what bundles of earlier versions are of",
    "model/report.py": "what reports of earlier versions are of",
    "dialects/sqlite/standing.py": "the judge of states, which reads every dialect",
    "dialects/mysql/standing.py": "the same judge",
    "replay/rehearsal.py": "starts a server whose roles and jail are PostgreSQL's",
    "replay/project_code.py": "the same server",
    "replay/stage.py": "the same server",
    "demo/__init__.py": "the incident is built on PostgreSQL",
    "demo/database.py": "the same server",
    "redaction/known.py": "words of addresses that are no secrets",
    "redaction/assigned.py": "examples of secrets",
    "redaction/prose.py": "examples of algorithms that are no secrets",
    "redaction/sql.py": "SQL that carries secrets",
    "redaction/tokens.py": "tokens of services for databases",
    "redaction/urls.py": "the schemes of addresses",
    "collect/captured/words.py": "what a captured output can name",
    "dialects/observed.py": "the errors of the reader, where it cannot cut a text",
    "collect/programs.py": "where PostgreSQL's programs are installed",
    "trying/actions/psql.py": "reads calls of psql that a user wants to try",
    "trying/actions/parse.py": "the same",
    "trying/sending.py": "runs such a script as psql would",
    "cli/options.py": "POSTGRES_URL, and the help",
    "cli/databases.py": "examples of addresses in the help",
    "edition/names.py": "the words of SQL, which name nobody",
    "replay/lent_rights.py": "asks the one model of privileges that there is",
    "adapters/role_rights.py": "asks the one model of privileges that there is",
    "analysis/reasons.py": "messages of programs that PostgreSQL's users meet, and `psql`",
    "audit/audit.py": "starts a server whose scratch databases are PostgreSQL's",
    "audit/deeds.py": "how write-ups mark a block of SQL",
    "adapters/real_tool.py": "the address of the scratch server, as URLs spell it",
}
"""Other files with the word in their code, each with the reason."""


def names_postgres(path: Path) -> bool:
    """Whether the code of a file does so, in an import or a string; docstrings do not count."""
    if not any(word in text(path).lower() for word in ("postgres", "psql")):
        return False
    said = {id(node.value) for node in nodes(path) if isinstance(node, ast.Expr)}
    for node in nodes(path):
        named = ""
        if isinstance(node, ast.ImportFrom):
            named = node.module or ""
        elif isinstance(node, ast.Constant) and id(node) not in said:
            named = str(node.value).lower()
        if "postgres" in named or "psql" in named:
            return True
    return False


def test_only_these_files_name_one_dialect() -> None:
    """Elsewhere a comparison with its name would decide for every dialect to come."""
    found = {
        name
        for path in MODULES
        if not (name := name_of(path)).startswith(OWN_ROOMS)
        if names_postgres(path)
    }
    assert found == set(NAMED_IN)


def test_no_rule_imports_what_is_of_one_dialect() -> None:
    """It asks the dialect that the tool is set up for."""
    own = re.compile(r"forensics\.dialects\.(?:postgres|sqlite|mysql)\b")
    found = [name_of(it) for it in MODULES if own.search(text(it)) and "rules/" in name_of(it)]
    assert found == []


def test_every_dialect_has_what_needs_a_server() -> None:
    """A collector, and what answers experiments; a server where the dialect is no library."""
    assert set(DIALECTS) == set(COLLECTORS) == set(ENGINES)
    assert set(SERVERS) <= set(ENGINES)


def test_a_dialect_stands_under_its_name() -> None:
    """And no two have the same beginning of an address."""
    assert all(dialect.name == name for name, dialect in DIALECTS.items())
    schemes = [scheme for dialect in DIALECTS.values() for scheme in dialect.schemes]
    assert len(schemes) == len(set(schemes)) > 0


def test_a_config_that_could_not_be_read_is_taken_for_the_usual_one() -> None:
    """As the adapters do."""
    assert dialect_named(None) is dialect_named(USUAL) is dialect_named("postgresql")


def test_a_dialect_is_known_by_all_its_names() -> None:
    """Turso is libSQL, which speaks SQLite; no name means two dialects."""
    assert dialect_named("turso") is dialect_named("sqlite")
    names = [name for dialect in DIALECTS.values() for name in dialect.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "name",
    sorted(
        {name for adapter in ADAPTERS for name in adapter.dialects}
        - {name for dialect in DIALECTS.values() for name in dialect.names}
    ),
)
def test_of_a_dialect_that_we_do_not_know_nothing_is_claimed(name: str) -> None:
    """Each answer says so, or that it is not known."""
    unknown = dialect_named(name)
    assert not unknown.examined and name in unknown.unexamined
    effect = unknown.run(SCHEMA, [MAKES])
    assert isinstance(effect, Undecided)
    assert effect.changed and effect.why == unknown.unexamined
    assert unknown.state_of(SCHEMA).anything
    assert not unknown.client("fix.sql")
    assert unknown.fix_script(()) is unknown.undo_script(()) is None


def test_comments_of_an_unknown_dialect_are_not_told_apart() -> None:
    """`--1` is a comment to PostgreSQL, and an operator with a number to others."""
    before, after = "SELECT 1;", "SELECT 1 --1\n;"
    assert change(before, after, dialect_named("postgresql")) is Change.COMMENTS
    assert change(before, after, dialect_named("singlestore")) is Change.STATEMENTS
    crlf = change("SELECT\n1;", "SELECT\r\n1;", dialect_named("singlestore"))
    assert crlf is Change.BYTES


def test_postgresql_answers_with_its_own_parts() -> None:
    """The reader, the model and the state."""
    dialect = dialect_named("postgresql")
    assert [it.written for it in dialect.statements(f"-- why\n{MAKES};")] == [
        "CREATE TABLE b ( c text )"
    ]
    effect = dialect.run(SCHEMA, [MAKES])
    assert isinstance(effect, Done)
    assert [str(table.name) for table in effect.schema.tables] == ["public.a", "public.b"]
    assert dialect.state_of(SCHEMA).has_table(TableName(schema="public", table="a"))
    assert dialect.client("fix.sql") == "psql --set=ON_ERROR_STOP=1 --file=fix.sql"
    assert dialect.client("'a b'", "URL") == "psql --set=ON_ERROR_STOP=1 --file='a b' URL"
