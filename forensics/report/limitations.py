"""What a report cannot say, whatever it found."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.analysis.diagnose import Analysis
from forensics.analysis.experiments import Scene
from forensics.analysis.past import MOST
from forensics.evidence.recorded import experiments_evidence
from forensics.evidence.redactions import redactions
from forensics.facts import SUPPLIED
from forensics.model import Artefact, Severity
from forensics.model.wording import counted, listed
from forensics.tracking.deploying import only_reads


def limitations(analysis: Analysis) -> Iterator[str]:
    """Each a sentence; none of them goes away with better access to this one case."""
    if original := analysis.bundle.manifest.edition_of:
        yield (
            f"This is the external edition of the bundle {original}: names of people, hosts, roles "
            "and databases are replaced by tokens. Take patches and scripts from the original."
        )
    yield from _of_database(analysis)
    for tool in analysis.not_begun:
        yield (
            f"{tool.config or tool.name} has no migrations yet, and nothing applies any: the "
            f"folder {tool.folder} does not exist."
        )
    yield from dict.fromkeys(_unknown_origins(analysis))
    if analysis.commits and len(analysis.commits.line) > MOST:
        yield (
            f"Only the newest {MOST} commits of HEAD's line that touched migrations were judged: "
            "when an older issue came is unknown."
        )
    if masked := redactions(analysis.bundle):
        count = sum(it.count for it in masked)
        yield (
            f"{counted(count, 'secret')} in the evidence {'is' if count == 1 else 'are'} masked; "
            "the bundle's redaction report says where, and by which pattern."
        )
    if any(scene.compares_code(c) for scene in _scenes(analysis) for c in scene.commands):
        scenes = _scenes(analysis)
        has = any(Artefact.SNAPSHOT in scene.adapter.artefacts for scene in scenes)
        newest = "newest snapshot" if has else "state after the newest migration"
        yield (
            f"The schema code was not run: it is assumed to match the {newest}, so changes "
            "that no migration has yet are unknown."
        )
    if experiments_evidence(analysis.bundle):
        yield (
            "SQL was tried on a copy of the schema without the rows of user tables: what depends "
            "on rows can still fail on the real database."
        )
        yield (
            "The role on that copy owns everything in it: what the deploying role may not do "
            + (
                "is predicted from the collected privileges."
                if analysis.database is None or analysis.database.privileges
                else "is not known, since its privileges were not collected."
            )
        )
    for told in (it for d in analysis.diagnoses for it in d.causation.before if it.stand_ins):
        yield (
            f"What `{told.command}` would do was tried with stand-ins of the same name for "
            f"{listed(told.stand_ins)}: the real ones may behave differently."
        )


def _of_database(analysis: Analysis) -> Iterator[str]:
    if analysis.database is None:
        yield "No database was read: it is unknown what is applied where."
        return
    name = analysis.database.identity.database
    what = "were only counted (`--probe-rows`)" if analysis.database.counted else "were not read"
    yield f"Rows of user tables in {name} {what}."
    if analysis.database.identity.replica and not any(map(_is_run_there, _scenes(analysis))):
        yield (
            f"{name} was read on a read-only server: commands are predicted as on its primary. "
            "Those that write would fail on this server."
        )
    if analysis.database.identity.source == SUPPLIED:
        yield (
            f"The evidence of {name} was supplied in a file, not collected: it is judged as it is, "
            "and nothing proves that it came from the database."
        )
    if not analysis.others:
        yield f"Only {name} was read: other environments may differ."


def _is_run_there(scene: Scene) -> bool:
    """Whether somebody was seen to run the tool on the server that was read."""
    return only_reads(scene.facts) is not None


def _unknown_origins(analysis: Analysis) -> Iterator[str]:
    """The issues without a known commit, although git was read."""
    if analysis.commits is None:
        return
    for diagnosis in analysis.diagnoses:
        for finding in diagnosis.findings:
            if finding.origin is None and finding.severity is not Severity.NOTE:
                yield f'It is unknown which commit introduced the issue "{finding.title}".'


def _scenes(analysis: Analysis) -> Iterator[Scene]:
    return (diagnosis.scene for diagnosis in analysis.diagnoses)
