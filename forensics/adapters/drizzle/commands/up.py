"""Predicts `drizzle-kit up`: it rewrites outdated snapshots and passes over malformed ones."""

from __future__ import annotations

from forensics.adapters.base import Rewrite
from forensics.adapters.drizzle.behaviour import Behaviour
from forensics.adapters.drizzle.commands.check import FINE, check_says, stopped
from forensics.adapters.drizzle.commands.stops import Stop, first_problem
from forensics.adapters.drizzle.dialects import follows
from forensics.adapters.drizzle.snapshots.upgrade import upgraded
from forensics.adapters.predictions import passes, unknown
from forensics.evidence.tree import Tree, join
from forensics.facts import Facts
from forensics.model import Outcome

_STOPS = frozenset({Stop.THROWN, Stop.UNSUPPORTED, Stop.NOT_SEEN})
"""What is outdated is what it is for; of what is malformed, or collides, it says nothing."""
_UNKNOWN = Rewrite(prediction=unknown("up"))


def rewrite_by_up(tree: Tree, facts: Facts, behaviour: Behaviour) -> Rewrite:
    """What upPgHandler prints and writes; what it writes of other dialects is not modelled."""
    problem = first_problem(facts, behaviour)
    if problem is not None and problem.stop in _STOPS:
        code, message = check_says(problem, behaviour)
        return Rewrite(prediction=stopped("up", problem, code, message))
    if not follows(facts.tool) or not _begun(facts):
        return _UNKNOWN
    written = _written(tree, facts, behaviour)
    if written is None:
        return _UNKNOWN
    return Rewrite(prediction=passes("up", FINE), written=written)


def _begun(facts: Facts) -> bool:
    """Where there is no meta/ it makes one, with an empty journal: a state of its own."""
    return facts.snapshots is not None and facts.snapshots.outcome is Outcome.COLLECTED


def _written(tree: Tree, facts: Facts, behaviour: Behaviour) -> tuple[tuple[str, str], ...] | None:
    """Path and text of every outdated snapshot; `None` where one was not seen."""
    assert facts.snapshots is not None
    written = []
    for entry in facts.snapshots.entries:
        if entry.ignored or entry.problem is not None:
            continue
        if entry.version == str(behaviour.snapshot_version):
            continue
        path = join(facts.snapshots.folder, entry.name)
        text = tree.read(path).text
        if entry.version is None or text is None:
            return None
        written.append((path, upgraded(text, behaviour)))
    return tuple(written)
