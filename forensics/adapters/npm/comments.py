"""JavaScript and TypeScript without its comments, for patterns that look for names in it."""

from __future__ import annotations

import re

_LINE = r"(?<![:\w])//[^\n]*"
_COMMENT = re.compile(rf"{_LINE}|/\*.*?\*/", re.DOTALL)
_TO_THE_END = re.compile(_LINE)
_END = "*/"


def without_comments(text: str) -> str:
    """The rest of a text; `https://` begins none. Linear, also where comments do not end."""
    last = text.rfind(_END)
    ends = last + len(_END) if last >= 0 else 0
    return _COMMENT.sub("", text[:ends]) + _TO_THE_END.sub("", text[ends:])
