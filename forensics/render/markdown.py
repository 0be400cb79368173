"""The report as Markdown, from which the HTML page and the PDF are made too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup

from forensics import __version__
from forensics.model import (
    ByHand,
    CommandState,
    Exhibit,
    Experiment,
    Fix,
    Issue,
    Outcome,
    Prediction,
    Record,
    Report,
    Role,
    RunCommand,
    RunSql,
    Severity,
    Step,
    TrueError,
)
from forensics.model.characters import one_line
from forensics.model.wording import listed, shortened
from forensics.render import _filters, _words
from forensics.render._sound import sound
from forensics.render._steps import database_steps, needed_steps, shell_line, shell_steps
from forensics.render._templates import environment
from forensics.render.patch import file_diff, in_patch, patch_folder
from forensics.report.numbering import span_words, spans

if TYPE_CHECKING:
    from jinja2 import Environment

_LONGEST_MESSAGE = 240
_FEWEST_IN_A_TABLE = 4
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?:Z|\+00:00)")


class Block(Record, frozen=True, kw_only=True):
    """A part of a fix as the reader can use it: a sentence before it, a language, its text."""

    lead: str
    language: str
    text: str


class Matrix(Record, frozen=True, kw_only=True):
    """The experiments of one folder: a row per set of repaired issues, a column per command."""

    folder: str
    commands: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@lru_cache(maxsize=1)  # the page and the PDF are made from it, too
def report_markdown(report: Report) -> str:
    """The whole report; every value that comes from evidence is escaped for where it stands."""
    template = _environment(report).get_template("report.md.jinja")
    rendered = template.render(**_view(sound(report)))
    return re.sub(r"\n{3,}", "\n\n", rendered).strip() + "\n"


def _environment(report: Report) -> Environment:
    known = frozenset(item.id for item in report.evidence)
    filters: dict[str, Callable[..., object]] = {
        filter_.__name__: filter_
        for filter_ in (
            *(_filters.text, _filters.prose, _filters.sentence, _filters.heading),
            *(_filters.cell, _filters.code),
            *(_filters.cell_code, _filters.fence, _filters.anchor, message, time, fact),
            *(capitals, outcome_cell),
        )
    }
    filters |= {"refs": lambda ids: _filters.references(ids, known), "issues": issue_links}
    return environment(filters, _filters.finalize)


def _view(report: Report) -> Mapping[str, object]:
    steps = needed_steps(report)
    return {
        "report": report,
        "case": report.case,
        "version": __version__,
        "blocks": partial(fix_blocks, dialect=_words.dialect_of(report).name),
        "command_word": _words.outcome_word,
        "file_change": _words.file_change,
        "certainty": _words.CERTAINTY,
        "known_how": _words.known_how,
        "safety": _words.SAFETY,
        "outcome": _words.EVIDENCE,
        "at_the_top": _words.at_the_top(report),
        "assumes_snapshot": _words.assumes(report),
        "comparing_code": _words.comparing_code(report),
        "several_folders": _words.several_folders(report),
        "hidden_errors": hidden_errors(report),
        "matrices": matrices(report),
        "patched": any(in_patch(step) for step in steps),
        "patch_folder": patch_folder(steps, report.case.project.root),
        "shell": shell_steps(steps),
        "statements": tuple(step for step in steps if isinstance(step, RunSql)),
        "edits": tuple(step for step in steps if isinstance(step, ByHand)),
        "database": database_steps(steps),
        "run_script": Markup(_words.run_script(report, "fix.sql")),
        "verbatim": verbatim(report),
        "by_id": {item.id: item for item in report.evidence},
        "collected": Outcome.COLLECTED,
        "needed": [issue for issue in report.issues if issue.fix and issue.fix.needed],
        "told": told_before(report),
        "first_shown": first_shown(report),
        "sections": sections(report),
        "is_brief": is_brief,
    }


# --- Parts --------------------------------------------------------------------------------------


def fix_blocks(fix: Fix, dialect: str | None = None) -> tuple[Block, ...]:
    """The steps of a fix: what is run by hand, a diff and a guarded script."""
    from forensics.render.sql import fix_sql

    shell = [_block(step) for step in fix.steps if shell_line(step) or isinstance(step, RunSql)]
    diffs = [file_diff(step) for step in fix.steps if in_patch(step)]
    scripts = [fix_sql(fix.steps, seen=fix.seen, dialect=dialect)]
    by_hand = [_by_hand(step) for step in fix.steps if isinstance(step, ByHand)]
    return (
        *shell,
        *by_hand,
        *(Block(lead="", language="diff", text=text) for text in diffs if text),
        *(Block(lead="", language="sql", text=text) for text in scripts if text),
    )


def _block(step: Step) -> Block:
    if isinstance(step, RunSql):
        return Block(lead=step.why, language="sql", text=step.text)
    why = step.why if isinstance(step, RunCommand) else ""
    return Block(lead=why, language="sh", text=shell_line(step))


_LANGUAGES = dict.fromkeys(("js", "mjs", "cjs"), "js") | dict.fromkeys(
    ("ts", "mts", "cts", "tsx"), "ts"
)
"""Ending of a path -> how its text is highlighted."""


def _by_hand(step: ByHand) -> Block:
    lead = f"{step.path}, line {step.line}: {step.why} For example, instead of `{step.now}`:"
    return Block(
        lead=lead, language=_LANGUAGES.get(step.path.rpartition(".")[2], "sql"), text=step.instead
    )


def matrices(report: Report) -> tuple[Matrix, ...]:
    """The experiments, one matrix per folder, in the order in which they were made."""
    folders = dict.fromkeys(experiment.folder for experiment in report.experiments)
    numbers = frozenset(number for made in report.experiments for number in made.fixed)
    return tuple(
        _matrix(folder, [made for made in report.experiments if made.folder == folder], numbers)
        for folder in folders
    )


def _matrix(folder: str, made: Sequence[Experiment], numbers: frozenset[int]) -> Matrix:
    commands = tuple(dict.fromkeys(experiment.command for experiment in made))
    cells = {(e.fixed, e.command): _words.outcome_word(e) for e in made}
    return Matrix(
        folder=folder,
        commands=commands,
        rows=tuple(
            (_repaired(fixed, numbers), tuple(cells.get((fixed, c), "") for c in commands))
            for fixed in dict.fromkeys(experiment.fixed for experiment in made)
        ),
    )


def _repaired(fixed: tuple[int, ...], numbers: frozenset[int]) -> str:
    if not fixed:
        return "nothing"
    if len(numbers) > 1 and numbers == frozenset(fixed):
        return f"all ({listed(span_words(fixed))})"
    return f"{'issue' if len(fixed) == 1 else 'issues'} {listed(span_words(fixed))}"


def told_before(report: Report) -> Mapping[int, int]:
    """The issues whose mechanism an earlier one tells word for word, each with that one."""
    first: dict[str, int] = {}
    earlier = {
        issue.number: first.setdefault(issue.mechanism, issue.number) for issue in report.issues
    }
    return {number: of for number, of in earlier.items() if of != number}


def sections(report: Report) -> tuple[tuple[Issue, ...], ...]:
    """The issues as they are told: one by one, but many notes of one kind as one table."""
    told: list[tuple[Issue, ...]] = []
    for _, alike in groupby(report.issues, key=_kind):
        run = tuple(alike)
        as_table = len(run) >= _FEWEST_IN_A_TABLE and is_brief(run[0])
        told += [run] if as_table else [(issue,) for issue in run]
    return tuple(told)


def is_brief(issue: Issue) -> bool:
    """Whether it is worth no more than a few lines: a note that nothing has to be done about."""
    return issue.severity is Severity.NOTE and issue.role is Role.LATENT and not issue.fix


def _kind(issue: Issue) -> tuple[object, ...]:
    return (is_brief(issue), issue.rule, issue.folder, issue.mechanism, issue.certainty)


def first_shown(report: Report) -> Mapping[Exhibit, int]:
    """Each piece of evidence that is shown, with the first issue that shows it."""
    shown: dict[Exhibit, int] = {}
    for issue in report.issues:
        for exhibit in issue.exhibits:
            shown.setdefault(exhibit, issue.number)
    return shown


def verbatim(report: Report) -> frozenset[str]:
    """What tools and databases printed: symptoms among these are quoted, others are sentences."""
    told: tuple[CommandState | Experiment, ...] = (*report.commands, *report.experiments)
    messages = (line for one in told for line in (one.message, *one.message.split("\n")))
    errors = (one.error.text for one in told if one.error is not None)
    return frozenset(part for part in (*messages, *errors) if part)


def hidden_errors(report: Report) -> Mapping[CommandState, TrueError]:
    """The errors that stand behind a message and are not in it."""
    return {
        state: state.error
        for state in report.commands
        if state.error is not None and state.error.text not in state.message
    }


def issue_links(numbers: Iterable[int]) -> Markup:
    """Issue numbers as links, in the order given."""
    return Markup(", then ").join(
        _span_link(first, last) for first, last in spans(tuple(numbers))
    ) or Markup("–")


def _span_link(first: int, last: int) -> Markup:
    if first == last:
        return _filters.link(f"issue {first}", f"#issue-{first}")
    begin = _filters.link(f"issues {first}", f"#issue-{first}")
    return begin + Markup(" to ") + _filters.link(f"{last}", f"#issue-{last}")


def capitals(word: str) -> Markup:
    """The word for an outcome, in bold."""
    return Markup(f"**{_filters.cell(word)}**") if word else _filters.cell("")


def outcome_cell(prediction: Prediction) -> Markup:
    """An outcome in bold capitals, with what is said of it behind."""
    word = capitals(_words.outcome_word(prediction))
    details = _words.outcome_details(prediction).removeprefix(":").strip()
    return Markup(f"{word} {_filters.cell(details)}" if details else word)


def message(said: str) -> Markup:
    """What a tool prints, on one line for a table; the whole text stands in report.json."""
    return _filters.cell_code(shortened(one_line(said), _LONGEST_MESSAGE))


def time(at: str) -> Markup:
    """A moment to the second, in UTC where it says so."""
    match = _ISO.fullmatch(at)
    return _filters.text(f"{match[1]} {match[2]} UTC" if match else at)


def fact(value: str) -> Markup:
    """A value of a table: a moment as `time` shows it, anything else as in any cell."""
    return time(value) if _ISO.fullmatch(value) else _filters.cell(value)
