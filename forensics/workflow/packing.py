"""A bundle as one file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from forensics.evidence.archive import write_archive
from forensics.evidence.bundle import Bundle, BundleError


def pack(bundle: Bundle, target: Path) -> None:
    """Write it, dated as it was collected; raises `BundleError` for one of the old form."""
    if bundle.is_old_form:
        raise BundleError(
            f"{bundle.folder} has the form of version 0.1, which cannot be one file: collect the "
            "evidence again."
        )
    collected_at = datetime.fromisoformat(bundle.manifest.collected_at)
    write_archive(bundle.files, target, int(collected_at.timestamp()))
