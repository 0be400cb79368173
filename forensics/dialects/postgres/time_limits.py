"""How PostgreSQL says that a statement was ended by a time limit."""

from __future__ import annotations

STATEMENT_CANCELED = "57014"
"""The SQLSTATE; a person who cancels a statement gives it the same."""
BY_TIME_LIMIT = "statement timeout"
"""What the message says where it was the time limit."""
LOCK_NOT_AVAILABLE = "55P03"
"""The SQLSTATE of a statement that gave up waiting for a lock."""
