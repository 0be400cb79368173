"""A captured failure settles what is not known, is borne out, or is a finding: never dropped."""

from collections import defaultdict
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from forensics.adapters import ADAPTERS
from forensics.analysis import diagnose as module
from forensics.analysis.captured import latest
from forensics.analysis.diagnose import Diagnosis
from forensics.analysis.experiments import Scene
from forensics.cli import cli
from forensics.cli.exit_codes import FAULTS, INCOMPLETE
from forensics.collect.symptoms import read_symptom
from forensics.dialects.postgres.effects import run
from forensics.evidence.tool_runs import Replays
from forensics.model import Certainty, CommandOutcome, Finding, Prediction, Severity, Unanswered
from tests.analysis.test_diagnose import write
from tests.build import (
    DEFAULT,
    Case,
    added,
    changed,
    commit,
    commits,
    project,
    rows,
    table,
)
from tests.support.pending import BREAK, NEXT, pending
from tests.support.standing import BY_EMAIL, EMAIL, TAGS, grown, having, users

AGE = 'ALTER TABLE "users" ADD COLUMN "age" integer NOT NULL;'
NULLS = 'column "age" of relation "users" contains null values'
BAD = 'ALTER TABLE "gone" ADD COLUMN "x" text;'
FINE = 'CREATE TABLE "c" ("id" integer);'


def wrapped(statement: str, text: str, state: str, *fields: str) -> str:
    """As drizzle-orm 0.45 prints a failure."""
    told = "".join(f"    {field},\n" for field in (f"code: '{state}'", *fields))
    return (
        f"$ drizzle-kit migrate\nDrizzleQueryError: Failed query: {statement}\nparams: \n"
        f"    at async migrate (/srv/app/x.js:1:1) {{\n  params: [],\n"
        f"  cause: error: {text}\n      at /srv/app/y.js:1:1 {{\n{told}  }}\n}}\n(exit 1)"
    )


def bare(text: str, state: str, *fields: str) -> str:
    """As older releases do, which quote no statement."""
    told = "".join(f"  {field},\n" for field in (f"code: '{state}'", *fields))
    return (
        f"$ drizzle-kit migrate\n[⣷] applying migrations...error: {text}\n"
        f"    at /srv/app/y.js:1:1 {{\n{told}}}\n(exit 1)"
    )


def judged(case: Case, *texts: str) -> Diagnosis:
    """The diagnosis of a case with captured outputs."""
    told = [replace(read_symptom(text, ADAPTERS), evidence="captured") for text in texts]
    gaps = defaultdict[type, tuple[str, str]](lambda: ("", ""))
    return module._diagnose(case.scene, gaps, latest(told), run, Replays(), tuple(told))


def open_about(case: Case, *texts: str) -> list[Unanswered]:
    """The questions that captured outputs leave open."""
    told = [replace(read_symptom(text, ADAPTERS), evidence="captured") for text in texts]
    return list(module._symptom_gaps(latest(told), (judged(case, *texts),)))


def migrate(diagnosis: Diagnosis) -> Prediction:
    """What `migrate` does, as things are."""
    return next(it for it in diagnosis.causation.before if it.command == "migrate")


def about(diagnosis: Diagnosis, tag: str) -> list[Finding]:
    """The findings about a migration."""
    return [it for it in diagnosis.findings if it.subject == tag]


FAILED = wrapped(AGE, NULLS, "23502", "table: 'users'", "column: 'age'")


def test_what_depends_on_rows_is_settled_by_what_was_seen() -> None:
    """The model cannot tell whether the table has rows; the output can."""
    case = pending(AGE)
    assert migrate(judged(case)).outcome is CommandOutcome.UNKNOWN
    diagnosis = judged(case, FAILED)
    told = migrate(diagnosis)
    assert told.outcome is CommandOutcome.BLOCKED
    assert told.error is not None
    assert (told.error.text, told.error.sqlstate) == (NULLS, "23502")
    assert told.statement is not None
    assert (told.statement.migration, told.statement.number) == (NEXT, 1)
    assert diagnosis.observed == {"migrate"}
    (finding,) = about(diagnosis, NEXT)
    assert finding.severity is Severity.HIGH
    assert not open_about(case, FAILED)


