"""Makes the external edition: a bundle of its own that is judged like the original."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from forensics.analysis.diagnose import Analysis, diagnose
from forensics.dialects import dialect_named
from forensics.dialects.effect import Effect
from forensics.dialects.engine import Recorded, Transcript, key
from forensics.edition.digests import new_digests
from forensics.edition.names import NameKind, names_in
from forensics.edition.replacing import Replacer
from forensics.errors import ForensicsError
from forensics.evidence.bundle import Bundle
from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.custody import Action, Custodian
from forensics.evidence.experiments_file import Experiments
from forensics.evidence.items import Item
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded import record_experiments, recorded_experiments
from forensics.evidence.sealing import encode
from forensics.evidence.tool_runs import Replay
from forensics.evidence.tool_runs import key as key_of_run
from forensics.facts import LiveSchema
from forensics.system.safe_folder import Place

_TEXTS = frozenset({EvidenceKind.FILE, EvidenceKind.DUMP})


class CannotEdit(ForensicsError):
    """No edition can be made; nothing is left of it."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the edition is to be like."""

    key: bytes
    """Of the tokens."""
    people: tuple[tuple[str, NameKind], ...] = ()
    """The authors of the project's commits, and what else the user wants hidden."""
    keep: tuple[str, ...] = ()
    """Words that are not names, although they occur where names do."""


def replacer_for(bundle: Bundle, wanted: Wanted) -> Replacer:
    """What replaces the names of a bundle."""
    kept = {word.casefold() for word in wanted.keep}
    named = (*wanted.people, *names_in(bundle))
    replacer = Replacer((it for it in named if it[0].casefold() not in kept), wanted.key)
    replacer.digests = new_digests(bundle, replacer.data)
    return replacer


def make_edition(bundle: Bundle, replacer: Replacer, folder: Place, custodian: Custodian) -> Bundle:
    """Write the edition of a bundle into an empty folder.

    Raises `CannotEdit` where a name would be left, or where the edition would be judged otherwise.
    """
    if bundle.is_old_form:
        raise CannotEdit(
            f"{bundle.folder} has the form of version 0.1: collect the evidence again."
        )
    writer = BundleWriter(folder)
    for item in bundle.manifest.items:
        _add(writer, bundle, item, replacer)
    manifest = bundle.manifest
    edition = writer.seal(
        replacer.record(manifest.project),
        datetime.fromisoformat(manifest.collected_at).astimezone(UTC),
        custodian,
        environment=manifest.environment,
        action=Action.EDITED,
        edition_of=bundle.sha256,
    )
    judged = _with_experiments(bundle, edition, replacer)
    _require_same(judged, diagnose(edition))
    _require_no_name(edition, replacer)
    return edition


def claims(analysis: Analysis) -> list[tuple[str, ...]]:
    """The issues by what an edition does not change: rule, severity, role, and which commands."""
    return [
        (
            finding.rule,
            str(verdict.severity),
            str(verdict.role),
            *sorted(
                command
                for command, blockers in diagnosis.causation.blocked_by.items()
                if number in blockers
            ),
        )
        for diagnosis in analysis.diagnoses
        for number, (finding, verdict) in enumerate(
            zip(diagnosis.findings, diagnosis.causation.verdicts, strict=True)
        )
    ]


# --- What was collected -------------------------------------------------------------------------


def _add(writer: BundleWriter, bundle: Bundle, item: Item, replacer: Replacer) -> None:
    content = bundle.content(item)
    data = content if content is None else _replaced(EvidenceKind(item.kind), content, replacer)
    original = item.original or (item.sha256 and replacer.text(item.sha256))
    known = writer.add(
        EvidenceKind(item.kind),
        replacer.text(item.locator),
        item.outcome,
        data=data,
        sha256_of_original=original if item.kind == EvidenceKind.FILE else None,
        size=item.size,
        mtime=item.mtime,
        encoding=item.encoding,
        line_ends=item.line_ends,
        masked=item.masked,
        note=replacer.text(item.note),
        obstacle=item.obstacle,
    )
    if known != item.id:
        raise CannotEdit(
            f"Two items have the same name once names are replaced, {item.locator} is one of them: "
            "keep a word of it with --keep WORD."
        )


