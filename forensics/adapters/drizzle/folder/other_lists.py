"""The journal as it was in other commits, and as it would be with one more entry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec.structs import replace

from forensics.adapters.drizzle.folder.journal import listed_in
from forensics.facts import Commits, EarlierList, History, ToolUse, TrackingTables
from forensics.tracking.matching import readable

_TAG = re.compile(r'"tag"\s*:\s*"([^"\\]+)"')
_KEY = "\uffff"
"""Stands for a tag: JSON leaves it as it is, and no file name has it."""


def with_other_lists(
    history: History, tool: ToolUse, tracking: TrackingTables | None, commits: Commits | None
) -> History:
    """The journal with what other versions of it list, and the text around a new entry."""
    earlier = tuple(_earlier(history.path, commits)) if commits else ()
    if history.problem is not None or not history.migrations or history.text is None:
        return replace(history, earlier=earlier)
    stamps = [migration.stamp or 0 for migration in history.migrations]
    stamps += [table.newest or 0 for table in readable(tool, tracking)]
    around = _around_next(history.text, max(stamps) + 1)
    return replace(history, earlier=earlier, around_next=around)


def _earlier(path: str, commits: Commits) -> Iterator[EarlierList]:
    changes = [change for _, change in commits.of(path)]
    for blob_id in dict.fromkeys(it for c in changes for it in (c.blob, c.old_blob)):
        blob = commits.blob(blob_id)
        if blob is not None and blob.text is not None:
            yield replace(_listed(blob.text), blob=blob.id)


@lru_cache(maxsize=1024)
def _listed(text: str) -> EarlierList:
    """The entries of a text; where it is not JSON, the tags that it mentions."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return EarlierList(blob="", keys=tuple(_TAG.findall(text)), sound=False)
    entries = listed_in(text)
    return EarlierList(
        blob="",
        keys=tuple(migration.key for migration in entries),
        stamps=tuple(migration.stamp for migration in entries),
    )


@lru_cache(maxsize=16)
def _around_next(text: str, when: int) -> tuple[str, str]:
    """An entry like the last, with the next number and a timestamp later than all."""
    held = json.loads(text)
    entry = {**held["entries"][-1], "idx": len(held["entries"]), "when": when, "tag": _KEY}
    entries = [*held["entries"], entry]
    written = json.dumps({**held, "entries": entries}, indent=2, ensure_ascii=False)
    before, _, after = written.rpartition(_KEY)
    return before, after
