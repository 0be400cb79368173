"""An analysis becomes one report: everything in it is derived here, once, for all formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec

from forensics.analysis.advice import do_not_run
from forensics.analysis.diagnose import Analysis, Diagnosis
from forensics.analysis.experiments import FAILS
from forensics.analysis.fresh_install import fresh_install
from forensics.analysis.past import spells
from forensics.analysis.showing import claim
from forensics.dialects import dialect_named
from forensics.evidence.recorded import experiments_evidence, not_rebuilt
from forensics.facts import ToolUse
from forensics.model import (
    Case,
    Certainty,
    CommandOutcome,
    CommandState,
    DatabaseName,
    DoNotRun,
    Experiment,
    Issue,
    Outcome,
    Prediction,
    Report,
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
from forensics.report.issues import Numbered, going_with, issue_of, numbered_issues, numbers_of
from forensics.report.lessons import incident_date, lessons
from forensics.report.limitations import limitations
from forensics.report.narrative import data_evidence, data_sentence, summary, title
from forensics.report.related import related_work
from forensics.report.standing import migrations, snapshots
from forensics.report.timeline import timeline

_UNTITLED = "What was found in part"
_BESIDE = frozenset({Topic.ORIGIN, Topic.SCRATCH, Topic.SCHEMA_CODE})
"""What may be open while all that was to be judged was judged."""


def build(analysis: Analysis) -> Report:
    """The report of an analysis; the same analysis gives the same report.

    A part that cannot be told is left out, and a question says so: those come last.
    """
    tell = analysis.mishaps.guard
    numbered = numbered_issues(analysis)
    alone = len({diagnosis.facts.tool.folder for diagnosis in analysis.diagnoses}) == 1
    past = tuple(analysis.mishaps.each("the issues over time", partial(_past, analysis)))
    since = {(it.folder, it.rule, it.subject): it for it in past if it.went is None}
    issues = tuple(
        msgspec.structs.replace(
            issue_of(entry, analysis, since, alone=alone), goes_with=going_with(entry, numbered)
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


def _past(analysis: Analysis) -> Iterator[Spell]:
    for diagnosis in analysis.diagnoses:
        yield from spells(diagnosis.scene)


def _commands(analysis: Analysis, numbered: Sequence[Numbered]) -> Iterator[CommandState]:
    for diagnosis in analysis.diagnoses:
        numbers = numbers_of(diagnosis, numbered)
        for before in diagnosis.causation.before:
            now = _as_told(before, diagnosis)
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


def _as_told(prediction: Prediction, diagnosis: Diagnosis) -> Prediction:
    """A command that only lists what is pending passes, where no issue leads to that."""
    by_issue = diagnosis.causation.blocked_by[prediction.command]
    if not prediction.lists_pending or by_issue:
        return prediction
    return msgspec.structs.replace(prediction, outcome=CommandOutcome.PASSES, error=None)


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
        numbers = numbers_of(diagnosis, numbered)
        for experiment in diagnosis.causation.experiments:
            fixed = tuple(sorted(numbers[index] for index in experiment.fixed))
            yield msgspec.structs.replace(experiment, fixed=fixed)


def _verification(analysis: Analysis) -> Iterator[Verification]:
    """Every command before and after the fixes that are recommended, and those alone."""
    for diagnosis in analysis.diagnoses:
        if not diagnosis.recommended:
            continue
        after = diagnosis.bench.after(diagnosis.recommended)
        for each in diagnosis.causation.before:
            before = _as_told(each, diagnosis)
            now = _as_told(after[before.command], diagnosis)
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
