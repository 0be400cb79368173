"""What `migrate status` says: it reads names, rows and that every directory has its file."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.adapters.predictions import blocked, passes, unknown
from forensics.adapters.prisma import messages
from forensics.adapters.prisma.command_line import STATUS as COMMAND
from forensics.adapters.prisma.deploy import stop_at_folder
from forensics.adapters.prisma.state import State, state
from forensics.facts import Facts, Migration, RowState
from forensics.model import CommandOutcome, Prediction

MAJOR_THAT_FORGETS = 6
"""It takes a rolled-back migration for one that is not pending; 7 lists it."""


def status(facts: Facts) -> Prediction:
    """The first thing that it says, and whether it exits with an error."""
    found = state(facts)
    if not isinstance(found, State):
        return unknown(COMMAND, found)
    read = [migration for migration in found.here if migration not in found.pending]
    if (stopped := stop_at_folder(COMMAND, facts, read)) is not None:
        return stopped
    pending, silent = _pending(found)
    strange = sorted(found.applied - {it.key for it in found.here})
    if pending:
        listed = [migration.key for migration in pending]
        if strange or found.unfinished:
            return blocked(COMMAND, messages.DIVERGED if strange else messages.pending(listed))
        return replace(blocked(COMMAND, messages.pending(listed)), lists_pending=True)
    if found.unfinished:
        failed = dict.fromkeys(row.key or "" for row in found.unfinished)
        return blocked(COMMAND, messages.have_failed([*failed]))
    if silent is None:
        return unknown(COMMAND, "whether the release lists a migration that was rolled back")
    if silent:
        names = ", ".join(it.key for it in silent)
        return Prediction(
            command=COMMAND,
            outcome=CommandOutcome.SILENTLY_WRONG,
            exit_code=0,
            message=messages.UP_TO_DATE,
            why=f"says nothing of {names}, which is pending",
        )
    return passes(COMMAND, messages.UP_TO_DATE)


def _pending(found: State) -> tuple[list[Migration], list[Migration] | None]:
    """What it lists as pending, and what it forgets; `None` where the release is not known."""
    undone = {row.key for row in found.rows if row.state is RowState.ROLLED_BACK}
    forgotten = [it for it in found.pending if it.key in undone]
    if not forgotten:
        return found.pending, []
    major = major_of(found.facts)
    if major is None:
        return [it for it in found.pending if it not in forgotten], None
    if major > MAJOR_THAT_FORGETS:
        return found.pending, []
    return [it for it in found.pending if it not in forgotten], forgotten


def major_of(facts: Facts) -> int | None:
    """The major version of the CLI."""
    first = (facts.tool.version or "").partition(".")[0]
    return int(first) if first.isdecimal() else None
