"""A captured output tells which command failed, how, and in which versions."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forensics.adapters import ADAPTERS
from forensics.collect.symptoms import collect_symptom, read_symptom
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.recorded import recorded_symptoms
from forensics.facts import CapturedRun
from forensics.model import Project

OBSERVED = json.loads((Path(__file__).parents[1] / "lab/observed.json").read_text())
FAILED = [
    seen for seen in OBSERVED if seen["first_error"] and seen["outcome"] in ("blocked", "asks")
]

PNPM = """\x1b[2K\x1b[1G
> api@1.0.0 db:migrate /home/me/api
> drizzle-kit migrate

drizzle-kit: v0.21.4
drizzle-orm: v0.30.10

\x1b]8;;file:///x\x07No config path\x1b]8;;\x07 provided, using default 'drizzle.config.ts'
[\x1b[34m\u28fd\x1b[39m] applying migrations...\x1b[31merror: column "phone" of relation "users" already exists\x1b[0m
    at Parser.parseErrorMessage (/x/node_modules/pg-protocol/src/parser.ts:369:69) {
  severity: 'ERROR',
  code: '42701',
}
\u2009ELIFECYCLE\u2009 Command failed with exit code 1.
"""


def last(text: str) -> CapturedRun:
    """The last run of an output; one that says nothing where it has none."""
    return (CapturedRun(), *read_symptom(text, ADAPTERS).runs)[-1]


def test_a_run_through_pnpm_is_understood() -> None:
    """Command, first error without colours, SQLSTATE, exit code and versions, each from its place."""
    symptom, run = read_symptom(PNPM, ADAPTERS), last(PNPM)
    assert (run.tool, run.command, run.exit_code) == ("drizzle-kit", "migrate", 1)
    assert run.message == 'error: column "phone" of relation "users" already exists'
    assert run.error is not None
    assert run.error.sqlstate == "42701"
    assert dict(symptom.versions) == {"drizzle-kit": "0.21.4", "drizzle-orm": "0.30.10"}
    assert "\x1b" not in symptom.text


@pytest.mark.slow
def test_the_first_error_of_the_real_kits_is_found() -> None:
    """For every failure that the lab recorded, the message is the line that the kit printed first."""
    assert len(FAILED) > 100
    wrong = [
        (seen["first_error"], run.message)
        for seen in FAILED
        if (run := last(f"{seen['stdout']}\n{seen['stderr']}")).message != seen["first_error"]
        and "Interactive prompts" not in run.message  # both lines are errors: either may stand
    ]
    assert wrong == []


def test_success_is_no_error() -> None:
    """What the real kits print when all went well names no error."""
    passed = [seen for seen in OBSERVED if seen["outcome"] == "passes" and not seen["stderr"]]
    assert passed
    assert {last(seen["stdout"]).message for seen in passed} == {""}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("npm ERR! code 1\nnpm ERR! path /x", 1),
        ("npm error code 2", 2),
        ("error Command failed with exit code 127.", 127),
        ('error: script "migrate" exited with code 1', 1),
        ("Process exited with code: 3", 3),
        ("Error: Process completed with exit code 1.", 1),
        ("npm ERR! code ELIFECYCLE\nnpm ERR! errno 1\nexit status 1", 1),
        ("code: '42701'", None),
        ("all is well", None),
    ],
)
def test_the_exit_code_is_taken_where_the_text_says_it(text: str, code: int | None) -> None:
    """Package managers and CI name it; an SQLSTATE or nothing is none."""
    assert last(text).exit_code == code


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("$ npx drizzle-kit generate --name x", "generate"),
        ("npx drizzle-kit@0.31.11 push", "push"),
        ("drizzle-kit generate:pg", "generate"),
        ("node ./node_modules/drizzle-kit/bin.cjs check", "check"),
        ("$ pnpm db:migrate", "migrate"),
        ("drizzle-kit: v0.21.4", None),
    ],
)
def test_the_command_is_named(text: str, command: str | None) -> None:
    """The subcommand, also behind a version, a path or a script's name."""
    assert last(text).command == command


def test_secrets_do_not_reach_the_bundle(tmp_path: Path) -> None:
    """A connection string in an error message is masked before it is written."""
    writer = BundleWriter(tmp_path / "bundle")
    text = "error: connect postgres://app:hunter2/x@db/app failed"
    symptom = collect_symptom(text, "ci.log", writer, ADAPTERS)
    bundle = writer.seal(Project(root="", head=None, branch=None), datetime(2026, 1, 1, tzinfo=UTC))
    assert recorded_symptoms(bundle) == (symptom,)
    assert symptom.evidence == "e1"
    assert symptom.runs[0].message == "error: connect postgres://app:***@db/app failed"
    assert all(b"hunter2" not in f.read_bytes() for f in bundle.folder.rglob("*") if f.is_file())


@pytest.mark.parametrize("text", ["", "\x00\x1b[", "\ud800", "\x1b]" * 50_000, "error " * 50_000])
def test_any_text_passes(text: str) -> None:
    """Nothing, half an escape sequence, half a surrogate pair, a flood: an answer, in time."""
    assert len(last(text).message) <= 1000


def test_an_exit_code_that_alone_has_a_container_name_belongs_to_the_output_before() -> None:
    """As `docker compose run` mixes what it prints with what a shell was told to print."""
    [run] = read_symptom("[⣷] applying migrations...\nmigrate-1  | (exit 1)\n", ADAPTERS).runs
    assert (run.command, run.exit_code) == ("migrate", 1)


def test_a_container_with_a_name_of_its_own_is_left_out() -> None:
    """Compose puts no number behind it; columns of psql are no containers."""
    lines = ["start", "one", "two", "Migration error: Can't find meta/_journal.json file"]
    text = "".join(f"shop-backend   | {it}\n" for it in lines)
    [run] = read_symptom(f"{text}shop-backend exited with code 1\n", ADAPTERS).runs
    assert (run.message, run.exit_code) == (lines[-1], 1)
    rows = "".join(f"id   | {it}\nhash | failed\n" for it in range(4))
    assert "hash | failed" in read_symptom(rows, ADAPTERS).text
