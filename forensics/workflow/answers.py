"""What the functions of the public API return, apart from reports and bundles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from forensics.evidence.bundle import Bundle
from forensics.facts import Recovered
from forensics.model import Report

if TYPE_CHECKING:
    from forensics.render.recovered import RecoveryAnswer


class Investigation(msgspec.Struct, frozen=True, kw_only=True):
    """What an investigation came to."""

    report: Report
    bundle: Bundle
    written: tuple[Path, ...]
    """The files of report and fix, in the output folder; the bundle lies next to them."""


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the search for lost originals."""

    found: tuple[tuple[Recovered, RecoveryAnswer], ...]
    """Every migration that was looked for, with its verdict and the file that was written."""
    has_rows: bool
    """Whether a tracking table was seen: only rows say whether a file is what was applied."""


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """An external edition, and what of names could not be replaced."""

    bundle: Bundle
    original_sha256: str
    kept: tuple[str, ...]
    """Names that are ordinary words, or too short."""
    knows_authors: bool
    """Whether the project's commits said who their authors are."""
