"""Which releases of 1.0 are modelled. It is not out yet, and its formats still change."""

from __future__ import annotations

import re

from forensics.facts import ToolUse

SNAPSHOT_VERSIONS = {"1.0.0-rc.4": "8", "1.0.0-rc.5": "9"}
"""Release -> the version of PostgreSQL snapshots that it reads and writes (bin.cjs)."""
NEWEST = "1.0.0-rc.5"
_FULL = re.compile(r"\d+\.\d+\.\d+(?:-[\w.]+)?")


def release_of(version: str | None) -> str | None:
    """The release in a version or range: `1.0.0-rc.5` for `^1.0.0-rc.5`."""
    found = _FULL.search(version or "")
    return found[0] if found else None


def is_modelled(version: str | None) -> bool:
    """Whether a version is one of those releases."""
    return release_of(version) in SNAPSHOT_VERSIONS


def snapshot_version(tool: ToolUse) -> str | None:
    """What the release reads; `None` of a release that is not modelled.

    A release that nobody knows is taken for the newest one.
    """
    return SNAPSHOT_VERSIONS.get(release_of(tool.version) or NEWEST)
