"""Predicts `drizzle-kit drop`: it asks for a migration, and deletes its file and its snapshot."""

from __future__ import annotations

import json
import posixpath

from forensics.adapters.base import Rewrite
from forensics.adapters.drizzle.behaviour import Behaviour
from forensics.adapters.drizzle.commands.stops import thrown_by
from forensics.adapters.predictions import blocked, passes, unknown
from forensics.evidence.tree import Tree, join
from forensics.facts import Facts, Fault, History, Migration
from forensics.model import CommandOutcome, Outcome, Prediction, TrueError

QUESTION = "Please select migration to drop:"
_UNKNOWN = Rewrite(prediction=unknown("drop"))


def rewrite_by_drop(
    tree: Tree, facts: Facts, behaviour: Behaviour, answer: str | None = None
) -> Rewrite:
    """What dropMigration deletes and writes; without an answer the newest entry is taken.

    It stands preselected at the end of the list, whatever its `when`. The database is not asked,
    the chain of the snapshots is not joined again. `KeyError` for a tag that is not listed.
    """
    history = facts.history
    if history is None or history.outcome not in (Outcome.COLLECTED, Outcome.ABSENT):
        return _UNKNOWN
    if (broken := _broken(history, facts.tool.out, behaviour)) is not None:
        return broken
    if not history.migrations:
        shown = _shown(facts.tool.out, "meta/_journal.json")
        return Rewrite(prediction=passes("drop", f"[i] no migration entries found in {shown}"))
    chosen = _chosen(history, answer)
    return _dropped(tree, facts, behaviour, chosen)


def _chosen(history: History, answer: str | None) -> Migration:
    if answer is None:
        return history.migrations[-1]
    for migration in history.migrations:
        if migration.key == answer:
            return migration
    raise KeyError(answer)


def _broken(history: History, out: str, behaviour: Behaviour) -> Rewrite | None:
    """A journal that cannot be read ends it; so does an entry that is none, in its own way."""
    if history.outcome is Outcome.ABSENT:
        shown = _shown(out, "meta/_journal.json")
        return _failed("Error", f"ENOENT: no such file or directory, open '{shown}'", behaviour)
    if history.problem is None:
        return None
    if history.problem.fault in (Fault.WRONG_SHAPE, Fault.UNREADABLE):
        return _UNKNOWN
    problem = thrown_by(history.problem)
    return _failed(problem.error_class, problem.text, behaviour)


def _dropped(tree: Tree, facts: Facts, behaviour: Behaviour, chosen: Migration) -> Rewrite:
    """RmSync of the file, then of the snapshot, then the journal: it stops where one is missing."""
    gone: list[str] = []
    shown = _snapshot_name(chosen, behaviour)
    if shown is None:
        return _UNKNOWN
    for name in (f"{chosen.key}.sql", f"meta/{shown}"):
        path = join(facts.tool.folder, name)
        read = tree.read(path)
        if read.outcome is Outcome.ABSENT:
            text = f"ENOENT: no such file or directory, lstat '{_shown(facts.tool.out, name)}'"
            return Rewrite(
                prediction=_asks(behaviour), deleted=tuple(gone), error=text, answer=chosen.key
            )
        if read.outcome is not Outcome.COLLECTED:
            return _UNKNOWN
        gone.append(path)
    assert facts.history is not None
    journal = _without(facts.history, chosen, behaviour)
    if journal is None:
        return _UNKNOWN
    return Rewrite(
        prediction=_asks(behaviour),
        deleted=tuple(gone),
        written=((facts.history.path, journal),),
        answer=chosen.key,
    )


def _snapshot_name(chosen: Migration, behaviour: Behaviour) -> str | None:
    if behaviour.drop_goes_by_tag:
        return f"{chosen.key.split('_')[0]}_snapshot.json"
    return None if chosen.index is None else f"{chosen.index:04}_snapshot.json"


def _without(history: History, chosen: Migration, behaviour: Behaviour) -> str | None:
    if history.text is None:
        return None
    journal = json.loads(history.text)
    del journal["entries"][chosen.position]
    if behaviour.drop_goes_by_tag:
        return json.dumps(journal, indent=2, ensure_ascii=False)
    return json.dumps(journal, separators=(",", ":"), ensure_ascii=False)


def _asks(behaviour: Behaviour) -> Prediction:
    """Exit code without a terminal, where nobody can answer, so it does nothing."""
    return Prediction(
        command="drop",
        outcome=CommandOutcome.ASKS,
        exit_code=1 if behaviour.drop_wants_terminal else 0,
        message=QUESTION,
        destructive=True,
    )


def _failed(kind: str, text: str, behaviour: Behaviour) -> Rewrite:
    message = f"{kind}: {text}" if behaviour.check_names_error_class else text
    return Rewrite(prediction=blocked("drop", message, TrueError(text=text)))


def _shown(out: str, name: str) -> str:
    """A path as path.join(out, ...) spells it."""
    return posixpath.normpath(f"{out}/{name}")
