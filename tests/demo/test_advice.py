"""What the demo's report advises is true of the demo's project, tried there."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.analysis.attempt import AttemptVerdict
from forensics.demo import incident
from forensics.model import Report
from tests.cli.test_commands import run

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Told:
    """The project, what was written about it, and the report."""

    project: Path
    output: Path
    report: Report


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """One investigation for all tests."""
    output = tmp_path_factory.mktemp("demo") / "out"
    with incident() as (project, address):
        done = pipeline.investigate(
            project, output=output, formats=["md"], scratch=False, database_url=address
        )
        yield Told(project, output, done.report)


def test_our_own_patch_heals_in_part(told: Told) -> None:
    """Other faults remain, and it destroys nothing."""
    attempt = pipeline.attempt(told.output, f"git apply {told.output}/fix.patch")
    assert attempt.verdict is AttemptVerdict.PARTIAL
    assert "missing-migration-file" in attempt.why
    assert not attempt.lost and not attempt.evidence_lost


def test_the_check_that_a_lesson_names_fails_at_the_commit_and_not_before(told: Told) -> None:
    """Each that names a commit is run there and at its parent."""
    checks = [
        (issue.rule, issue.subject, found[1])
        for lesson in told.report.lessons
        if (found := re.search(r"`forensics check --at ([0-9a-f]+)`", lesson.text))
        for issue in told.report.issues
        if issue.number in lesson.issues
    ]
    assert checks
    for rule, subject, commit in checks:
        assert (rule, subject) in found_at(told.project, commit)
        assert (rule, subject) not in found_at(told.project, f"{commit}^")


def test_a_lesson_without_a_commit_names_a_check_that_fails_now(told: Told) -> None:
    """And one that needs a database does not say that `check` would find it."""
    now = found_at(told.project, None)
    for lesson in told.report.lessons:
        for issue in told.report.issues:
            if issue.number in lesson.issues:
                static = "Files do not show this" not in lesson.text
                assert ((issue.rule, issue.subject) in now) is static, lesson


def found_at(project: Path, commit: str | None) -> set[tuple[str, str]]:
    """What `forensics check` finds, by rule and subject."""
    return {(it.rule, it.subject) for it in pipeline.check(project, at=commit).issues}


def test_the_date_of_the_incident_is_not_that_of_the_collection(told: Told) -> None:
    """It is the day of the last commit that brought a fault."""
    assert told.report.case.date == "2026-09-28"
    assert not told.report.case.collected_at.startswith(told.report.case.date)


@pytest.mark.parametrize("only", [(), ("--for", "2")])
def test_git_commits_with_the_message(told: Told, only: tuple[str, ...], tmp_path: Path) -> None:
    """Piped as the help shows it; git finds the trailers."""
    copy = tmp_path / "project"
    shutil.copytree(told.project, copy, symlinks=True)
    git = ["git", "-C", str(copy), "-c", "user.name=x", "-c", "user.email=x@example.invalid"]
    message = run("commit-message", str(told.output), *only).stdout
    subprocess.run(
        [*git, "commit", "--quiet", "--allow-empty", "-F", "-"],
        input=message,
        text=True,
        check=True,
    )
    show = [*git, "log", "-1", "--format=%s%n%(trailers:only,unfold)"]
    subject, *trailers = subprocess.run(
        show, check=True, capture_output=True, text=True
    ).stdout.split("\n")
    assert subject.startswith("fix(db): restore 0005_login_columns.sql")
    assert "Evidence-Bundle: sha256:" in "".join(trailers)
    assert 'Fixes: 11adabd38dca ("feat(1.8): waiting list, first draft")' in trailers


def test_a_fix_that_changes_no_file_of_git_has_no_message(told: Told) -> None:
    """The error names those that have one."""
    done = run("commit-message", str(told.output), "--for", "1")
    assert done.returncode == 2
    assert done.stderr.endswith("Use --for 2.\n")
