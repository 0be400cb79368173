"""The answer on one screen, in which no evidence commands the terminal."""

import re
import subprocess
import unicodedata
from pathlib import Path

import pytest
from msgspec.structs import replace

from forensics.model import (
    ByHand,
    CommandOutcome,
    Fix,
    Role,
    RunSql,
    Severity,
    Topic,
    Unanswered,
)
from forensics.render._answer import instructions
from forensics.render.terminal import answer, escape_terminal
from tests.render.samples import alike, healthy, hostile, incident


def test_an_incident_fits_one_screen() -> None:
    """At 100 columns an ordinary incident is answered in at most 30 lines."""
    lines = answer(incident(), Path("forensics-report")).splitlines()
    assert len(lines) <= 30
    commands = ("rm ", "git apply ", "psql ")
    assert max(len(line) for line in lines if not line[12:].startswith(commands)) <= 100


def test_a_command_is_never_broken_over_two_lines() -> None:
    """Whoever pastes it would run it by halves."""
    folder = Path("/a/very/long/path") / ("x" * 120)
    (line,) = [x for x in answer(incident(), folder).splitlines() if "psql" in x]
    assert line.endswith(f'--file={folder}/fix.sql "$DATABASE_URL"')


def test_it_answers_the_questions_in_order() -> None:
    """Where, what is blocked by what, data, what not to run, what to run, how known, unseen."""
    text = answer(incident(), Path("out"))
    parts = (
        *("apps/api, commit 3d848429c1f0", "oslrs at db.internal", "check     BLOCKED by issue 3"),
        *("migrate   BLOCKED by issues 2, then 1", "push      ASKS, DESTRUCTIVE"),
        *("1  The applied migrations", "push would lose", "DROP SCHEMA drizzle CASCADE"),
        *("# At the repository root:", "rm -- apps/api/drizzle/meta/tmp-5c5c-cwd"),
        *("# In apps/api:", "git apply ", "# In database oslrs:", "/out/fix.sql"),
        *("outcomes predicted, over", "shared-tracking-table", "out"),
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
    assert "and 7 more (see the report)" in text
    assert "no fix is known for issues" in text
    assert len(text.splitlines()) <= 40


def test_an_issue_that_the_fix_of_another_resolves_is_not_said_to_have_none() -> None:
    """It names whose fix that is, and leaves nothing to decide."""
    first, second, *_ = incident().issues
    issues = (first, replace(second, fix=None, alternatives=(), goes_with=(first.number,)))
    text = " ".join(answer(replace(incident(), issues=issues), Path("out")).split())
    assert f"resolved by the fix of issue {first.number})" in text
    assert "no fix is known" not in text


def test_nothing_found_is_said_with_what_was_not_seen() -> None:
    """A healthy project without a database is not called healthy."""
    text = answer(healthy())
    assert "none was found" in text
    assert "Not checked" in text and "Files" not in text and "Run " not in text


@pytest.mark.parametrize(
    ("lacks", "rules", "said"),
    [
        ("a database", "a", "a needs a database: give one"),
        ("a database", "abcde", "5 rules need a database: give one"),
        ("whether it runs", "a", "a: not known whether it runs. Give one"),
        ("what it does: rows decide", "ab", "a and b: not known what it does: rows decide."),
    ],
)
def test_an_open_question_is_a_sentence(lacks: str, rules: str, said: str) -> None:
    """What is missing is needed; a clause is not known."""
    asked = (
        Unanswered(topic=Topic.RULE, name=rule, lacks=lacks, how_to_get_it="give one")
        for rule in rules
    )
    text = answer(replace(incident(), unanswered=tuple(asked)))
    assert said in " ".join(text.split())


def test_the_main_cause_of_several_issues_is_explained() -> None:
    """A single issue needs no such line."""
    first, second, *_ = incident().issues
    main = replace(first, role=Role.PRIMARY, role_reason="the last to show")
    other = replace(second, role=Role.BLOCKING)
    line = f"Main cause  issue {main.number}: the last to show"
    assert line in answer(replace(incident(), issues=(main, other)))
    assert line not in answer(replace(incident(), issues=(main,)))


def test_what_no_rule_explains_is_not_said_to_need_no_repair() -> None:
    """Notes alone were found, and a command is blocked all the same."""
    report = incident()
    notes = tuple(replace(it, severity=Severity.NOTE, fix=None) for it in report.issues)
    blocked = tuple(replace(it, blocked_by=()) for it in report.commands)
    text = answer(replace(report, issues=notes, commands=blocked))
    assert "no fix is known for what stops check, generate and migrate" in text
    passing = tuple(replace(it, outcome=CommandOutcome.PASSES) for it in blocked)
    assert "no fix is needed" in answer(replace(report, issues=notes, commands=passing))


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
    assert last == "Files       out: report.md, report.html, fix.sql, bundle"


def test_an_edit_that_a_person_makes_is_told_with_its_place() -> None:
    """No patch holds it, so nothing else would say that there is something to do."""
    report = incident()
    step = ByHand(path="src/migrate.ts", line=8, now="a", instead="b", why="Decide.")
    last = ByHand(path="drizzle", line=0, now="", instead="c", why="Run it.")
    issue = replace(report.issues[0], fix=Fix(title="Edit it", steps=(last, step)))
    told = answer(replace(report, issues=(issue,)), Path("out"))
    assert "edit src/migrate.ts, line 8: the report shows how" in told
    assert told.index("edit src/migrate.ts") < told.index("Run it. The report shows them.")


def test_a_statement_by_hand_comes_after_the_script_that_compares() -> None:
    """`fix.sql` refuses a database that differs from what was examined."""
    report = incident()
    deletes = RunSql(text="DELETE FROM t;", why="delete a row")
    held = [step for it in report.issues if it.fix for step in it.fix.steps]
    fix = Fix(title="Delete it", steps=(deletes, *held))
    report = replace(report, issues=(replace(report.issues[0], fix=fix),))
    assert "fix.sql" in answer(report, Path("out"))
    for told in (answer(report, Path("out")), str(instructions(report))):
        assert told.index("fix.sql") < told.index("DELETE FROM t")


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_answer_is_as_wide_as_the_terminal(width: int) -> None:
    """But for words that are longer, and for commands, which must paste as one line."""
    text = answer(incident(), Path("out"), width=width)
    told, _, rest = text.partition("Run  ")
    lines = [*told.splitlines(), *rest.partition("Basis")[2].splitlines()]
    assert max(map(len, lines)) > width - 20
    assert not [line for line in lines if len(line) > width and " " in line[14:].strip()]


def test_every_line_to_run_is_a_command_or_a_comment() -> None:
    """A shell takes the block as it stands: remarks are comments on lines of their own."""
    text = answer(incident(), Path("out"))
    block = text[text.index("Run  ") :].partition("Basis")[0].removeprefix("Run")
    script = "\n".join(line.strip() for line in block.splitlines())
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    assert not re.search(r"\)\s*$", script, re.MULTILINE)


def test_colours_stand_beside_words_and_change_none() -> None:
    """Without them the text is the same, so nothing is told by colour alone."""
    plain = answer(incident(), Path("out"), written=["report.md"])
    styled = answer(incident(), Path("out"), written=["report.md"], styled=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31mBLOCKED\x1b[0m" in styled and "\x1b[1mCommands" in styled
    bare = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\", "", styled)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


def test_written_files_are_links() -> None:
    """OSC 8, with an absolute address; other words are none."""
    styled = answer(incident(), Path("/a b/out"), written=["report.md", "fix.sql"], styled=True)
    assert "\x1b]8;;file:///a%20b/out/fix.sql\x1b\\fix.sql\x1b]8;;\x1b\\" in styled
    assert styled.count("\x1b]8;;file:") == 2


def test_a_hostile_report_brings_no_escape_into_a_coloured_answer() -> None:
    """Every escape is one of ours: text is made harmless before it is coloured."""
    styled = answer(hostile(), Path("out\x1b[2J"), written=["fix.sql"], styled=True)
    bare = re.sub(
        r"\x1b\[(?:0|1|1;31|32|33)m|\x1b\]8;;file:[!-\[\]-~]*\x1b\\|\x1b\]8;;\x1b\\", "", styled
    )
    assert "\x1b" not in bare
