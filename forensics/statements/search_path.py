"""SQL that changes the search path of its session, as a dump does in its first lines."""

from __future__ import annotations

import re

_SETS = re.compile(
    r"\bset_config\s*\(\s*'search_path'|^\s*SET\s+(?:SESSION\s+|LOCAL\s+)?search_path\b",
    re.IGNORECASE | re.MULTILINE,
)


def line_of_search_path(text: str) -> int:
    """The line on which a text sets the search path; 0 where it does not."""
    found = _SETS.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 0
