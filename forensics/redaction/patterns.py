"""All patterns, in the order in which they are tried."""

from __future__ import annotations

from forensics.redaction.arguments import ARGUMENTS
from forensics.redaction.assigned import ASSIGNED
from forensics.redaction.connections import CONNECTIONS
from forensics.redaction.headers import HEADERS
from forensics.redaction.pattern import Pattern
from forensics.redaction.prose import PEOPLE, PROSE
from forensics.redaction.sql import SQL
from forensics.redaction.tokens import TOKENS
from forensics.redaction.urls import URLS

PATTERNS: tuple[Pattern, ...] = (
    *URLS,
    *SQL,
    *ASSIGNED,
    *CONNECTIONS,
    *ARGUMENTS,
    *HEADERS,
    *TOKENS,
    *PROSE,
    *PEOPLE,
)
CERTAIN: tuple[Pattern, ...] = tuple(pattern for pattern in PATTERNS if pattern.certain)
"""Those whose matches are secrets wherever they stand."""
SHOWN: tuple[Pattern, ...] = tuple(it for it in PATTERNS if it not in PEOPLE)
"""Those for messages to the user who runs us."""
