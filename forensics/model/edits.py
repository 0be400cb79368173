"""Several edits of one text, each made on its own, as one."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.model import WriteFile


def combined(edits: Sequence[WriteFile]) -> str:
    """The text with every edit in it; of two that touch the same characters, one is left out.

    Where they do not start from the same text, the last one counts.
    """
    before = edits[-1].before
    if before is None or any(edit.before != before for edit in edits):
        return edits[-1].after
    text, end = before, len(before)
    for span in sorted({_span(before, edit.after) for edit in edits}, reverse=True):
        start, stop, new = _ending_by(before, end, *span)
        if stop <= end:
            text, end = f"{text[:start]}{new}{text[stop:]}", start
    return text


def _span(before: str, after: str) -> tuple[int, int, str]:
    """From where to where an edit replaces what."""
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    return start, len(before) - end, after[start : len(after) - end]


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
