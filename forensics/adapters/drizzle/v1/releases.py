"""Which releases of 1.0 are modelled. It is not out yet, and its formats still change."""

from __future__ import annotations

import re
from collections.abc import Mapping

from forensics.adapters.drizzle.dialects import follows, is_sqlite
from forensics.facts import ToolUse

NEWEST = "1.0.0-rc.5"
ON_POSTGRES = {"1.0.0-rc.4": "8", NEWEST: "9"}
ON_SQLITE = {NEWEST: "7"}
"""Release -> the version of snapshots that it reads and writes (bin.cjs)."""
_FULL = re.compile(r"\d+\.\d+\.\d+(?:-[\w.-]+)?")


def release_of(version: str | None) -> str | None:
    """The release in a version or range: `1.0.0-rc.5` for `^1.0.0-rc.5`."""
    found = _FULL.search(version or "")
    return found[0] if found else None


def is_modelled(tool: ToolUse, version: str | None) -> bool:
    """Whether a version is one of those releases, for what the tool is set up for."""
    return release_of(version) in _versions(tool)


def snapshot_version(tool: ToolUse) -> str | None:
    """What the release reads; `None` of a release that is not modelled.

    A release that nobody knows is taken for the newest one.
    """
    return _versions(tool).get(release_of(tool.version) or NEWEST)


def judges_history(tool: ToolUse) -> bool:
    """Whether parents and branches are judged as we know it; what rc.4 does was not looked at."""
    return (release_of(tool.version) or NEWEST) == NEWEST


def _versions(tool: ToolUse) -> Mapping[str, str]:
    if is_sqlite(tool):
        return ON_SQLITE
    return ON_POSTGRES if follows(tool) else {}
