"""Issues in the order in which a report tells them, each with its number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import msgspec
from msgspec.structs import replace

from forensics.analysis.causes import Verdict
from forensics.analysis.diagnose import Analysis, Diagnosis
from forensics.evidence.exceptions import inline
from forensics.facts import Facts
from forensics.model import Finding, Issue, Origin, Role, Spell
from forensics.report.exhibits import exhibits
from forensics.report.narrative import symptom

Since = Mapping[tuple[str, str, str], Spell]
"""Folder, rule and subject of what HEAD has -> since when."""


class Numbered(msgspec.Struct, frozen=True, kw_only=True):
    """An issue with its verdict, its place in its diagnosis, and the reader's number for it."""

    number: int
    index: int
    finding: Finding
    verdict: Verdict
    diagnosis: Diagnosis


def numbered_issues(analysis: Analysis) -> tuple[Numbered, ...]:
    """Issues with an effect first, as the tool meets them; then latent ones, gravest first."""
    entries = [
        Numbered(number=0, index=index, finding=finding, verdict=verdict, diagnosis=diagnosis)
        for diagnosis in analysis.diagnoses
        for index, (finding, verdict) in enumerate(
            zip(diagnosis.findings, diagnosis.causation.verdicts, strict=True)
        )
    ]
    entries.sort(key=_rank)
    numbered = (replace(entry, number=number) for number, entry in enumerate(entries, 1))
    return tuple(_one_primary(numbered))


def _rank(entry: Numbered) -> tuple[bool, int]:
    latent = entry.verdict.role is Role.LATENT
    return latent, -entry.verdict.severity.rank if latent else 0


def _one_primary(entries: Iterator[Numbered]) -> Iterator[Numbered]:
    """A report has one primary issue of those of its folders: the gravest, the first of equals."""
    listed = list(entries)
    primary = [entry for entry in listed if entry.verdict.role is Role.PRIMARY]
    chosen = max(primary, key=lambda entry: entry.verdict.severity.rank, default=None)
    for entry in listed:
        if len(primary) < 2 or entry.verdict.role is not Role.PRIMARY:
            yield entry
            continue
        verdict = entry.verdict
        told = f"in {entry.diagnosis.facts.tool.folder}, {verdict.because}"
        role, because = (Role.PRIMARY, told) if entry is chosen else (Role.BLOCKING, "")
        verdict = msgspec.structs.replace(verdict, role=role, because=because)
        yield replace(entry, verdict=verdict)


def issue_of(entry: Numbered, analysis: Analysis, since: Since, *, alone: bool) -> Issue:
    """Where several folders are examined, the title names the one: each has its `0000`."""
    finding, verdict, diagnosis = entry.finding, entry.verdict, entry.diagnosis
    tool, mishaps = diagnosis.facts.tool, analysis.mishaps
    origin = _origin(finding, since.get((tool.folder, finding.rule, finding.subject)), analysis)
    shown = partial(symptom, diagnosis, entry.index)
    mechanism = partial(diagnosis.scene.adapter.mechanism, finding.artefact, tool)
    quoted = partial(exhibits, finding, diagnosis.facts)
    of = f"{finding.rule} ({finding.subject})"
    return Issue(
        number=entry.number,
        rule=finding.rule,
        subject=finding.subject,
        folder=tool.folder,
        title=finding.title if alone else f"{finding.title}, in {tool.folder}",
        severity=verdict.severity,
        role=verdict.role,
        role_reason=verdict.because,
        cosmetic=finding.cosmetic,
        certainty=finding.certainty,
        symptom=mishaps.guard(f"the symptom of {of}", shown, ""),
        root_cause=finding.root_cause,
        mechanism=mishaps.guard(f"the mechanism of {of}", mechanism, ""),
        evidence=_evidence(finding, origin, analysis),
        origin=origin,
        fix=finding.fix,
        alternatives=finding.alternatives,
        exhibits=mishaps.guard(f"the exhibits of {of}", quoted, ()),
        others=finding.others,
        accepted=analysis.exceptions.reason(finding.rule, finding.subjects)
        or _accepted_inline(finding, diagnosis.facts),
    )


def going_with(entry: Numbered, numbered: Sequence[Numbered]) -> tuple[int, ...]:
    """The numbers of the issues that the fix of this one resolves, too."""
    numbers = numbers_of(entry.diagnosis, numbered)
    return tuple(sorted(numbers[it] for it in entry.diagnosis.goes_with.get(entry.index, ())))


def numbers_of(diagnosis: Diagnosis, numbered: Iterable[Numbered]) -> dict[int, int]:
    """The reader's number of each issue of a diagnosis, by index."""
    return {it.index: it.number for it in numbered if it.diagnosis is diagnosis}


def _evidence(finding: Finding, origin: Origin | None, analysis: Analysis) -> tuple[str, ...]:
    """With the history where a commit is named as the origin."""
    named = origin is not None and analysis.commits is not None
    history = (analysis.commits.evidence,) if named and analysis.commits else ()
    return tuple(dict.fromkeys((*finding.evidence, *history)))


def _origin(finding: Finding, spell: Spell | None, analysis: Analysis) -> Origin | None:
    """Of a merge, HEAD's line alone says whether it was the first to have the issue."""
    found = finding.origin
    if spell is None or spell.came is None:
        return found
    commits = analysis.commits.commits if analysis.commits else ()
    merges = {commit.id for commit in commits if len(commit.parents) > 1}
    if found is None or found.commit in merges:
        return spell.by or spell.came
    return found


def _accepted_inline(finding: Finding, facts: Facts) -> str:
    """The reason that stands next to the SQL that the issue is about."""
    history = facts.history
    if history is None:
        return ""
    about = {place for name in (finding.subject, *finding.paths) for place in history.named(name)}
    for place in sorted(about):
        path = history.migrations[place].path
        file = facts.files.get(path) if facts.files else None
        for rule, reason in inline(file.text or "") if file else ():
            if rule == finding.rule:
                return reason
    return ""
