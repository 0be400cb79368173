"""Which of the uses of a tool have migrations, now or in the git history."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.evidence.tree import Tree
from forensics.facts import Commits, ToolUse
from forensics.model import Outcome


def has_begun(tool: ToolUse, tree: Tree, commits: Commits | None) -> bool:
    """Whether the migration folder is there, or was: then its absence is an issue."""
    if tree.folder(tool.folder).outcome is not Outcome.ABSENT:
        return True
    changes = (change for commit in commits.commits for change in commit.changes) if commits else ()
    return any(change.path.startswith(f"{tool.folder}/") for change in changes)


def not_begun(tools: Iterable[ToolUse], tree: Tree, commits: Commits | None) -> tuple[ToolUse, ...]:
    """Uses that nothing applies and that have no migrations, while another use has some.

    Such a config serves another command: one that only reads a database, for example.
    """
    tools = tuple(tools)
    waiting = tuple(t for t in tools if not t.runner_applies and not has_begun(t, tree, commits))
    return waiting if len(waiting) < len(tools) else ()
