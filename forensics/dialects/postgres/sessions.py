"""What is known of PostgreSQL's sessions."""

from forensics.dialects.postgres.by_hand import database_search_path as database_search_path
from forensics.dialects.postgres.by_hand import moves as moves
from forensics.dialects.postgres.by_hand import role_search_path as role_search_path
from forensics.dialects.postgres.locks import waits_for as waits_for
from forensics.dialects.postgres.scans import scanned as scanned
from forensics.dialects.postgres.time_limits import BY_TIME_LIMIT as BY_TIME_LIMIT
from forensics.dialects.postgres.time_limits import gave_up_waiting as gave_up_waiting
from forensics.dialects.postgres.time_limits import took_too_long as took_too_long

WITHOUT_LIMIT = "SET LOCAL statement_timeout = 0"


def ending(process: int) -> str:
    """As the role of that session, or as a superuser."""
    return f"SELECT pg_catalog.pg_terminate_backend({process});"
