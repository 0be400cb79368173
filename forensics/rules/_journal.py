"""What the rules about the list of migrations have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from forensics.facts import Commit, Commits, Files, History, ToolUse
from forensics.model import Fix, Outcome, RunCommand, Severity, Step, WriteFile
from forensics.rules._git import SHORT, Version, last_revision, since, versions

NOT_DECODED = "\ufffd"


def restore(history: History, commits: Commits | None) -> Fix | None:
    """Bring back the newest version of the list in git that lists anything, HEAD's own first.

    By a patch; by a checkout where no patch can name the bytes that are there now.
    """
    version = _last_list(history, commits)
    step = _replacement(history, version) if version else None
    if version is None or step is None:
        return None
    return Fix(
        title=f"Restore {history.path}",
        steps=(step,),
        safety_note=f"The text is that of {version.where}; check that it lists the files that "
        "are there.",
    )


def restore_folder(history: History, commits: Commits | None, folder: str) -> Fix | None:
    """Bring back a whole folder as it was before it went, where it held a list that lists."""
    if commits is None or [_last_list(history, commits)] != [*versions(commits, history.path)[:1]]:
        return None
    if (revision := last_revision(commits, history.path)) is None:
        return None
    argv = ("git", "checkout", revision, "--", folder)
    return Fix(
        title=f"Restore {folder}",
        steps=(RunCommand(argv=argv, why=f"{folder} as it was before it went"),),
        safety_note=f"The files are those of commit {revision[:SHORT]}; nothing is there that they "
        "could overwrite.",
    )


def as_if_restored(
    fix: Fix | None, history: History, commits: Commits | None, files: Files | None = None
) -> tuple[Step, ...]:
    """For experiments, where the fix is one for the shell: the list, and the SQL that is gone."""
    version = _last_list(history, commits)
    patched = fix is None or isinstance(fix.steps[0], WriteFile)
    if version is None or commits is None or patched:
        return ()
    newest = (versions(commits, path)[:1] for path in _gone(files, commits))
    held = [version.write(history.path), *(it.write(it.path) for found in newest for it in found)]
    return tuple(step for step in held if step is not None)


def _gone(files: Files | None, commits: Commits) -> list[str]:
    if files is None:
        return []
    present = {file.path for file in files.files if file.outcome is Outcome.COLLECTED}
    known = {change.path for commit in commits.commits for change in commit.changes}
    below = (path for path in known - present if path.startswith(f"{files.folder}/"))
    return sorted(path for path in below if path.endswith(".sql"))


def _last_list(history: History, commits: Commits | None) -> Version | None:
    for version in versions(commits, history.path):
        step = version.write(history.path)
        if step is not None and step.after != history.text and _lists_something(history, version):
            return version
    return None


def _replacement(history: History, version: Version) -> Step | None:
    if _can_be_replaced(history):
        step = version.write(history.path)
        return replace(step, before=history.text) if step else None
    return version.checkout(history.path) if history.outcome is Outcome.COLLECTED else None


def listed_since(history: History, key: str, commits: Commits | None) -> Commit | None:
    """The commit on HEAD since which the list has an entry for a migration."""
    if commits is None:
        return None
    return since(commits, history.path, lambda blob: history.lists_in(blob.id, key))


def listed_together_since(
    history: History, keys: Iterable[str], commits: Commits | None
) -> Commit | None:
    """The commit on HEAD since which the list has entries for all of some migrations."""
    if commits is None:
        return None
    wanted = tuple(keys)
    return since(
        commits, history.path, lambda blob: all(history.lists_in(blob.id, key) for key in wanted)
    )


def rewritten(
    history: History, places: Sequence[tuple[tuple[int, int] | None, int]]
) -> tuple[WriteFile, ...]:
    """The list with other numbers, in the order of its text; empty if a place is unknown."""
    text = after = history.text
    for place, number in reversed(places):
        if place is None or after is None:
            return ()
        after = f"{after[: place[0]]}{number}{after[place[1] :]}"
    if after is None or after == text:
        return ()
    return (WriteFile(path=history.path, before=text, after=after),)


def weight(tool: ToolUse) -> Severity:
    """What a list is worth that stops all commands; where the runner asks no list, little."""
    return Severity.NOTE if tool.runner_reads_folder else Severity.HIGH


def runner_sentence(tool: ToolUse) -> str:
    """Says so where the list does not decide what is applied; else empty."""
    if not tool.runner_reads_folder:
        return ""
    listed_in = tool.words.listed_in
    return f"Here {tool.runner} applies the files of the folder, whatever {listed_in} lists."


def _can_be_replaced(history: History) -> bool:
    """Whether a patch can name the old bytes: there are none, or we hold them as they are."""
    if history.outcome is Outcome.ABSENT:
        return True
    return history.text is not None and NOT_DECODED not in history.text


def _lists_something(history: History, version: Version) -> bool:
    earlier = history.earlier_list(version.blob.id)
    return earlier is not None and earlier.sound and bool(earlier.keys)
