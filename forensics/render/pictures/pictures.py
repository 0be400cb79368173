"""The pictures of a report: drawings for pages, diagrams in text for Markdown."""

from __future__ import annotations

from enum import StrEnum

from markupsafe import Markup

from forensics.model import MigrationState, Record, Report
from forensics.render import _filters
from forensics.render.pictures import causes, chain, matrix, timeline

_FEWEST_EVENTS = 3
_ORIGIN = "00000000-0000-0000-0000-000000000000"
"""The parent that a first snapshot names."""


class Surface(StrEnum):
    """Where a report is read."""

    MARKDOWN = "markdown"
    PAGE = "page"
    PRINT = "print"


class Pictures(Record, frozen=True, kw_only=True):
    """What stands in the place of each picture; empty where there is nothing to draw."""

    causes: Markup = Markup("")
    timeline: Markup = Markup("")
    matrix: Markup = Markup("")
    chain: Markup = Markup("")
    drawn: bool = False


def pictures(report: Report, surface: Surface) -> Pictures:
    """Marks where a page has drawings; diagrams and tables in Markdown."""
    if surface is not Surface.MARKDOWN:
        drawn = drawings(report)
        return Pictures(
            drawn="timeline" in drawn,
            **{name: _filters.anchor(f"picture-{name}") for name in drawn},
        )
    found = causes.effects(report)
    told = _told(report)
    knots = chain.knots(report.snapshots, _ORIGIN)
    return Pictures(
        causes=_filters.fence(causes.diagram(found), "mermaid") if found else Markup(""),
        matrix=_table(matrix.table(told)) if told else Markup(""),
        chain=_filters.fence(chain.diagram(knots), "mermaid") if len(knots) > 1 else Markup(""),
    )


def drawings(report: Report) -> dict[str, str]:
    """Name of a picture -> SVG, of those that this report has something for."""
    made: dict[str, str] = {}
    if found := causes.effects(report):
        made["causes"] = causes.drawing(found, report)
    if len(report.timeline) >= _FEWEST_EVENTS:
        made["timeline"] = timeline.drawing(report)
    if told := _told(report):
        made["matrix"] = matrix.drawing(matrix.table(told), len(told))
    if len(knots := chain.knots(report.snapshots, _ORIGIN)) > 1:  # one chain says nothing new
        made["chain"] = chain.drawing(knots, len(report.snapshots))
    return made


def _told(report: Report) -> tuple[MigrationState, ...]:
    return report.migrations


def _table(lines: tuple[matrix.Line, ...]) -> Markup:
    """The matrix in words."""
    head = ("Migration", *lines[0].heads)
    rows = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for it in lines:
        issues = f" ({matrix.numbered(it.issues)})" if it.issues else ""
        words = " | ".join(matrix.WORD[cell] for cell in it.cells)
        rows.append(f"| {_filters.cell(it.name)}{issues} | {words} |")
    return Markup("\n".join(rows))
