"""The whole collection has a deadline: then there is a bundle all the same, and what it lacks is said."""

import socket
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from forensics import limits, pipeline
from forensics.analysis.diagnose import diagnose
from forensics.cli import exit_codes
from forensics.collect import case
from forensics.collect.case import NothingToExamine
from forensics.collect.deadline import Deadline
from forensics.collect.tree import WorkingTree
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle
from forensics.model import Outcome, Topic
from forensics.report.build import build
from forensics.system.alarm import OutOfTime, alarm
from forensics.system.interruption import shielded
from tests.build import project
from tests.cli.test_commands import run
from tests.collect.repositories import Repo


@pytest.fixture
def healthy(tmp_path: Path) -> Repo:
    """A repository in which nothing is wrong."""
    repo = Repo(tmp_path / "project")
    repo.commit("begin", {it: str(text) for it, text in project("0000_a", "0001_b").items()})
    return repo


class Counted(Deadline):
    """A deadline that comes after so many looks at the clock."""

    looks: Iterator[int]
    most = 10**6

    @property
    def over(self) -> bool:
        """Whether there were more."""
        return next(self.looks) >= self.most


def collected(healthy: Repo, output: Path, most: int) -> Bundle:
    """A bundle of a collection whose time is over after so many looks at the clock."""
    Counted.looks, Counted.most = count(), most
    return pipeline.collect(healthy.top, output=output)


@pytest.mark.slow
def test_whenever_the_time_is_over_there_is_a_bundle_that_claims_nothing_wrong(
    healthy: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was not read is not missing, and nothing is called healthy."""
    monkeypatch.setattr(case, "Deadline", Counted)
    whole = collected(healthy, tmp_path / "whole", 10**6)
    assert build(diagnose(whole)).issues == ()
    total, judged = next(Counted.looks), 0
    for most in range(0, total, max(1, total // 15)):
        try:
            bundle = collected(healthy, tmp_path / "out", most)
        except NothingToExamine as error:
            assert "before the time for the whole collection (120 s) was over" in str(error)
            continue
        judged += 1
        report = build(diagnose(Bundle.open(bundle.folder)))
        assert report.issues == (), most
        assert Topic.TIME in {it.topic for it in report.unanswered}, most
        assert exit_codes.of_report(report, "low") == exit_codes.INCOMPLETE
        unread = any(it.outcome is Outcome.TIMED_OUT for it in bundle.manifest.items)
        told = any("some of the project's files" in it.lacks for it in report.unanswered)
        assert told == unread, most
    assert judged > 5


@pytest.mark.slow
@pytest.mark.parametrize("part", ["commits.collect_commits", "database.collect.collect_database"])
def test_a_collector_that_hangs_is_broken_off(
    part: str, healthy: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In whatever call; the rest is in the bundle."""
    monkeypatch.setattr(limits, "HANGING_SECONDS", 1.0)  # in which a reader is imported, too
    allowed: list[float] = []

    def hang(*given: object, **named: float) -> None:
        allowed.append(named.get("seconds") or named["deadline"] - time.monotonic())
        time.sleep(20)

    monkeypatch.setattr(f"forensics.collect.{part}", hang)
    began = time.monotonic()
    bundle = pipeline.collect(
        healthy.top, output=tmp_path / "out", database_url="file:x.sqlite", seconds=1
    )
    assert time.monotonic() - began < 15
    assert all(0 < it <= 1 for it in allowed) and allowed
    open_ = [it for it in build(diagnose(bundle)).unanswered if it.topic is Topic.TIME]
    assert any("the time for the whole collection (1 s) was over" in it.lacks for it in open_)
    assert all("--time-limit" in it.how_to_get_it for it in open_)


def test_a_search_that_hangs_ends_the_run_with_one_line(
    healthy: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as no use of a tool is known, there is nothing to keep."""
    monkeypatch.setattr(limits, "HANGING_SECONDS", 0.2)
    monkeypatch.setattr(WorkingTree, "search", lambda *given: time.sleep(20))
    with pytest.raises(ForensicsError, match="search for a migration tool took too long"):
        pipeline.collect(healthy.top, output=tmp_path / "out", seconds=0.1)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_server_that_never_answers_costs_the_limit_and_no_more(
    healthy: Repo, tmp_path: Path
) -> None:
    """The command line says so, and ends with 3."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://app@127.0.0.1:{silent.getsockname()[1]}/shop"
        given = ("--output", str(tmp_path / "out"), "--no-scratch", "--time-limit", "1")
        done = run("investigate", str(healthy.top), "--database-url", url, *given)
    assert done.returncode == exit_codes.INCOMPLETE, done.stderr
    assert "did not answer in time" in done.stderr
    assert "the time for the whole collection (1 s) was over" in done.stderr + done.stdout


def test_an_alarm_waits_for_what_must_be_done_whole() -> None:
    """It rings again as soon as it may."""
    reached = False
    with pytest.raises(OutOfTime, match="A part took too long"), alarm(0.1, "a part"):
        with shielded():
            time.sleep(0.3)
            reached = True
        time.sleep(10)
    assert reached


def test_without_an_end_nothing_rings() -> None:
    """Nor once it was left."""
    with alarm(0.1, "a part"):
        pass
    time.sleep(0.2)
