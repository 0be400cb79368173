"""Related work, as branch names and commit subjects name it."""

from __future__ import annotations

import re

MOST = 6
_ITEM = r"(?:[A-Za-z]+-)?#?\d+(?:[.-]\d+)*"
_TYPES = "feat|fix|chore|refactor|docs|test|perf|build|ci|style"
_STANDARDS = "UTF|SHA|MD|ISO|RFC|CVE|ECMA|HTTP|TLS|AES|ES|PG|GPT"
NAMES = (
    re.compile(rf"\b(?:{_TYPES})\(({_ITEM}(?:[,/ ]+{_ITEM})*)\)"),
    re.compile(rf"(?<![\w-])((?!(?:{_STANDARDS})-)[A-Z][A-Z0-9]{{1,9}}-\d+)(?!\w|-\d)"),
    re.compile(r"(?:^|[\s(])(#\d+)\b"),
    re.compile(r"(?:^|/)(?!\d{4}-\d\d-\d\d)(\d+(?:[.-]\d+)+)(?=[-_/]|$)"),
)
"""`feat(1.7): ...`, `ABC-123`, `#42`, `feature/1.7-login`; not `fix(e2e)`, `UTF-8`, a date."""


def related_work(branch: str | None, subjects: tuple[str, ...]) -> tuple[str, ...]:
    """Stories and tickets named by the branch, and by subjects of commits."""
    texts = (branch or "", *subjects)
    found = (match for text in texts for name in NAMES for match in name.findall(text))
    return tuple(dict.fromkeys(found))[:MOST]
