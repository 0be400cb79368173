"""Kinds of commands decide: a tool whose commands have other names gets the same answers."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from forensics.adapters.drizzle import Drizzle
from forensics.analysis.advice import do_not_run
from forensics.analysis.diagnose import Analysis
from forensics.dialects.engine import Engine
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import Database, Facts
from forensics.model import Artefact, CommandOutcome, Prediction, Project, Report, Severity
from forensics.render._words import assumes
from forensics.render.markdown import report_markdown
from forensics.report.build import build
from tests.build import DEFAULT, PUBLIC, Case, database, project, rows, table
from tests.support.left_open import left_open

THEN = datetime(2026, 1, 1, tzinfo=UTC)
TAGS = ("0000_a", "0001_b")
LIVE = tuple(f"public.{tag}" for tag in TAGS)
SPLIT = database(table(DEFAULT), table(PUBLIC, *rows(*TAGS)), live=LIVE)
LOST = project(*TAGS, **{"drizzle/0001_b.sql": None, "drizzle/meta/stray.txt": "x"})
FRESH = " on an empty database"


class Renamed(Drizzle):
    """drizzle-kit with its commands under other names."""

    commands = tuple(replace(it, name=f"db-{it.name}") for it in Drizzle.commands)

    def predict(self, facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
        """The same outcome under the other name."""
        assert command.startswith("db-")
        told = super().predict(facts, command.removeprefix("db-"), engine)
        return msgspec.structs.replace(told, command=command)


class Plain(Renamed):
    """Without snapshots, and never run."""

    artefacts = Drizzle.artefacts - {Artefact.SNAPSHOT}
    real_tool = None


def case_of(held: Database | None, adapter: Drizzle, version: str | None = None) -> Case:
    """A project that lost a file, with a database."""
    case = Case(LOST, held)
    tool = case.scene.tool
    tool = msgspec.structs.replace(tool, version=version or tool.version)
    case.scene = replace(case.scene, adapter=adapter, tool=tool)
    return case


def report_of(case: Case, folder: Path) -> Report:
    """The report on it."""
    bundle = BundleWriter(folder).seal(Project(root="", head=None, branch=None), THEN)
    diagnosis = case.diagnose()
    analysis = Analysis(
        bundle=bundle,
        diagnoses=(diagnosis,),
        unanswered=(),
        database=case.scene.database,
        commits=None,
        symptoms=(),
    )
    return build(analysis)


@pytest.mark.parametrize("held", [None, SPLIT], ids=["files alone", "with a database"])
def test_a_tool_with_other_names_gets_the_same_report(
    tmp_path: Path, held: Database | None
) -> None:
    """Roles, severities, chains, the new machine, what stands on the schema code."""
    ours, theirs = (
        report_of(case_of(held, adapter), tmp_path / type(adapter).__name__)
        for adapter in (Drizzle(), Renamed())
    )
    assert [(it.rule, it.role, it.severity) for it in theirs.issues] == [
        (it.rule, it.role, it.severity) for it in ours.issues
    ]
    assert [(it.command, it.blocked_by) for it in theirs.commands] == [
        (f"db-{it.command}", it.blocked_by) for it in ours.commands
    ]
    assert [it.command for it in theirs.verification] == [
        f"db-{it.command}" for it in ours.verification
    ]
    assert assumes(theirs) is assumes(ours)
    assert comparing_code(theirs) == {"db-generate", "db-push"}
    assert len(theirs.do_not_run) == len(ours.do_not_run)


def test_what_production_runs_is_the_command_that_applies(tmp_path: Path) -> None:
    """Blocked, its fault is critical; and it is what a new machine runs."""
    report = report_of(case_of(SPLIT, Renamed()), tmp_path)
    assert Severity.CRITICAL in {issue.severity for issue in report.issues}
    fresh = [row.command for row in report.verification if row.command.endswith(FRESH)]
    assert fresh == [f"db-migrate{FRESH}"]


def comparing_code(report: Report) -> set[str]:
    """The commands that compare the schema code."""
    return {it.command for it in report.commands if it.compares_code}


def test_the_report_names_the_commands_that_compare_the_schema_code(tmp_path: Path) -> None:
    """As the tool calls them, and in the formats for people alone."""
    report = report_of(case_of(None, Renamed()), tmp_path)
    told = report_markdown(report)
    assert "The schema code was not run" in told
    for command in comparing_code(report):
        assert f"** `{command}`" in told
    assert comparing_code(report) == {"db-generate", "db-push"}


@pytest.mark.parametrize(
    ("version", "actions"),
    [
        ("0.21.4", ["drizzle-kit db-push"]),
        ("0.31.11", ["drizzle-kit db-push", "drizzle-kit db-push --force"]),
    ],
)
def test_advice_names_an_option_only_where_the_release_has_it(
    version: str, actions: list[str]
) -> None:
    """Up to 0.22 there is no `--force`."""
    told = do_not_run(case_of(SPLIT, Renamed(), version=version).diagnose())
    assert [it.action for it in told if "push" in it.action] == actions


def test_advice_says_what_happens_without_a_terminal_where_that_is_known() -> None:
    """The exit code is the predicted one; the oldest releases do not end at all."""
    known, unknown = (
        " ".join(it.why for it in do_not_run(case_of(SPLIT, Renamed(), version=it).diagnose()))
        for it in ("0.31.11", "0.21.0")
    )
    assert "without a terminal it exits with code 0 and does nothing" in known
    assert "deletes the record of what was applied" in unknown
    assert "without a terminal" not in unknown


@pytest.mark.parametrize(
    ("adapter", "how"),
    [
        (
            Renamed(),
            "in the output folder, `forensics replay . --with-project-code` runs the real tool on a copy",
        ),
        (Plain(), "try it on a copy of the database"),
    ],
    ids=["as it is", "without snapshots or a real tool"],
)
def test_what_a_sync_would_do_is_one_question_in_the_tools_words(
    adapter: Drizzle, how: str
) -> None:
    """It ends with the adapter's own reason; the real tool is run only where it can be."""
    held = database(table(DEFAULT, *rows(*TAGS)), live=LIVE)
    diagnosis = case_of(held, adapter).diagnose()
    unknown = [it for it in diagnosis.causation.before if it.outcome is CommandOutcome.UNKNOWN]
    assert "db-push" in {it.command for it in unknown}
    (gap,) = left_open(diagnosis)
    assert "whether `db-push` would change anything" in gap.lacks
    (told,) = (it for it in unknown if it.command == "db-push")
    assert gap.lacks.endswith(f", and {told.why}")
    assert " or " not in gap.lacks
    assert gap.how_to_get_it == how
