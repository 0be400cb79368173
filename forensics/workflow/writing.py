"""The files of a report, after a last look for secrets."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.evidence.bundle import Bundle
from forensics.model import Report
from forensics.model.mishaps import Mishaps
from forensics.model.words import field_names
from forensics.progress import Progress
from forensics.render.files import write_report

if TYPE_CHECKING:
    from forensics.redaction.scan import Scan
    from forensics.system.safe_folder import SafeFolder


def last_look(bundle: Bundle | None, addresses: Iterable[str | None]) -> Scan:
    """The last look for secrets; what stands in the evidence was judged when it was collected."""
    from forensics.collect.case import redactor_of
    from forensics.evidence.holding import holds
    from forensics.redaction.scan import Scan

    kept = partial(holds, bundle) if bundle is not None else lambda found: False
    return Scan(redactor_of(*addresses), kept, field_names())


def write_files(
    report: Report,
    folder: SafeFolder,
    formats: list[str],
    progress: Progress,
    bundle: Bundle | None,
    scan: Scan,
) -> tuple[tuple[Path, ...], Mishaps]:
    """The files of a report, and what of ours broke while they were made, which is told."""
    mishaps = Mishaps()
    written = write_report(
        report,
        folder,
        formats,
        on_problem=progress.problem,
        mishaps=mishaps,
        bundle=bundle.evidence_zip if bundle else None,
        scan=scan,
    )
    for line in mishaps.lines():
        progress.problem(line)
    return written, mishaps
