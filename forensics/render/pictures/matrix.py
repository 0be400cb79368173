"""Where each migration is present: in the list, as a file, as a snapshot, in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from forensics.model import MigrationState, Presence, Record
from forensics.model.wording import counted, listed
from forensics.render.pictures import svg

_MOST = 40
_FEWEST = 4
"""Equal rows in a run that are worth one line."""
_ROW, _TOP = 22, 26
_NAMES, _COLUMN = 400, 90
_HEADS = ("List", "File", "Snapshot", "Database")
_WITHOUT_SNAPSHOTS = ("List", "File", "Database")
_KIND = {
    Presence.YES: "good",
    Presence.NO: "bad",
    Presence.ELSEWHERE: "ask",
    Presence.UNKNOWN: "calm",
}
WORD = {
    Presence.YES: "yes",
    Presence.NO: "no",
    Presence.ELSEWHERE: "elsewhere",
    Presence.UNKNOWN: "unknown",
}


class Line(Record, frozen=True, kw_only=True):
    """One migration, or a run of migrations that are alike."""

    name: str
    cells: tuple[Presence, ...]
    issues: tuple[int, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """What each cell is about."""
        return _HEADS if len(self.cells) == len(_HEADS) else _WITHOUT_SNAPSHOTS


def table(states: Sequence[MigrationState]) -> tuple[Line, ...]:
    """Migrations in their order; runs of equal ones without an issue are one line.

    A tool without snapshots has no column for them.
    """
    lines: list[Line] = []
    whole = any(it.snapshot is not Presence.UNKNOWN for it in states)
    alone = len({it.folder for it in states}) == 1
    for (_, cells, issues), run in groupby(
        states, key=lambda it: (it.folder, _cells(it, whole), it.issues)
    ):
        group = list(run)
        if len(group) >= _FEWEST and not issues:
            lines.append(
                _line(f"{_name(group[0], alone)} to {group[-1].key} ({len(group)})", cells)
            )
        else:
            lines += [_line(_name(it, alone), cells, issues) for it in group]
    return tuple(lines)


def _name(state: MigrationState, alone: bool) -> str:
    return state.key if alone else f"{state.folder}: {state.key}"


def _line(name: str, cells: tuple[Presence, ...], issues: tuple[int, ...] = ()) -> Line:
    return Line(name=name, cells=cells, issues=issues)


def _cells(state: MigrationState, whole: bool) -> tuple[Presence, ...]:
    snapshot = (state.snapshot,) if whole else ()
    return (state.listed, state.file, *snapshot, state.recorded)


def drawing(lines: Sequence[Line], total: int) -> str:
    """A row of four marks for each line."""
    shown = lines[-_MOST:]
    parts = [*_heads(shown), *(part for row, it in enumerate(shown) for part in _drawn(row, it))]
    more = len(lines) - len(shown)
    rest = f" {counted(more, 'earlier line')} not drawn." if more else ""
    caption = f"{counted(total, 'migration')}: where each is present.{rest}"
    return svg.figure(parts, _TOP + len(shown) * _ROW + 6, _sentences(shown, caption), caption)


def numbered(issues: Sequence[int]) -> str:
    """`issue 2`, `issues 2 and 4`."""
    return f"{'issue' if len(issues) == 1 else 'issues'} {listed(map(str, issues))}"


def _heads(shown: Sequence[Line]) -> Iterator[str]:
    for column, head in enumerate(shown[0].heads if shown else ()):
        yield svg.text(_NAMES + column * _COLUMN, 14, head, kind="soft")


def _drawn(row: int, it: Line) -> Iterator[str]:
    y = _TOP + row * _ROW
    yield svg.line(0, y - 3, svg.WIDTH, y - 3)
    said = f"{it.name}  ({numbered(it.issues)})" if it.issues else it.name
    yield svg.text(0, y + 13, said, width=_NAMES - 10)
    for column, cell in enumerate(it.cells):
        x = _NAMES + column * _COLUMN
        yield svg.dot(x + 5, y + 9, _KIND[cell])
        yield svg.text(x + 16, y + 13, WORD[cell], kind=_KIND[cell])


def _sentences(shown: Sequence[Line], caption: str) -> str:
    odd = (it for it in shown if any(cell is not Presence.YES for cell in it.cells))
    said = (
        f"{it.name}: "
        + ", ".join(f"{head} {WORD[cell]}" for head, cell in zip(it.heads, it.cells, strict=True))
        for it in odd
    )
    return f"{caption} {'; '.join(said)}"[:900]
