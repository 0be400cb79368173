"""The sentences of a report: each is composed from outcomes, none is written in advance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.analysis.causes import Verdict, effect
from forensics.analysis.diagnose import Analysis, Diagnosis
from forensics.analysis.showing import is_bad
from forensics.evidence.kinds import EvidenceKind
from forensics.facts import Aspect, FolderRun, LiveSchema, NewestSchema, RelationKind
from forensics.model import (
    Artefact,
    CommandOutcome,
    CommandState,
    Finding,
    Issue,
    Outcome,
    Prediction,
    Role,
    Severity,
    Topic,
    Unanswered,
)
from forensics.model.wording import counted, listed, named
from forensics.report.numbering import span_words
from forensics.tracking.landed import with_moved
from forensics.tracking.matching import recorded_rows, unreadable


def title(
    commands: Sequence[CommandState],
    issues: Sequence[Issue],
    *,
    whole: bool = True,
    unexplained: bool = False,
) -> str:
    """One line: which commands fail.

    `whole` says that no question about the state is open, `unexplained` that somebody captured a
    failure which nothing explains.
    """
    tools = listed(dict.fromkeys(command.tool for command in commands)) or "migrations"
    blocked = _names(commands, CommandOutcome.BLOCKED)
    wrong = _names(commands, CommandOutcome.SILENTLY_WRONG)
    destructive = (
        it.command for it in commands if it.destructive and it.outcome is not CommandOutcome.BLOCKED
    )
    loses = [command for command in dict.fromkeys(destructive) if command not in wrong]
    said = [f"{listed(blocked)} blocked"] if blocked else []
    said += [f"{listed(wrong)} silently wrong"] if wrong else []
    said += [f"{listed(loses)} would lose data"] if loses else []
    if said:
        return f"{tools}: {', '.join(said)}"
    if unexplained:
        return f"{tools}: nothing found explains the captured output"
    if commands and all(command.outcome is CommandOutcome.UNKNOWN for command in commands):
        return f"{tools}: what its commands do is unknown"
    counted_ones = [it for it in issues if it.severity is not Severity.NOTE and not it.accepted]
    gravest = max(counted_ones, key=lambda it: it.severity.rank, default=None)
    if gravest is not None and gravest.severity.rank >= Severity.HIGH.rank:
        more = len(counted_ones) - 1
        return f"{tools}: {gravest.title}" + (f", and {counted(more, 'more issue')}" * bool(more))
    if any(issue.severity is not Severity.NOTE for issue in issues):
        if unknown := _names(commands, CommandOutcome.UNKNOWN):
            return f"{tools}: issues found; what {listed(unknown)} would do is unknown"
        return f"{tools}: issues that block no command yet"
    found = "only notes" if issues else "no issue found"
    return f"{tools}: {found}" + ("" if whole else " in what could be examined")


def summary(commands: Sequence[CommandState], issues: Sequence[Issue], analysis: Analysis) -> str:
    """What fails and why, and what fixes it."""
    sentences = [_command_sentence(command) for command in commands if _is_bad(command)]
    primary = next((issue for issue in issues if issue.role is Role.PRIMARY), None)
    if primary is not None:
        among = f" ({primary.role_reason})" if primary.role_reason else ""
        sentences.append(
            f"The main cause is issue {primary.number}{among}: {_lower(primary.title)}."
        )
    sentences += _counts(commands, issues, unexplained=bool(_unexplained(analysis)))
    if not analysis.diagnoses:
        sentences.insert(0, "No use of a migration tool was found.")
    return " ".join(sentences)


def _has_snapshots(diagnosis: Diagnosis) -> bool:
    return Artefact.SNAPSHOT in diagnosis.scene.adapter.artefacts


def data_sentence(analysis: Analysis) -> str:
    """Whether data is lost, as far as the issues, a catalogue and tracking tables can say."""
    harm = tuple(dict.fromkeys(it.data for it in _harmful(analysis)))
    runs = (it.facts.folder_run for it in analysis.diagnoses)
    waiting = (told for run in runs if run for told in _by_folder(run))
    return " ".join((*harm, _catalogue_sentence(analysis, harmed=bool(harm)), *waiting))


def _harmful(analysis: Analysis) -> Iterator[Finding]:
    """The issues that say something of data."""
    return (it for each in analysis.diagnoses for it in each.findings if it.data)


def _catalogue_sentence(analysis: Analysis, *, harmed: bool) -> str:
    if analysis.database is None:
        given = any(True for _ in analysis.bundle.of_kind(EvidenceKind.DATABASE))
        why = "The database could not be read" if given else "No database was examined"
        return f"{why}, so its state is unknown."
    schema = analysis.database.schema
    if schema is None:
        return "The database's catalogue could not be read, so lost data cannot be ruled out."
    newest = [n for d in analysis.diagnoses if d.facts.schema and (n := _newest(d)) is not None]
    if not newest and not any(_has_snapshots(it) for it in analysis.diagnoses):
        return (
            "No file says which tables should exist, so lost data beyond the issues below "
            "cannot be ruled out."
        )
    if not newest:
        return "No snapshot could be compared with the database, so lost data cannot be ruled out."
    for elsewhere in (it.facts.landed for it in analysis.diagnoses):
        if elsewhere is not None and not elsewhere.in_path:
            schema = with_moved(schema, elsewhere.tables, elsewhere.meant)
    return _compared(analysis, newest, schema, harmed=harmed)


def _compared(
    analysis: Analysis, newest: Sequence[NewestSchema], schema: LiveSchema, *, harmed: bool
) -> str:
    """What of the newest snapshots a catalogue lacks, as a sentence."""
    absent = [name for tables in newest for name in _absent(tables, schema)]
    waiting = "".join(f" {it}" for d in analysis.diagnoses for it in _not_recorded(d))
    if absent and _is_empty(analysis, schema):
        return "The database has no tables and no recorded migration: it is new, or the wrong one."
    begin = "Otherwise," if harmed else "No sign of lost data:"
    some = ", ".join(absent[:5]) + (" and more" if len(absent) > 5 else "")
    if absent and _made_later(analysis).issuperset(absent):
        return (
            f"{begin} of what the newest snapshot has, the database lacks only what pending "
            f"migrations make: {some} ({_rows(analysis)}).{waiting}"
        )
    if absent:
        return (
            f"The database lacks {some}, which the newest snapshot describes: lost, or not created "
            f"yet.{waiting}"
        )
    return (
        f"{begin} the database has every table and column of the newest snapshot "
        f"({_rows(analysis)}).{waiting}"
    )


def _made_later(analysis: Analysis) -> frozenset[str]:
    """What migrations make that wait to be applied: after the last one that is recorded."""
    return frozenset(
        touch.subject
        for diagnosis in analysis.diagnoses
        if diagnosis.facts.standing is not None and (last := _last_recorded(diagnosis)) is not None
        for migration in diagnosis.facts.standing.migrations[last + 1 :]
        for statement in migration.statements
        for touch in statement.touches
        if touch.aspect is Aspect.MISSING
    )


def data_evidence(analysis: Analysis) -> tuple[str, ...]:
    """What `data_sentence` rests on: the catalogue, the newest snapshots, the tracking tables."""
    found = [analysis.database.schema] if analysis.database else []
    ids = [it.evidence for it in found if it]
    for diagnosis in analysis.diagnoses if ids else ():
        newest, tracking = _newest(diagnosis), diagnosis.facts.tracking
        ids += [newest.evidence] if newest else []
        waits = tracking is not None and any(_not_recorded(diagnosis))
        ids += [it.evidence for it in tracking.tables] if tracking and waits else []
    ids += [id_ for it in _harmful(analysis) for id_ in it.evidence]
    ids += [run.evidence for it in analysis.diagnoses if (run := it.facts.folder_run)]
    return tuple(dict.fromkeys(filter(None, ids)))


def _rows(analysis: Analysis) -> str:
    counted = analysis.database is not None and analysis.database.counted is not None
    return f"rows of user tables were {'only counted' if counted else 'not read'}"


def _not_recorded(diagnosis: Diagnosis) -> Iterator[str]:
    """The migrations after the last that is recorded: as a rule those that wait to be applied."""
    facts, last = diagnosis.facts, _last_recorded(diagnosis)
    unseen = unreadable(facts.tool, facts.tracking) if facts.tracking else []
    if unseen and facts.history is not None and not facts.tool.runner_reads_folder:
        yield f"It is unknown what is applied: {listed(map(str, unseen))} could not be read."
    if last is None or facts.history is None:
        return
    tags = [it.key for it in facts.history.migrations if it.position > last]
    if tags and last < 0:
        yield (
            f"None of the {len(tags)} listed migrations is recorded as applied."
            if len(tags) > 1
            else f"The one listed migration, {tags[0]}, is not recorded as applied."
        )
    elif tags:
        some = ", ".join(tags[:3]) + (f" and {len(tags) - 3} more" if len(tags) > 3 else "")
        yield f"Not recorded as applied yet: {some}."


def _by_folder(run: FolderRun) -> Iterator[str]:
    """What another command than the tool's own would apply next, and what it does not mind."""
    names = run.names
    some = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    then = f", and stop at {run.stops}" if run.stops else ""
    if names:
        yield f"By {run.table}, `{run.command}` would apply {some}{then}."
    else:
        yield f"By {run.table}, `{run.command}` has nothing to apply."
    lost = [it for it in run.gone if it not in dict(run.renamed)]
    if lost:
        more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
        yield f"It records {', '.join(lost[:3])}{more}, which a new database would lack."


