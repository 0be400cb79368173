"""Bundles of the form before the bag: they are opened, and cannot prove that they are whole."""

from __future__ import annotations

import re
from hashlib import sha256

from forensics.evidence.files import Files
from forensics.evidence.integrity import named
from forensics.evidence.items import Manifest

OLD_VERSION = 1
OLD_MANIFEST = "manifest.json"
OLD_CONTENT = "content"
CANNOT_PROVE = (
    "the bundle has the form of version 0.1, which lists no files and has no custody log: whether "
    "a file was added, the experiments were removed or the manifest was rewritten cannot be known"
)

_NAME = re.compile(r"[0-9a-f]{64}")


def old_fault(files: Files, manifest: Manifest) -> str:
    """What is wrong with the first content that is not as its name says; empty where none is."""
    for item in manifest.items:
        if item.content is not None and (wrong := _wrong(files, item.content)):
            return f"{named(item.id, item.locator)} {wrong}"
    return ""


def _wrong(files: Files, name: str) -> str:
    if not _NAME.fullmatch(name):  # before anything is opened: it may lead anywhere
        return "does not match its hash"
    try:
        whole = sha256(files.read(f"{OLD_CONTENT}/{name}")).hexdigest() == name
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    return "" if whole else "does not match its hash"
