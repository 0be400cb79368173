"""A file of the migration machinery holds the markers of an unresolved merge."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.facts import Fault, History, Snapshots
from forensics.model import Artefact, Finding, Severity
from forensics.rules._base import rule


@rule(artefact=Artefact.JOURNAL, since="0.1.0")
def merge_conflict_markers(history: History, snapshots: Snapshots | None) -> Iterator[Finding]:
    """
    A journal or snapshot holds the markers of an unresolved merge.

    ## What breaks

    The file is no JSON any more, so every command that reads it stops.

    ## Evidence

    Lines that begin with `<<<<<<<`, `=======` or `>>>>>>>` in the file.

    ## Not this

    Other damage is `malformed-journal` or `malformed-snapshot`.

    ## Fix

    Resolve the merge: keep the entries of both sides, in one order, with stamps that increase.

    ## Fix safety

    Needs a person: both sides may have applied their migrations already.

    ## Prevention

    Let a branch generate its migration anew after it is rebased, and let CI parse the journal.
    """
    broken = [(history.path, history.evidence, history.problem)]
    broken += [(e.path, e.evidence, e.problem) for e in (snapshots.entries if snapshots else ())]
    for path, evidence, problem in broken:
        if problem is None or problem.fault is not Fault.CONFLICT_MARKERS:
            continue
        yield merge_conflict_markers.finding(
            severity=Severity.HIGH,
            subject=path,
            title=f"{path} holds the markers of an unresolved merge",
            root_cause=f"A merge was committed or left with its conflict unresolved in {path}: {problem.message}",
            evidence=(evidence,),
            paths=(path,),
        )
