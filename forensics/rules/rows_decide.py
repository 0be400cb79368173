"""Rule `rows-decide`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.facts import (
    Applying,
    CapturedFailure,
    Files,
    PendingRows,
    RowCounts,
    RowKind,
    RowQuestion,
    SqlStatement,
    ToolUse,
)
from forensics.model import Artefact, Certainty, Exhibit, Finding, Fix, Severity
from forensics.model.wording import counted as in_number
from forensics.rules._base import evidence_of, rule
from forensics.rules._fixes import example
from forensics.statements import (
    evidence,
    joined,
    kept,
    opening,
    quoted,
    said,
    where,
    without,
    without_all,
)

_UNCOUNTED = "It was not counted here"
_PASSES = "0 means that the statement passes"


@rule(artefact=Artefact.MIGRATION_FILE, since="0.2.0")
def rows_decide(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    counted: RowCounts | None,
    captured: CapturedFailure | None,
) -> Iterator[Finding]:
    """The outcome of a pending statement depends on rows.

    ## What breaks

    `NOT NULL`, `UNIQUE`, `PRIMARY KEY`, `CHECK`, `FOREIGN KEY`, exclusion constraints, and type
    changes that convert values are checked against existing rows. The same migration passes on an
    empty database, in CI or on a laptop, and fails in production. Then no pending migration is
    applied.

    ## Evidence

    The statement, what it demands, and a read-only query that counts the rows that violate it. With
    `--probe-rows` the query is run: only the number is kept, never a value of a row. A captured
    output that shows this failure decides it, too.

    ## Not this

    A statement that fails on an empty table as well has nothing to do with rows. Rows change: a
    count holds for the moment at which it was made. If an earlier pending statement changes the
    rows, as a backfill does, no count is made; if it surely leaves no NULL, nothing is reported.

    ## Fix

    Run the query. If it returns 0, apply the migration. Otherwise settle the rows first: add a
    column without `NOT NULL`, fill it, then set `NOT NULL`; remove duplicates before a unique index
    is built; add checks and foreign keys as `NOT VALID`, and validate them later.

    ## Fix safety

    There is no automatic fix, because somebody has to decide what the rows should contain. Only
    change a file that no database has applied.

    ## Prevention

    Write migrations that tighten a table in steps: add, fill, then restrict.

    Try migrations on a copy of production's rows before they are merged.
    """
    stop = applying.failure or applying.doubt
    if stop is None or stop.statement is None:
        return
    asked = _about(applying, stop.statement)
    if applying.failure is not None:
        refused = [it for it in asked if it.error.sqlstate == applying.failure.error.sqlstate]
        if refused:
            yield _refused(tool, applying, files, counted, captured, stop.statement, refused[0])
        return
    for tag in dict.fromkeys(it.statement.tag for it in _left(applying, stop.statement)):
        yield _open(tool, applying, files, counted, captured, tag)


def _left(applying: Applying, stop: SqlStatement) -> list[PendingRows]:
    """What rows decide from where the run is in doubt: that, or what changes them before."""
    return [
        it
        for it in applying.questions
        if (it.statement.position, it.statement.number) >= (stop.position, stop.number)
    ]


def _refused(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    counted: RowCounts | None,
    captured: CapturedFailure | None,
    statement: SqlStatement,
    question: RowQuestion,
) -> Finding:
    assert applying.failure is not None
    found = counted.of(question.query) if counted and question.query else None
    number = ""
    if found and found.violations:
        verb = "violates" if found.violations == 1 else "violate"
        number = f" {in_number(found.violations, 'row')} {verb} that."
    return rows_decide.finding(
        subject=statement.tag,
        severity=Severity.HIGH,
        title=f"{opening(statement)} fails on the rows that are there: "
        f"{applying.failure.error.text}",
        certainty=Certainty.OBSERVED
        if captured is not None and captured.statement == statement
        else Certainty.PREDICTED,
        root_cause=f"{opening(statement)} is {statement.code}. It passes only if "
        f"{question.demand}.{number} The database answers: {said(applying.failure.error)}. On a "
        "database with other rows, or none, the same statement passes."
        f"{kept(tool, applying, statement)}",
        evidence=_evidence(applying, files, counted, statement),
        alternatives=_by_hand(tool, statement, [question]),
        counterfactual=without(files, statement),
        shown=(*quoted(files, statement), *_queries(statement, [question], applying)),
        paths=(statement.path,),
    )


def _open(
    tool: ToolUse,
    applying: Applying,
    files: Files,
    counted: RowCounts | None,
    captured: CapturedFailure | None,
    tag: str,
) -> Finding:
    """Of one migration, with all of its statements that rows decide."""
    assert applying.doubt is not None and applying.doubt.statement is not None
    pending = [it for it in _left(applying, applying.doubt.statement) if it.statement.tag == tag]
    first = pending[0].statement
    seen = _seen(captured, first)
    told = " ".join(_told(it.statement, it.question, counted) for it in pending)
    return rows_decide.finding(
        subject=tag,
        severity=Severity.HIGH if seen else _severity(pending),
        title=f"{opening(first)} passes only if {pending[0].question.demand}",
        root_cause=f"{told}{seen}",
        certainty=Certainty.INFERRED if seen else Certainty.OBSERVED,
        evidence=_evidence(applying, files, counted, first)
        + ((captured.run.evidence,) if seen and captured else ()),
        alternatives=tuple(
            fix
            for statement in dict.fromkeys(it.statement for it in pending)
            for fix in _by_hand(tool, statement, _about(applying, statement))
        ),
        counterfactual=without_all(files, (it.statement for it in pending)) if seen else (),
        shown=tuple(
            exhibit
            for statement in dict.fromkeys(it.statement for it in pending)
            for exhibit in (
                *quoted(files, statement),
                *_queries(statement, _about(applying, statement), applying),
            )
        ),
        paths=(first.path,),
    )


def _severity(pending: Sequence[PendingRows]) -> Severity:
    """Whoever changes the rows first has thought of them: that is not an issue."""
    settled = all(it.question.changed_by for it in pending)
    return Severity.NOTE if settled else Severity.MEDIUM


def _told(statement: SqlStatement, question: RowQuestion, counted: RowCounts | None) -> str:
    found = counted.of(question.query) if counted and question.query else None
    known = f"{_UNCOUNTED}; the query below decides it: {_PASSES}."
    if question.changed_by:
        known = (
            f"`{question.changed_by}` changes rows before it, so no count of the rows as they are "
            "decides it: try the migration on a copy that has them."
        )
    elif not question.query:
        known = "No query on the rows as they are now decides it."
    elif found is not None and found.violations is not None:
        known = f"Counted: {in_number(found.violations, 'row')} in doubt."
        known += " Whether these can be converted is not known." if found.violations else ""
    elif found is not None:
        known = f"It could not be counted: {found.why}."
    return (
        f"{opening(statement)} is {statement.code}. It passes if {question.demand}; else the "
        f"database answers: {said(question.error)}. {known}"
    )


def _seen(captured: CapturedFailure | None, first: SqlStatement) -> str:
    """What a captured failure adds, where it may be this one."""
    if captured is None or captured.statement not in (None, first):
        return ""
    if captured.run.error is not None or captured.run.message:
        return ""
    return (
        " A captured run failed without an error text, and nothing else that was found explains "
        "that: this statement is the likeliest reason."
    )


def _about(applying: Applying, statement: SqlStatement) -> list[RowQuestion]:
    return [it.question for it in applying.questions if it.statement == statement]


def _queries(
    statement: SqlStatement, questions: Sequence[RowQuestion], applying: Applying
) -> Iterator[Exhibit]:
    for question in questions:
        if question.query:
            caption = f"Read-only, for {where(statement)}; {_PASSES}:"
            yield Exhibit(evidence=applying.evidence[0], caption=caption, text=question.query)


def _by_hand(
    tool: ToolUse, statement: SqlStatement, questions: Sequence[RowQuestion]
) -> tuple[Fix, ...]:
    question = next((it for it in questions if it.instead), None)
    if question is None:
        return ()
    title = f"Settle the rows before {where(statement)}"
    why = "Decide what the rows that violate it should hold."
    if question.kind is RowKind.NEW_COLUMN:
        title = f"Add the column so that {where(statement)} passes with rows"
        why = "Decide what the rows that are there hold in the new column."
    note = (
        "It changes rows: try it in a transaction first, and look at them. Only change a file that "
        "no database has applied."
    )
    return (example(statement, title, f"{joined(tool, question.instead)};", why, note),)


def _evidence(
    applying: Applying, files: Files, counted: RowCounts | None, statement: SqlStatement
) -> tuple[str, ...]:
    return evidence_of((*evidence(applying, files, statement), counted))
