"""The files of a bag (RFC 8493) as text: what lies where, and which hash each file has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256

BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
"""The hash of every file below `data/`."""
TAG_MANIFEST = "tagmanifest-sha256.txt"
"""The hash of every other file but itself."""
DATA = "data"
CUSTODY = "custody"
COLLECTED = "data/collected/manifest.json"
CONTENT = "data/collected/content"
EXPERIMENTS = "experiments.json"
REPLAYS = "replays.json"
LAYERS = (f"{DATA}/{EXPERIMENTS}", f"{DATA}/{REPLAYS}")
"""What is added after the collection; each names the hashes of the layers that it was made on."""

BAGIT_TEXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


class BadManifest(ValueError):
    """A list of hashes that cannot be read; the message says which line."""


def digest(data: bytes) -> str:
    """The SHA-256 of a file, as the manifests have it."""
    return sha256(data).hexdigest()


def manifest(hashes: Mapping[str, str]) -> bytes:
    """A list of hashes, sorted by path, that `sha256sum -c` reads."""
    return "".join(f"{hashes[path]}  {path}\n" for path in sorted(hashes)).encode()


def hashes_in(data: bytes) -> dict[str, str]:
    """Path -> hash of such a list; raises `BadManifest`."""
    found: dict[str, str] = {}
    try:
        lines = data.decode("utf-8").removesuffix("\n").split("\n") if data else []
    except UnicodeDecodeError as error:
        raise BadManifest(f"it is not UTF-8 ({error.reason})") from error
    for number, line in enumerate(lines, 1):
        entry = _LINE.fullmatch(line)
        if entry is None:
            raise BadManifest(f"line {number} is not a hash, two spaces and a path")
        if entry[2] in found:
            raise BadManifest(f"line {number} lists a file a second time")
        found[entry[2]] = entry[1]
    return found


def bag_info(fields: Mapping[str, str]) -> bytes:
    """The file of labels and values, a line each; a field without a value is left out."""
    lines = (f"{label}: {_one_line(value)}\n" for label, value in fields.items() if value)
    return "".join(lines).encode()


def _one_line(value: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())
