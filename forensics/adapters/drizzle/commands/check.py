"""Predicts `drizzle-kit check` and `drizzle-kit generate`, which read the same files."""

from __future__ import annotations

from forensics.adapters.drizzle.behaviour import Behaviour
from forensics.adapters.drizzle.commands.stops import Problem, Stop, first_problem, shown
from forensics.adapters.predictions import blocked, passes, unknown
from forensics.facts import Facts, Fault, History, Migration
from forensics.model import Prediction, TrueError

FINE = "Everything's fine \U0001f436\U0001f525"


def predict_check(facts: Facts, behaviour: Behaviour) -> Prediction:
    """What checkHandler does; where meta/ is missing it creates it and finds everything fine."""
    problem = first_problem(facts, behaviour)
    journal_is_used = behaviour.check_watches_order and (
        problem is None or problem.stop is Stop.COLLISION
    )
    if problem is None and journal_is_used:
        problem = _journal_that_is_none(facts.history)
    if problem is None and behaviour.check_tries_all_dialects:
        problem = _no_snapshot_of_another_dialect(facts)
    if problem is None:
        warnings = _order_warnings(facts.history) if journal_is_used else ()
        return passes("check", "\n".join((*warnings, FINE)))
    return stopped("check", problem, *check_says(problem, behaviour))


def predict_generate(facts: Facts, behaviour: Behaviour) -> Prediction:
    """Whether the folder blocks `generate`; what it would write depends on code that is never run.

    It exits with 0 whatever happens (prepareAndMigratePg catches and prints everything).
    """
    problem = first_problem(facts, behaviour)
    if problem is None:
        return passes("generate")
    return stopped("generate", problem, 0, _generate_says(problem))


def stopped(command: str, problem: Problem, exit_code: int, message: str) -> Prediction:
    """The prediction for a command that a problem stops."""
    if problem.stop is Stop.NOT_SEEN:
        return unknown(command)
    return blocked(command, message, TrueError(text=problem.text), code=exit_code)


def check_says(problem: Problem, behaviour: Behaviour) -> tuple[int, str]:
    """Exit code and message (checkHandler, src/cli/commands/check.ts)."""
    match problem.stop:
        case Stop.THROWN:
            named = f"{problem.error_class}: " if behaviour.check_names_error_class else ""
            return 1, f"{named}{problem.text}"
        case Stop.UNSUPPORTED:
            return 0, f"Info: {problem.text}"
        case Stop.OUTDATED:
            text = f'{problem.text} is not of the latest version, please run "drizzle-kit up"'
            return behaviour.failed_check_exit_code, text
        case _:
            return behaviour.failed_check_exit_code, problem.text


def _generate_says(problem: Problem) -> str:
    """The message of prepareMigrationFolder, or of the caught error."""
    match problem.stop:
        case Stop.THROWN:
            return f"{problem.error_class}: {problem.text}"
        case Stop.UNSUPPORTED:
            return f"Info: {problem.text}"
        case Stop.OUTDATED:
            return f"{problem.text}/snapshot.json is not of the latest version"
        case Stop.COLLISION:
            return f"Error: {problem.text}"
        case _:
            return problem.text


def _no_snapshot_of_another_dialect(facts: Facts) -> Problem | None:
    """Until 0.21.2 it goes on with the validators of SQLite and MySQL, which no snapshot passes."""
    entries = facts.snapshots.entries if facts.snapshots else ()
    first = next((entry for entry in entries if not entry.ignored), None)
    if first is None:
        return None
    return Problem(Stop.MALFORMED, f"{shown(facts, first.name)} data is malformed")


def _journal_that_is_none(history: History | None) -> Problem | None:
    """JSON without a list of entries: `for (const entry of journal.entries)` throws."""
    problem = history.problem if history else None
    if problem is None or problem.fault is not Fault.WRONG_SHAPE:
        return None
    if problem.entry is None:
        return Problem(Stop.THROWN, problem.message, "TypeError")
    if problem.thrown:
        # An entry that is null: this loop reads its `when` first, unless it is the first entry.
        return Problem(Stop.NOT_SEEN, "the journal has an entry that is null")
    return None


def _order_warnings(history: History | None) -> tuple[str, ...]:
    """One for each entry whose `when` is not greater than the greatest before it."""
    found: list[str] = []
    latest: Migration | None = None
    for entry in history.migrations if history else ():
        if latest is not None and _not_later(entry, latest):
            found.append(
                f"Warning: {_entry(entry)} follows {_entry(latest)} in the journal, but its "
                "timestamp is not greater. If the earlier entry has already been applied, the "
                "migrator will skip this entry. Journal timestamps must strictly increase in "
                "entry order."
            )
        else:
            latest = entry
    return tuple(found)


def _not_later(entry: Migration, latest: Migration) -> bool:
    # Comparing with undefined is false in JavaScript.
    return entry.stamp is not None and latest.stamp is not None and entry.stamp <= latest.stamp


def _entry(entry: Migration) -> str:
    index, when = (
        "undefined" if value is None else str(value) for value in (entry.index, entry.stamp)
    )
    return f"{entry.key} (idx: {index}, when: {when})"
