"""The answer on one screen, in which no evidence commands the terminal."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from msgspec.structs import replace

from forensics.model import ByHand, CommandOutcome, Fix, Severity
from forensics.render.terminal import answer, escape_terminal
from tests.render.samples import alike, healthy, hostile, incident


def test_an_incident_fits_one_screen() -> None:
    """At 100 columns an ordinary incident is answered in at most 28 lines."""
    lines = answer(incident(), Path("forensics-report")).splitlines()
    assert len(lines) <= 28
    commands = ("rm ", "git apply ", "psql ")
    assert max(len(line) for line in lines if not line[12:].startswith(commands)) <= 100


def test_a_command_is_never_broken_over_two_lines() -> None:
    """Whoever pastes it would run it by halves."""
    folder = Path("/a/very/long/path") / ("x" * 120)
    (line,) = [x for x in answer(incident(), folder).splitlines() if "psql" in x]
    assert line.rstrip().endswith(")")
    assert f"{folder}/fix.sql" in line


def test_it_answers_the_questions_in_order() -> None:
    """Where, what is blocked by what, data, what not to run, what to run, how known, unseen."""
    text = answer(incident(), Path("out"))
    parts = (
        *("apps/api, commit 3d848429c1f0", "oslrs at db.internal", "check     BLOCKED by issue 3"),
        *("migrate   BLOCKED by issues 2, then 1", "push      ASKS, DESTRUCTIVE"),
        *("1  The applied migrations", "push would lose", "DROP SCHEMA drizzle CASCADE"),
        *("rm -- apps/api/drizzle/meta/tmp-5c5c-cwd", "git apply ", "(in apps/api)"),
        *("/out/fix.sql", "is predicted, in", "shared-tracking-table", "out"),
    )
    positions = [text.index(part) for part in parts]
    assert positions[:-1] == sorted(positions[:-1])


def test_it_names_what_stood_in_and_lets_no_name_command_the_terminal() -> None:
    """The name of a role is evidence."""
    stood_in = ("type vector", "role \x1b[31mred")
    states = tuple(replace(it, stand_ins=stood_in) for it in incident().commands)
    text = answer(replace(incident(), commands=states), Path("out"))
    assert ", with stand-ins for type vector and role" in " ".join(text.split())
    assert "\x1b" not in text


def test_many_equal_faults_fit_one_screen() -> None:
    """Fifteen faults in a row are a range; that no repair is known is not that none is needed."""
    text = answer(alike(15), Path("out"))
    assert "migrate  BLOCKED by issues 1 to 15" in text
    assert "and 7 more: see the report" in text
    assert "no repair is known of issues" in text
    assert len(text.splitlines()) <= 40


def test_nothing_found_is_said_with_what_was_not_seen() -> None:
    """A healthy project without a database is not called healthy."""
    text = answer(healthy())
    assert "none was found" in text
    assert "Not seen" in text and "Written to" not in text and "Run " not in text


def test_what_no_rule_explains_is_not_said_to_need_no_repair() -> None:
    """Notes alone were found, and a command is blocked all the same."""
    report = incident()
    notes = tuple(replace(it, severity=Severity.NOTE, fix=None) for it in report.issues)
    blocked = tuple(replace(it, blocked_by=()) for it in report.commands)
    text = answer(replace(report, issues=notes, commands=blocked))
    assert "no repair is known of what stops check, generate and migrate" in text
    passing = tuple(replace(it, outcome=CommandOutcome.PASSES) for it in blocked)
    assert "no repair is needed" in answer(replace(report, issues=notes, commands=passing))


@pytest.mark.parametrize("text", ["\x1b[31m", "\x9b31m", "\r", "\x07", "\u202e", "\u200b", "\x7f"])
def test_controls_become_visible(text: str) -> None:
    """ESC, C1, carriage return, bell, BiDi and zero width are shown, not obeyed."""
    shown = escape_terminal(f"a{text}b\n\tc")
    assert shown.startswith("a\\") and shown.endswith("b\n\tc")
    assert all(unicodedata.category(c) not in ("Cc", "Cf") for c in shown.replace("\n\t", ""))


def test_a_hostile_report_is_shown_without_controls() -> None:
    """Not one control character of the evidence reaches the terminal."""
    text = answer(hostile(), Path("out\x1b[2J"))
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Zl") for c in text.replace("\n", ""))


def test_the_files_are_named_reports_first() -> None:
    """The last thing on the screen is what to open."""
    names = ("fix.sql", "report.md", "report.html", "bundle")
    *_, last = answer(incident(), Path("out"), written=names).splitlines()
    assert last == "Written to  out: report.md, report.html, fix.sql, bundle"


def test_an_edit_that_a_person_makes_is_told_with_its_place() -> None:
    """No patch holds it, so nothing else would say that there is something to do."""
    report = incident()
    step = ByHand(path="src/migrate.ts", line=8, now="a", instead="b", why="Decide.")
    issue = replace(report.issues[0], fix=Fix(title="Edit it", steps=(step,)))
    told = answer(replace(report, issues=(issue,)), Path("out"))
    assert "edit src/migrate.ts, line 8: the report shows how" in told
