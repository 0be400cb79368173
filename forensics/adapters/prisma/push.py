"""What `db push` does: it compares the schema code with the database, and leaves rows alone."""

from __future__ import annotations

from forensics.adapters.prisma import messages
from forensics.adapters.prisma.command_line import PUSH as COMMAND
from forensics.adapters.prisma.predictions import passes, unknown
from forensics.adapters.prisma.standing import standing
from forensics.adapters.prisma.state import State, state
from forensics.facts import Facts
from forensics.model import Prediction


def push(facts: Facts) -> Prediction:
    """It passes where the database is at the newest state, which the schema code is taken for."""
    found = state(facts)
    if not isinstance(found, State):
        return unknown(COMMAND, found)
    told = standing(facts)
    last = len(told.migrations) - 1 if told else -1
    if told is None or last < 0 or not told.compared(last) or told.differences(last):
        return unknown(
            COMMAND,
            "it makes the database like the schema code, which is not run, and the database is not "
            "as the migrations leave it",
        )
    return passes(COMMAND, messages.PUSHED)
