"""An analysis becomes one report: everything in it is derived here, once, for all formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from forensics.analysis.advice import do_not_run
from forensics.analysis.causes import Verdict
from forensics.analysis.diagnose import Analysis, Diagnosis
from forensics.analysis.experiments import FAILS
from forensics.analysis.fresh_install import fresh_install
from forensics.analysis.past import spells
from forensics.analysis.showing import claim
from forensics.dialects import dialect_named
from forensics.evidence.exceptions import inline
from forensics.evidence.recorded import experiments_evidence, not_rebuilt
from forensics.facts import Facts, ToolUse
from forensics.model import (
    Case,
    Certainty,
    CommandState,
    DatabaseName,
    DoNotRun,
    Experiment,
    Finding,
    Issue,
    Origin,
    Outcome,
    Report,
    Role,
    Severity,
    Spell,
    Tool,
    Topic,
    Unanswered,
    Verification,
)
from forensics.model.mishaps import Mishaps
from forensics.report.changes import database_changes, files_changed
from forensics.report.commit_habit import habit
from forensics.report.commit_message import commit_messages
from forensics.report.environments import environments
from forensics.report.exhibits import exhibits
from forensics.report.lessons import incident_date, lessons
from forensics.report.limitations import limitations
from forensics.report.narrative import data_evidence, data_sentence, summary, symptom, title
from forensics.report.related import related_work
from forensics.report.standing import migrations, snapshots
from forensics.report.timeline import timeline

_UNTITLED = "What was found in part"
_BESIDE = frozenset({Topic.ORIGIN, Topic.SCRATCH, Topic.SCHEMA_CODE})
"""What may be open while all that was to be judged was judged."""


Since = Mapping[tuple[str, str, str], Spell]
"""Folder, rule and subject of what HEAD has -> since when."""


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """An issue with its verdict, its place in its diagnosis, and the reader's number for it."""

    number: int
    index: int
    finding: Finding
    verdict: Verdict
    diagnosis: Diagnosis


def build(analysis: Analysis) -> Report:
    """The report of an analysis; the same analysis gives the same report.

    A part that cannot be told is left out, and a question says so: those come last.
    """
    tell = analysis.mishaps.guard
    numbered = _numbered(analysis)
    alone = len({diagnosis.facts.tool.folder for diagnosis in analysis.diagnoses}) == 1
    past = tuple(analysis.mishaps.each("the issues over time", partial(_past, analysis)))
    since = {(it.folder, it.rule, it.subject): it for it in past if it.went is None}
    issues = tuple(
        msgspec.structs.replace(
            _issue(entry, analysis, since, alone=alone), goes_with=_goes_with(entry, numbered)
        )
        for entry in numbered
    )
    commands = tuple(_commands(analysis, numbered))
    every = (analysis, *analysis.others)
    of_each = tuple(next(_databases(it), None) for it in every)
    report = Report(
        case=_case(analysis, issues),
        summary=tell("the summary", partial(summary, commands, issues, analysis), ""),
        data=tell("the sentence on lost data", partial(data_sentence, analysis), ""),
        data_evidence=tell("what the data rest on", partial(data_evidence, analysis), ()),
        commands=commands,
        issues=issues,
        refuted=tuple(r for d in analysis.diagnoses for r in d.causation.refuted),
        unanswered=(),
        limitations=tuple(analysis.mishaps.each("the limitations", partial(limitations, analysis))),
        experiments=tuple(_experiments(analysis, numbered)),
        do_not_run=tell("what not to run", partial(_do_not_run, analysis), ()),
        timeline=tell("the timeline", partial(timeline, analysis, issues), ()),
        history=past,
        files_changed=tell("the list of changed files", partial(files_changed, issues), ()),
        database_changes=tell("the list of changed rows", partial(database_changes, issues), ()),
        verification=tuple(
            analysis.mishaps.each("what the fix changes", partial(_verification, analysis))
        ),
        lessons=tuple(lessons(issues)),
        commit_messages=(),
        evidence=analysis.bundle.evidence() + experiments_evidence(analysis.bundle),
        migrations=tuple(
            analysis.mishaps.each("where migrations are", partial(migrations, analysis, issues))
        ),
        snapshots=tuple(
            analysis.mishaps.each("the chain of snapshots", partial(snapshots, analysis, issues))
        ),
        environments=tuple(
            analysis.mishaps.each("the environments", partial(environments, analysis, of_each))
        ),
    )
    return _finished(report, analysis)