def _last_recorded(diagnosis: Diagnosis) -> int | None:
    """The position of the last recorded migration, -1 where none is; `None` if that is unknown."""
    facts = diagnosis.facts
    if facts.history is None or facts.tracking is None or facts.tool.runner_reads_folder:
        return None
    if unreadable(facts.tool, facts.tracking):
        return None
    return max(recorded_rows(facts.history, facts.files, facts.tool, facts.tracking), default=-1)


def _newest(diagnosis: Diagnosis) -> NewestSchema | None:
    snapshots = diagnosis.facts.snapshots
    return snapshots.newest if snapshots else None


def symptom(diagnosis: Diagnosis, index: int) -> str:
    """What an issue does by itself, all others fixed; or what it changes; or nothing."""
    causation = diagnosis.causation
    verdict = causation.verdicts[index]
    if not verdict.stops:
        return _without_effect(verdict)
    first = {command: chain[0] for command, chain in causation.blocked_by.items() if chain}
    lines = []
    said: dict[str, str] = {}
    for command in verdict.stops:
        hidden = first.get(command, index) != index
        alike = hidden and first[command] in diagnosis.bench.group(index)
        met = effect(diagnosis.bench, index, command)
        does = _ALIKE if alike else _effect(met)
        if met.message and met.message in said and not alike:
            code = "" if met.exit_code is None else f", with exit code {met.exit_code}"
            does = f"the same as `{said[met.message]}`{code}"
        said.setdefault(met.message, command)
        lines.append(f"`{command}`{_HIDDEN * hidden}: {does}")
    return ". ".join(lines) + "."


