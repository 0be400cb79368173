"""Tries an action on a scratch copy of the incident, and says what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from msgspec.structs import replace

from forensics.analysis.ask import findings_of
from forensics.analysis.attempt import Attempt, AttemptVerdict, judge, never_there, worsened
from forensics.analysis.diagnose import Diagnosis, diagnose
from forensics.analysis.experiments import Predictions, Scene
from forensics.evidence.bundle import Bundle
from forensics.evidence.recorded_database import RecordedDump, recorded_dump
from forensics.evidence.tree import join
from forensics.facts import Facts, Migration
from forensics.model import Certainty, CommandKind, CommandState, Finding, Severity
from forensics.scratch.engine import Scratch, scratch
from forensics.tracking.matching import recorded_rows
from forensics.trying.actions import Action, Deletion, Move, Part, Patch, ToolCommand
from forensics.trying.changed_tree import ChangedTree
from forensics.trying.file_changes import CannotTry
from forensics.trying.trial import TrialDone, bases, perform

__all__ = ["CannotTry", "Foreseen", "attempt", "attempt_on", "foreseen", "judgement"]


def attempt(bundle: Bundle, action: Action) -> Attempt:
    """Try an action on what the bundle holds; the real project and database are not involved.

    Raises `CannotTry`, and `PostgresUnavailable` where SQL is to be tried and no server starts.
    """
    return attempt_on(diagnose(bundle).diagnoses, action, recorded_dump(bundle))


def attempt_on(
    diagnoses: Sequence[Diagnosis], action: Action, dump: RecordedDump | None = None
) -> Attempt:
    """Try an action on the use of the tool that it is about; raises as `attempt` does."""
    return judgement(foreseen(diagnoses, action, dump))


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What the model says of every command before an action and after it."""

    action: Action
    diagnosis: Diagnosis
    others: tuple[Diagnosis, ...]
    scene: Scene
    before: Predictions
    done: TrialDone
    after: Predictions
    server_version: str
    repaired: frozenset[str] = frozenset()
    """Issues that earlier actions fixed, and so this one does not."""


class Workbench:
    """One use of the tool, to whose copies one action after the other is done."""

    def __init__(
        self, diagnosis: Diagnosis, others: tuple[Diagnosis, ...], server: Scratch
    ) -> None:
        self.diagnosis = diagnosis
        self._others, self._server = others, server
        self._scene = replace(diagnosis.scene, tree=ChangedTree(base=diagnosis.scene.tree))
        self.now = self._scene.predict(diagnosis.facts, server.engine)
        """What every command does, after the actions up to now."""
        self._repaired: frozenset[str] = frozenset()

    @property
    def server_version(self) -> str:
        """Of the scratch server; empty where none was started."""
        return self._server.version or ""

    def attempt(self, action: Action) -> Attempt:
        """Do one more action, and judge what it changes; raises as `foreseen` does.

        What cannot be tried leaves everything as it was.
        """
        done = perform(action.parts, self._scene, self._server, _spared(self.diagnosis))
        after = done.scene.predict(done.scene.facts, self._server.engine)
        seen = Foreseen(
            action=action,
            diagnosis=self.diagnosis,
            others=self._others,
            scene=self._scene,
            before=self.now,
            done=done,
            after=after,
            server_version=self.server_version,
            repaired=self._repaired,
        )
        left = _left(self.diagnosis, done.scene.examined())
        self._repaired |= frozenset(_repaired(self.diagnosis, left))
        self._scene, self.now = done.scene, after
        return judgement(seen)


@contextmanager
def workbench(
    diagnoses: Sequence[Diagnosis], subject: Diagnosis, dump: RecordedDump | None = None
) -> Iterator[Workbench]:
    """A place to try several actions in their order; raises as `foreseen` does."""
    others = tuple(other for other in diagnoses if other is not subject)
    with scratch(subject.scene.database, dump=dump) as server:
        yield Workbench(subject, others, server)


