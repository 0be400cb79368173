"""The experiments as tables: a row per set of fixed issues, a column per command."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from forensics.model import CommandOutcome, Experiment, Record, Report
from forensics.model.wording import listed
from forensics.render import _filters, _words
from forensics.render._values import capitals
from forensics.report.numbering import span_words

_PASS = _words.OUTCOME[CommandOutcome.PASSES]


class Matrix(Record, frozen=True, kw_only=True):
    """The experiments of one folder: a row per set of fixed issues, a column per command."""

    folder: str
    commands: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    short: tuple[tuple[str, tuple[str, ...]], ...]
    """Those in which nothing, one issue or the whole fix was applied."""
    rest: tuple[tuple[str, tuple[str, ...]], ...]


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
    rows = {
        fixed: (_repaired(fixed, numbers), tuple(cells.get((fixed, c), "") for c in commands))
        for fixed in dict.fromkeys(experiment.fixed for experiment in made)
    }
    longest = max(map(len, rows))
    short = [fixed for fixed in rows if len(fixed) <= 1 or len(fixed) == longest]
    passing = (it for it in rows if all(word == _PASS for word in rows[it][1]))
    short += [fixed for fixed in [next(passing, ())] if fixed not in short]
    return Matrix(
        folder=folder,
        commands=commands,
        rows=tuple(rows.values()),
        short=tuple(row for fixed, row in rows.items() if fixed in short),
        rest=tuple(row for fixed, row in rows.items() if fixed not in short),
    )


def matrix_table(rows: Sequence[tuple[str, tuple[str, ...]]], commands: Sequence[str]) -> Markup:
    """States and what commands do in them."""
    head = ["Fixed", *map(_filters.cell_code, commands)]
    lines = [head, ["---"] * len(head)]
    lines += [[_filters.text(label), *map(capitals, words)] for label, words in rows]
    return Markup("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _repaired(fixed: tuple[int, ...], numbers: frozenset[int]) -> str:
    if not fixed:
        return "nothing"
    if len(numbers) > 1 and numbers == frozenset(fixed):
        return f"all ({listed(span_words(fixed))})"
    return f"{'issue' if len(fixed) == 1 else 'issues'} {listed(span_words(fixed))}"
