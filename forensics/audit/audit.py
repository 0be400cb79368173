"""Compares a write-up with the evidence of a bundle, passage by passage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from forensics.analysis.attempt import Attempt, AttemptVerdict
from forensics.analysis.audit import Answer, Audit, Claim, ClaimKind, Unchecked
from forensics.analysis.diagnose import Diagnosis, diagnose
from forensics.analysis.experiments import Predictions
from forensics.audit import content, outcomes
from forensics.audit.deeds import Deed, Deeds, Undone, brief, migration_file
from forensics.audit.names import Names
from forensics.audit.passages import Passage, passages
from forensics.evidence.bundle import Bundle
from forensics.evidence.recorded_database import recorded_dump
from forensics.model import CommandOutcome
from forensics.model.wording import listed, named
from forensics.scratch.postgres import PostgresUnavailable
from forensics.trying.file_changes import CannotTry
from forensics.trying.on_the_model import Workbench, workbench

_CURES = frozenset({AttemptVerdict.HEALS, AttemptVerdict.PARTIAL})
MOST_DEEDS = 50
"""Actions of one write-up that are tried."""


def audit(bundle: Bundle, markdown: str) -> Audit:
    """Answer the checkable claims of a write-up; what it says was done is done to copies, in order.

    Raises `CannotTry` where the bundle holds no use of a migration tool, and `PostgresUnavailable`.
    """
    diagnoses, read = diagnose(bundle).diagnoses, list(passages(markdown))
    subject = _subject(diagnoses, markdown)
    with workbench(diagnoses, subject, recorded_dump(bundle)) as bench:
        reader = _Reader(bench, Names(subject, bundle))
        reader.read(read)
        version = bench.server_version
    return Audit(
        claims=tuple(sorted(reader.claims, key=lambda claim: claim.line)),
        not_checked=tuple(_rest(read, reader)),
        tool=subject.scene.tool.name,
        folder=subject.scene.tool.folder,
        server_version=version,
    )


def _subject(diagnoses: Sequence[Diagnosis], markdown: str) -> Diagnosis:
    """The use of the tool that the write-up names most, else the one whose database was seen."""
    if not diagnoses:
        raise CannotTry("The bundle has no use of a migration tool, so nothing can be checked.")

    def fits(diagnosis: Diagnosis) -> tuple[int, bool]:
        scene = diagnosis.scene
        return markdown.count(scene.tool.folder), scene.database is not None

    return max(diagnoses, key=fits)


@dataclass
class _Reader:
    """Reads passages in order, and does to the workbench what they say was done."""

    bench: Workbench
    names: Names
    claims: list[Claim] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    """Line -> why something there could not be tried."""
    _said: list[outcomes.Said] = field(default_factory=list)
    _messages: list[tuple[Passage, str]] = field(default_factory=list)
    _states: list[Predictions] = field(default_factory=list)
    _context: list[str] = field(default_factory=list)
    _tried: int = 0

    def read(self, read: Sequence[Passage]) -> None:
        """All passages; what is said of commands is answered once everything was done."""
        scene = self.bench.diagnosis.scene
        deeds = Deeds(scene.tool.config)
        known, tool = scene.commands, scene.tool.name
        self._states.append(self.bench.now)
        for passage in read:
            if passage.heading and not passage.cells:
                self._context.clear()
            self._context += passage.codes
            self._messages += ((passage, text) for text in outcomes.messages(passage))
            self._said += outcomes.statements(passage, known, tool)
            self.claims += self.names.of(passage) if not passage.heading else ()
            if path := migration_file(passage):
                self._rewrite(passage, path)
            for deed in deeds.of(passage, self._context):
                self._do(deed)
        self._answer()

    def _do(self, deed: Deed | Undone) -> None:
        if isinstance(deed, Undone):
            self.reasons[deed.line] = deed.why
            return
        self._tried += 1
        if self._tried > MOST_DEEDS:
            self.reasons[deed.line] = f"Only the first {MOST_DEEDS} actions are tried."
            return
        try:
            attempt = self.bench.attempt(deed.action)
        except (CannotTry, PostgresUnavailable) as error:
            self._say(deed, Answer.UNDECIDED, str(error))
            return
        self._states.append(self.bench.now)
        cures = attempt.verdict in _CURES
        self._say(deed, Answer.HOLDS if cures else Answer.DOES_NOT_HOLD, told(attempt))

    def _rewrite(self, passage: Passage, named: str) -> None:
        """A block that is the text of a migration: compared with the original, and put in place."""
        found = content.compared(self.bench.diagnosis, named, passage)
        if found is None:
            self.reasons[passage.line] = f"No migration {named!r} is listed."
            return
        claim, deed = found
        self.claims.append(claim)
        self._do(deed)

    def _answer(self) -> None:
        before, after = self._states[0], self.bench.now
        for said in self._said:
            self.claims += outcomes.judged(said, before, after)
        for passage, text in self._messages:
            self.claims.append(outcomes.message_judged(passage, text, self._states))

    def _say(self, deed: Deed, answer: Answer, why: str) -> None:
        claim, kind = f"the fix `{deed.text}`", ClaimKind.ACTION
        self.claims.append(Claim(line=deed.line, kind=kind, claim=claim, answer=answer, why=why))


def told(attempt: Attempt) -> str:
    """What an action did, in sentences: its verdict, what is lost, what it leaves dangerous."""
    return " ".join(_told(attempt))


def _told(attempt: Attempt) -> Iterator[str]:
    why = f"{attempt.why[:1].upper()}{attempt.why[1:]}."
    match attempt.verdict:
        case AttemptVerdict.HEALS | AttemptVerdict.PARTIAL:
            yield why
        case AttemptVerdict.NO_EFFECT:
            yield "No effect: every command does what it did before."
        case AttemptVerdict.HIDES:
            yield f"It hides the problem: {attempt.why}."
        case AttemptVerdict.DESTROYS:
            yield f"It destroys {listed(attempt.lost)}. {why}"
        case AttemptVerdict.FAILS:
            yield f"It fails: {attempt.why}."
    if attempt.evidence_lost:
        yield f"It destroys evidence: {listed(attempt.evidence_lost)}."
    armed = [
        state.command
        for state in attempt.commands
        if state.outcome is CommandOutcome.ASKS and state.destructive
    ]
    if armed and attempt.verdict in _CURES:
        yield f"Answering yes to {named(armed)} would delete data or tracking rows."


def _rest(read: Sequence[Passage], reader: _Reader) -> Iterator[Unchecked]:
    """The passages without a claim; headings only say what follows."""
    lines = {claim.line for claim in reader.claims}
    for passage in read:
        covered = range(passage.line, passage.line + 1 + passage.text.count("\n"))
        if passage.heading or not passage.text.strip() or not lines.isdisjoint(covered):
            continue
        why = next((reader.reasons[line] for line in covered if line in reader.reasons), "")
        text = brief(passage.text)
        yield Unchecked(line=passage.line, text=f"{text} ({why})" if why else text)
