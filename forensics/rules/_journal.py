"""What the rules about the list of migrations have in common."""

from __future__ import annotations

import json

from forensics.facts import Commit, Commits, History, ToolUse
from forensics.model import Fix, Outcome, Safety, Severity, WriteFile
from forensics.rules._git import since, versions

NOT_DECODED = "\ufffd"


def restore(history: History, commits: Commits | None) -> Fix | None:
    """Bring back the newest version of the list in git that lists anything, HEAD's own first."""
    if commits is None or not _can_be_replaced(history):
        return None
    for version in versions(commits, history.path):
        step = version.write(history.path)
        if step is None or step.after == history.text or not _lists_something(step.after):
            continue
        return Fix(
            title=f"Restore {history.path}",
            steps=(
                WriteFile(
                    path=step.path, before=history.text, after=step.after, source=step.source
                ),
            ),
            safety=Safety.REVIEW,
            safety_note=f"The text is that of {version.where}; check that it lists the files that "
            "are there.",
        )
    return None


def listed_since(history: History, tag: str, commits: Commits | None) -> Commit | None:
    """The commit on HEAD since which the list has an entry for a migration."""
    name = json.dumps(tag)
    return since(commits, history.path, lambda blob: name in (blob.text or "")) if commits else None


def weight(tool: ToolUse) -> Severity:
    """What a list is worth that stops all commands; where the runner asks no list, little."""
    return Severity.NOTE if tool.runner_reads_folder else Severity.HIGH


def runner_sentence(tool: ToolUse) -> str:
    """Says so where the list does not decide what is applied."""
    if not tool.runner_reads_folder:
        return ""
    return f" Here {tool.runner} applies the files of the folder, whatever the journal lists."


def _can_be_replaced(history: History) -> bool:
    """Whether a patch can name the old bytes: there are none, or we hold them as they are."""
    if history.outcome is Outcome.ABSENT:
        return True
    return history.text is not None and NOT_DECODED not in history.text


def _lists_something(text: str) -> bool:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and bool(found.get("entries"))
