"""What the custody log is told on the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from forensics.errors import ForensicsError

if TYPE_CHECKING:
    from forensics.evidence.custody import Custody


def custody(given: dict[str, Any]) -> Custody:
    """Of the options of a command; raises `ForensicsError` where they contradict each other."""
    from forensics.evidence.custody import Custody

    if given["timestamp"] and given["offline"]:
        raise ForensicsError("--timestamp needs the network that --offline forbids.")
    return Custody(
        operator=given["operator"],
        sign=given["sign"],
        timestamp=given["timestamp"],
        ticket=given["ticket"],
        approver=given["approver"],
        implementer=given["implementer"],
        edition=given["edition"],
        arguments=tuple(sys.argv[1:]),
    )
