"""What `migrate resolve` does: it tells the tool how a migration stands, and applies nothing."""

from __future__ import annotations

from forensics.adapters.base import Recording
from forensics.adapters.prisma import messages
from forensics.adapters.prisma.command_line import APPLIED, ROLLED_BACK
from forensics.adapters.prisma.predictions import blocked, passes, unknown
from forensics.adapters.prisma.state import State, state
from forensics.facts import Facts
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
    if name not in {migration.key for migration in found.here}:
        text = (
            f"The migration {name} could not be found. Please make sure that the migration exists"
        )
        return blocked(APPLIED, text)
    if name in found.applied:
        return blocked(APPLIED, messages.already_applied(name))
    return None


def _not_undone(found: State, name: str) -> Prediction | None:
    if name in {row.key for row in found.unfinished}:
        return None
    if name in {row.key for row in found.rows}:
        return blocked(ROLLED_BACK, messages.not_failed(name))
    return blocked(ROLLED_BACK, messages.never_applied(name))
