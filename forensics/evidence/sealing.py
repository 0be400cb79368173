"""What is written around the evidence: lists of hashes, and the custody log."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from forensics.evidence import bag
from forensics.evidence.custody import PATH, Action, Custodian, Entry
from forensics.evidence.files import Files
from forensics.evidence.integrity import info_of
from forensics.evidence.items import Manifest
from forensics.model.characters import visible_json


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle's lists and log, as they are before something is done."""

    payload: Mapping[str, str]
    """Path -> hash of every file below `data/`."""
    tags: Mapping[str, str]
    """Of every other file but the list of these itself."""
    log: tuple[bytes, ...]
    """The files of the custody log, in order."""

    @classmethod
    def read(cls, files: Files) -> State:
        """As the files say; raises `OSError` and `BadManifest`."""
        tags = bag.hashes_in(files.read(bag.TAG_MANIFEST))
        paths = sorted(path for path in tags if PATH.fullmatch(path))
        return cls(
            payload=bag.hashes_in(files.read(bag.MANIFEST)),
            tags=tags,
            log=tuple(files.read(path) for path in paths),
        )


EMPTY = State(payload={}, tags={bag.BAGIT: bag.digest(bag.BAGIT_TEXT)}, log=())


def sealed(
    state: State,
    manifest: Manifest,
    custodian: Custodian,
    action: Action,
    *,
    added: Mapping[str, str],
    recorded: Mapping[str, str],
    code_sha256: str = "",
    supplied: Mapping[str, str] = {},
    compared: Mapping[str, str] = {},
) -> dict[str, bytes]:
    """The files that change, path -> content, once something was done.

    `added` are new hashes of files below `data/`, `recorded` those that the log is to name,
    `supplied` those of files that came from elsewhere, `compared` those of other bundles.
    Raises `ForensicsError` where it cannot be signed.
    """
    payload = {**state.payload, **added}
    listed = bag.manifest(payload)
    heads = (bag.COLLECTED, *bag.LAYERS)
    entry = custodian.entry(
        action,
        state.log,
        bag.digest(listed),
        inputs={path: state.payload[path] for path in heads if path in state.payload},
        outputs=recorded,
        code_sha256=code_sha256,
        supplied=supplied,
        compared=compared,
    )
    entries = (*(msgspec.json.decode(each, type=Entry) for each in state.log), entry)
    files = custodian.files(entry, encode(entry))
    files[bag.MANIFEST] = listed
    files[bag.BAG_INFO] = info_of(manifest, payload[bag.COLLECTED], entries)
    tags = {**state.tags, **{path: bag.digest(data) for path, data in files.items()}}
    files[bag.TAG_MANIFEST] = bag.manifest(tags)
    return files


def encode(value: object) -> bytes:
    """The one way values become bytes: UTF-8 JSON, field order as declared, indented."""
    return visible_json(msgspec.json.format(msgspec.json.encode(value), indent=1)) + b"\n"