def _replaced(kind: EvidenceKind, content: bytes, replacer: Replacer) -> bytes:
    if kind in _TEXTS:
        return replacer.data(content)
    value = msgspec.json.decode(content)
    replaced = replacer.value(value)
    return content if replaced == value else encode(replaced)


# --- What was made of it ------------------------------------------------------------------------


class _Listening:
    """Answers like the bundle's transcripts, and notes which of them were used, and for what."""

    def __init__(self, transcripts: Iterable[Transcript], model: Recorded) -> None:
        self._known = {it.key for it in transcripts}
        self._recorded = model
        self.asked: dict[str, tuple[LiveSchema, tuple[str, ...], Effect]] = {}

    def __call__(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """The recorded effect, else the model's."""
        texts = tuple(texts)
        effect = self._recorded(schema, texts)
        if (name := key(schema, texts)) in self._known:
            self.asked[name] = schema, texts, effect
        return effect


def _with_experiments(bundle: Bundle, edition: Bundle, replacer: Replacer) -> Analysis:
    """The analysis of the original; what answered its questions is added to the edition."""
    found = recorded_experiments(bundle)
    if found is None:
        return diagnose(bundle)
    dialect = dialect_named(_dialect(bundle))
    engine = _Listening(found.transcripts, Recorded(found.transcripts, dialect.run))
    analysis = diagnose(bundle, engine)
    made = Experiments(
        collected_sha256=edition.sha256,
        server_version=found.server_version,
        transcripts=tuple(_transcripts(engine, replacer)),
        not_rebuilt=tuple(map(replacer.text, found.not_rebuilt)),
        replays=tuple(_replays(analysis, found.replays, replacer)),
        mishaps=tuple(map(replacer.record, found.mishaps)),
    )
    record_experiments(edition, Action.EXPERIMENTED, made)
    return analysis


def _dialect(bundle: Bundle) -> str | None:
    from forensics.evidence.recorded_database import recorded_database

    database = recorded_database(bundle)
    return database.identity.dialect if database else None


def _transcripts(engine: _Listening, replacer: Replacer) -> Iterator[Transcript]:
    """They are found by their content, which is another one now."""
    for schema, texts, effect in engine.asked.values():
        name = key(replacer.record(schema), tuple(map(replacer.text, texts)))
        yield Transcript(key=name, effect=replacer.record(effect, Effect))


def _replays(analysis: Analysis, replays: Iterable[Replay], replacer: Replacer) -> Iterator[Replay]:
    known = {it.key: it for it in replays}
    asked = (question for it in analysis.diagnoses for question in it.bench.answers.questions)
    for question in asked:
        name = key_of_run(question.tool, question.run, question.steps)
        if (run := known.pop(name, None)) is None:
            continue
        moved = replacer.record(question)
        yield replace(replacer.record(run), key=key_of_run(moved.tool, moved.run, moved.steps))


# --- Last looks ---------------------------------------------------------------------------------


def _require_same(original: Analysis, edition: Analysis) -> None:
    old, new = claims(original), claims(edition)
    if old != new:
        differing = next((it for it in (*old, *new) if old.count(it) != new.count(it)), old[:1])
        raise CannotEdit(
            "The edition would be judged otherwise than the original, so a name is also a word "
            f"that a tool needs: {' '.join(map(str, differing))}. Keep that word with --keep WORD."
        )


def _require_no_name(edition: Bundle, replacer: Replacer) -> None:
    for path in sorted(edition.files.paths()):
        text = edition.files.read(path).decode("utf-8", "replace")
        if left := replacer.name_left(text):
            raise CannotEdit(
                f"{left!r} would be left in {path} of the edition, so nothing is written. If that "
                "is not a name, keep it with --keep WORD."
            )
