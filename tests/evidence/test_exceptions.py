"""What a project accepts: each with a reason, told in the report, and no longer counted."""

from pathlib import Path

import pytest

from forensics import pipeline
from forensics.cli import exit_codes
from forensics.evidence.exceptions import Accepted, Exceptions, inline, read_exceptions
from forensics.model import Report, Topic
from forensics.render.lines import render_lines
from tests.build import project
from tests.support.trees import DictTree

ONE = """
[[accepted]]
rule = "unlisted-migration-file"
subject = "drizzle/*_by_hand.sql"
reason = "see OPS-12"
"""
BY_HAND = "drizzle/0009_by_hand.sql"
RULE = "unlisted-migration-file"


def read(text: str, name: str = "forensics.toml") -> Exceptions:
    """What is read of one file."""
    return read_exceptions(DictTree({f"app/{name}": text}), "app")


def checked(folder: Path, **more: str) -> Report:
    """The report on a project with an unlisted file."""
    files = {**project("0000_a"), BY_HAND: "CREATE TABLE b (id int);\n", **more}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(str(text), encoding="utf-8")
    return pipeline.check(folder)


def test_an_exception_covers_its_rule_and_subjects() -> None:
    """By a pattern, or all subjects."""
    found = read(ONE)
    assert found.reason(RULE, [BY_HAND]) == "see OPS-12"
    assert not found.reason(RULE, ["drizzle/0001_x.sql"])
    assert not found.reason("stray-file-in-meta", [BY_HAND])
    assert not found.reason(RULE, [BY_HAND, "drizzle/0001_x.sql"]), "one of two is not accepted"
    assert Accepted(rule="a", reason="b").covers("a", "anything")


def test_the_table_of_a_python_project_says_the_same() -> None:
    """Tables of other tools are none of ours."""
    text = ONE.replace("[[accepted]]", "[[tool.forensics.accepted]]")
    assert read(text, "pyproject.toml") == read(ONE)
    assert read("[tool.ruff]\nline-length = 1\n", "pyproject.toml") == Exceptions()


@pytest.mark.parametrize(
    "text",
    [
        "not toml [",
        '[[accepted]]\nrule = "a"\n',
        '[[accepted]]\nrule = "a"\nreason = " "\n',
        '[[accepted]]\nrule = "a"\nreason = "b"\nuntil = "2030"\n',
        "accepted = 3\n",
        "a = " + "[" * 5000,
    ],
)
def test_what_cannot_be_read_accepts_nothing(text: str) -> None:
    """And says so."""
    found = read(text)
    assert not found.accepted
    (problem,) = found.problems
    assert problem.startswith("what app/forensics.toml accepts: ")


def test_a_comment_beside_the_sql_needs_a_reason_too() -> None:
    """One line each."""
    text = "-- forensics: accept a-rule: because\nSELECT 1;\n  --forensics: accept b :\n"
    assert list(inline(text)) == [("a-rule", "because")]


def test_what_is_accepted_is_told_and_no_longer_counts(tmp_path: Path) -> None:
    """In the file of settings."""
    assert exit_codes.of_files(checked(tmp_path / "a"), "low") == 1
    report = checked(tmp_path / "b", **{"forensics.toml": ONE})
    assert exit_codes.of_files(report, "low") == 0
    (issue,) = report.issues
    assert issue.accepted == "see OPS-12"
    assert report.case.severity is None
    assert "(accepted: see OPS-12)" in render_lines(report, "text")
    assert "<failure" not in render_lines(report, "junit")


def test_a_comment_in_the_file_counts_for_the_rule_that_it_names(tmp_path: Path) -> None:
    """Of a listed migration, whose SQL is read."""
    broken = "\ufeff" + "CREATE TABLE a (id int);\n"
    listed = "drizzle/0000_a.sql"
    for rule, code in (("wrong-text-encoding", 0), ("edited-migration", 1)):
        text = f"{broken}-- forensics: accept {rule}: old editors\n"
        report = checked(tmp_path / rule, **{listed: text, BY_HAND: "-- nothing\n"})
        told = [it for it in report.issues if it.rule == "wrong-text-encoding"]
        assert [bool(it.accepted) for it in told] == [code == 0]


def test_an_exception_of_no_rule_is_an_open_question(tmp_path: Path) -> None:
    """Nothing is accepted by a slip of the pen."""
    report = checked(tmp_path, **{"forensics.toml": ONE.replace("unlisted", "unlsted")})
    assert exit_codes.of_files(report, "low") == 1
    assert [it.topic for it in report.unanswered].count(Topic.EXCEPTIONS) == 1
