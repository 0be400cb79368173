"""What captured outputs say of failures, compared with the migrations and what is predicted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from forensics.adapters.base import Adapter, applying
from forensics.dialects import dialect_of
from forensics.evidence.recorded import Symptom
from forensics.evidence.tool_runs import without_place
from forensics.facts import Applying, CapturedFailure, CapturedRun, Facts, SqlStatement
from forensics.model import CommandOutcome, Prediction, TrueError

_SHORTEST = 12
"""Characters of a statement that is looked for within a longer text."""


def latest(symptoms: Iterable[Symptom]) -> tuple[CapturedRun, ...]:
    """The last run of every command in each output, and what a server logged.

    Outputs are given in no order: of two, none ends what another one shows.
    """
    found: list[CapturedRun] = []
    for each in symptoms:
        runs = [replace(run, evidence=each.evidence) for run in each.runs]
        last = {(run.tool, run.command): run for run in runs if not run.by_server}
        found += (*last.values(), *(run for run in runs if run.by_server))
    return tuple(found)


def failure(runs: Iterable[CapturedRun], adapter: Adapter, facts: Facts) -> CapturedFailure | None:
    """How the applying command failed, with the statement of a listed migration that it names.

    A run of no known command counts where it names one; so does the server's log, which alone has
    the error of a tool that prints none.
    """
    listed = statements_of(adapter, facts)
    of_server = [run for run in runs if run.by_server and named(run, listed) is not None]
    found = [run for run in runs if not run.by_server and _may_be(run, adapter, listed)]
    failed = sorted((run for run in found if run.failed), key=lambda it: named(it, listed) is None)
    run = next(iter(failed), None)
    if run is None and found:
        return None
    if of_server and (run is None or _is_said_by(run, of_server[-1])):
        logged = of_server[-1]
        run = _with_log(run, logged) if run else replace(logged, command=applying(adapter))
    return CapturedFailure(run=run, statement=named(run, listed)) if run else None


def what_began_it(
    captured: CapturedFailure, symptoms: Iterable[Symptom], adapter: Adapter, facts: Facts
) -> CapturedFailure:
    """The failure that an earlier run of the same output had at a later statement, if one did.

    What ran before that statement stayed, and the later runs stop at it: they are what follows.
    """
    of = captured.statement
    if of is None:
        return captured
    listed = statements_of(adapter, facts)
    runs = [it for each in symptoms if each.evidence == captured.run.evidence for it in each.runs]
    for run in runs:
        place = named(run, listed) if run.failed and _may_be(run, adapter, listed) else None
        if place is not None and place.position == of.position and place.number > of.number:
            return CapturedFailure(
                run=replace(run, evidence=captured.run.evidence), statement=place
            )
    return captured


def statements_of(adapter: Adapter, facts: Facts) -> tuple[SqlStatement, ...]:
    """The statements of all listed migrations, the newest migration first."""
    count = len(facts.history.migrations) if facts.history else 0
    return tuple(it for place in reversed(range(count)) for it in adapter.statements(facts, place))


def named(run: CapturedRun, listed: Sequence[SqlStatement]) -> SqlStatement | None:
    """The statement that a run quotes, or the only one about the object that its error names."""
    if run.statement is None:
        return _only(_about(run, listed))
    quoted = normal(run.statement)
    if equal := [it for it in listed if normal(it.text) == quoted]:
        return equal[0]
    inside = [it for it in listed if _is_inside(it, quoted)]
    return next(iter(_about(run, inside) or inside), None)


def foreseen(run: CapturedRun, told: Applying | None) -> SqlStatement | None:
    """The pending statement whose rows would make the database say what a run printed."""
    error = run.error
    if error is None or told is None:
        return None
    fitting = (
        it.statement
        for it in told.questions
        if it.question.error.sqlstate == error.sqlstate
        and error.text.startswith(it.question.error.text)
    )
    return _only(list(dict.fromkeys(fitting)))


def cut_off(run: CapturedRun, facts: Facts, told: Applying | None) -> SqlStatement | None:
    """The one pending statement that a time limit can have ended, where the output names none."""
    error, schema, seen = run.error, facts.schema, facts.circumstances
    sessions = dialect_of(facts.tool).sessions
    if error is None or told is None or schema is None or sessions is None:
        return None
    if sessions.took_too_long(error):
        fitting = [it for it in told.statements if sessions.scanned(schema, it.text)]
    elif sessions.gave_up_waiting(error) and seen is not None:
        fitting = [it for it in told.statements if sessions.waits_for(schema, it.text, seen)]
    else:
        return None
    return fitting[0] if len(fitting) == 1 else None


def is_still_locked(captured: CapturedFailure, facts: Facts) -> bool:
    """Whether the failing statement gave up waiting for a lock that another session still holds."""
    error, statement = captured.run.error, captured.statement
    schema, seen, sessions = facts.schema, facts.circumstances, dialect_of(facts.tool).sessions
    if sessions is None or error is None or not sessions.gave_up_waiting(error):
        return False
    return bool(schema and seen and statement and sessions.waits_for(schema, statement.text, seen))


def _only(found: Sequence[SqlStatement]) -> SqlStatement | None:
    """The one that the newest migration has; `None` where it has several."""
    newest = [it for it in found if it.position == found[0].position]
    return newest[0] if len(newest) == 1 else None


def normal(sql: str) -> str:
    """A statement on one line, without its semicolon."""
    return " ".join(sql.split()).rstrip("; ")


def explains(told: Prediction, run: CapturedRun) -> bool:
    """Whether a failed run is what was predicted: by SQLSTATE, statement and object.

    Where the output has none of these, by the words that it prints.
    """
    if told.outcome is not CommandOutcome.BLOCKED:
        return _stands_in(told, run)
    if not run.message and run.error is None:
        return bool(run.exit_code) and not told.message
    return _is_same_failure(told, run)


def true_error(run: CapturedRun) -> TrueError:
    """The error of a run as predictions have it."""
    if run.error is None:
        return TrueError(text=run.message)
    return TrueError(
        text=run.error.text,
        sqlstate=run.error.sqlstate,
        detail=run.error.detail or "",
        hint=run.error.hint or "",
    )


def _may_be(run: CapturedRun, adapter: Adapter, listed: Sequence[SqlStatement]) -> bool:
    if run.tool not in (None, adapter.name):
        return False
    if run.command is None:
        return run.statement is not None and named(run, listed) is not None
    return run.command == applying(adapter)


def _is_said_by(run: CapturedRun, logged: CapturedRun) -> bool:
    """Whether the server's log may have the error of a run: it says none, or the same."""
    if run.error is None:
        return not run.message
    return logged.error is not None and run.error.text == logged.error.text


