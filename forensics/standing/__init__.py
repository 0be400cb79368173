"""At which migration's state a database is: catalogue against snapshots and against the SQL."""

from __future__ import annotations

from forensics.standing.judge import Step, judge
from forensics.standing.live import state_of
from forensics.standing.things import (
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
    "Bare",
    "ColumnShape",
    "ConstraintShape",
    "IndexShape",
    "Labels",
    "Shape",
    "State",
    "Step",
    "Thing",
    "judge",
    "state_of",
]
