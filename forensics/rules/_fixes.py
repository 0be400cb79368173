"""Fixes in the shape that several rules offer."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.facts import Commits, SqlStatement
from forensics.model import DeleteFile, Fix, RunCommand, Safety, Step
from forensics.statements import by_hand

ONLY_PENDING = "Only change the file while no database has applied it."


def fix_of(
    title: str,
    steps: Iterable[Step | None],
    note: str,
    *,
    safety: Safety = Safety.REVIEW,
    needed: bool = True,
) -> Fix | None:
    """A fix; `None` where there is no step, or one of them is not known."""
    known = [*steps]
    made = tuple(step for step in known if step is not None)
    if not made or len(made) < len(known):
        return None
    return Fix(title=title, steps=made, safety=safety, safety_note=note, needed=needed)


def example(
    statement: SqlStatement, title: str, text: str, why: str, note: str = ONLY_PENDING
) -> Fix:
    """What a person might write in the place of a statement."""
    step = by_hand(statement, text, why)
    return Fix(title=title, steps=(step,), safety_note=note, needed=False)


def in_git(path: str, commits: Commits | None) -> bool:
    """Whether git tracks a path."""
    state = commits.state(path) if commits else None
    return state is not None and state.state == "tracked"


def deleted(path: str, commits: Commits | None) -> DeleteFile:
    """The step that deletes a file."""
    return DeleteFile(path=path, in_git=in_git(path, commits))


def moved(now: str, then: str, commits: Commits | None, why: str, of: str = "") -> RunCommand:
    """The step that gives a file another path; of a folder, `of` is a path in it."""
    move = ("git", "mv", "--") if in_git(of or now, commits) else ("mv", "-n", "--")
    return RunCommand(argv=(*move, now, then), why=why)
