"""Who wrote the commits of a project: read for an external edition only, and never recorded."""

from __future__ import annotations

from pathlib import Path

from forensics.collect.git import GitError
from forensics.collect.quarantine import quarantine
from forensics.collect.repository import find_repository

_SECONDS = 60.0
_LOG = ("log", "--all", "--format=%an%x00%ae%x00%cn%x00%ce", "--no-mailmap", "-z")


def authors_of(project: Path) -> tuple[tuple[str, str], ...]:
    """Name and address of all authors and committers, sorted; none where there is no repository.

    Raises `GitError`.
    """
    repository = find_repository(project)
    if repository is None:
        return ()
    with quarantine(repository, _SECONDS) as place:
        answer = place.git.demand(*_LOG).decode("utf-8", "replace")
    parts = [part.strip() for part in answer.split("\0")]
    people = zip(parts[::2], parts[1::2], strict=False)
    return tuple(sorted({(name, mail) for name, mail in people if name or mail}))


__all__ = ["GitError", "authors_of"]
