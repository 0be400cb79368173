"""Faults of pending statements: found where no other fault hides what is pending, one by one."""

from __future__ import annotations

from msgspec.structs import replace

from forensics.analysis.ask import ask_on_pending
from forensics.analysis.experiments import Scene
from forensics.dialects.engine import Engine
from forensics.facts import Applying, Facts, Files, SqlStatement
from forensics.model import Artefact, Finding, Severity

MOST_ROUNDS = 12
"""Failures that are followed behind each other; what is behind them shows once they are gone."""


def with_pending(
    scene: Scene, facts: Facts, findings: tuple[Finding, ...], engine: Engine
) -> tuple[Finding, ...]:
    """The findings, and those about pending statements.

    These are looked for in the state in which all that was found so far is repaired: else what is
    pending may be the effect of another fault. `engine` says what the statements do.
    """
    found = list(findings)
    for _ in range(MOST_ROUNDS):
        later = _repaired(scene, facts, found, engine)
        if later is None or _is_explained(later, findings, scene):
            break
        asked = ask_on_pending(later, scene.mishaps, scene.adapter.artefacts)
        known = {(it.rule, it.subject, it.title) for it in found}
        new = [it for it in asked if (it.rule, it.subject, it.title) not in known]
        found += new
        if not new or later.applying is None or later.applying.failure is None:
            break
    return tuple(found)


def _repaired(scene: Scene, facts: Facts, found: list[Finding], engine: Engine) -> Facts | None:
    """The facts once everything is repaired that can be; `None` where nothing would be sent."""
    steps = tuple(step for finding in found for step in finding.repair)
    after = scene.facts_after(steps)
    applying = scene.applying_run(after, engine)
    if applying is None:
        return None
    told = replace(
        after,
        recovered=facts.recovered,
        standing=facts.standing,
        attachments=facts.attachments,
        applying=applying,
    )
    return _in_original_files(scene, told, facts)


def _is_explained(facts: Facts, findings: tuple[Finding, ...], scene: Scene) -> bool:
    """Whether a failure that is left is that of a grave fault of which no repair is known."""
    if facts.applying is None or facts.applying.failure is None:
        return False
    read = scene.reads(scene.applying) - {Artefact.DATABASE_SCHEMA}
    return any(
        not it.repair and it.severity.rank >= Severity.HIGH.rank and it.artefact in read
        for it in findings
    )


# --- Places in the files as they are --------------------------------------------------------------


def _in_original_files(scene: Scene, later: Facts, facts: Facts) -> Facts:
    """The later facts, told by the files as they are, so that each repair stands by itself."""
    if later.applying is None or later.files is None:
        return later
    told = later.applying
    for position in told.pending:
        before = scene.adapter.statements(facts, position)
        moves = _moves(scene.adapter.statements(later, position), before)
        if moves is None:
            continue
        told = _moved(told, moves)
        later = replace(later, files=_with_original(later.files, facts, before))
    return replace(later, applying=told)


def _moves(
    after: tuple[SqlStatement, ...], before: tuple[SqlStatement, ...]
) -> dict[SqlStatement, SqlStatement] | None:
    """Each statement of an edited file, as it is before the edit; `None` where one was not there.

    Also where nothing was edited.
    """
    left = list(before)
    moves = {}
    for statement in after:
        same = next((it for it in left if it.text == statement.text), None)
        if same is None:
            return None
        left.remove(same)
        moves[statement] = same
    return moves if after != before else None


def _moved(told: Applying, moves: dict[SqlStatement, SqlStatement]) -> Applying:
    failure, doubt = told.failure, told.doubt
    if failure is not None and failure.statement is not None:
        failure = replace(failure, statement=moves.get(failure.statement, failure.statement))
    if doubt is not None and doubt.statement is not None:
        doubt = replace(doubt, statement=moves.get(doubt.statement, doubt.statement))
    statements = tuple(moves.get(it, it) for it in told.statements)
    return replace(told, statements=statements, failure=failure, doubt=doubt)


def _with_original(files: Files, facts: Facts, of: tuple[SqlStatement, ...]) -> Files:
    paths = {it.path for it in of}
    return replace(
        files,
        files=tuple(
            (facts.files and facts.files.get(it.path)) or it if it.path in paths else it
            for it in files.files
        ),
    )
