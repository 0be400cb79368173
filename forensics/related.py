"""Related work, as branch names and commit subjects name it."""

from __future__ import annotations

import re

MOST = 6
NAMES = (
    re.compile(
        r"\b(?:feat|fix|chore|refactor|docs|test|perf|build|ci|style)\(([\w.\-/ ,]*\d[\w.\-/ ,]*)\)"
    ),
    re.compile(r"(?<![\w-])([A-Z][A-Z0-9]{1,9}-\d+)(?![\w-])"),
    re.compile(r"(?:^|[\s(])(#\d+)\b"),
    re.compile(r"(?:^|/)(\d+(?:[.-]\d+)+)(?=[-_/]|$)"),
)
"""`feat(1.7): ...`, `ABC-123`, `#42`, `feature/1.7-login`."""


def related_work(branch: str | None, subjects: tuple[str, ...]) -> tuple[str, ...]:
    """Stories and tickets named by the branch, and by subjects of commits."""
    texts = (branch or "", *subjects)
    found = (match for text in texts for name in NAMES for match in name.findall(text))
    return tuple(dict.fromkeys(found))[:MOST]
