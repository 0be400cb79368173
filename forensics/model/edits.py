"""Several edits of one text, each made on its own, as one."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
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
    same = SequenceMatcher(None, old, after[top:].splitlines(keepends=True), autojunk=False)
    parts = [it for it in same.get_opcodes() if it[0] != "equal"]
    if len(parts) < _SEVERAL or any(tag != "delete" for tag, *_ in parts):
        return [whole]
    return [(at[first], at[last], "") for _, first, last, _, _ in parts]


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
