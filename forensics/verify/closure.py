"""Before and after a fix: what is gone, what stays, what is new, and whose the SQL was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum

from forensics.analysis.diagnose import Analysis, Diagnosis, diagnose
from forensics.evidence.bundle import Bundle
from forensics.facts import Database, TrackingRow, TrackingTable
from forensics.model import (
    CommandOutcome,
    DatabaseStep,
    Issue,
    Record,
    Report,
    Severity,
    TableName,
    Topic,
    database_steps,
)
from forensics.report.build import build
from forensics.tracking.apply_steps import apply_to_database

_FAILS = frozenset({CommandOutcome.BLOCKED, CommandOutcome.SILENTLY_WRONG})
_BLIND = frozenset({Topic.FOLDER, Topic.DEFECT, Topic.RESOURCES, Topic.TIME})
"""Questions that leave every claim open."""


class SqlVerdict(StrEnum):
    """What the database says of the SQL that was executed."""

    NONE_NEEDED = "none-needed"
    """The fix changes nothing in the database."""
    AS_OURS = "as-ours"
    """The tracking tables are as fix.sql leaves them."""
    OTHERWISE = "otherwise"
    """They were changed, and not as fix.sql does."""
    NOT_DONE = "not-done"
    """They are as they were before."""
    UNKNOWN = "unknown"
    """They were not seen."""


class Claim(Record, frozen=True, kw_only=True):
    """One issue, by what stays the same of it."""

    rule: str
    subject: str
    folder: str
    severity: Severity
    title: str


class CommandChange(Record, frozen=True, kw_only=True):
    """One command before and after; `None` where only the other bundle knows it."""

    folder: str
    command: str
    before: CommandOutcome | None
    after: CommandOutcome | None

    @property
    def is_settled(self) -> bool:
        """Whether it is known not to fail, or was not known before either."""
        if self.after is None or self.after is CommandOutcome.UNKNOWN:
            return self.before is CommandOutcome.UNKNOWN
        return self.after not in _FAILS


class Closure(Record, frozen=True, kw_only=True):
    """Two bundles of one case, claim by claim."""

    before_sha256: str
    after_sha256: str
    gone: tuple[Claim, ...]
    stays: tuple[Claim, ...]
    new: tuple[Claim, ...]
    unknown: tuple[Claim, ...]
    """Claims of before that could not be judged again, since evidence is missing."""
    commands: tuple[CommandChange, ...]
    sql: SqlVerdict
    sql_lines: tuple[str, ...]
    """What follows about the SQL, each a sentence without a full stop."""
    remarks: tuple[str, ...]
    """What makes the two hard to compare."""

    @property
    def closed(self) -> bool:
        """Whether nothing is left: no claim that counts, no command that fails, nothing unknown."""
        left = (*self.stays, *self.new, *self.unknown)
        return (
            not any(claim.severity is not Severity.NOTE for claim in left)
            and all(command.is_settled for command in self.commands)
            and not self.remarks
        )


def compare(before: Bundle, after: Bundle) -> Closure:
    """Judge both by the rules of this program, and hold them against each other."""
    first, second = diagnose(before), diagnose(after)
    one, two = build(first), build(second)
    old, new = _judged(one), _judged(two)
    were, are = _keys(*old), _keys(*new)
    left = [it for it in old if are.isdisjoint(_keys(it))]
    unjudged = [it for it in left if _is_open(it, two)]
    sql, lines = _sql(one, first, second.database)
    return Closure(
        before_sha256=before.sha256,
        after_sha256=after.sha256,
        gone=tuple(_claim(it) for it in left if it not in unjudged),
        stays=tuple(_claim(it) for it in new if not were.isdisjoint(_keys(it))),
        new=tuple(_claim(it) for it in new if were.isdisjoint(_keys(it))),
        unknown=tuple(map(_claim, unjudged)),
        commands=tuple(_commands(one, two)),
        sql=sql,
        sql_lines=lines,
        remarks=tuple(_remarks(one, two)),
    )


def _is_open(issue: Issue, report: Report) -> bool:
    """Whether a report could not say anything of an issue that it does not have."""
    return any(
        it.topic in _BLIND or (it.topic is Topic.RULE and it.name == issue.rule)
        for it in report.unanswered
    )


def _judged(report: Report) -> list[Issue]:
    return [issue for issue in report.issues if not issue.accepted]


def _keys(*issues: Issue) -> frozenset[tuple[str, str, str]]:
    """Rule, subject and folder: one for each thing that an issue is about."""
    return frozenset((it.rule, s, it.folder) for it in issues for s in (it.subject, *it.others))


def _claim(issue: Issue) -> Claim:
    return Claim(
        rule=issue.rule,
        subject=issue.subject,
        folder=issue.folder,
        severity=issue.severity,
        title=issue.title,
    )


def _commands(one: Report, two: Report) -> Iterator[CommandChange]:
    old = {(it.folder, it.command): it.outcome for it in one.commands}
    new = {(it.folder, it.command): it.outcome for it in two.commands}
    for key in dict.fromkeys((*old, *new)):
        folder, command = key
        yield CommandChange(folder=folder, command=command, before=old.get(key), after=new.get(key))


def _remarks(one: Report, two: Report) -> Iterator[str]:
    if two.case.collected_at < one.case.collected_at:
        yield "the bundle given with --after was collected before the other"
    if one.case.project.root != two.case.project.root:
        yield f"they belong to different folders: {one.case.project.root}, {two.case.project.root}"
    names = [{it.name for it in report.case.databases} for report in (one, two)]
    if names[0] and not names[1]:
        yield "a database was examined before the fix, but none after it"
    elif names[0] != names[1]:
        told = " and ".join(", ".join(sorted(each)) or "none" for each in names)
        yield f"they belong to different databases: {told}"


# --- The SQL --------------------------------------------------------------------------------------


def _sql(
    one: Report, first: Analysis, after: Database | None
) -> tuple[SqlVerdict, tuple[str, ...]]:
    words: list[SqlVerdict] = []
    lines: list[str] = []
    for diagnosis in first.diagnoses:
        steps = _steps(one, diagnosis)
        if steps:
            word, told = _of_tool(diagnosis, steps, first.database, after)
            words.append(word)
            lines += told
    if not words:
        return SqlVerdict.NONE_NEEDED, ("the fix changes no row",)
    order = list(SqlVerdict)
    return max(words, key=order.index), tuple(dict.fromkeys(lines))


def _steps(report: Report, diagnosis: Diagnosis) -> tuple[DatabaseStep, ...]:
    folder = diagnosis.facts.tool.folder
    fixes = [
        issue.fix
        for issue in report.issues
        if issue.folder == folder and issue.fix is not None and issue.fix.needed
    ]
    return tuple(dict.fromkeys(step for fix in fixes for step in database_steps(fix.steps)))


def _of_tool(
    diagnosis: Diagnosis,
    steps: Sequence[DatabaseStep],
    before: Database | None,
    after: Database | None,
) -> tuple[SqlVerdict, list[str]]:
    expected = apply_to_database(before, steps, diagnosis.facts.tool)
    if after is None or after.tracking is None or expected is None or expected.tracking is None:
        return SqlVerdict.UNKNOWN, ["the tracking tables were not read after the fix"]
    old, seen = _rows(before), _rows(after)
    changed = {name: rows for name, rows in _rows(expected).items() if rows != old.get(name)}
    wrong = {name: rows for name, rows in changed.items() if rows - seen.get(name, Counter())}
    if not wrong:
        return SqlVerdict.AS_OURS, list(_as_ours(changed, seen))
    if all(seen.get(name) == old.get(name) for name in wrong):
        names = ", ".join(map(str, wrong))
        return SqlVerdict.NOT_DONE, [f"{names} is as it was before: fix.sql was not run"]
    return SqlVerdict.OTHERWISE, list(_otherwise(wrong, seen))


Row = tuple[str, object, object]


def _rows(database: Database | None) -> dict[TableName, Counter[Row]]:
    tables: tuple[TrackingTable, ...] = ()
    if database is not None and database.tracking is not None:
        tables = database.tracking.tables
    return {table.name: Counter(map(_row, table.rows)) for table in tables}


def _row(row: TrackingRow) -> Row:
    """What identifies a row; its number is given by the server."""
    return row.checksum, row.at, row.key


def _as_ours(
    changed: dict[TableName, Counter[Row]], seen: dict[TableName, Counter[Row]]
) -> Iterator[str]:
    for name, rows in changed.items():
        more = (seen[name] - rows).total()
        beside = f", and {more} that it did not write" if more else ""
        yield f"{name} has every row that fix.sql leaves{beside}"
    yield "who wrote the rows a table does not say: the same by hand looks alike"


def _otherwise(
    wrong: dict[TableName, Counter[Row]], seen: dict[TableName, Counter[Row]]
) -> Iterator[str]:
    for name, rows in wrong.items():
        for checksum, at, _ in sorted(rows - seen.get(name, Counter()), key=str):
            yield f"{name} lacks the row {checksum[:12]}... of {at}, which fix.sql leaves"