def test_a_statement_behind_the_one_in_doubt_is_settled_too() -> None:
    """If the second failed, the first had passed."""
    other = AGE.replace("age", "name")
    case = pending(f"{AGE}\n{BREAK}{other}")
    told = migrate(judged(case, wrapped(other, NULLS.replace("age", "name"), "23502")))
    assert told.statement is not None
    assert (told.outcome, told.statement.number) == (CommandOutcome.BLOCKED, 2)


def test_an_error_without_a_statement_is_placed_by_the_object_that_it_names() -> None:
    """drizzle-orm before 0.44 quotes no statement: the fields of the driver name the column."""
    text = bare(NULLS, "23502", "table: 'users'", "column: 'age'")
    told = migrate(judged(pending(f"{FINE}\n{BREAK}{AGE}"), text))
    assert told.statement is not None
    assert (told.outcome, told.statement.number) == (CommandOutcome.BLOCKED, 2)


def test_without_a_database_the_output_alone_names_the_statement() -> None:
    """It is a finding with its place, and the command is blocked as it was seen to be."""
    case = pending(f"{FINE}\n{BREAK}{AGE}")
    case.scene = replace_scene(case)
    told = migrate(judged(case, FAILED))
    assert (told.outcome, told.certainty) == (CommandOutcome.BLOCKED, Certainty.OBSERVED)
    assert told.statement is not None
    assert told.statement.number == 2
    (finding,) = about(judged(case, FAILED), NEXT)
    assert "captured" in finding.evidence
    assert judged(case, FAILED).causation.blocked_by["migrate"] == (0,)


def replace_scene(case: Case) -> Scene:
    """The scene without a database."""
    return replace(case.scene, database=None)


@pytest.mark.parametrize(
    ("text", "observed"),
    [
        (wrapped(BAD, 'relation "gone" does not exist', "42P01"), True),
        (bare('relation "gone" does not exist', "42P01"), True),
        ("$ drizzle-kit migrate\n(exit 1)", True),
        (wrapped(BAD, 'relation "gone" does not exist', "42501"), False),
        (wrapped(FINE, 'relation "c" already exists', "42P07"), False),
    ],
)
def test_a_prediction_is_observed_by_sqlstate_and_statement(text: str, observed: bool) -> None:
    """Neither another SQLSTATE nor another statement does; silence does, of a silent release."""
    case = pending(f"{BAD}\n{BREAK}{FINE}")
    assert judged(case, text).observed == ({"migrate"} if observed else set())


def test_a_failure_that_contradicts_the_model_is_a_finding_with_its_reasons() -> None:
    """The table is not there, so the statement would pass: it was another state, or another place."""
    case = pending(FINE)
    seen = wrapped(FINE, 'relation "c" already exists', "42P07")
    diagnosis = judged(case, seen)
    assert migrate(diagnosis).outcome is CommandOutcome.PASSES
    (finding,) = about(diagnosis, NEXT)
    assert (finding.rule, finding.severity) == ("failing-statement", Severity.HIGH)
    assert "the evidence does not explain" in finding.title
    for reason in ("(SQLSTATE 42P07)", "changed since", "fixed since", "another database"):
        assert reason in finding.root_cause
    assert "captured" in finding.evidence
    assert not open_about(case, seen)


def test_a_failure_of_a_migration_that_is_recorded_now_is_a_note() -> None:
    """It ran after that, so nothing is left to do."""
    case = pending(FINE)
    seen = wrapped('CREATE TABLE "users" (\n\t"id" serial PRIMARY KEY NOT NULL\n);', "no", "42501")
    found = about(judged(case, seen), "0000_users")
    (finding,) = (it for it in found if it.rule == "failing-statement")
    assert finding.severity is Severity.NOTE
    assert "recorded" in finding.title


def test_a_run_that_passed_later_ends_it() -> None:
    """The last run of an output counts; of several outputs nobody knows which is the last."""
    case = pending(AGE)
    passed = "$ drizzle-kit migrate\n[✓] migrations applied successfully!\n(exit 0)"
    diagnosis = judged(case, f"{FAILED}\n{passed}")
    assert "captured" not in {it for each in diagnosis.findings for it in each.evidence}
    assert not open_about(case, f"{FAILED}\n{passed}")
    for texts in ((FAILED, passed), (passed, FAILED)):
        assert migrate(judged(case, *texts)).outcome is CommandOutcome.BLOCKED


