"""The table of contents of what was collected."""

from __future__ import annotations

from forensics.model import Obstacle, Outcome, Project, Record


class Item(Record, frozen=True, kw_only=True):
    """One entry of the manifest: what was examined, what came of it, where its content lies."""

    id: str
    kind: str
    """An `EvidenceKind`; of a bundle of a later version perhaps another, which nobody asks for."""
    locator: str
    outcome: Outcome
    sha256: str | None = None
    """Of the original; of what was masked, and of what we composed ourselves, of the content."""
    size: int | None = None
    mtime: str | None = None
    encoding: str = ""
    line_ends: str = ""
    content: str | None = None
    """SHA-256, and so the file name, of what was kept."""
    masked: int = 0
    """How many secrets were masked in the content."""
    original: str | None = None
    """Of what was masked: what `system.ownership.keyed` makes of the original's SHA-256."""
    note: str = ""
    obstacle: Obstacle | None = None


class Manifest(Record, frozen=True, kw_only=True):
    """What was collected; its own SHA-256 names the bundle."""

    schema_version: int
    collector: str
    collected_at: str
    project: Project
    items: tuple[Item, ...]
