"""Says in the words of Node what is wrong with a file that should hold JSON."""

from __future__ import annotations

import re

from msgspec.structs import replace

from forensics.adapters.drizzle.folder.node_json import json_error
from forensics.adapters.drizzle.project.node import ProjectNode
from forensics.evidence.tree import Read
from forensics.facts import Fault, Malformed
from forensics.facts.variants import as_meant
from forensics.model import Obstacle, Outcome

PREVIEW = 80
IS_A_FOLDER = "EISDIR: illegal operation on a directory, read"

# What git writes into a file that it could not merge (reference: git-merge, conflict markers).
_CONFLICT = re.compile(r"^(?:<{7} |={7}\r?$|>{7} |\|{7} )", re.MULTILINE)


def damage(read: Read) -> Malformed | None:
    """Why a file that was read holds no JSON; `None` where it does, or where nobody could look.

    An absent file has no damage, and one whose content was not kept has none that we know of.
    """
    if read.outcome is not Outcome.COLLECTED:
        return _unreadable(read)
    text = read.text
    if text is None or (error := json_error(text)) is None:
        return None
    if not text:
        return Malformed(fault=Fault.EMPTY, message=error)
    if (meant := as_meant(text)) is not None and json_error(meant) is None:
        return Malformed(fault=Fault.WRONG_ENCODING, message=error, preview=preview(text))
    fault = Fault.CONFLICT_MARKERS if _CONFLICT.search(text) else Fault.NOT_JSON
    return Malformed(fault=fault, message=error, preview=preview(text))


_SYNTAX = frozenset({Fault.EMPTY, Fault.WRONG_ENCODING, Fault.CONFLICT_MARKERS, Fault.NOT_JSON})


def as_said_by(node: ProjectNode, problem: Malformed | None, read: Read | None) -> Malformed | None:
    """The same damage in the words of the project's own Node.js."""
    if problem is None or problem.fault not in _SYNTAX:
        return problem
    text = read.text if read else None
    said = None if text is None else json_error(text, node.major)
    return replace(problem, message=said or problem.message)


def _unreadable(read: Read) -> Malformed | None:
    """Where Node could not read it either; links, which we never follow, are left out."""
    if read.obstacle is Obstacle.IS_A_FOLDER:
        return Malformed(fault=Fault.IS_A_FOLDER, message=IS_A_FOLDER)
    if read.obstacle is Obstacle.NO_PERMISSION:
        return Malformed(fault=Fault.UNREADABLE, message="EACCES: permission denied, open")
    if read.outcome is Outcome.FAILED:
        return Malformed(fault=Fault.UNREADABLE, message=read.note or "it could not be read")
    return None


def wrong_shape(
    message: str, text: str, *, entry: int | None = None, thrown: bool = False
) -> Malformed:
    """JSON of another kind than the tool expects; see `Malformed` for the details."""
    return Malformed(
        fault=Fault.WRONG_SHAPE,
        message=message,
        preview=preview(text),
        entry=entry,
        thrown=thrown,
    )


def preview(text: str) -> str:
    """The first characters of a file."""
    return text[:PREVIEW]