def test_the_servers_log_says_what_a_silent_tool_hides() -> None:
    """drizzle-kit 0.31.10 prints nothing; PostgreSQL's log has the statement and the error."""
    log = (
        f"2026-11-28 12:00:00.000 UTC [7] ERROR:  {NULLS}\n"
        f"2026-11-28 12:00:00.000 UTC [7] STATEMENT:  {AGE}\n"
    )
    other = log.replace(AGE, "SELECT 1").replace(NULLS, "division by zero")
    silent = "$ drizzle-kit migrate\n[⣷] applying migrations...(exit 1)"
    case = pending(AGE)
    for texts in ((silent, log + other), (log,)):
        told = migrate(judged(case, *texts))
        assert told.outcome is CommandOutcome.BLOCKED, texts
        assert told.error is not None
        assert told.error.text == NULLS
        assert not open_about(case, *texts)
    untold = migrate(judged(case, silent, other))
    assert (untold.outcome, untold.error) == (CommandOutcome.BLOCKED, None)


REFUSED = (
    "$ drizzle-kit migrate\nError: connect ECONNREFUSED 10.0.0.7:5432\n"
    "    at x (node:net:1:1) {\n  code: 'ECONNREFUSED'\n}\n(exit 1)"
)


def test_a_failure_that_names_no_statement_stays_an_open_question_with_its_reason() -> None:
    """It says what it was, what is likeliest, and nowhere to capture it again."""
    (question,) = open_about(pending(FINE), REFUSED)
    assert "connect ECONNREFUSED" in question.lacks
    assert "did not reach the database" in question.how_to_get_it
    assert "capture it again" not in question.how_to_get_it


READING = "Reading config file '/srv/app/drizzle.config.ts'\n"


@pytest.mark.parametrize(
    ("printed", "lacked"),
    [
        (
            f"{READING}To connect to Postgres database - please install either of 'pg', 'postgres',"
            " '@neondatabase/serverless' or '@vercel/postgres' drivers\n",
            "No driver of the database",
        ),
        (
            f"{READING}Error  Please provide required params for Postgres driver:\n"
            "    [x] url: undefined\n",
            "The config gave no address",
        ),
        (
            "Migration failed: Error: Can't find meta/_journal.json file\n"
            "    at readMigrationFiles (/srv/node_modules/drizzle-orm/migrator.js:8:11)\n",
            "an image or a bundle that lacks it",
        ),
        (
            f"{READING}Configuration failed, check the variables: API_URL\n",
            "code that the config or the schema imports",
        ),
        (
            f"{READING}Error: Cannot find module './users.js'\n    at Module._load (node:x:1:1) {{\n"
            "  code: 'MODULE_NOT_FOUND'\n}\n(exit 0)\n",
            "an import that Node.js cannot load",
        ),
        (f"{READING}Using 'pg' driver for database querying\nsomething failed\n", None),
        (f"{READING}drizzle/meta/0001_snapshot.json data is malformed\n", None),
        (f"{READING}Error: Interactive prompts require a TTY terminal\n", None),
        (f"{READING}No schema files found for path config ['./schema.ts']\n", "names no file"),
    ],
)
def test_a_run_that_stopped_before_any_sql_says_what_it_lacked(
    printed: str, lacked: str | None
) -> None:
    """No migration and no database explain it: the message of the tool does."""
    (question,) = open_about(pending(FINE), printed + "(exit 1)" * ("(exit" not in printed))
    assert ("stopped before it sent any SQL" in question.lacks) is (lacked is not None)
    assert lacked is None or lacked in question.how_to_get_it
    assert "no error printed" not in question.lacks


@pytest.mark.parametrize(
    ("printed", "likeliest"),
    [
        ("", "It printed no error. It may not have reached the database"),
        ("(node:7) Warning: They are treated as aliases for 'verify-full'.\nECONNREFUSED", "reach"),
        ("Error: P1002\nTimed out trying to acquire a postgres advisory lock", "held a lock"),
        ("Error: self-signed certificate in certificate chain", "the server's certificate"),
        (
            "(node:7) Warning: The SSL modes 'require', and 'verify-ca' are treated as aliases for "
            "'verify-full'.",
            "the server's certificate",
        ),
        ("error: password authentication failed for user x", "was refused at its door"),
    ],
)
def test_a_failure_at_the_door_has_its_reason_first(printed: str, likeliest: str) -> None:
    """A release that prints no error hides that of a connection as well."""
    text = f"$ drizzle-kit migrate\n[⣷] applying migrations...\n{printed}\n(exit 1)"
    (question,) = open_about(pending(FINE), text)
    reasons = question.how_to_get_it
    assert likeliest in reasons
    assert reasons.index(likeliest) < reasons.index("It was fixed since")


