"""Findings as lines: no evidence starts a line, a workflow command or a terminal's command."""

import json

from msgspec.structs import replace

from forensics.model import Report, Topic, Unanswered
from forensics.render.lines import render_lines
from forensics.render.terminal import escape_terminal
from tests.render.samples import incident
from tests.support.growth import is_linear

EVIL = "::stop-commands::x\n::error::forged\r\x1b]0;title\x07\u202e%0A"


def told_of(name: str) -> Report:
    """The report of the incident, with a name from evidence wherever a line shows one."""
    report = incident()
    issues = tuple(replace(it, subject=name, title=name, root_cause=name) for it in report.issues)
    question = Unanswered(topic=Topic.FOLDER, lacks=name, how_to_get_it="")
    return replace(report, issues=issues, unanswered=(question,))


def test_a_name_with_line_feeds_stays_one_line_of_text() -> None:
    """Else a file could forge findings, or workflow commands."""
    lines = render_lines(told_of(EVIL), "text").split("\n")
    faults = len(incident().issues)
    assert len(lines) == faults + 3
    assert not any(line.startswith("::") for line in lines)


def test_a_workflow_command_is_one_line_of_ours() -> None:
    """As many commands as there are findings and questions, whatever evidence says."""
    lines = render_lines(told_of(EVIL), "github").splitlines()
    assert len(lines) == len(incident().issues) + 1
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
    assert not any("::stop-commands" in line.split("::", 2)[1] for line in lines)


def test_no_control_character_reaches_the_log() -> None:
    """ESC, BEL and BiDi controls show as escapes in both formats."""
    for name in ("text", "github"):
        assert all(c.isprintable() or c == "\n" for c in render_lines(told_of(EVIL), name))
        assert r"\x1b" in render_lines(told_of(EVIL), name)


def test_the_older_form_of_a_command_is_none_anywhere() -> None:
    """The runner looks for `##[command]` all over a line, also in JSON and on stderr."""
    report = told_of("a ##[add-mask]b")
    for name in ("text", "github", "json"):
        said = render_lines(report, name)
        assert "##[" not in said and "add-mask" in said
    told = json.loads(render_lines(report, "json"))
    assert told["issues"][0]["subject"] == "a ##[add-mask]b"
    assert "##[" not in escape_terminal("a ##[add-mask]b")


def test_no_line_begins_like_a_command_also_where_texts_are_wrapped() -> None:
    """Leading white space does not help: the runner takes it away."""
    assert escape_terminal("a\n  ::add-mask::x ::y") == "a\n  \\x3a:add-mask::x ::y"


def test_blank_lines_cost_nothing() -> None:
    """Each line is looked at by itself."""
    assert is_linear(lambda size: escape_terminal("\n" * size + "x"), 1000)
    assert escape_terminal("\n \n\t::a") == "\n \n\t\\x3a:a"
