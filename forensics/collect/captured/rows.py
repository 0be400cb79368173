"""Takes the values of rows out of an output: what was refused stays, what it held does not."""

from __future__ import annotations

import re

MASK = "***"

_NEXT = r"(?!\s+at |\(exit|[$>] |[A-Z]\w*Error\b)[^\n]*"
_ARRAYS = "params|parameters|args|values|bindings"
_PARTS = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        # Key (email)=(ann@example.org) already exists., in whichever language
        (r"(?P<head>\)=\()[^\n]*(?P<tail>\))", 0),
        # Failing row contains (1, ann, null)., also over several lines
        (r"(?P<head>row contains \().{0,4000}?(?P<tail>\)\.?['\"`]?,?\s*$)", re.M | re.S),
        (r"(?P<head>row contains \()(?!\*)[^\n]*(?P<tail>)$", re.M),
        # params: 1,ann as an ORM quotes them, and the arrays that Node prints
        (
            rf"^(?P<head>\s*params: )(?!\[)[^\n]+(?:\n{_NEXT}){{0,50}}(?P<tail>)(?=\n\s+at )",
            re.M,
        ),
        (r"^(?P<head>\s*params: )(?!\[|\*)[^\n]+(?P<tail>)$", re.M),
        (rf"^(?P<head>[ \t]*(?:{_ARRAYS}): \[)(?![\]*]|$)[^\n]*(?P<tail>\])(?=,?$)", re.M),
        (
            rf"^(?P<head>(?P<indent>[ \t]*)(?:{_ARRAYS}): \[)\n"
            r".{0,100000}?\n(?P=indent)(?P<tail>\])(?=,?$)",
            re.M | re.S,
        ),
        # What cannot be read as a type, a date, a number; what MySQL calls a duplicate
        (
            r"(?P<head>\b(?:input (?:syntax|value) for [^\n:]{1,80}|out of range|array literal"
            r"|range literal|record literal|Incorrect [\w ]{1,40} value"
            r"|Truncated [\w ]{1,60} value): [\"'])[^\n]*(?P<tail>[\"'])",
            0,
        ),
        (r"(?P<head>\bDuplicate entry ')[^\n]*(?P<tail>' for key)", 0),
        (r"(?P<head>\bvalue \")[^\n]*(?P<tail>\" is out of range)", 0),
        (r"(?P<head>\bToken \")[^\n]*(?P<tail>\" is invalid)", 0),
        (r"(?P<head>\bline \d+, column [^\n:]{1,80}: \")[^\n]*(?P<tail>\")", 0),
    )
)


def without_rows(text: str) -> str:
    """The text with the values of rows and parameters masked; names of columns stay."""
    for pattern in _PARTS:
        text = pattern.sub(rf"\g<head>{MASK}\g<tail>", text)
    return text
