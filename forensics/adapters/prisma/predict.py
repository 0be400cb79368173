"""What each command would do."""

from __future__ import annotations

from forensics.adapters.predictions import passes, unknown
from forensics.adapters.prisma.command_line import DEPLOY, DEV, PUSH, RESET, STATUS
from forensics.dialects.engine import Engine
from forensics.facts import Facts
from forensics.model import Prediction


def predict(facts: Facts, command: str, engine: Engine | None = None) -> Prediction:
    """What one command would do; `KeyError` for another word."""
    from forensics.adapters.prisma.deploy import deploy
    from forensics.adapters.prisma.dev import dev
    from forensics.adapters.prisma.push import push
    from forensics.adapters.prisma.state import State, state
    from forensics.adapters.prisma.status import status
    from forensics.dialects.postgres.effects import run

    if facts.tool.unread:
        return unknown(command, facts.tool.unread[0].what)
    if command == RESET:
        found = state(facts)
        return passes(RESET, "") if isinstance(found, State) else unknown(RESET, found)
    return {
        DEPLOY: lambda: deploy(facts, engine or run),
        STATUS: lambda: status(facts),
        DEV: lambda: dev(facts, engine or run),
        PUSH: lambda: push(facts),
    }[command]()