def _case(analysis: Analysis, issues: Sequence[Issue]) -> Case:
    """The header, still without its title."""
    manifest = analysis.bundle.manifest
    found = _collected(analysis)
    related = partial(related_work, manifest.project.branch, _subjects(analysis))
    return Case(
        title="",
        date=incident_date(issues),
        severity=_severity(issues),
        related_work=analysis.mishaps.guard("the related work", related, ()),
        project=manifest.project,
        tools=tuple(_tool(diagnosis, found) for diagnosis in analysis.diagnoses),
        databases=tuple(_databases(analysis)),
        collected_at=manifest.collected_at,
        bundle_sha256=analysis.bundle.sha256,
    )


def _collected(analysis: Analysis) -> frozenset[str]:
    items = analysis.bundle.evidence()
    return frozenset(item.id for item in items if item.outcome is Outcome.COLLECTED)


def _severity(issues: Sequence[Issue]) -> Severity | None:
    """That of the gravest which the project does not accept."""
    told = (issue.severity for issue in issues if not issue.accepted)
    return max(told, key=lambda severity: severity.rank, default=None)


def _finished(report: Report, analysis: Analysis) -> Report:
    """With its title and the messages, which say it, and with all that is open."""
    tell = analysis.mishaps.guard
    asked = analysis.mishaps.each("the open questions", partial(_unanswered, analysis, report))
    known = tuple(dict.fromkeys(asked))
    whole = is_whole((*known, *analysis.mishaps.found))
    unexplained = any(question.topic is Topic.SYMPTOM for question in known)
    named = partial(title, report.commands, report.issues, whole=whole, unexplained=unexplained)
    case = msgspec.structs.replace(report.case, title=tell("the title", named, _UNTITLED))
    usual = habit(analysis.commits, case.project.branch)
    write = partial(commit_messages, case, report.issues, usual)
    messages = tell("the commit message", write, ())
    unanswered = tuple(dict.fromkeys((*known, *analysis.mishaps.found)))
    return msgspec.structs.replace(
        report, case=case, commit_messages=messages, unanswered=unanswered
    )


def with_mishaps(report: Report, mishaps: Mishaps) -> Report:
    """The report with what of ours broke while it was told as open questions."""
    unanswered = tuple(dict.fromkeys((*report.unanswered, *mishaps.found)))
    return msgspec.structs.replace(report, unanswered=unanswered)


def _do_not_run(analysis: Analysis) -> tuple[DoNotRun, ...]:
    return tuple(dict.fromkeys(it for d in analysis.diagnoses for it in do_not_run(d)))


def is_whole(unanswered: Iterable[Unanswered]) -> bool:
    """Whether nothing is open but where issues come from, and what a scratch server would say."""
    return all(question.topic in _BESIDE for question in unanswered)


def _numbered(analysis: Analysis) -> tuple[Numbered, ...]:
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


def _past(analysis: Analysis) -> Iterator[Spell]:
    for diagnosis in analysis.diagnoses:
        yield from spells(diagnosis.scene)


def _issue(entry: Numbered, analysis: Analysis, since: Since, *, alone: bool) -> Issue:
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


def _goes_with(entry: Numbered, numbered: Sequence[Numbered]) -> tuple[int, ...]:
    numbers = _numbers(entry.diagnosis, numbered)
    return tuple(sorted(numbers[it] for it in entry.diagnosis.goes_with.get(entry.index, ())))


def _numbers(diagnosis: Diagnosis, numbered: Iterable[Numbered]) -> dict[int, int]:
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


