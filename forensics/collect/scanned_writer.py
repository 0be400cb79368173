"""A bundle's writer that looks once more at everything before it is written."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from forensics.evidence.bundle_writer import BundleWriter
from forensics.evidence.files import HeldFiles
from forensics.evidence.kinds import EvidenceKind
from forensics.evidence.redactions import REDACTIONS, Redaction, Redactions
from forensics.model import Outcome, Project
from forensics.model.words import field_names
from forensics.redaction.redactor import Redactor
from forensics.redaction.scan import Scan, SecretLeft
from forensics.system.safe_folder import Place

_TEXTS = frozenset({EvidenceKind.FILE, EvidenceKind.DUMP})
"""What is kept as it was read; everything else is JSON of ours."""


class ScannedWriter(BundleWriter):
    """Collectors mask what they read; what they missed is masked here, or is not written."""

    def __init__(self, target: Place | HeldFiles, redactor: Redactor) -> None:
        super().__init__(target)
        self._redactor = redactor
        self._scan = Scan(redactor, fields=field_names())

    def add(
        self,
        kind: EvidenceKind,
        locator: str,
        outcome: Outcome = Outcome.COLLECTED,
        *,
        data: bytes | None = None,
        note: str = "",
        **fields: Any,  # noqa: ANN401 - those of `BundleWriter.add`, as they are
    ) -> str:
        """As `BundleWriter.add`; content that cannot be freed of a secret is withheld.

        Where a file has a secret in its path, the path is masked here and in every list of files:
        the same secret becomes the same token, so that it is found again.
        """
        locator = self._scan.name(locator, f"the name of an item of kind {kind}")
        note = self._redactor.mask_text(note, f"the note on {locator}") if note else note
        given = data
        try:
            data = data and self._scanned(kind, locator, data)
        except SecretLeft as left:
            data, outcome, note = None, Outcome.FAILED, f"withheld: {left}"
        if data is not given:
            fields["digest"] = None
        return super().add(kind, locator, outcome, data=data, note=note, **fields)

    def named(self, project: Project) -> Project:
        """The project with the names of its folder and its branch masked where they have to be."""
        branch = project.branch and self._scan.text(project.branch, "the name of the branch")
        root = self._scan.name(project.root, "the path of the project")
        return replace(project, root=root, branch=branch)

    def add_redactions(self) -> None:
        """Record what was masked until now: where and by which pattern, never what it was."""
        masked = tuple(
            Redaction(place=it.place, line=it.line, rule=it.rule, count=it.count)
            for it in self._redactor.masked
        )
        self.add_value(EvidenceKind.REDACTIONS, REDACTIONS, Redactions(masked=masked))

    def _scanned(self, kind: EvidenceKind, locator: str, data: bytes) -> bytes:
        if kind in _TEXTS and self._redactor.has_just_masked(data):
            return data
        if kind in _TEXTS:
            return self._scan.data(data, locator, locator.rpartition("/")[2].lower())
        return self._scan.json(data, f"{kind} {locator}")
