"""The answer on one screen, and the escaping of all that reaches a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote

from forensics.model import Certainty, CommandOutcome, CommandState, Report, Severity
from forensics.render import _words
from forensics.render._characters import one_line, visible
from forensics.render._steps import database_steps, needed_steps, shell_steps
from forensics.render._wrap import fill
from forensics.render.patch import in_patch, patch_folder

_WIDTH = 100
_LABEL = 12
_SAID = 60


def escape_terminal(text: str) -> str:
    r"""A text whose control characters cannot command a terminal: ESC shows as `\x1b`.

    Line feeds and tabs stay; carriage returns, C0 and C1 controls, BiDi and zero-width characters
    become visible escapes (CWE-150).
    """
    return visible(text, keep="\n\t")


def answer(report: Report, folder: Path | None = None, *, width: int = _WIDTH) -> str:
    """What was found, what not to run, what to run, how it is known and where it stands written.

    `folder` is where the report files lie. Plain text without colours, ends without a line feed.
    """
    severity = f" ({report.case.severity.value})" if report.case.severity else ""
    parts = (
        _rows("Looked at", _case(report), width),
        _rows("Commands", _commands(report), width),
        _rows("Faults", _faults(report), width),
        _rows("Data", [_data(report)], width),
        _rows("Do not run", (item.action for item in report.do_not_run), width),
        _rows("Run", _repair(report, folder), width),
        _rows("Known how", [_known(report)], width),
        _rows("Not seen", _unseen(report), width),
        _rows("Written to", [str(folder)] if folder is not None else [], width),
    )
    lines = [f"{one_line(report.case.title)}{severity}", ""]
    lines += [line for part in parts for line in part]
    return escape_terminal("\n".join(lines))


def _rows(label: str, items: Iterable[str], width: int) -> Iterator[str]:
    """The items as lines behind a label; what is too long goes on below, set in."""
    for item in items:
        words = visible(item.replace("\n", " ")).split(" ")
        for number, line in enumerate(fill(words, width - _LABEL - 2)):
            yield f"{label:<{_LABEL}}{'  ' if number else ''}{line}".rstrip()
            label = ""


def _case(report: Report) -> Iterator[str]:
    case = report.case
    head = f"commit {case.project.head[:12]}" if case.project.head else "no commit"
    branch = f" ({case.project.branch})" if case.project.branch else ""
    yield f"{case.project.root or '.'}, {head}{branch}"
    for database in case.databases:
        yield f"{database.name} at {database.server} as {database.role}"
    if not case.databases:
        yield "no database"


def _commands(report: Report) -> Iterator[str]:
    named = _words.several_folders(report)
    size = max((len(_name(state, named)) for state in report.commands), default=0)
    for state in report.commands:
        why = _because(state)
        yield f"{_name(state, named):<{size}}  {_words.outcome_word(state)}{why}"


def _name(state: CommandState, named: bool) -> str:
    return f"{state.command} in {state.folder}" if named else state.command


def _because(state: CommandState) -> str:
    if state.outcome is CommandOutcome.PASSES:
        return ""
    told = state.message or (state.error.text if state.error else "")
    issues = ", then ".join(map(str, state.blocked_by))
    by = f" by {'issue' if len(state.blocked_by) == 1 else 'issues'} {issues}" if issues else ""
    if state.outcome is CommandOutcome.BLOCKED and by:
        return by
    return f": {one_line(told)[:_SAID]}" if told else by


def _faults(report: Report) -> Iterator[str]:
    for issue in report.issues:
        role = f", {issue.role.value}" if issue.severity is not Severity.NOTE else ""
        yield f"{issue.number}  {issue.title} ({issue.severity.value}{role})"
    if not report.issues:
        yield "none was found"


def _data(report: Report) -> str:
    risky = dict.fromkeys(state.command for state in report.commands if state.destructive)
    lost = f"; {_words.listed(risky)} would lose data or tracking rows" if risky else ""
    return f"no loss was seen{lost}"


def _repair(report: Report, folder: Path | None) -> Iterator[str]:
    steps = needed_steps(report)
    place = Path() if folder is None else folder
    for line in shell_steps(steps):
        yield f"{line}   (at the git top level)"
    if any(in_patch(step) for step in steps):
        where = patch_folder(steps, report.case.project.root)
        patch = quote(str((place / "fix.patch").absolute()))
        yield f"git apply {patch}   (in {where or 'the top level of the project'})"
    if database_steps(steps):
        script = quote(str(place / "fix.sql"))
        yield f'psql --set=ON_ERROR_STOP=1 --file={script} "$DATABASE_URL"'
    if not steps and report.issues:
        yield "nothing: no repair is needed or known"


def _known(report: Report) -> str:
    kinds = [state.certainty for state in report.commands]
    kinds += [issue.certainty for issue in report.issues]
    counts = [f"{kinds.count(kind)} {kind.value}" for kind in Certainty if kind in kinds]
    evidence = _words.counted(len(report.evidence), "piece") + " of evidence"
    return f"{evidence}; statements: {', '.join(counts)}" if counts else evidence


def _unseen(report: Report) -> Iterator[str]:
    limit = 3
    for item in report.unanswered[:limit]:
        yield f"{item.rule}: lacks {item.lacks}. {item.how_to_get_it}"
    if len(report.unanswered) > limit:
        yield f"and {len(report.unanswered) - limit} more: see the report"
