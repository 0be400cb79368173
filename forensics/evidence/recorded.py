"""What collection put into the bundle besides files, read back as the types it was written from."""

from __future__ import annotations

from hashlib import sha256

from msgspec.structs import replace

from forensics.dialects import dialect_named
from forensics.dialects.engine import Transcript
from forensics.evidence.bundle import Bundle, BundleError
from forensics.evidence.experiments_file import Experiments, unpack
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.recorded_database import recorded_database
from forensics.evidence.tool_runs import Replays
from forensics.facts import CapturedRun, Commits, GitObjects
from forensics.model import Evidence, Outcome, Record, Topic, Unanswered

EXPERIMENTS = "experiments.json"


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
    data = bundle.layer(EXPERIMENTS)
    if data is None:
        return None
    try:
        found = unpack(data)
    except BundleError as error:
        path = bundle.folder / EXPERIMENTS
        raise BundleError(
            f"{path} is of no use: {error}. Delete it, and replay it again."
        ) from error
    return found if found.collected_sha256 == bundle.sha256 else None


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
        replace(bundle.value(item, Symptom), evidence=item.id)
        for item in bundle.of_kind(EvidenceKind.SYMPTOM)
        if item.content is not None
    )