@pytest.mark.parametrize(
    ("behind", "asked"),
    [
        ("", True),
        ("\n", True),
        ("\n(exit 0)", False),
        ("\n[✓] migrations applied successfully!", False),
    ],
)
def test_an_output_that_stops_while_the_command_works_may_be_a_failure(
    behind: str, asked: bool
) -> None:
    """drizzle-kit 0.31 prints nothing more where it fails; nobody pastes the exit code."""
    text = f"$ drizzle-kit migrate\n[⣷] applying migrations...{behind}"
    told = [question.lacks for question in open_about(pending(FINE), text)]
    assert bool(told) is asked
    assert all("stops while `migrate` is still running" in it for it in told)


def test_nothing_is_asked_of_it_where_the_command_is_known_to_fail() -> None:
    """The prediction says why."""
    case = pending('ALTER TABLE "nobody" ADD COLUMN "x" text;')
    assert migrate(judged(case)).outcome is CommandOutcome.BLOCKED
    assert not open_about(case, "$ drizzle-kit migrate\n[⣷] applying migrations...")


def test_the_first_screen_never_says_no_fault_beside_a_captured_failure(tmp_path: Path) -> None:
    """Neither in the title nor in the list of faults; the exit code is 3."""
    write(tmp_path / "app", project("0000_a"))
    (tmp_path / "out.txt").write_text(REFUSED)
    given = ["investigate", str(tmp_path / "app"), "--symptom", str(tmp_path / "out.txt")]
    answer = CliRunner().invoke(cli, [*given, "--no-scratch", "--output", str(tmp_path / "o")])
    assert answer.exit_code == INCOMPLETE
    assert "no issue found" not in answer.stdout
    assert "nothing found explains the captured output" in answer.stdout
    assert "none was found that explains the captured output" in answer.stdout


def test_a_statement_that_was_seen_to_fail_counts_as_a_fault(tmp_path: Path) -> None:
    """Without any database, for the exit code too."""
    files = project("0000_a", "0001_b") | {"drizzle/0001_b.sql": AGE}
    write(tmp_path / "app", files)
    (tmp_path / "out.txt").write_text(FAILED)
    given = ["investigate", str(tmp_path / "app"), "--symptom", str(tmp_path / "out.txt")]
    answer = CliRunner().invoke(cli, [*given, "--no-scratch", "--output", str(tmp_path / "o")])
    assert answer.exit_code == FAULTS
    assert "0001_b" in answer.stdout


@pytest.mark.parametrize(
    ("text", "state", "explained"),
    [
        ('relation "orders" does not exist', "42P01", True),
        ("no such table: orders", "", True),
        ('relation "orders" does not exist', "", True),
        ('relation "parcels" does not exist', "42P01", False),
        ('duplicate key value violates unique constraint "orders"', "23505", False),
    ],
)
def test_what_misses_an_object_is_explained_by_the_issue_about_it(
    text: str, state: str, *, explained: bool
) -> None:
    """The program fails where it needs what a recorded migration never made."""
    coded = f"\n    at /srv/app/y.js:1:1 {{\n  code: '{state}',\n}}" if state else ""
    output = f"$ node app.js\nerror: {text}{coded}\n(exit 1)"
    live = (users(EMAIL, indexes=[BY_EMAIL]),)
    case = Case(grown(*TAGS[:3]), having(live, table(DEFAULT, *rows(*TAGS[:3]))))
    assert bool(open_about(case, output)) is not explained


def test_the_commit_that_brought_the_statement_is_named() -> None:
    """Not the one that touched the file last, nor any where the content is not committed."""
    path, text = f"drizzle/{NEXT}.sql", f"{AGE}\n"
    past = commits(
        commit(added(path, text), subject="an age"),
        commit(changed(path, text, f"-- why\n{text}"), subject="a comment"),
    )
    for content, subject in ((f"-- why\n{text}", "an age"), (f"-- new\n{text}", None)):
        case = pending(content)
        case.scene = replace(case.scene, commits=past)
        (finding,) = [it for it in judged(case, FAILED).findings if it.rule == "rows-decide"]
        assert (finding.origin.subject if finding.origin else None) == subject
