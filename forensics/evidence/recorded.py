"""What collection put into the bundle apart from files, as the types it was written from."""

from __future__ import annotations

from hashlib import sha256

from msgspec.structs import replace

from forensics.dialects import dialect_named
from forensics.dialects.engine import Transcript
from forensics.evidence.bag import EXPERIMENTS, REPLAYS
from forensics.evidence.bundle import Bundle, BundleError
from forensics.evidence.custody import Action
from forensics.evidence.experiments_file import (
    Experiments,
    pack,
    pack_layers,
    unpack,
    unpack_replays,
)
from forensics.evidence.items import Item
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded_database import recorded_database
from forensics.evidence.tool_runs import Replays
from forensics.facts import CapturedError, CapturedRun, Commits, GitObjects
from forensics.model import Evidence, Outcome, Record, Topic, Unanswered

_LONGEST_RUN = 2**14
"""Characters of one run."""


class Symptom(Record, frozen=True, kw_only=True):
    """What the captured output of failing commands says."""

    evidence: str
    runs: tuple[CapturedRun, ...] = ()
    """In the order in which they were printed, container by container."""
    versions: tuple[tuple[str, str], ...] = ()
    """Package or program -> version, as mentioned last."""
    text: str = ""
    """The whole output, masked, without colours; at most 256 KiB of its end."""


def recorded_experiments(bundle: Bundle) -> Experiments | None:
    """The second layer, `None` where there is none that belongs to this bundle.

    Raises `BundleError` where it cannot be read.
    """
    data, runs = bundle.layer(EXPERIMENTS), bundle.layer(REPLAYS)
    if data is None:
        return None
    try:
        found = unpack(data)
        if runs is not None:
            found = replace(found, replays=unpack_replays(runs))
    except BundleError as error:
        raise BundleError(
            f"The {EXPERIMENTS} of the bundle in {bundle.folder} cannot be used: {error}. Collect "
            "the evidence again."
        ) from error
    return found if found.collected_sha256 == bundle.sha256 else None


def record_experiments(bundle: Bundle, action: Action, experiments: Experiments) -> None:
    """Write the second and the third layer; raises `BundleError` where nothing can be added."""
    old = {EXPERIMENTS: pack(experiments)} if bundle.is_old_form else None
    bundle.append(action, old or pack_layers(experiments))


def experiments_evidence(bundle: Bundle) -> tuple[Evidence, ...]:
    """The second layer as the report's evidence shows it, with what answered the experiments."""
    found = recorded_experiments(bundle)
    if found is None:
        return ()
    data = bundle.layer(EXPERIMENTS) or b""
    database = recorded_database(bundle)
    dialect = dialect_named(database.identity.dialect if database else None)
    ran = f"the SQL ran on a scratch {dialect.title} {found.server_version}"
    return (
        Evidence(
            id="x1",
            kind=EvidenceKind.EXPERIMENTS,
            locator=EXPERIMENTS,
            outcome=Outcome.COLLECTED,
            sha256=sha256(data).hexdigest(),
            note=ran if found.transcripts else "",
        ),
    )


def not_rebuilt(bundle: Bundle) -> tuple[Unanswered, ...]:
    """What the scratch database lacked of the real one's schema."""
    found = recorded_experiments(bundle)
    undumped = next(
        (item.note for item in bundle.of_kind(EvidenceKind.DUMP) if item.content is None), ""
    )
    more = f"; a dump would have more, but {undumped}" if undumped else ""
    return tuple(
        Unanswered(
            topic=Topic.SCRATCH,
            lacks=f"{what}: not on the scratch database",
            how_to_get_it="nothing to do while no command is unknown; else try it on a copy of the "
            f"database{more}",
        )
        for what in (found.not_rebuilt if found else ())
    )


def recorded_transcripts(bundle: Bundle) -> tuple[Transcript, ...]:
    """What the throw-away server answered."""
    found = recorded_experiments(bundle)
    return found.transcripts if found else ()


def recorded_replays(bundle: Bundle) -> Replays:
    """What the project's real tool did."""
    found = recorded_experiments(bundle)
    return Replays(found.replays if found else ())


def recorded_objects(bundle: Bundle) -> GitObjects | None:
    """The search of git's whole store, `None` where nothing was left to look for, or it failed."""
    items = [item for item in bundle.of_kind(EvidenceKind.OBJECTS) if item.content is not None]
    if not items:
        return None
    return replace(bundle.value(items[0], GitObjects), evidence=items[0].id)


def recorded_commits(bundle: Bundle) -> Commits | None:
    """The git history with its evidence id; `None` where there was no git, or it failed."""
    for item in bundle.of_kind(EvidenceKind.HISTORY):
        if item.content is not None:
            return replace(bundle.value(item, Commits), evidence=item.id)
    return None


def recorded_mishaps(bundle: Bundle) -> tuple[Unanswered, ...]:
    """What of ours broke while the evidence was collected, and while experiments were made."""
    collected = tuple(
        bundle.value(item, Unanswered)
        for item in bundle.of_kind(EvidenceKind.MISHAP)
        if item.content is not None
    )
    experiments = recorded_experiments(bundle)
    return (*collected, *(experiments.mishaps if experiments else ()))


def recorded_symptoms(bundle: Bundle) -> tuple[Symptom, ...]:
    """All captured outputs, in the order in which they were given."""
    return tuple(
        replace(_symptom(bundle, item), evidence=item.id)
        for item in bundle.of_kind(EvidenceKind.SYMPTOM)
        if item.content is not None
    )


class _OldSymptom(Record, frozen=True, kw_only=True):
    """What version 0.1 recorded: one message, whatever the output holds."""

    evidence: str
    tool: str | None = None
    command: str | None = None
    message: str = ""
    sqlstate: str | None = None
    exit_code: int | None = None
    versions: tuple[tuple[str, str], ...] = ()
    text: str = ""


def _symptom(bundle: Bundle, item: Item) -> Symptom:
    if not bundle.is_old_form:
        return bundle.value(item, Symptom)
    try:
        return bundle.value(item, Symptom)
    except BundleError:
        return _of_old(bundle.value(item, _OldSymptom))


def _of_old(old: _OldSymptom) -> Symptom:
    error = CapturedError(text=old.message, sqlstate=old.sqlstate) if old.message else None
    run = CapturedRun(
        tool=old.tool,
        command=old.command,
        exit_code=old.exit_code,
        message=old.message,
        error=error,
        text=old.text[-_LONGEST_RUN:],
    )
    return Symptom(evidence=old.evidence, runs=(run,), versions=old.versions, text=old.text)
