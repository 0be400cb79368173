"""Which issue makes which command fail, by what error, and which issue hides behind another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.model import CommandState, Issue, Record, Report
from forensics.model.wording import counted
from forensics.render import _words
from forensics.render.pictures import svg
from forensics.render.pictures.mermaid import label, node

_MOST = 12
_ROW, _HEIGHT = 58, 46
_COLUMNS = ((0, 250), (290, 260), (600, 160))
"""Left edge and width of issues, errors and commands."""


class Effect(Record, frozen=True, kw_only=True):
    """One issue that makes one command fail."""

    issue: Issue
    command: CommandState
    error: str
    masked: bool
    """Whether another issue must be fixed before this one shows."""


def effects(report: Report) -> tuple[Effect, ...]:
    """Every issue behind every command, as far as a picture has room."""
    by_number = {issue.number: issue for issue in report.issues}
    found = [
        Effect(
            issue=by_number[number],
            command=state,
            error=_error(report, state, state.blocked_by[:place]),
            masked=place > 0,
        )
        for state in report.commands
        for place, number in enumerate(state.blocked_by)
        if number in by_number
    ]
    shown = list(dict.fromkeys(it.issue.number for it in found))[:_MOST]
    return tuple(it for it in found if it.issue.number in shown)


def _error(report: Report, state: CommandState, fixed: Sequence[int]) -> str:
    """What the command says once the issues before are fixed."""
    if not fixed:
        return state.message or (state.error.text if state.error else "no message")
    for made in report.experiments:
        same = made.folder == state.folder and made.command == state.command
        if same and made.fixed == tuple(sorted(fixed)):
            return made.message or (made.error.text if made.error else "no message")
    return "not seen yet"


def drawing(found: Sequence[Effect], report: Report) -> str:
    """Three columns: issues, errors, commands."""
    issues = list(dict.fromkeys(it.issue.number for it in found))
    errors = list(dict.fromkeys((it.issue.number, it.error) for it in found))
    errors.sort(key=lambda pair: issues.index(pair[0]))
    commands = list(dict.fromkeys((it.command.folder, it.command.command) for it in found))
    height = max(len(issues), len(errors), len(commands)) * _ROW
    parts = [*_edges(found, issues, errors, commands), *_boxes(found, issues, errors, commands)]
    return svg.figure(parts, height, _sentences(found), _caption(found, report))


def _edges(
    found: Sequence[Effect],
    issues: list[int],
    errors: list[tuple[int, str]],
    commands: list[tuple[str, str]],
) -> Iterator[str]:
    (left, wide), (middle, broad), (right, _) = _COLUMNS
    for number, error in errors:
        masked = all(it.masked for it in found if (it.issue.number, it.error) == (number, error))
        a, b = _middle(issues.index(number)), _middle(errors.index((number, error)))
        yield svg.curve(left + wide, a, middle, b, _kind(masked))
    for it in found:
        a = _middle(errors.index((it.issue.number, it.error)))
        b = _middle(commands.index((it.command.folder, it.command.command)))
        yield svg.curve(middle + broad, a, right, b, _kind(it.masked))


def _boxes(
    found: Sequence[Effect],
    issues: list[int],
    errors: list[tuple[int, str]],
    commands: list[tuple[str, str]],
) -> Iterator[str]:
    titles = {it.issue.number: it.issue.title for it in found}
    states = {(it.command.folder, it.command.command): it.command for it in found}
    for row, number in enumerate(issues):
        yield from _box(0, row, f"{number}  {titles[number]}", "box")
    for row, (_, error) in enumerate(errors):
        yield from _box(1, row, error, "calm", mono=True)
    for row, key in enumerate(commands):
        state = states[key]
        yield from _box(2, row, f"{state.command} {_words.outcome_word(state)}", "bad")


def _box(column: int, row: int, said: str, kind: str, *, mono: bool = False) -> Iterator[str]:
    x, width = _COLUMNS[column]
    y = row * _ROW + (_ROW - _HEIGHT) / 2
    yield svg.box(x + 0.5, y, width - 1, _HEIGHT, kind)
    size = 10 if mono else 12
    lines = svg.lines_of(said, (width - 16) * (0.84 if mono else 1), size=size)
    first = y + _HEIGHT / 2 + 4 - (len(lines) - 1) * 8
    for place, line in enumerate(lines):
        yield svg.text(x + 8, first + place * 16, line, kind="mono" if mono else "", size=size)


def _middle(row: int) -> float:
    return row * _ROW + _ROW / 2


def _kind(masked: bool) -> str:
    return "edge mask" if masked else "edge"


def _caption(found: Sequence[Effect], report: Report) -> str:
    dashed = " Dashed: hidden until the issue before it is fixed." * any(it.masked for it in found)
    shown = {it.issue.number for it in found}
    all_ = {number for state in report.commands for number in state.blocked_by}
    more = len(all_ - shown)
    rest = f" {counted(more, 'more issue')} not drawn." if more > 0 else ""
    return f"Issue, error, command.{dashed}{rest}"


def _sentences(found: Sequence[Effect]) -> str:
    return " ".join(
        f"Issue {it.issue.number} makes {it.command.command} fail"
        + (" once the issues before it are fixed." if it.masked else ".")
        for it in found
    )


def diagram(found: Sequence[Effect]) -> str:
    """The same as a Mermaid flowchart."""
    lines = ["flowchart LR"]
    issues = dict.fromkeys(it.issue for it in found)
    lines += [node(f"i{it.number}", f"{it.number} {it.title}") for it in issues]
    names: dict[tuple[str, str], str] = {}
    for it in found:
        key = (it.command.folder, it.command.command)
        if key not in names:
            names[key] = f"c{len(names) + 1}"
            lines.append(
                node(names[key], f"{it.command.command} {_words.outcome_word(it.command)}")
            )
        arrow = "-.->" if it.masked else "-->"
        lines.append(f"  i{it.issue.number} {arrow}|{label(it.error, 50)}| {names[key]}")
    return "\n".join(lines)
