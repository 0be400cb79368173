"""What changed between two texts of a migration: bytes alone, comments, or statements."""

from __future__ import annotations

from enum import StrEnum

from forensics.dialects.base import Dialect
from forensics.facts.variants import BOM, cosmetic_variants, hash_of
from forensics.model.wording import listed, shortened

MOST_LINES = 40
"""Of a diff that is shown."""
WIDTH = 160
"""Characters of a line of it."""
LONGEST = 2000
"""Lines of a text above which lines are not compared one by one."""


class Change(StrEnum):
    """How deep a change goes."""

    BYTES = "bytes"
    """Line ends, byte order mark, final newlines."""
    COMMENTS = "comments"
    """Also comments, blanks and breakpoints: the database is told the same."""
    STATEMENTS = "statements"


def change(before: str, after: str, dialect: Dialect) -> Change:
    """How deep the change from one text to another goes; what cannot be read counts as deepest."""
    if hash_of(before) in cosmetic_variants(after):
        return Change.BYTES
    same = dialect.same(before.removeprefix(BOM), after.removeprefix(BOM))
    return Change.COMMENTS if same else Change.STATEMENTS


def in_bytes(found: str, wanted: str) -> str:
    """In what a text differs from another with the same words: `with CRLF line ends and ...`."""
    words = []
    if ("\r\n" in found) != ("\r\n" in wanted):
        words.append("with CRLF line ends" if "\r\n" in wanted else "with LF line ends")
    if _final(found) != _final(wanted):
        ends = _final(wanted)
        words.append(f"with {ends or 'no'} final newline{'s' * (ends > 1)}")
    if found.startswith(BOM) != wanted.startswith(BOM):
        words.append("with a byte order mark" if wanted.startswith(BOM) else "without its mark")
    return listed(words) or "with other line ends"


def difference(before: str, after: str) -> str:
    """A unified diff without its head, of at most `MOST_LINES`; empty where the lines are equal."""
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > LONGEST:
        return f"{len(old)} lines before, {len(new)} after: too many to show what changed"
    from difflib import unified_diff

    lines = [shortened(line, WIDTH) for line in unified_diff(old, new, n=2, lineterm="")][2:]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"... and {len(lines) - MOST_LINES} lines more"]
    return "\n".join(lines)


def _final(text: str) -> int:
    plain = text.replace("\r\n", "\n")
    return len(plain) - len(plain.rstrip("\n"))
