"""What the rules about the list of migrations have in common."""

from __future__ import annotations

from forensics.facts import Commits, History
from forensics.model import Fix, Safety, WriteFile
from forensics.rules._git import deletion, describe, last_versions, never_committed


def restore(history: History, commits: Commits | None) -> Fix | None:
    """Bring back the newest version of the journal in git that lists anything."""
    if commits is None:
        return None
    for version in last_versions(commits, history.path):
        step = version.write(history.path)
        if (
            step is None
            or '"tag"' not in step.after
            or step.after == history.text
            or _conflicts(step.after)
        ):
            continue
        before = history.text
        return Fix(
            title=f"Restore {history.path}",
            steps=(WriteFile(path=step.path, before=before, after=step.after, source=step.source),),
            safety=Safety.REVIEW,
            safety_note=f"The text is that of {describe(version.commit)}; check that it lists the files that are there.",
        )
    return None


def how_it_went(history: History, commits: Commits | None) -> str:
    """When the journal was removed, as far as git says."""
    if commits is None:
        return "Without git nothing says when it went."
    if (commit := deletion(commits, history.path)) is not None:
        return f"It was removed by {describe(commit)}."
    if not any(commits.of(history.path)):
        return f"As for its origin, {never_committed(commits)}."
    return "Git holds it: it was removed in the working tree, and the removal is not committed."


def _conflicts(text: str) -> bool:
    return any(line.startswith(("<<<<<<<", ">>>>>>>")) for line in text.splitlines())