def foreseen(
    diagnoses: Sequence[Diagnosis], action: Action, dump: RecordedDump | None = None
) -> Foreseen:
    """Do an action to copies in memory and on the scratch server; raises as `attempt` does."""
    diagnosis = _subject(diagnoses, action)
    with scratch(diagnosis.scene.database, dump=dump) as server:
        scene = replace(
            diagnosis.scene,
            tree=ChangedTree(base=diagnosis.scene.tree),
        )
        before = scene.predict(diagnosis.facts, server.engine)
        done = perform(action.parts, scene, server, _spared(diagnosis))
        after = done.scene.predict(done.scene.facts, server.engine)
    return Foreseen(
        action=action,
        diagnosis=diagnosis,
        others=tuple(other for other in diagnoses if other is not diagnosis),
        scene=scene,
        before=before,
        done=done,
        after=after,
        server_version=server.version or "",
    )


def judgement(seen: Foreseen, defects: tuple[str, ...] = ()) -> Attempt:
    """The verdict on what was seen; `defects` are where the real tool contradicted the model."""
    left = _left(seen.diagnosis, seen.done.scene.examined())
    gone = tuple(_repaired(seen.diagnosis, left))
    verdict, why = judge(
        seen.before,
        seen.after,
        hidden=_stopped_by(seen.diagnosis, left),
        # A hash that was overwritten no longer accuses the file: that is not a fix.
        gone=[it for it in gone if it not in seen.repaired and not seen.done.rehashed],
        lost=seen.done.lost,
        error=seen.done.error,
        listing=_listing(seen.scene),
    )
    if verdict is AttemptVerdict.NO_EFFECT and seen.done.unsure:
        raise CannotTry(f"Whether it does harm is not known: {seen.done.unsure}.")
    return Attempt(
        action=seen.action.text,
        verdict=verdict,
        certainty=_certainty(seen),
        commands=tuple(_states(seen.scene, seen.after)),
        lost=seen.done.lost,
        evidence_lost=seen.done.evidence,
        changes=seen.done.changes,
        worse=worsened(seen.before, seen.after),
        why="; ".join((why, *seen.done.remarks)),
        tool=seen.scene.tool.name,
        folder=seen.scene.tool.folder,
        other_folders=tuple(other.scene.tool.folder for other in seen.others),
        dialect=seen.scene.tool.dialect,
        server_version=seen.server_version,
        defects=defects,
    )


def _spared(diagnosis: Diagnosis) -> frozenset[int | str | None]:
    """The rows that may go, since the catalogue has nothing of what they record."""
    return never_there(diagnosis.facts, diagnosis.findings)


def _listing(scene: Scene) -> frozenset[str]:
    """The commands that say what is pending, by the database."""
    commands = scene.adapter.commands
    return frozenset(it.name for it in commands if it.kind is CommandKind.CHECK and it.connects)


def _certainty(seen: Foreseen) -> Certainty:
    """Of the verdict: no better than that of any command it goes by."""
    known = (*seen.before.values(), *seen.after.values())
    replayed = all(each.certainty is Certainty.REPLAYED for each in known)
    return Certainty.REPLAYED if replayed else Certainty.PREDICTED


# --- What it is about ---------------------------------------------------------------------------


def _subject(diagnoses: Sequence[Diagnosis], action: Action) -> Diagnosis:
    """The use of the tool that the action names, else the one whose database was seen."""
    if not diagnoses:
        raise CannotTry("The bundle has no use of a migration tool, so nothing can be tried.")

    def fits(diagnosis: Diagnosis) -> tuple[bool, bool]:
        named = any(_is_named(part, diagnosis.scene) for part in action.parts)
        return named, diagnosis.scene.database is not None

    subject = max(diagnoses, key=fits)
    for part in action.parts:
        if isinstance(part, ToolCommand) and part.config and not _is_named(part, subject.scene):
            raise CannotTry(f"No use of the tool in the bundle has the config {part.config}.")
    return subject


def _is_named(part: Part, scene: Scene) -> bool:
    """Whether a part of the action names a file of this use of the tool."""
    folder, config = f"{scene.tool.folder}/", scene.tool.config
    match part:
        case ToolCommand(config=str(given)):
            paths: tuple[str, ...] = (given,)
        case Deletion(paths=paths) | Move(sources=paths):
            pass
        case Patch(diff=diff):
            return f"/{folder}" in diff
        case _:
            return False
    placed = {join(base, path) for base in bases(scene) for path in paths}
    return any(f"{path}/".startswith(folder) or path == config for path in placed)


# --- What came of it ----------------------------------------------------------------------------


