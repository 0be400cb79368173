"""Findings as lines: no evidence starts a line, a workflow command or a terminal's command."""

from msgspec.structs import replace

from forensics.model import Report, Unanswered
from forensics.render.lines import render_lines
from tests.render.samples import incident

EVIL = "::stop-commands::x\n::error::forged\r\x1b]0;title\x07\u202e%0A"


def told_of(name: str) -> Report:
    """The report of the incident, with a name from evidence wherever a line shows one."""
    report = incident()
    issues = tuple(replace(it, subject=name, title=name, root_cause=name) for it in report.issues)
    question = Unanswered(rule="folder", lacks=name, how_to_get_it="")
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
