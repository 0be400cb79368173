"""Which environment has which migration and which issues, each judged on its own."""

from __future__ import annotations

from collections.abc import Iterator

from forensics import facts
from forensics.analysis.diagnose import Analysis, Diagnosis
from forensics.model import (
    DatabaseName,
    Effects,
    EnvironmentState,
    IssueThere,
    MigrationThere,
    Presence,
)
from forensics.report.standing import recorded_states

_EFFECTS = {
    facts.standing.Presence.PRESENT: Effects.PRESENT,
    facts.standing.Presence.ABSENT: Effects.ABSENT,
    facts.standing.Presence.PARTLY: Effects.PARTLY,
    facts.standing.Presence.UNDECIDABLE: Effects.UNKNOWN,
}


def environments(
    analysis: Analysis, databases: tuple[DatabaseName | None, ...]
) -> Iterator[EnvironmentState]:
    """All environments, the examined one first; none where there is only that.

    `databases` are the names of their databases, in the same order.
    """
    if not analysis.others:
        return
    every = (analysis, *analysis.others)
    for name, each, database in zip(analysis.environments, every, databases, strict=True):
        manifest = each.bundle.manifest
        yield EnvironmentState(
            name=name,
            database=database,
            bundle_sha256=each.bundle.sha256,
            head=manifest.project.head,
            collected_at=manifest.collected_at,
            issues=tuple(_issues(each)),
            migrations=tuple(it for d in each.diagnoses for it in _migrations(d)),
        )


def _issues(analysis: Analysis) -> Iterator[IssueThere]:
    for diagnosis in analysis.diagnoses:
        pairs = zip(diagnosis.findings, diagnosis.causation.verdicts, strict=True)
        for finding, verdict in pairs:
            yield IssueThere(
                rule=finding.rule,
                subject=finding.subject,
                folder=diagnosis.facts.tool.folder,
                severity=verdict.severity,
                title=finding.title,
            )


def _migrations(diagnosis: Diagnosis) -> Iterator[MigrationThere]:
    """Without a database, or where the table was not read, nothing is said to be missing."""
    seen = diagnosis.facts
    standing = {it.position: it for it in (seen.standing.migrations if seen.standing else ())}
    for migration, recorded in recorded_states(seen):
        there = standing.get(migration.position)
        yield MigrationThere(
            folder=seen.tool.folder,
            key=migration.key,
            recorded=recorded if diagnosis.scene.database is not None else Presence.UNKNOWN,
            effects=_EFFECTS[there.presence] if there else Effects.UNKNOWN,
        )
