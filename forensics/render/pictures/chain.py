"""Which snapshot follows which, with forks and with parents that are not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from forensics.model import Record, SnapshotLink
from forensics.model.wording import counted, listed
from forensics.render.pictures import svg
from forensics.render.pictures.mermaid import node

_MOST = 40
_ROW, _LANE = 24, 26


class Knot(Record, frozen=True, kw_only=True):
    """A snapshot, or a run of them that follow one another."""

    id: str
    """Of the last one."""
    parent: str
    """Of the first one."""
    name: str
    last: str = ""
    """The name of the last one, where there are several."""
    issues: tuple[int, ...]
    lost: bool
    """Whether its parent is not there, although it names one."""
    fork: bool
    """Whether an earlier one has the same parent."""


def knots(links: Sequence[SnapshotLink], origin: str) -> tuple[Knot, ...]:
    """The snapshots, runs without anything to say as one; `origin` is the parent of a first one."""
    known = {link.id for link in links}
    children: dict[str, int] = {}
    for link in links:
        children[link.parent] = children.get(link.parent, 0) + 1
    made: list[Knot] = []
    seen: set[str] = set()
    for link in links:
        it = Knot(
            id=link.id,
            parent=link.parent,
            name=link.name,
            issues=link.issues,
            lost=link.parent not in known | {origin, ""},
            fork=link.parent in seen,
        )
        seen.add(link.parent)
        plain = made and made[-1].id == it.parent and children[it.parent] == 1
        if plain and not it.issues and not made[-1].issues and not it.lost:
            made[-1] = _joined(made[-1], it)
        else:
            made.append(it)
    return tuple(made)


def _joined(first: Knot, last: Knot) -> Knot:
    return replace(first, id=last.id, last=last.name, issues=())


def drawing(all_: Sequence[Knot], total: int) -> str:
    """From top to bottom, forks to the right."""
    shown = all_[-_MOST:]
    lanes = _lanes(shown)
    rows = {it.id: row for row, it in enumerate(shown)}
    parts = [part for row, it in enumerate(shown) for part in _drawn(it, row, lanes, rows)]
    caption = _caption(all_, total)
    return svg.figure(parts, len(shown) * _ROW + 8, caption, caption)


def _lanes(shown: Sequence[Knot]) -> dict[str, int]:
    lanes: dict[str, int] = {}
    for it in shown:
        free = lanes.get(it.parent, -1)
        lanes[it.id] = max(lanes.values(), default=-1) + 1 if it.fork or free < 0 else free
        if not lanes or (free < 0 and not it.fork and not it.lost):
            lanes[it.id] = 0
    return lanes


def _drawn(it: Knot, row: int, lanes: dict[str, int], rows: dict[str, int]) -> Iterator[str]:
    x, y = lanes[it.id] * _LANE + 10, row * _ROW + 14
    if it.parent in rows:
        up_x, up_y = lanes[it.parent] * _LANE + 10, rows[it.parent] * _ROW + 14
        if up_x == x:
            yield svg.line(up_x, up_y, x, y, "edge")
        else:
            yield f'<path d="M{up_x} {up_y}C{up_x} {y} {up_x} {y} {x} {y}" class="edge"/>'
    elif it.lost:
        yield svg.line(x, y - 16, x, y, "edge mask")
    bad = bool(it.issues) or it.lost or it.fork
    yield svg.dot(x, y, "bad" if bad else "good")
    said_x = (max(lanes.values()) + 1) * _LANE + 14
    yield svg.text(said_x, y + 4, _said(it), width=svg.WIDTH - said_x)


def _said(it: Knot) -> str:
    name = f"{it.name} to {it.last}" if it.last else it.name
    marks = [f"issue {listed(map(str, it.issues))}"] if it.issues else []
    marks += ["its parent is missing"] if it.lost else []
    marks += ["a second child of its parent"] if it.fork else []
    return f"{name}  ({', '.join(marks)})" if marks else name


def _caption(all_: Sequence[Knot], total: int) -> str:
    forks, lost = sum(it.fork for it in all_), sum(it.lost for it in all_)
    if not forks and not lost:
        return f"{counted(total, 'snapshot')} in one chain."
    parts = [counted(forks, "fork")] if forks else []
    parts += [counted(lost, "missing parent")] if lost else []
    return f"{counted(total, 'snapshot')} with {listed(parts)}."


def diagram(all_: Sequence[Knot]) -> str:
    """The same as a Mermaid flowchart."""
    names = {it.id: f"s{number}" for number, it in enumerate(all_)}
    lines = ["flowchart TD", *(node(names[it.id], _said(it)) for it in all_)]
    lines += [f"  {names[it.parent]} --> {names[it.id]}" for it in all_ if it.parent in names]
    return "\n".join(lines)