def _commands(analysis: Analysis, numbered: Sequence[Numbered]) -> Iterator[CommandState]:
    for diagnosis in analysis.diagnoses:
        numbers = _numbers(diagnosis, numbered)
        for now in diagnosis.causation.before:
            agrees = now.command in diagnosis.observed
            yield CommandState(
                tool=diagnosis.facts.tool.name,
                folder=diagnosis.facts.tool.folder,
                command=now.command,
                compares_code=diagnosis.scene.compares_code(now.command),
                outcome=now.outcome,
                destructive=now.destructive,
                exit_code=now.exit_code,
                message=now.message,
                error=now.error,
                statement=now.statement,
                blocked_by=tuple(
                    numbers[index] for index in diagnosis.causation.blocked_by[now.command]
                ),
                certainty=Certainty.OBSERVED if agrees else now.certainty,
                stand_ins=() if agrees else now.stand_ins,
                changed=now.changed,
            )


def _subjects(analysis: Analysis) -> tuple[str, ...]:
    """Of the commits on HEAD that touched what the issues are about, newest first."""
    paths = {path for d in analysis.diagnoses for f in d.findings for path in f.paths}
    return tuple(
        commit.subject
        for commit in (analysis.commits.commits if analysis.commits else ())
        if commit.on_head and any({c.path, c.old_path} & paths for c in commit.changes)
    )


def _tool(diagnosis: Diagnosis, collected: frozenset[str]) -> Tool:
    tool = diagnosis.facts.tool
    return Tool(
        name=tool.name,
        version=tool.version,
        orm_version=tool.orm_version,
        dialect=tool.dialect,
        folder=tool.folder,
        runner=_runner(tool),
        evidence=tuple(it for it in dict.fromkeys(tool.evidence) if it in collected),
    )


def _runner(tool: ToolUse) -> str | None:
    """What applies the migrations, and with which driver, as far as either was found."""
    driver = tool.driver
    if driver is None or not (tool.runner or driver.source):
        return tool.runner
    return f"{tool.runner or 'an unknown program'}, {driver.told}"


def _databases(analysis: Analysis) -> Iterator[DatabaseName]:
    if analysis.database is not None:
        identity = analysis.database.identity
        dialect = dialect_named(identity.dialect)
        server = dialect.server(identity.server_version.split()[0])
        yield DatabaseName(
            name=identity.database,
            dialect=dialect.name,
            server=f"{server} at {identity.server}"
            if identity.role and identity.server
            else server,
            role=identity.role,
            source=identity.source,
            evidence=(identity.evidence,) if identity.evidence else (),
        )


def _unanswered(analysis: Analysis, report: Report) -> Iterator[Unanswered]:
    for diagnosis in analysis.diagnoses:
        yield from diagnosis.unanswered
    for command in report.commands:
        if command.outcome in FAILS and not command.blocked_by:
            yield Unanswered(
                topic=Topic.COMMAND,
                name=command.command,
                lacks=f"a cause: no rule explains why `{command.command}` fails in "
                f"{command.folder} ({_said(command)})",
                how_to_get_it="read the message of the command",
            )
    yield from analysis.unanswered
    yield from not_rebuilt(analysis.bundle)


def _said(command: CommandState) -> str:
    said = command.message or (command.error.text if command.error else "no message")
    return said.rstrip(".")


def _experiments(analysis: Analysis, numbered: Sequence[Numbered]) -> Iterator[Experiment]:
    for diagnosis in analysis.diagnoses:
        numbers = _numbers(diagnosis, numbered)
        for experiment in diagnosis.causation.experiments:
            fixed = tuple(sorted(numbers[index] for index in experiment.fixed))
            yield msgspec.structs.replace(experiment, fixed=fixed)


def _verification(analysis: Analysis) -> Iterator[Verification]:
    """Every command before and after the fixes that are recommended, and those alone."""
    for diagnosis in analysis.diagnoses:
        if not diagnosis.recommended:
            continue
        after = diagnosis.bench.after(diagnosis.recommended)
        for before in diagnosis.causation.before:
            now = after[before.command]
            yield Verification(
                command=before.command,
                compares_code=diagnosis.scene.compares_code(before.command),
                folder=diagnosis.facts.tool.folder,
                before=before,
                after=now,
                discriminates=claim(before) != claim(now),
                certainty=now.certainty,
            )
        if (fresh := fresh_install(diagnosis)) is not None:
            yield fresh
