"""Reads what earlier versions of the config, as git holds them, made the tool read."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.adapters.drizzle.project.config import read_config
from forensics.evidence.tree import Folder, Read, Search
from forensics.facts import Commits, ConfigVersion, ToolUse
from forensics.model import Outcome


def config_versions(tool: ToolUse, commits: Commits) -> Iterator[ConfigVersion]:
    """The tracking table of every version of the config on HEAD, newest first."""
    if tool.config is None:
        return
    for commit, change in commits.of(tool.config):
        blob = commits.blob(change.blob)
        if not commit.on_head or change.path != tool.config or blob is None or blob.text is None:
            continue
        tree = _OneFile(tool.config, blob.text)
        config = read_config(tree, tool.config, tool.working_folder)
        if config is not None and not config.unread:
            yield ConfigVersion(commit=commit.id, tracking=config.tracking)


class _OneFile:
    """A tree that holds a config and nothing else."""

    def __init__(self, path: str, text: str) -> None:
        self._read = Read(
            path=path, evidence="", outcome=Outcome.COLLECTED, data=text.encode(), encoding="utf-8"
        )

    def read(self, path: str) -> Read:
        """The config, or nothing."""
        absent = Read(path=path, evidence="", outcome=Outcome.ABSENT)
        return self._read if path == self._read.path else absent

    def folder(self, path: str) -> Folder:
        """Nothing."""
        return Folder(path=path, evidence="", outcome=Outcome.ABSENT)

    def search(self, below: str, patterns: tuple[str, ...]) -> Search:
        """Nothing."""
        return Search(evidence="", outcome=Outcome.ABSENT)
