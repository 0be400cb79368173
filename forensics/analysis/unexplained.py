"""Captured failures that the evidence does not explain: never dropped, with what may lie behind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from forensics.adapters.base import Adapter
from forensics.analysis.captured import explains, normal
from forensics.analysis.experiments import Scene
from forensics.analysis.reasons import reason, stop
from forensics.dialects.engine import Engine
from forensics.facts import Aspect, CapturedFailure, CapturedRun, Facts, Migration, SqlStatement
from forensics.model import (
    CommandOutcome,
    Finding,
    Prediction,
    Severity,
    TableName,
    Topic,
    Unanswered,
)
from forensics.model.wording import shortened
from forensics.rules.failing_statement import failing_statement
from forensics.statements import line_of_search_path, quoted, where
from forensics.tracking.matching import recorded_rows

_ELSEWHERE = (
    "It ran against another database, or with another config: compare host, database name and role "
    "of the failing run with those that were examined."
)
_NO_DATABASE = "Its database was not read: give its address, and run it again."
_SINCE = "It was fixed since: run the command again; if it passes now, nothing is left to do."
_COMMIT = "It ran at another commit: examine that one with --at REV."
_MOST = 200
_MISSING = frozenset({"42P01", "42703", "42704", "42883", "3F000", "42S02", "42S22"})
"""An object is not there, by the SQLSTATE of PostgreSQL, MySQL and MariaDB."""
_NO_SUCH = re.compile(
    r"(?:^|: )no such (?:table|column): |"
    r"(?:relation|column|type|schema|table) ['\"`].*(?:does not|doesn't) exist",
    re.IGNORECASE,
)
"""The same of SQLite, which has none, and of output that was cut before its code."""


def contradictions(
    scene: Scene, facts: Facts, findings: Iterable[Finding], engine: Engine
) -> Iterator[Finding]:
    """The issue that a migration's statement was seen to fail, where nothing explains that."""
    captured = facts.captured
    if captured is None or captured.statement is None:
        return
    told = scene.foresee(facts, scene.applying, engine)
    if explains(told, captured.run) or _is_found(captured.statement, findings):
        return
    yield _finding(scene, facts, captured, captured.statement, told)


def unexplained(
    runs: Iterable[CapturedRun],
    explained: Sequence[CapturedRun],
    adapters: Sequence[Adapter],
    *,
    database_seen: bool,
) -> Iterator[Unanswered]:
    """A question for each failed run that is not among those explained or found."""
    for run in runs:
        if run.by_server or not run.failed or run in explained:
            continue
        if why := stop(run, adapters):
            yield _stopped(run, why)
            continue
        reasons = [reason(run), *([] if database_seen else [_NO_DATABASE]), _SINCE, _ELSEWHERE]
        yield Unanswered(
            topic=Topic.SYMPTOM,
            name=run.command or "",
            lacks=f"an explanation: {_named(run)} failed in a way that the evidence does not "
            f"explain ({_said(run)})",
            how_to_get_it=f"the likeliest first. {_told(reasons)}".removesuffix("."),
        )


def _stopped(run: CapturedRun, why: str) -> Unanswered:
    """Of a run that says itself what it lacked: no migration and no database can explain it."""
    return Unanswered(
        topic=Topic.SYMPTOM,
        name=run.command or "",
        lacks=f"a look at where it ran: {_named(run)} stopped before it sent any SQL "
        f"({_said(run)})",
        how_to_get_it=why.removesuffix("."),
    )


def without_an_end(
    runs: Iterable[CapturedRun], adapters: Iterable[Adapter]
) -> Iterator[Unanswered]:
    """A question for each run whose output ends while the command works."""
    words = {it.name: it.output.unfinished for it in adapters}
    for run in runs:
        working = words.get(run.tool or "")
        if not working or run.failed or run.exit_code is not None:
            continue
        if re.search(rf"{working}\s*\Z", run.text):
            yield Unanswered(
                topic=Topic.SYMPTOM,
                name=run.command or "",
                lacks=f"the end of the output: it stops while {_named(run)} is still running, as "
                "it also does where the command fails without a word",
                how_to_get_it='run the command again with `; echo "(exit $?)"` after it, and '
                "give all that it prints",
            )


def explained_by_loss(run: CapturedRun, facts: Facts, findings: Iterable[Finding]) -> bool:
    """Whether a run missed what a migration makes, and an issue is about that or the migration."""
    if run.error is None or facts.standing is None or not _says_missing(run):
        return False
    subjects = {finding.subject for finding in findings}
    return any(
        {migration.tag, lost.subject} & subjects and _names(run.error.text, lost.part or lost.name)
        for migration in facts.standing.migrations
        for statement in migration.statements
        for lost in statement.touches
        if lost.aspect is Aspect.MISSING
    )


