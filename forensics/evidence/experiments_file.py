"""The bundle's later layers as files: every table of a catalogue is written once."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from forensics.dialects.effect import Done, Effect
from forensics.dialects.engine import Transcript
from forensics.evidence.bag import EXPERIMENTS, REPLAYS, digest
from forensics.evidence.bundle import BundleError
from forensics.evidence.sealing import encode
from forensics.evidence.tool_runs import Replay
from forensics.facts import LiveTable
from forensics.model import Record, Unanswered
from forensics.redaction.scan import Scan

LAYER_VERSION = 2
"""1: every transcript with its whole catalogue; 2: catalogues by numbers of tables, sealed."""


class Experiments(Record, frozen=True, kw_only=True):
    """What a throw-away server answered, for one collected layer."""

    collected_sha256: str
    """Of the layer that the experiments were made on; with any other they say nothing."""
    server_version: str
    transcripts: tuple[Transcript, ...] = ()
    not_rebuilt: tuple[str, ...] = ()
    """What of the database could not be made again, in words."""
    replays: tuple[Replay, ...] = ()
    """What the project's real tool did on copies, where that was requested."""
    mishaps: tuple[Unanswered, ...] = ()
    """What of ours broke while they were made."""


class StoredTranscript(Record, frozen=True, kw_only=True):
    """A transcript whose catalogue has its tables elsewhere."""

    key: str
    effect: Effect
    tables: tuple[int, ...] = ()
    """Where in `StoredExperiments.tables` those of the catalogue stand."""


class StoredExperiments(Record, frozen=True, kw_only=True):
    """The file. A catalogue of hundreds of tables changes in few of them by each experiment."""

    schema_version: int = LAYER_VERSION
    seal: str = ""
    """SHA-256 of this file as it would be with an empty seal."""
    collected_sha256: str
    server_version: str
    not_rebuilt: tuple[str, ...] = ()
    replays: tuple[Replay, ...] = ()
    mishaps: tuple[Unanswered, ...] = ()
    transcripts: tuple[StoredTranscript, ...] = ()
    tables: tuple[LiveTable, ...] = ()


def pack(experiments: Experiments) -> bytes:
    """The content of the file; the same experiments give the same bytes."""
    numbers: dict[LiveTable, int] = {}
    transcripts = tuple(_packed(one, numbers) for one in experiments.transcripts)
    stored = StoredExperiments(
        collected_sha256=experiments.collected_sha256,
        server_version=experiments.server_version,
        not_rebuilt=experiments.not_rebuilt,
        replays=experiments.replays,
        mishaps=experiments.mishaps,
        transcripts=transcripts,
        tables=tuple(numbers),
    )
    stored = Scan().record(stored, "experiments")
    return encode(replace(stored, seal=_seal(encode(stored), "")))


class StoredReplays(Record, frozen=True, kw_only=True):
    """The file of the third layer."""

    schema_version: int = 1
    collected_sha256: str
    experiments_sha256: str
    """Of the second layer next to it."""
    replays: tuple[Replay, ...] = ()


def pack_layers(experiments: Experiments) -> dict[str, bytes]:
    """The files of both layers, name -> content; the third only where the tool itself ran."""
    second = pack(replace(experiments, replays=()))
    if not experiments.replays:
        return {EXPERIMENTS: second}
    third = StoredReplays(
        collected_sha256=experiments.collected_sha256,
        experiments_sha256=digest(second),
        replays=experiments.replays,
    )
    return {EXPERIMENTS: second, REPLAYS: encode(third)}


def unpack_replays(data: bytes) -> tuple[Replay, ...]:
    """The runs in the file of the third layer; raises `BundleError` where it is none."""
    try:
        return msgspec.json.decode(data, type=StoredReplays).replays
    except msgspec.DecodeError as error:
        raise BundleError(f"it cannot be read: {error}") from error


@lru_cache(maxsize=2)  # a report asks for it several times
def unpack(data: bytes) -> Experiments:
    """The experiments of a file; raises `BundleError` where it is none, or was changed."""
    try:
        stored = msgspec.json.decode(data, type=StoredExperiments)
        transcripts = tuple(_unpacked(one, stored.tables) for one in stored.transcripts)
    except (msgspec.DecodeError, IndexError) as error:
        raise BundleError(f"it cannot be read: {error}") from error
    if stored.schema_version != LAYER_VERSION:
        raise BundleError(f"it has version {stored.schema_version}, not {LAYER_VERSION}")
    if stored.seal != _seal(data, stored.seal):
        raise BundleError("it was changed after it was written")
    return Experiments(
        collected_sha256=stored.collected_sha256,
        server_version=stored.server_version,
        transcripts=transcripts,
        not_rebuilt=stored.not_rebuilt,
        replays=stored.replays,
        mishaps=stored.mishaps,
    )


def _seal(data: bytes, seal: str) -> str:
    """Of the bytes themselves: what a later version adds does not break the seal of an earlier."""
    return sha256(data.replace(f'"{seal}"'.encode(), b'""', 1)).hexdigest()


def _packed(transcript: Transcript, numbers: dict[LiveTable, int]) -> StoredTranscript:
    effect = transcript.effect
    if not isinstance(effect, Done):
        return StoredTranscript(key=transcript.key, effect=effect)
    tables = tuple(numbers.setdefault(table, len(numbers)) for table in effect.schema.tables)
    bare = replace(effect, schema=replace(effect.schema, tables=()))
    return StoredTranscript(key=transcript.key, effect=bare, tables=tables)


def _unpacked(stored: StoredTranscript, tables: tuple[LiveTable, ...]) -> Transcript:
    effect = stored.effect
    if isinstance(effect, Done):
        found = tuple(tables[number] for number in stored.tables)
        effect = replace(effect, schema=replace(effect.schema, tables=found))
    return Transcript(key=stored.key, effect=effect)
