"""How PostgreSQL says that a statement was ended by a time limit."""

from __future__ import annotations

from forensics.facts import CapturedError

BY_TIME_LIMIT = "statement timeout"
"""What the message says where it was the time limit, and no person."""
_CANCELED, _NO_LOCK = "57014", "55P03"


def took_too_long(error: CapturedError) -> bool:
    """Whether a statement took longer than it may; an output may lack the SQLSTATE."""
    return error.sqlstate in (_CANCELED, None) and BY_TIME_LIMIT in error.text


def gave_up_waiting(error: CapturedError) -> bool:
    """Whether a statement waited for a lock until its time was over."""
    return error.sqlstate == _NO_LOCK