_HIDDEN = " (hidden until the other issues are fixed)"
_ALIKE = "not tried apart from the issue that shows first"


def _without_effect(verdict: Verdict) -> str:
    if verdict.changes:
        return (
            "By itself it stops no command, but it hides or changes the symptom of another issue."
        )
    if not verdict.tried:
        return "Not tried: no fix of its own can be simulated."
    if verdict.unseen:
        names = named(verdict.unseen)
        return f"None seen; its effect on {names} could not be tried."
    return "None: it changes no command's result."


def _effect(prediction: Prediction) -> str:
    code = "" if prediction.exit_code is None else f" with exit code {prediction.exit_code}"
    message = _flat(prediction.message)
    said = f" and prints: {message}" if message else " and prints no error"
    if prediction.outcome is CommandOutcome.BLOCKED:
        hidden = prediction.error and not prediction.message
        true = (
            f". The error behind it: {_flat(prediction.error.text)}"
            if hidden and prediction.error
            else ""
        )
        return f"stops{code}{said}{true}"
    if prediction.outcome is CommandOutcome.SILENTLY_WRONG:
        return f"{prediction.why or _wrong(prediction.destructive)}, ends{code}{said}"
    return f"asks: {message}"


def _flat(message: str) -> str:
    """A message on one line, without the full stop that its sentence gets."""
    return " ".join(message.split()).rstrip(".")


