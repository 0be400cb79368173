"""What a run of the project's tool says, once it is known that it was one."""

from __future__ import annotations

import re

import msgspec

from forensics.adapters.real_tool import Reading
from forensics.evidence.tool_runs import Replay
from forensics.model import CommandOutcome
from forensics.replay.sandbox import Finished

_TOO_MUCH = "53"
"""Class of PostgreSQL's errors for want of memory, disk or connections."""
_LIMIT_MET = re.compile(
    r"temporary file size exceeds|too many connections for role|could not extend file"
    r"|No space left on device"
)
_QUOTED = 80


def without_result(replay: Replay) -> Replay:
    """Of a state in which the config leads elsewhere than to the database that it was given."""
    if replay.outcome is CommandOutcome.UNKNOWN:
        return replay
    return msgspec.structs.replace(
        replay,
        outcome=CommandOutcome.UNKNOWN,
        exit_code=None,
        message="it did not reach the scratch database: its config seems to name another one",
        error=None,
        destructive=False,
    )


def _not_the_tool(tool: str, finished: Finished, reading: Reading) -> str:
    """Why an output cannot be one of the tool; empty where it can."""
    if reading.recognized:
        return ""
    said = next(iter(reading.lines), "")[:_QUOTED]
    printed = f"printed {said!r}, which is none of its messages" if said else "printed nothing"
    return (
        f"{tool} could not be run, because it ended with exit code {finished.exit_code} and "
        f"{printed}"
    )


def _refused_more(reading: Reading) -> str:
    """The scratch server's word that a limit of it was met; empty where none was."""
    if reading.error and (reading.error.sqlstate or "").startswith(_TOO_MUCH):
        return reading.message
    return next((line for line in reading.lines if _LIMIT_MET.search(line)), "")


def judged(tool: str, finished: Finished, reading: Reading) -> Reading:
    """A run that was stopped, or did not find the scratch database, says nothing of the tool."""
    why = finished.stopped or _not_the_tool(tool, finished, reading)
    if not why and not reading.reached:
        why = f"it did not reach the scratch database: {reading.message}"
    if not why and (refused := _refused_more(reading)):
        why = f"stopped, since it needs more than the scratch server gives ({refused})"
    if not why:
        return reading
    return Reading.unknown(why, reading.lines)
