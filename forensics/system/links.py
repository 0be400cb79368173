"""Whether a path leads out of its folder, through whatever links."""

from __future__ import annotations

import os
from pathlib import Path

_MOST_LINKS = 40
"""Of one path, as Linux has it."""


def stays_inside(top: Path, path: str) -> bool:
    """Whether a path below `top` stays below it, through every link on its way.

    A way out and back in counts as out: on a copy elsewhere it would lead to the original.
    """
    waiting, reached, links = path.split("/")[::-1], list[str](), 0
    while waiting:
        part = waiting.pop()
        if part == ".." and not reached:
            return False
        if part == "..":
            reached.pop()
        elif part not in ("", "."):
            reached.append(part)
            place = top.joinpath(*reached)
            if place.is_symlink():
                leads = os.readlink(place)
                links += 1
                if leads.startswith("/") or links > _MOST_LINKS:
                    return False
                reached.pop()
                waiting += leads.split("/")[::-1]
    return True
