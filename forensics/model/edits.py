"""Several edits of one text, each made on its own, as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from forensics.model import WriteFile

NO_OP = "SELECT 1;\n"
"""For a file that must not be empty."""
_Span = tuple[int, int, str]
_SEVERAL = 2


def combined(edits: Sequence[WriteFile]) -> str:
    """The text with every edit in it; of two that touch the same characters, one is left out.

    Two that take them out agree. Where they do not start from the same text, the last one counts.
    A file from which they take out all keeps a statement that does nothing.
    """
    before = edits[-1].before
    if before is None or any(edit.before != before for edit in edits):
        return edits[-1].after
    text, end, is_cut = before, len(before), False
    spans = {span for edit in edits for span in _spans(before, edit.after)}
    for span in sorted(spans, reverse=True):
        start, stop, new = _ending_by(before, end, *span)
        if stop > end and not new and is_cut:
            stop = end
        if stop <= end:
            text, end, is_cut = f"{text[:start]}{new}{text[stop:]}", start, not new
    emptied = not text.strip() and all(edit.after.strip() for edit in edits)
    return NO_OP if emptied else text


def _spans(before: str, after: str) -> list[_Span]:
    """From where to where an edit replaces what; each place of an edit that only takes out."""
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    whole = start, len(before) - end, after[start : len(after) - end]
    top = before.rfind("\n", 0, start) + 1
    old = before[top:].splitlines(keepends=True)
    at = list(accumulate(map(len, old), initial=top))
    gaps = _gaps(old, after[top:].splitlines(keepends=True))
    if len(gaps) < _SEVERAL:
        return [whole]
    return [(at[first], at[last], "") for first, last in gaps]


def _gaps(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The lines that were taken out, from and to; none where other lines are new."""
    gaps, at = [], 0
    for line in new:
        first = at
        while at < len(old) and old[at] != line:
            at += 1
        if at == len(old):
            return []
        if at > first:
            gaps.append((first, at))
        at += 1
    return [*gaps, (at, len(old))] if at < len(old) else gaps


def _ending_by(before: str, end: int, start: int, stop: int, new: str) -> tuple[int, int, str]:
    """The edit moved to the left of another where that comes to the same.

    Of two equal pieces of text in a row, it makes no difference which one is deleted.
    """
    over = max(stop - end, 0)
    same = start >= over and before[start - over : start] == before[stop - over : stop]
    return (start - over, stop - over, new) if same and not new else (start, stop, new)


def _common(left: str, right: str) -> int:
    """How many characters two texts have in common at their start."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[:middle] == right[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
