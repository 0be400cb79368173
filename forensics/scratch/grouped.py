"""Runs thousands of statements in groups, since each alone costs a way to the server and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from forensics.scratch.simple_query import Connection, run_together

MOST = 100
"""Statements in one group: a transaction locks all that it makes, and may lock some thousands."""
_QUIET = re.compile(rb"(?:\s|--[^\n]*\n)*(?:CREATE|ALTER|COMMENT)\s", re.IGNORECASE)
"""What returns no rows, and neither begins nor ends a transaction."""


def in_groups(connection: Connection, texts: Sequence[bytes], deadline: float) -> Iterator[bool]:
    """For each text in order, whether it was run and went well.

    Where it was not, the caller runs it alone, before it requests the next one, which may need it.
    Each is one statement, or is left to the caller. Raises what `run_together` raises.
    """
    for quiet, some in groupby(texts, lambda text: _QUIET.match(text) is not None):
        found = list(some)
        if not quiet:
            yield from (False for _ in found)
            continue
        for at in range(0, len(found), MOST):
            yield from _halved(connection, found[at : at + MOST], deadline)


def _halved(connection: Connection, texts: Sequence[bytes], deadline: float) -> Iterator[bool]:
    """All together, or in halves until those are left alone that fail."""
    if len(texts) == 1:
        yield False
    elif run_together(connection, texts, deadline):
        yield from (True for _ in texts)
    else:
        half = len(texts) // 2
        yield from _halved(connection, texts[:half], deadline)
        yield from _halved(connection, texts[half:], deadline)
