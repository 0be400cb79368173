"""All events on one axis from top to bottom, a lane for each clock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from forensics.model import Report, TimelineEntry
from forensics.model.wording import counted
from forensics.render.pictures import svg

_MOST = 24
"""Events that a picture has room for; the table has all."""
_ROW, _TOP = 26, 34
_LANES, _LANE = 150, 26
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)")
_KINDS = ("calm", "good", "ask", "bad")


def drawing(report: Report) -> str:
    """A row for each event: when, by which clock, what."""
    events = report.timeline[-_MOST:]
    clocks = list(dict.fromkeys(event.clock for event in events))
    height = _TOP + len(events) * _ROW + len(clocks) * 18 + 10
    parts = [*_lanes(clocks, len(events)), *_rows(events, clocks), *_key(clocks, len(events))]
    more = len(report.timeline) - len(events)
    rest = f" {counted(more, 'earlier event')} in the table below." if more else ""
    label = f"Timeline of {counted(len(events), 'event')} by {counted(len(clocks), 'clock')}."
    return svg.figure(parts, height, f"{label} The table below says the same.", f"{label}{rest}")


def _lanes(clocks: Sequence[str], rows: int) -> Iterator[str]:
    for place in range(len(clocks)):
        x = _x(place)
        yield svg.text(x - 4, 16, chr(ord("A") + place % 26), kind="soft")
        yield svg.line(x, 24, x, _TOP + rows * _ROW - 6)


def _rows(events: Sequence[TimelineEntry], clocks: Sequence[str]) -> Iterator[str]:
    said_x = _x(len(clocks)) - 4
    for row, event in enumerate(events):
        y = _TOP + row * _ROW + 8
        place = clocks.index(event.clock)
        yield svg.text(0, y + 4, _when(event.at), kind="soft", width=130)
        yield svg.dot(_x(place), y, _KINDS[place % len(_KINDS)])
        yield svg.text(said_x, y + 4, event.event, width=svg.WIDTH - said_x)


def _key(clocks: Sequence[str], rows: int) -> Iterator[str]:
    for place, clock in enumerate(clocks):
        y = _TOP + rows * _ROW + 14 + place * 18
        yield svg.dot(_LANES + 4, y - 4, _KINDS[place % len(_KINDS)], 4)
        yield svg.text(_LANES + 16, y, f"{chr(ord('A') + place % 26)}  {clock}", kind="soft")


def _x(place: int) -> float:
    return _LANES + place * _LANE + 4


def _when(at: str) -> str:
    match = _DAY.match(at)
    return f"{match[1]} {match[2]}" if match else at
