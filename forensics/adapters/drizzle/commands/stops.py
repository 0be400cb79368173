"""What `check` and `generate` stumble over in the migration folder, in the real tool's order."""

from __future__ import annotations

import posixpath
import re
from enum import StrEnum

import msgspec

from forensics.adapters.drizzle.behaviour import Behaviour
from forensics.adapters.drizzle.folder.damage import IS_A_FOLDER
from forensics.facts import Facts, Fault, History, Malformed, Snapshot
from forensics.model import Outcome

_VERSION = re.compile(r"\s*\d+(\.\d+)?\s*")
_OF_A_SHAPE = frozenset({Fault.WRONG_SHAPE, Fault.LATER_SHAPE})


class Stop(StrEnum):
    """How the tool stops: the two commands print and exit differently for each."""

    THROWN = "thrown"
    UNSUPPORTED = "unsupported"
    OUTDATED = "outdated"
    MALFORMED = "malformed"
    COLLISION = "collision"
    NOT_SEEN = "not seen"
    """Something that decides was not read, so nothing can be said."""


class Problem(msgspec.Struct, frozen=True):
    """The first thing that stops the tool; `error_class` is what JavaScript calls it."""

    stop: Stop
    text: str
    error_class: str = ""


def first_problem(facts: Facts, behaviour: Behaviour) -> Problem | None:
    """Walk the folder as prepareOutFolder and validateWithReport do (0.21.0 to 0.31.11)."""
    if facts.history is None or facts.snapshots is None:
        return Problem(Stop.NOT_SEEN, "the migration folder was not read")
    if facts.snapshots.outcome is Outcome.ABSENT:
        return None  # prepareOutFolder creates meta/ with an empty journal
    thrown = _journal_error(facts, facts.history)
    if thrown is not None and thrown.stop is not Stop.NOT_SEEN:
        return thrown
    if facts.snapshots.outcome is not Outcome.COLLECTED:
        return Problem(Stop.NOT_SEEN, "the entries of meta/ were not seen")
    # Whatever a file holds that only we could not read: one that is broken stops the tool.
    return _first_of_snapshots(facts, behaviour) or thrown


def _journal_error(facts: Facts, history: History) -> Problem | None:
    """What reading and parsing the journal throws; its content does not matter here."""
    if history.outcome is Outcome.ABSENT:
        text = f"ENOENT: no such file or directory, open '{shown(facts, '_journal.json')}'"
        return Problem(Stop.THROWN, text, "Error")
    if history.problem is None or history.problem.fault is Fault.WRONG_SHAPE:
        return None
    return thrown_by(history.problem)


def thrown_by(problem: Malformed) -> Problem:
    """The JavaScript error for a file that could not be read, parsed or used.

    What is closed to us, or a link that we did not follow, may be open to the tool.
    """
    if problem.fault is Fault.IS_A_FOLDER:
        return Problem(Stop.THROWN, IS_A_FOLDER, "Error")
    if problem.fault is Fault.UNREADABLE:
        return Problem(Stop.NOT_SEEN, problem.message)
    kind = "TypeError" if problem.thrown else "SyntaxError"
    return Problem(Stop.THROWN, problem.message, kind)


def _first_of_snapshots(facts: Facts, behaviour: Behaviour) -> Problem | None:
    """The reduce of validateWithReport: throwing and unsupported stop at once, the rest adds up."""
    assert facts.snapshots is not None
    seen = [entry for entry in facts.snapshots.entries if not entry.ignored]
    outdated: list[str] = []
    malformed: list[str] = []
    by_parent: dict[str, list[str]] = {}
    unseen: Problem | None = None
    for entry in seen:
        name = shown(facts, entry.name)
        if (stopped := _stops_at_once(facts, entry, name, behaviour)) is not None:
            if stopped.stop is not Stop.NOT_SEEN:
                return stopped
            unseen = unseen or stopped
        elif entry.problem is not None:
            malformed.append(name)
        elif entry.version != str(behaviour.snapshot_version):
            outdated.append(name)
        else:
            by_parent.setdefault(entry.parent or "undefined", []).append(name)
    if outdated:
        return Problem(Stop.OUTDATED, outdated[0])
    if malformed:
        return Problem(Stop.MALFORMED, f"{malformed[0]} data is malformed")
    return _collision(by_parent) or unseen


def _stops_at_once(
    facts: Facts, entry: Snapshot, name: str, behaviour: Behaviour
) -> Problem | None:
    if facts.tool.out.startswith("/"):
        # readFileSync(`./${it}`): an absolute `out` becomes a path that is not there.
        text = f"ENOENT: no such file or directory, open './{name}'"
        return Problem(Stop.THROWN, text, "Error")
    if (problem := entry.problem) is not None and (
        problem.fault not in _OF_A_SHAPE or problem.thrown
    ):
        return thrown_by(problem)
    if _is_newer(entry.version, behaviour.snapshot_version):
        text = f"{name} snapshot is of unsupported version, please update drizzle-kit"
        return Problem(Stop.UNSUPPORTED, text)
    if entry.problem is None and entry.version is None:
        return Problem(Stop.NOT_SEEN, f"{name} was not read")
    return None


def _is_newer(version: str | None, known: int) -> bool:
    """`Number(version) > known`."""
    return version is not None and bool(_VERSION.fullmatch(version)) and float(version) > known


def _collision(by_parent: dict[str, list[str]]) -> Problem | None:
    for names in by_parent.values():
        if len(names) > 1:
            text = (
                f"[{', '.join(names)}] are pointing to a parent snapshot: "
                f"{names[0]}/snapshot.json which is a collision."
            )
            return Problem(Stop.COLLISION, text)
    return None


def shown(facts: Facts, name: str) -> str:
    """A path below meta/ as the tool prints it: path.join(out, "meta", name)."""
    return posixpath.normpath(f"{facts.tool.out}/meta") + f"/{name}"
