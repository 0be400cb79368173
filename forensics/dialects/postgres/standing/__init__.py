"""At which migration's state a database is: catalogue against snapshots and against the SQL."""

from forensics.dialects.postgres.standing.judge import judge
from forensics.dialects.postgres.standing.live import state_of

__all__ = ["judge", "state_of"]