def names_the_issue(
    run: CapturedRun, adapter: Adapter, facts: Facts, findings: Iterable[Finding]
) -> bool:
    """Whether an issue is about the failed migration that a run names, or that hides its table."""
    subjects = {finding.subject for finding in findings}
    about = adapter.output.about
    named = {it["migration"] for it in re.finditer(about, run.text, re.MULTILINE)} if about else ()
    own = facts.tool.tracking
    table = facts.tracking.get(own) if facts.tracking and own else None
    failed = {row.key for row in table.unfinished} if table else set()
    if any(it in failed and it in subjects for it in named):
        return True
    return any(migration.key in subjects for migration in _hiding(run, facts))


def _hiding(run: CapturedRun, facts: Facts) -> Iterator[Migration]:
    """Of a run that does not find the tool's own table: what changes the search path before it."""
    own = facts.tool.tracking
    missed = run.error is not None and own is not None and _names(run.error.text, own)
    if not missed or "does not exist" not in run.text:
        return
    for migration in facts.history.migrations if facts.history else ():
        file = facts.files.get(migration.path) if facts.files else None
        if file is not None and line_of_search_path(file.text or ""):
            yield migration


def _says_missing(run: CapturedRun) -> bool:
    error = run.error
    if error is None:
        return False
    return error.sqlstate in _MISSING or _NO_SUCH.search(error.text) is not None


def _names(text: str, name: str | TableName) -> bool:
    word = name if isinstance(name, str) else name.table
    return re.search(rf"(?<![\w$]){re.escape(word)}(?![\w$])", text) is not None


def _told(reasons: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(it for it in reasons if it))


def _is_found(statement: SqlStatement, findings: Iterable[Finding]) -> bool:
    """Whether an issue is about this statement already, behind whatever fails first."""
    text = normal(statement.text)
    return any(
        finding.subject == statement.tag
        and any(normal(exhibit.text) == text for exhibit in finding.shown)
        for finding in findings
    )


def _finding(
    scene: Scene,
    facts: Facts,
    captured: CapturedFailure,
    statement: SqlStatement,
    told: Prediction,
) -> Finding:
    run, recorded = captured.run, _is_recorded(facts, statement)
    place = where(statement)
    title = (
        f"The captured failure of {place} is over: the migration is recorded as applied"
        if recorded
        else f"A captured run failed at {place}, and the evidence does not explain why"
    )
    reasons = (reason(run), "" if recorded else _SINCE, _ELSEWHERE, _COMMIT)
    return failing_statement.finding(
        subject=statement.tag,
        severity=Severity.NOTE if recorded else Severity.HIGH,
        title=title,
        root_cause=f"`{scene.applying}` was seen to fail at {place}: {statement.code}. The "
        f"captured output says: {_said(run)}. {_foretold(scene, told, recorded=recorded)} What may "
        f"lie behind it, the likeliest first: {_told(reasons)}",
        evidence=(run.evidence, *_file(facts, statement)),
        shown=quoted(facts.files, statement),
        paths=(statement.path,),
    )


def _foretold(scene: Scene, told: Prediction, *, recorded: bool) -> str:
    if recorded:
        return "The tracking table has a row for this migration now, so it ran after that."
    if told.outcome is CommandOutcome.UNKNOWN:
        return f"What `{scene.applying}` would do here is not known: {told.reason or 'it depends'}."
    if told.outcome is CommandOutcome.BLOCKED:
        return f"By what was collected, `{scene.applying}` fails too, but elsewhere."
    return f"By what was collected, `{scene.applying}` passes."


def _is_recorded(facts: Facts, statement: SqlStatement) -> bool:
    if facts.history is None or facts.tracking is None:
        return False
    recorded = recorded_rows(facts.history, facts.files, facts.tool, facts.tracking)
    return statement.position in recorded


def _file(facts: Facts, statement: SqlStatement) -> tuple[str, ...]:
    file = facts.files.get(statement.path) if facts.files else None
    return (file.evidence,) if file else ()


def _named(run: CapturedRun) -> str:
    return f"`{run.command}`" if run.command else "a command"


def _said(run: CapturedRun) -> str:
    if run.error is not None:
        state = f" (SQLSTATE {run.error.sqlstate})" if run.error.sqlstate else ""
        return f"{shortened(run.error.text, _MOST)}{state}"
    if run.message:
        return shortened(run.message, _MOST)
    return f"exit code {run.exit_code}, and no error printed"
