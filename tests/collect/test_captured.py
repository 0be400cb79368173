"""What real libraries print when a statement is refused is understood, in every shape of it."""

import re
from pathlib import Path

import pytest

from forensics.adapters import ADAPTERS
from forensics.collect.symptoms import read_symptom
from forensics.facts import CapturedRun

CAPTURED = Path(__file__).parent / "captured"
FILES = sorted(CAPTURED.glob("orm-*.txt"))
STATEMENT = 'ALTER TABLE "people" ADD CONSTRAINT "people_email_unique" UNIQUE("email");'
DUPLICATES = 'could not create unique index "people_email_unique"'
HIDDEN = re.compile(r"orm-0\.45-kit")
"""drizzle-kit 0.31.10 and later print no error at all."""


def one(path: Path) -> CapturedRun:
    """The only run of a captured output."""
    (run,) = read_symptom(path.read_text(encoding="utf-8"), ADAPTERS).runs
    return run


def files(*names: str) -> list[Path]:
    """The captured outputs with one of these words in their names."""
    found = [path for path in FILES if any(name in path.name for name in names)]
    assert found
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_failure_is_one_run_with_its_exit_code(path: Path) -> None:
    """A stack with causes, fields and source lines is one failure, not several."""
    run = one(path)
    assert (run.exit_code, run.failed) == (1, True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_value_of_a_row_is_kept(path: Path) -> None:
    """Details, parameters and JSON quote the rows that were refused."""
    text = path.read_text(encoding="utf-8")
    symptom = read_symptom(text, ADAPTERS)
    assert "example.org" not in str(symptom)
    assert ("example.org" in text) == ("***" in symptom.text)


@pytest.mark.parametrize(
    "path",
    files("-pg-throw", "-pg-log", "-postgres-throw", "-postgres-log", "-pglite-", "-neon-"),
    ids=lambda path: path.stem,
)
def test_the_true_error_is_told_whichever_driver_raised_it(path: Path) -> None:
    """node-postgres, postgres.js, PGlite and Neon differ in fields and classes, not in the facts."""
    error = one(path).error
    if path.stem.endswith("-message"):
        assert error is None or error.text == DUPLICATES
        return
    assert error is not None
    assert (error.text, error.sqlstate) == (DUPLICATES, "23505")
    assert error.detail == "Key (email)=(***) is duplicated."
    assert (error.table, error.constraint) == ("people", "people_email_unique")


@pytest.mark.parametrize(
    "path",
    [p for p in FILES if re.search(r"0\.4[45]-(?!kit|libsql|mysql)", p.name)],
    ids=lambda path: path.stem,
)
def test_the_statement_is_told_where_the_output_quotes_it(path: Path) -> None:
    """drizzle-orm 0.44 and later quote it in the message, and Node once more as a field."""
    statement = one(path).statement
    assert statement is not None
    if path.stem[9:] not in ("pg-ck", "pg-fk", "pg-refused"):
        assert statement == STATEMENT


@pytest.mark.slow
def test_older_releases_quote_no_statement() -> None:
    """Before 0.44 drizzle-orm let the driver's error through."""
    older = [path for path in FILES if re.search(r"0\.(?:30|36|43)-", path.name)]
    assert older
    assert {one(path).statement for path in older} == {None}


@pytest.mark.parametrize("path", files("-kit-"), ids=lambda path: path.stem)
def test_the_tool_and_its_command_are_told(path: Path) -> None:
    """Also where the error stands in the line of the spinner, and through npm's banner."""
    run = one(path)
    assert (run.tool, run.command) == ("drizzle-kit", "migrate")
    if HIDDEN.match(path.name):
        assert (run.message, run.error) == ("", None)
    else:
        assert run.error is not None
        assert (run.error.text, run.error.sqlstate) == (DUPLICATES, "23505")


def test_what_a_check_and_a_missing_value_say_names_the_object() -> None:
    """The fields of the driver name the table, and the column or the constraint."""
    for path in files("-pg-ck"):
        error = one(path).error
        assert error is not None
        assert (error.sqlstate, error.table, error.constraint) == ("23514", "people", "mail_has_at")
    for path in files("-pg-fk"):
        error = one(path).error
        assert error is not None
        assert (error.sqlstate, error.table, error.column) == ("23502", "people", "age")


def test_a_server_that_is_not_there_is_the_first_of_several_errors_that_speaks() -> None:
    """Node tries each address of a name, and throws an AggregateError without a message."""
    for path in files("-pg-refused"):
        error = one(path).error
        assert error is not None
        assert (error.code, error.sqlstate) == ("ECONNREFUSED", None)
        assert error.text.startswith("connect ECONNREFUSED ")


def test_errors_of_other_databases_keep_their_codes() -> None:
    """They have no SQLSTATE, or MySQL's."""
    for path in files("-libsql-throw", "-libsql-log", "-libsql-json"):
        error = one(path).error
        assert error is not None
        assert (error.code, error.sqlstate) == ("SQLITE_CONSTRAINT_NOTNULL", None)
    (path,) = files("-mysql2-")
    error = one(path).error
    assert error is not None
    assert (error.code, error.text) == (
        "ER_DUP_ENTRY",
        "Duplicate entry '***' for key 'people_email_unique'",
    )


def test_an_aggregate_error_speaks_through_its_parts() -> None:
    """As Node 20 and later print it where a name has two addresses, of which none answers."""
    text = (CAPTURED / "aggregate.txt").read_text(encoding="utf-8")
    (run,) = read_symptom(text, ADAPTERS).runs
    assert run.error is not None
    assert run.error.text == "connect ECONNREFUSED ::1:1"


# --- What is put around it ----------------------------------------------------------------------

LOG = (
    "No config path provided, using default 'drizzle.config.js'\n"
    "Reading config file '/srv/app/drizzle.config.js'\n"
    '[⣷] applying migrations...error: column "age" of relation "people" contains null values\n'
    "    at /srv/app/node_modules/pg/lib/client.js:694:17 {\n"
    "  severity: 'ERROR',\n"
    "  code: '23502',\n"
    "  table: 'people',\n"
    "  column: 'age'\n"
    "}"
)


def ahead(prefix: str) -> str:
    """The log with the same words in front of every line."""
    return "\n".join(prefix + line for line in LOG.split("\n"))


@pytest.mark.parametrize(
    "text",
    [
        ahead("2026-11-28T12:00:00.1234567Z "),
        ahead("2026-11-28T12:00:00+01:00 "),
        ahead("2026-11-28 12:00:00,123 "),
        ahead("[12:00:00.123] "),
        ahead("migrate\tRun migrations\t2026-11-28T12:00:00.1234567Z "),
        ahead("app-1  | "),
        ahead("app-1  | 2026-11-28T12:00:00.123456789Z "),
        ahead("[pod/api-7d9f-x2x/migrate] "),
        ahead("Nov 28 12:00:00 host api[123]: "),
        ahead("2026-11-28T12:00:00.123456+00:00 app[release.1]: "),
        ahead("packages/db db:migrate: "),
        ahead("@acme/db:db:migrate: "),
        LOG.replace("\n", "\r\n"),
        LOG.replace("error:", "\x1b[31merror:\x1b[39m"),
        LOG.replace("[⣷] applying", "[⣷] applying migrations...\x1b[2K\x1b[1G[⣯] applying"),
    ],
)
def test_what_collectors_of_logs_add_is_taken_off(text: str) -> None:
    """Clocks, containers, jobs, colours, redrawn lines: the same run is read."""
    (run,) = read_symptom(text, ADAPTERS).runs
    assert (run.command, run.error and run.error.sqlstate) == ("migrate", "23502")
    assert run.message == 'error: column "age" of relation "people" contains null values'
    assert run.error is not None
    assert (run.error.table, run.error.column) == ("people", "age")


def test_lines_of_two_containers_are_read_apart() -> None:
    """Compose mixes them, and the server's own log has the statement that the tool hides."""
    server = [
        '2026-11-28 12:00:00.000 UTC [71] ERROR:  column "age" of relation "people" contains null values',
        '2026-11-28 12:00:00.000 UTC [71] STATEMENT:  ALTER TABLE "people"',
        '\tADD COLUMN "age" integer NOT NULL;',
    ]
    app = LOG.split("\n")
    mixed = []
    for number in range(max(len(app), len(server))):
        mixed += [f"app-1  | {line}" for line in app[number : number + 1]]
        mixed += [f"db-1   | {line}" for line in server[number : number + 1]]
    runs = read_symptom("\n".join(mixed), ADAPTERS).runs
    assert [(run.command, run.by_server) for run in runs] == [("migrate", False), (None, True)]
    assert runs[1].statement == 'ALTER TABLE "people"\n\tADD COLUMN "age" integer NOT NULL;'
    assert runs[0].error is not None and runs[1].error is not None
    assert runs[0].error.text == runs[1].error.text


PASSED = (
    "Reading config file '/srv/app/drizzle.config.js'\n[⣷] applying migrations...\n"
    "[✓] migrations applied successfully!"
)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (
            f"$ npx drizzle-kit migrate\n{LOG}\n(exit 1)\n$ npx drizzle-kit migrate\n{PASSED}(exit 0)",
            [1, 0],
        ),
        (f"{LOG}\n{PASSED}", [None, None]),
        (f"{PASSED}\n{LOG}", [None, None]),
        (
            f"\n> api@1.0.0 db:migrate\n> drizzle-kit migrate\n\n{LOG}\n\n> api@1.0.0 db:migrate\n"
            f"> drizzle-kit migrate\n\n{PASSED}",
            [None, None],
        ),
    ],
)
def test_several_runs_are_told_apart(text: str, codes: list[int | None]) -> None:
    """By what was typed, by what package managers announce, by the tool's first line."""
    runs = read_symptom(text, ADAPTERS).runs
    assert [run.exit_code for run in runs] == codes
    assert {run.command for run in runs} == {"migrate"}
    assert sorted(run.failed for run in runs) == [False, True]


