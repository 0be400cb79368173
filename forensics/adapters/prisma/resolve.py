"""What `migrate resolve` does: it tells the tool how a migration stands, and applies nothing."""

from __future__ import annotations

from forensics.adapters.base import Recording
from forensics.adapters.predictions import blocked, passes, unknown
from forensics.adapters.prisma import messages
from forensics.adapters.prisma.command_line import APPLIED, ROLLED_BACK
from forensics.adapters.prisma.deploy import stop_at_provider
from forensics.adapters.prisma.state import State, state, without_file
from forensics.facts import Facts, RowState
from forensics.model import MarkedRow, Prediction, ToolCommand


def resolve(facts: Facts, command: ToolCommand) -> Recording:
    """What it is told, or why it refuses."""
    found, name = state(facts), command.migration or ""
    if not isinstance(found, State):
        return Recording(prediction=unknown(command.command, found))
    applies = command.command == APPLIED
    refused = _not_applied(found, name) if applies else _not_undone(found, name)
    if refused is not None:
        return Recording(prediction=refused)
    migration = next((it for it in found.here if it.key == name), None)
    file = facts.files.get(migration.path) if facts.files and migration else None
    return Recording(
        prediction=passes(command.command, messages.marked(name, applied=applies)),
        mark=MarkedRow(
            table=found.name,
            key=name,
            applied=applies,
            checksum=(file.sha256 if file else None) or "",
        ),
    )


def _not_applied(found: State, name: str) -> Prediction | None:
    """Why it does not mark as applied: it wants the file, and no row of a finished run."""
    if (stopped := stop_at_provider(APPLIED, found.facts)) is not None:
        return stopped
    meant = [migration for migration in found.here if migration.key == name]
    if not meant or without_file(found.facts, meant) is not None:
        return blocked(APPLIED, messages.not_found(name))
    if name in found.applied:
        return blocked(APPLIED, messages.already_applied(name))
    return None


def _not_undone(found: State, name: str) -> Prediction | None:
    """Why it does not mark as rolled back: it reads rows alone, and wants one that is unfinished.

    A row that was rolled back before is one.
    """
    if found.table is None:
        return blocked(ROLLED_BACK, messages.NO_TABLE)
    states = {row.state for row in found.rows if row.key == name}
    if not states:
        return blocked(ROLLED_BACK, messages.never_applied(name))
    if states == {RowState.APPLIED}:
        return blocked(ROLLED_BACK, messages.not_failed(name))
    return None
