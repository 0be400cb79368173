"""At which migration's state a database is: catalogue against snapshots and against the SQL."""

from __future__ import annotations

from forensics.dialects.postgres.standing.compare import differences
from forensics.dialects.postgres.standing.judge import judge
from forensics.dialects.postgres.standing.kinds import Work
from forensics.dialects.postgres.standing.live import state_of
from forensics.dialects.postgres.standing.sql import apply
from forensics.dialects.reach import ONLY_IN_SQL, farthest, is_absent
from forensics.dialects.things import (
    Bare,
    ColumnShape,
    ConstraintShape,
    IndexShape,
    Labels,
    Shape,
    State,
    Thing,
)

__all__ = [
    "ONLY_IN_SQL",
    "Bare",
    "ColumnShape",
    "ConstraintShape",
    "IndexShape",
    "Labels",
    "Shape",
    "State",
    "Thing",
    "farthest",
    "is_absent",
    "Work",
    "apply",
    "differences",
    "judge",
    "state_of",
]