def test_a_restarted_process_is_another_run() -> None:
    """A container is started again, and nothing but Node's last line stands between."""
    text = (CAPTURED / "orm-0.45-pg-throw.txt").read_text(encoding="utf-8")
    process = text.replace("$ node go.cjs\n", "").replace("(exit 1)\n", "")
    assert len(read_symptom(process * 3, ADAPTERS).runs) == 3


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "DETAIL:  Key (email)=(ann@x.org) already exists.",
            "DETAIL:  Key (email)=(***) already exists.",
        ),
        (
            "Key (during)=([2026-01-01,)) conflicts with existing key (during)=([2025-01-01,)).",
            "Key (during)=(***).",
        ),
        (
            "detail: 'Failing row contains (1, ann, null).',",
            "detail: 'Failing row contains (***).',",
        ),
        (
            "detail: 'Failing row contains (1, a\\n' +\n    'nn, null).',",
            "detail: 'Failing row contains (***).',",
        ),
        ("params: 1,ann@x.org", "params: ***"),
        ("  params: [\n    'ann@x.org',\n    7\n  ],", "  params: [***],"),
        ("  params: [ 'ann', 'x]y' ],", "  params: [***],"),
        ('invalid input syntax for type uuid: "ann"', 'invalid input syntax for type uuid: "***"'),
        ('invalid input value for enum mood: "bad"', 'invalid input value for enum mood: "***"'),
        (
            'value "99999999999" is out of range for type integer',
            'value "***" is out of range for type integer',
        ),
        (
            'date/time field value out of range: "2026-13-01"',
            'date/time field value out of range: "***"',
        ),
        ("Duplicate entry 'ann' for key 'x'", "Duplicate entry '***' for key 'x'"),
        ("params: ", "params: "),
        ("params: [],", "params: [],"),
        ('relation "people" already exists', 'relation "people" already exists'),
    ],
)
def test_what_a_row_held_is_masked_and_what_was_refused_is_not(said: str, kept: str) -> None:
    """Columns, constraints, types and keys stay; values go."""
    assert read_symptom(said, ADAPTERS).text == kept
