"""The public API: data comes back, nothing is printed, and nothing is done twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from forensics import pipeline
from forensics.adapters.base import shown
from forensics.adapters.drizzle import Drizzle
from forensics.analysis.diagnose import diagnose
from forensics.demo import EXPECTED, incident
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import DatabaseIdentity
from forensics.model import Project
from forensics.output import ForeignFolder
from forensics.pipeline import NothingToJudge, ProjectCode, UnknownTag
from forensics.progress import Progress
from forensics.replay import rehearsal
from forensics.report.build import build
from tests.build import project
from tests.collect.repositories import Repo
from tests.support.calls import counted

pytestmark = pytest.mark.slow

TAGS = ("0000_users", "0001_orders")
LOST = "drizzle/0001_orders.sql"


class Heard(Progress):
    """Keeps what it hears, in order."""

    def __init__(self) -> None:
        self.news: list[str] = []

    def step(self, line: str) -> None:
        """The first word is enough."""
        self.news.append(f"step {line.split()[0]}")

    def problem(self, line: str) -> None:
        """In full."""
        self.news.append(f"problem {line}")

    def connected(self, database: DatabaseIdentity) -> None:
        """Its name."""
        self.news.append(f"connected {database.database}")

    def collected(self, bundle: Bundle) -> None:
        """That there is evidence in it."""
        self.news.append(f"collected {bool(bundle.evidence())}")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project that lacks a migration file, which git has."""
    repo = Repo(tmp_path / "shop")
    repo.commit("begin", {path: str(text) for path, text in project(*TAGS).items()})
    repo.commit("tidy up", {LOST: None})
    return repo.top


def test_an_investigation_diagnoses_once_and_builds_one_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the demo's incident, scratch server included; who wants to hear of it is told."""
    heard = Heard()
    with incident() as (top, address), counted(diagnose, build, Drizzle.predict) as calls:
        done = pipeline.investigate(
            top, output=tmp_path / "out", formats=["json"], progress=heard, database_url=address
        )
    assert {issue.rule for issue in done.report.issues} >= EXPECTED
    assert (calls["diagnose"], calls["build"]) == (1, 1)
    (diagnosis,) = diagnose(done.bundle).diagnoses
    # Besides, what overwriting the recorded hash would change is foreseen, and that it is nothing.
    by_hand = 2 * len(shown(diagnosis.scene.adapter))
    assert calls["Drizzle.predict"] == len(diagnosis.bench.answers.questions) + by_hand
    assert "report.json" in {path.name for path in done.written}
    assert pipeline.analyze(done.bundle) == done.report
    assert heard.news[0] == "step Reading"
    assert heard.news[-2:] == ["collected True", "step Trying"]
    assert "connected clinic" in heard.news
    assert not [line for line in heard.news if line.startswith("problem")]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("formats", [["docx"], ["md", "docx"]])
def test_an_unknown_format_is_refused_before_anything_is_read(
    shop: Path, tmp_path: Path, formats: list[str]
) -> None:
    """And before a folder is made."""
    with pytest.raises(ForensicsError, match="docx"):
        pipeline.investigate(shop, output=tmp_path / "out", formats=formats)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_somebody_else_is_not_written_to(shop: Path, tmp_path: Path) -> None:
    """By any function that writes."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    report = pipeline.check(shop)
    for write in (
        lambda folder: pipeline.investigate(shop, output=folder),
        lambda folder: pipeline.collect(shop, output=folder),
        lambda folder: pipeline.recover(shop, output=folder),
        lambda folder: pipeline.render(report, folder),
    ):
        with pytest.raises(ForeignFolder):
            write(tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_report_is_not_written_beside_another_bundle(shop: Path, tmp_path: Path) -> None:
    """Where it is said whose report it is."""
    one = pipeline.collect(shop, output=tmp_path / "one")
    pipeline.collect(shop, output=tmp_path / "two")
    report = pipeline.analyze(one)
    assert pipeline.render(report, tmp_path / "one", bundle=one)
    with pytest.raises(ForensicsError, match="another bundle"):
        pipeline.render(report, tmp_path / "two", bundle=one)


def test_a_check_reads_git_only_when_asked(shop: Path) -> None:
    """It is for CI, and fast; what it lacks is said."""
    plain, deep = pipeline.check(shop), pipeline.check(shop, history=True)
    assert [issue.rule for issue in plain.issues] == [issue.rule for issue in deep.issues]
    assert plain.issues[0].origin is None
    assert deep.issues[0].origin is not None


def test_options_of_a_project_count_from_the_project(shop: Path) -> None:
    """As on the command line."""
    with pytest.raises(ForensicsError, match=r"SCHEMA\.TABLE"):
        pipeline.check(shop, tracking_table="rows")
    with pytest.raises(ForensicsError, match="lies outside of the project"):
        pipeline.check(shop, config="/elsewhere/drizzle.config.ts")
    before = pipeline.check(shop, at="HEAD~1")
    assert not before.issues


def test_a_bundle_is_found_in_its_output_folder(shop: Path, tmp_path: Path) -> None:
    """By either path, or as it was handed out."""
    bundle = pipeline.collect(shop, output=tmp_path / "out")
    reports = [pipeline.analyze(each) for each in (bundle, bundle.folder, str(tmp_path / "out"))]
    assert reports[0] == reports[1] == reports[2]


def test_an_unknown_tag_is_an_error_that_names_the_known(shop: Path, tmp_path: Path) -> None:
    """Nothing was looked for then."""
    with pytest.raises(UnknownTag, match="0001_orders"):
        pipeline.recover(shop, ["9999_nope"], output=tmp_path / "out")


def test_a_bundle_without_a_migration_folder_is_not_judged(shop: Path, tmp_path: Path) -> None:
    """Else it would be called healthy."""
    named = Project(root=".", head=None, branch=None)
    empty = BundleWriter(tmp_path / "empty").seal(named, datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(NothingToJudge):
        pipeline.analyze(empty)


def test_where_our_own_defect_ends_every_diagnosis_that_is_said(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that there is no migration folder, which would send the user to search for one."""
    bundle = pipeline.collect(shop, output=tmp_path / "out")

    def broken(*_: object) -> None:
        raise LookupError("nobody thought of this")

    monkeypatch.setattr("forensics.analysis.diagnose.with_pending", broken)
    with pytest.raises(NothingToJudge, match=r"nobody thought of this.* is a defect of forensics"):
        pipeline.analyze(bundle)


class Refuses(Progress):
    """Does not allow what is announced."""

    def announced(self, lines: tuple[str, ...]) -> None:
        """As a user would who says no."""
        raise PermissionError(*lines)


def test_the_projects_code_runs_only_after_it_was_announced(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever hears of it can end it; nothing has run then."""

    def never(tell: object) -> None:
        raise AssertionError("it ran")

    @contextmanager
    def ready(*given: object, **options: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(announcement=lambda: iter(["drizzle-kit runs"]), run=never, runs=1)

    monkeypatch.setattr(rehearsal, "rehearsal", ready)
    bundle = pipeline.collect(shop, output=tmp_path / "out")
    with pytest.raises(PermissionError, match="drizzle-kit runs"):
        pipeline.replay(bundle, project_code=ProjectCode(), progress=Refuses())