def _with_log(run: CapturedRun, logged: CapturedRun) -> CapturedRun:
    return replace(
        run, error=run.error or logged.error, statement=run.statement or logged.statement
    )


def _is_inside(statement: SqlStatement, quoted: str) -> bool:
    text = normal(statement.text)
    return len(text) >= _SHORTEST and text in quoted


def _about(run: CapturedRun, listed: Iterable[SqlStatement]) -> list[SqlStatement]:
    """The statements that speak of all that an error names."""
    if run.error is None:
        return []
    constraint = run.error.constraint
    wanted = (constraint,) if constraint else (run.error.table, run.error.column)
    if None in wanted:
        return []
    return [it for it in listed if all(name and name in it.text for name in wanted)]


def _is_same_failure(told: Prediction, run: CapturedRun) -> bool:
    error = told.error
    if _differ(error.sqlstate if error else None, run.error.sqlstate if run.error else None):
        return False
    if told.statement is not None and run.statement is not None:
        return normal(told.statement.text) in normal(run.statement)
    if error is not None and run.error is not None and error.text == run.error.text:
        return True
    return _stands_in(told, run)


def _differ(one: str | None, other: str | None) -> bool:
    return bool(one) and bool(other) and one != other


def _stands_in(told: Prediction, run: CapturedRun) -> bool:
    return any(said and said in run.text for said in _said(told))


def _said(prediction: Prediction) -> Iterator[str]:
    """What a command prints, whichever Node.js runs it."""
    yield without_place(prediction.message)
    yield without_place(prediction.error.text) if prediction.error else ""
