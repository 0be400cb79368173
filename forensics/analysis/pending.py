"""Issues of pending statements: found where no other issue hides what is pending, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import commonprefix

import msgspec
from msgspec.structs import replace

from forensics.analysis.ask import ask_on_pending
from forensics.analysis.consequences import lacks, needing, still_there
from forensics.analysis.experiments import Scene
from forensics.dialects.engine import Engine
from forensics.facts import ApplyFailure, Applying, Facts, Files, SqlStatement
from forensics.model import Artefact, Finding, Outcome, Severity, Step, WriteFile
from forensics.model.wording import code
from forensics.statements import EXISTS, names_made, said, without, without_all

MOST_ROUNDS = 12
"""Failures that are followed behind each other; what is behind them shows once they are gone."""


def with_pending(
    scene: Scene, facts: Facts, findings: tuple[Finding, ...], engine: Engine
) -> tuple[Finding, ...]:
    """The issues, and those about pending statements.

    These are looked for in the state in which all that was found so far is fixed: else what is
    pending may be the effect of another issue. `engine` says what the statements do. A fix whose
    own SQL fails there is not offered.
    """
    if scene.database is None:
        return findings  # nobody knows what is pending
    found = [_Found(finding) for finding in findings]
    for _ in range(MOST_ROUNDS):
        later = _repaired(scene, facts, found, engine)
        if later is None:
            break
        if (wrong := _written_by(found, later)) is not None:
            found[wrong] = found[wrong].without_fix(later)
            continue
        told = _in_original_files(scene, later, facts)
        if _is_behind_another(found, told, scene, facts):
            continue
        if _is_explained(told, findings, scene) or _is_of_a_repair(scene, told, facts):
            break
        new = list(_new(found, told, scene))
        found += new
        if not new or told.applying is None or told.applying.failure is None:
            break
    return tuple(it.finding for it in found)


class _Found(msgspec.Struct, frozen=True):
    """An issue, and what leaves its statement out."""

    finding: Finding
    out: tuple[WriteFile, ...] = ()
    statements: tuple[SqlStatement, ...] = ()
    """The one that fails, if it is about one, and those that need what it makes."""
    error: str = ""
    """What the database says of the one that fails."""

    def with_consequences(self, behind: tuple[SqlStatement, ...], facts: Facts) -> _Found:
        """The same, with all that needs its statement left out too."""
        statements = (*self.statements, *behind)
        out = without_all(facts.files, statements)
        return _Found(replace(self.finding, counterfactual=out), self.out, statements, self.error)

    def without_fix(self, later: Facts) -> _Found:
        """The issue whose fix was tried, with what the database said of that."""
        assert later.applying is not None and later.applying.failure is not None
        failure = later.applying.failure
        tried = f" {code(failure.sent)} instead was tried, and fails: {said(failure.error)}."
        told = replace(
            self.finding,
            fix=None,
            counterfactual=self.out,
            root_cause=self.finding.root_cause + tried,
        )
        return _Found(told, self.out, self.statements, self.error)


def _is_behind_another(found: list[_Found], told: Facts, scene: Scene, facts: Facts) -> bool:
    """Whether the failure only lacks what another failing statement makes, or meets what it drops.

    Then that one, in `found`, gets all statements that need it.
    """
    failure = told.applying.failure if told.applying else None
    if told.applying is None or failure is None or failure.statement is None:
        return False
    for index, it in enumerate(found):
        made = frozenset(name for s in it.statements for name in names_made(facts.tool, s.text))
        if it.finding.fix is not None:
            continue
        if failure.error.sqlstate in EXISTS and _meets(failure, it.statements):
            found[index] = it.with_consequences((failure.statement,), facts)
            return True
        if not lacks(failure.error.text, made):
            continue
        every = [s for p in told.applying.pending for s in scene.adapter.statements(facts, p)]
        left = (s for s in every if s not in it.statements)
        if behind := needing(facts.tool, made, left):
            found[index] = it.with_consequences(behind, facts)
            return True
    return False


def _meets(failure: ApplyFailure, left_out: tuple[SqlStatement, ...]) -> bool:
    """Whether a statement that is left out would have dropped what this one meets."""
    own = failure.statement
    return own is not None and any(
        it.position == own.position and it.start < own.start and still_there(failure.error.text, it)
        for it in left_out
    )


def _new(found: list[_Found], told: Facts, scene: Scene) -> Iterator[_Found]:
    known = {(it.finding.rule, it.finding.subject, it.finding.title) for it in found}
    failure = told.applying.failure if told.applying else None
    statement = failure.statement if failure else None
    out = without(told.files, statement) if statement else ()
    for finding in ask_on_pending(told, scene.mishaps, scene.adapter.artefacts):
        if (finding.rule, finding.subject, finding.title) not in known:
            error = failure.error.text if failure else ""
            yield _Found(finding, out, (statement,) if statement else (), error)


def _written_by(found: list[_Found], later: Facts) -> int | None:
    """Whose fix wrote the statement that fails once all is fixed, by index."""
    failure = later.applying.failure if later.applying else None
    if failure is None or failure.statement is None:
        return None
    path, text = failure.statement.path, failure.statement.text
    for index, it in enumerate(found):
        steps = it.finding.fix.steps if it.finding.fix and it.out else ()
        if steps and _fails_as_before(it, failure):
            return index
        if any(_writes(step, path, text) for step in steps):
            return index
    return None


def _fails_as_before(found: _Found, failure: ApplyFailure) -> bool:
    """Whether the statement of an issue fails once more, with the same error."""
    own = failure.statement
    same = own is not None and own.text in {it.text for it in found.statements}
    return same and failure.error.text == found.error


def _writes(step: Step, path: str, text: str) -> bool:
    """Whether a step brings a statement into a file, or to another place of it."""
    if not isinstance(step, WriteFile) or step.path != path:
        return False
    before, after = _one_line(step.before or ""), _one_line(step.after)
    if text not in before:
        return text in after
    return len(before) == len(after) and text in _changed(before, after)


def _changed(before: str, after: str) -> str:
    """The second text without what both have at their beginning and end."""
    start = len(commonprefix([before, after]))
    end = len(commonprefix([before[:start:-1], after[:start:-1]]))
    return after[start : len(after) - end]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _repaired(scene: Scene, facts: Facts, found: list[_Found], engine: Engine) -> Facts | None:
    """The facts once everything is fixed that can be; `None` where nothing would be sent."""
    steps = tuple(step for it in found for step in it.finding.repair)
    after = scene.facts_after(steps)
    applying = scene.applying_run(after, engine)
    if applying is None or (_may_be_recorded_elsewhere(after) and not _is_its_own(applying)):
        return None
    return replace(
        after,
        recovered=facts.recovered,
        standing=facts.standing,
        landed=facts.landed,
        attachments=facts.attachments,
        captured=None if _is_told_already(facts, found) else facts.captured,
        counted=facts.counted,
        rebuilding=scene.rebuilding(after) if _same_files(facts, after) else facts.rebuilding,
        applying=applying,
    )


def _is_told_already(facts: Facts, found: list[_Found]) -> bool:
    """Whether somebody captured a failure without a text, which the first that fails explains."""
    captured = facts.captured
    return captured is not None and captured.silent and any(it.error for it in found)


def _same_files(facts: Facts, after: Facts) -> bool:
    """Whether no fix changed the text of a file that was there."""
    was = {it.path: it.sha256 for it in facts.files.files if it.sha256} if facts.files else {}
    now = {it.path: it.sha256 for it in after.files.files} if after.files else {}
    return all(now.get(path) == digest for path, digest in was.items())


def _may_be_recorded_elsewhere(facts: Facts) -> bool:
    """Whether a tracking table could not be read: then nobody knows what is pending."""
    tables = facts.tracking.of_tool(facts.tool.name) if facts.tracking else ()
    return any(table.outcome is not Outcome.COLLECTED for table in tables)


def _is_its_own(applying: Applying) -> bool:
    """Whether a statement of the tool itself fails, before it knows what is pending."""
    return applying.failure is not None and applying.failure.statement is None


def _is_explained(facts: Facts, findings: tuple[Finding, ...], scene: Scene) -> bool:
    """Whether a failure that is left is that of a grave issue of which no fix is known."""
    if facts.applying is None or facts.applying.failure is None:
        return False
    read = scene.reads(scene.applying) - {Artefact.DATABASE_SCHEMA}
    return any(
        not it.repair and it.severity.rank >= Severity.HIGH.rank and it.artefact in read
        for it in findings
    )


def _is_of_a_repair(scene: Scene, later: Facts, facts: Facts) -> bool:
    """Whether what is in doubt is a statement that only a fix has brought in."""
    doubt = later.applying.doubt if later.applying else None
    if doubt is None or doubt.statement is None:
        return False
    return doubt.statement not in scene.adapter.statements(facts, doubt.statement.position)


# --- Places in the files as they are --------------------------------------------------------------


def _in_original_files(scene: Scene, later: Facts, facts: Facts) -> Facts:
    """The later facts, told by the files as they are, so that each fix stands by itself."""
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
    questions = tuple(
        replace(it, statement=moves.get(it.statement, it.statement)) for it in told.questions
    )
    return replace(told, statements=statements, failure=failure, doubt=doubt, questions=questions)


def _with_original(files: Files, facts: Facts, of: tuple[SqlStatement, ...]) -> Files:
    paths = {it.path for it in of}
    return replace(
        files,
        files=tuple(
            (facts.files and facts.files.get(it.path)) or it if it.path in paths else it
            for it in files.files
        ),
    )