def _left(diagnosis: Diagnosis, after: Facts) -> frozenset[tuple[str, str]]:
    """The issues that are still there, by rule and subject.

    Where an applied migration is no longer listed, all are: what is off the list is not fixed.
    """
    found = findings_of(after, diagnosis.scene.adapter.artefacts)
    covered = _covered(diagnosis, found, after)
    hidden = diagnosis.findings if any(_unlisted(diagnosis, after)) else tuple(covered)
    return frozenset((it.rule, subject) for it in (*found, *hidden) for subject in it.subjects)


def _recorded(facts: Facts) -> Mapping[str, str]:
    """Key of a listed migration -> the checksum in its row."""
    if facts.history is None:
        return {}
    rows = recorded_rows(facts.history, facts.files, facts.tool, facts.tracking)
    return {
        it.key: rows[it.position][1].checksum
        for it in facts.history.migrations
        if it.position in rows
    }


def _covered(diagnosis: Diagnosis, found: Sequence[Finding], after: Facts) -> Iterator[Finding]:
    """The issues of a listed migration that has another one now.

    Such as an empty file in place of a lost one.
    """
    known = {(finding.rule, finding.subject, finding.cosmetic) for finding in diagnosis.findings}
    before, now = _recorded(diagnosis.facts), _recorded(after)
    rehashed = {key for key, checksum in now.items() if before.get(key, checksum) != checksum}
    new = {
        finding.subject
        for finding in found
        if not finding.cosmetic and (finding.rule, finding.subject, False) not in known
        if finding.subject not in rehashed  # then the row accuses a file that is right
    }
    listed = {it.key for it in after.history.migrations} if after.history else set()
    for migration in diagnosis.facts.history.migrations if diagnosis.facts.history else ():
        if migration.key not in listed:
            continue
        names = {migration.key, migration.path, migration.snapshot_path}
        if names & new:
            yield from (finding for finding in diagnosis.findings if finding.subject in names)


def _unlisted(diagnosis: Diagnosis, after: Facts) -> Iterator[Migration]:
    """Migrations that were listed, may have been applied, and are no longer listed.

    One that has another name now is, where its text is the same.
    """
    listed = {migration.key for migration in after.history.migrations} if after.history else set()
    texts = {_text_of(it, after) for it in (after.history.migrations if after.history else ())}
    database = diagnosis.scene.database
    tables = database.tracking.tables if database and database.tracking else None
    applied = {row.at for table in tables for row in table.rows} if tables else None
    for migration in diagnosis.facts.history.migrations if diagnosis.facts.history else ():
        renamed = _text_of(migration, diagnosis.facts) in texts - {None}
        known = migration.key in listed or renamed
        if not known and (applied is None or migration.stamp in applied):
            yield migration


def _text_of(migration: Migration, facts: Facts) -> str | None:
    """The hash of its file."""
    file = facts.files.get(migration.path) if facts.files else None
    return file.sha256 if file else None


def _stopped_by(diagnosis: Diagnosis, left: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    """The commands that an issue stopped which is still there."""
    findings = diagnosis.findings
    return tuple(
        command
        for command, indexes in diagnosis.causation.blocked_by.items()
        if any(_is_left(findings[index], left) for index in indexes)
    )


def _is_left(finding: Finding, left: frozenset[tuple[str, str]]) -> bool:
    return any((finding.rule, subject) in left for subject in finding.subjects)


def _repaired(diagnosis: Diagnosis, left: frozenset[tuple[str, str]]) -> Iterator[str]:
    """The issues that count, and are no longer found."""
    for finding in diagnosis.findings:
        counts = finding.severity is not Severity.NOTE
        if counts and not _is_left(finding, left):
            yield f"{finding.rule} ({finding.subject})"


def _states(scene: Scene, after: Predictions) -> Iterator[CommandState]:
    for prediction in after.values():
        yield CommandState(
            tool=scene.tool.name,
            folder=scene.tool.folder,
            command=prediction.command,
            compares_code=scene.compares_code(prediction.command),
            outcome=prediction.outcome,
            destructive=prediction.destructive,
            exit_code=prediction.exit_code,
            message=prediction.message,
            error=prediction.error,
            blocked_by=(),
            certainty=prediction.certainty,
        )
