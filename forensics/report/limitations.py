"""What a report cannot say, whatever it found."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.analysis.diagnose import Analysis
from forensics.analysis.experiments import Scene
from forensics.evidence.recorded import experiments_evidence
from forensics.evidence.redactions import redactions
from forensics.model.wording import counted


def limitations(analysis: Analysis) -> Iterator[str]:
    """Each a sentence; none of them goes away with better access to this one case."""
    if analysis.database is None:
        yield "No database was read: what is applied where is not known."
    else:
        name = analysis.database.identity.database
        what = "were only counted, as asked for" if analysis.database.counted else "were not read"
        yield f"Rows of user tables {what}: nothing is said about their values in {name}."
        yield f"Only {name} was read: other environments can be in another state."
    if masked := redactions(analysis.bundle):
        count = sum(it.count for it in masked)
        yield (
            f"{counted(count, 'secret')} in the evidence {'is' if count == 1 else 'are'} masked; "
            "the bundle's redaction report says where, and by which pattern."
        )
    if any(scene.compares_code(c) for scene in _scenes(analysis) for c in scene.commands):
        yield (
            "The schema code was not run: the newest snapshot stands for it, so changes that no "
            "migration has yet are not seen."
        )
    if experiments_evidence(analysis.bundle):
        yield (
            "SQL was tried on a copy of the schema without the rows of user tables: what depends "
            "on rows can still fail on the real database."
        )


def _scenes(analysis: Analysis) -> Iterator[Scene]:
    return (diagnosis.scene for diagnosis in analysis.diagnoses)