def _command_sentence(command: CommandState) -> str:
    numbers = command.blocked_by
    name = f"`{command.command}`"
    if command.outcome is CommandOutcome.BLOCKED:
        zero = ", though it exits with code 0" if command.exit_code == 0 else ""
        return f"{name} is blocked{_by(numbers)}{zero}."
    if command.outcome is CommandOutcome.SILENTLY_WRONG:
        how = "because of" if command.destructive else "by"
        wrong = _wrong(command.destructive, compares_code=command.compares_code)
        return f"{name} reports success and {wrong}{_by(numbers, how)}."
    return f"{name} would ask to delete tracking rows{_by(numbers, 'because of')}."


def _wrong(destructive: bool, *, compares_code: bool = True) -> str:
    """What a command does that says that all is well."""
    if destructive and not compares_code:
        return "loses rows"
    return "removes what the schema code lacks" if destructive else "leaves a migration out"


def _by(numbers: Sequence[int], how: str = "by") -> str:
    if not numbers:
        return ""
    if len(numbers) > _MOST_BEHIND:
        return f" {how} issues {listed(span_words(numbers))}, one behind the other"
    behind = "".join(f" and, behind it, issue {number}" for number in numbers[1:])
    return f" {how} issue {numbers[0]}{behind}"


_MOST_BEHIND = 4
"""Issues that a sentence names one by one."""


def _unexplained(analysis: Analysis) -> list[Unanswered]:
    return [it for it in analysis.unanswered if it.topic is Topic.SYMPTOM]


def _counts(
    commands: Sequence[CommandState], issues: Sequence[Issue], *, unexplained: bool
) -> list[str]:
    faults = [issue for issue in issues if issue.severity is not Severity.NOTE]
    if not faults and unexplained:
        return ["The evidence that could be examined does not explain a captured failure."]
    if not faults and any(_is_bad(command) for command in commands):
        return ["No rule of this version explains that."]
    notes = len(issues) - len(faults)
    if not faults:
        found = f"Only {counted(notes, 'note')}" if notes else "No issue"
        return [f"{found} found in what could be examined."]
    fixable = sum(issue.fix is not None for issue in faults)
    resolved = sum(bool(issue.goes_with) for issue in faults)
    without = len(faults) - fixable - resolved
    kinds = [
        *([f"{fixable} with a fix"] if fixable else []),
        *([f"{resolved} resolved by the fix of another"] if resolved else []),
        *([f"{without} without a fix"] if without else []),
        *([counted(notes, "note")] if notes else []),
    ]
    return [f"{counted(len(issues), 'issue')} found: {listed(kinds)}."]


def _is_bad(command: CommandState) -> bool:
    return is_bad(
        Prediction(
            command=command.command,
            outcome=command.outcome,
            exit_code=command.exit_code,
            destructive=command.destructive,
        )
    )


def _names(commands: Sequence[CommandState], outcome: CommandOutcome) -> list[str]:
    """In the order of use, whichever folder has them."""
    having = {command.command for command in commands if command.outcome is outcome}
    return [name for name in dict.fromkeys(c.command for c in commands) if name in having]


def _is_empty(analysis: Analysis, schema: LiveSchema) -> bool:
    """Whether there is nothing but tracking tables without rows."""
    tracking = [it.facts.tracking for it in analysis.diagnoses if it.facts.tracking]
    tables = {table.name: table for found in tracking for table in found.tables}
    read = all(it.outcome is Outcome.COLLECTED and not it.rows for it in tables.values())
    return bool(tracking) and read and all(it.name in tables for it in schema.tables)


def _absent(newest: NewestSchema, schema: LiveSchema) -> list[str]:
    live = {table.name: {column.name for column in table.columns} for table in schema.tables}
    closed = {it.name for it in schema.tables if it.kind is RelationKind.VIRTUAL}
    absent = [str(name) for name, _ in newest.tables if name not in live]
    absent += [
        f"{name}.{column}"
        for name, columns in newest.tables
        if name in live and name not in closed
        for column in columns
        if column not in live[name]
    ]
    return absent


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
