"""What the commands of drizzle 1.0 would do: one look at the folder, then the database."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from forensics.adapters.drizzle.commands import on_sqlite, pending
from forensics.adapters.drizzle.commands.migrate import MAY_LOSE, SUCCESS
from forensics.adapters.drizzle.commands.pending import Run, run_pending, statement_of
from forensics.adapters.drizzle.dialects import is_sqlite
from forensics.adapters.drizzle.v1.push import predict_push
from forensics.adapters.drizzle.v1.releases import judges_history, snapshot_version
from forensics.adapters.drizzle.v1.upgrade import refusal, unmatched
from forensics.adapters.predictions import blocked, error_of, passes, unknown
from forensics.dialects.effect import Failed, Undecided
from forensics.dialects.engine import Engine
from forensics.facts import (
    ApplyFailure,
    Applying,
    Branches,
    Facts,
    History,
    Migration,
    Snapshot,
    TrackingTable,
    Unrecorded,
)
from forensics.model import CommandOutcome, Outcome, Prediction, StatementPlace, TrueError
from forensics.model.wording import depends

OUTDATED = "Your migrations folder format is outdated, please run drizzle-kit up"
DIALECT = "postgres"
"""How snapshots of 1.0 name PostgreSQL; those of 0.x have no parents that it could read."""
NO_TIME = Failed(
    sqlstate="22P02",
    message='invalid input syntax for type bigint: "NaN"',
    statement="insert into __drizzle_migrations",
    position=0,
)
"""The row of a folder whose name does not begin with 14 digits."""
NO_TIME_BY_LIBSQL = Failed(
    sqlstate="",
    message="Only finite numbers (not Infinity or NaN) can be passed as arguments",
    statement=NO_TIME.statement,
    position=0,
)
_DRIVER = "a folder's name does not begin with a time, which drivers of SQLite take differently"
_NOT_READ = "a snapshot could not be read, or does not say what its migration changes"
_READS_THE_FOLDER = frozenset({"check", "generate", "migrate"})


def predict(facts: Facts, command: str, engine: Engine) -> Prediction:
    """Predict a command that reports show; `KeyError` for another word."""
    if command not in _READS_THE_FOLDER | {"push"}:
        raise KeyError(command)
    known = snapshot_version(facts.tool)
    if known is None or facts.history is None or facts.files is None or facts.snapshots is None:
        return unknown(command, "what this release does is not modelled")
    if command == "push":
        return predict_push(facts)
    stopped = folder_problem(facts, known)
    if stopped is not None:
        message = ": ".join(filter(None, (stopped.text, stopped.detail)))
        return blocked(command, message, stopped) if message else unknown(command, _NOT_READ)
    if command == "migrate":
        return _migrate(facts, engine)
    return passes(command)


def predict_on_journal(facts: Facts, command: str) -> Prediction:
    """What the commands of 1.0 do in a folder of 0.x: they stop at the journal, and only there.

    assertV3OutFolder of drizzle-kit 1.0.0-rc.4 and rc.5.
    """
    if command == "push":
        return predict_push(facts)
    if facts.history is None or facts.history.outcome not in (Outcome.COLLECTED, Outcome.ABSENT):
        return unknown(command, "the journal was not read")
    if facts.history.outcome is Outcome.COLLECTED:
        return blocked(command, OUTDATED)
    return passes(command)


def applying(facts: Facts, engine: Engine) -> Applying | None:
    """What `migrate` would send; `None` where something stops it before the first statement."""
    known = snapshot_version(facts.tool)
    if known is None or facts.history is None or facts.files is None or facts.snapshots is None:
        return None
    if folder_problem(facts, known) is not None:
        return None
    seen, name = facts.tracking, facts.tool.tracking
    table = seen.get(name) if seen and name else None
    made = None if unmatched(table) else pending.applying(facts, engine)
    return made and _without_time(facts, made)


def _without_time(facts: Facts, made: Applying) -> Applying:
    """The run, which ends at the row of a folder whose name does not begin with a time."""
    assert facts.history is not None
    if made.failure or all(facts.history.migrations[it].stamp is not None for it in made.pending):
        return made
    refused = _no_time(facts)
    if refused is None:
        return made
    failure = ApplyFailure(
        statement=None,
        sent=refused.statement,
        error=error_of(refused),
        unrecorded=_unrecorded(facts.history, made.pending),
    )
    return replace(made, failure=failure)


def _unrecorded(history: History, pending: Sequence[int]) -> Unrecorded:
    """The first one whose name does not begin with a time, with one a second after all others."""
    listed = history.migrations
    migration = next(listed[it] for it in pending if listed[it].stamp is None)
    newest = max((it.stamp for it in listed if it.stamp is not None), default=0)
    after = datetime.fromtimestamp(newest / 1000 + 1, UTC)
    folder = posixpath.dirname(migration.path)
    name = migration.key.lstrip("0123456789_-") or "migration"
    return Unrecorded(
        tag=migration.key,
        path=migration.path,
        why="the name of its folder does not begin with 14 digits that are a time",
        now=folder,
        then=posixpath.join(posixpath.dirname(folder), f"{after:%Y%m%d%H%M%S}_{name}"),
    )


# --- The folder -----------------------------------------------------------------------------------


def folder_problem(facts: Facts, known: str) -> TrueError | None:
    """What stops every command that reads the folder; without a text where that is not known.

    assertV3OutFolder, assertHistory and assertSnapshotStatus of drizzle-kit 1.0.0-rc.5.
    """
    assert facts.history is not None and facts.snapshots is not None
    if facts.history.problem is not None:
        return TrueError(text=facts.history.problem.message)
    entries = facts.snapshots.entries
    if any(it.problem is None and it.version is None for it in entries):
        return TrueError(text="")
    conflict = _conflict(facts.snapshots.branches)
    if is_sqlite(facts.tool):  # assertHistory is for PostgreSQL alone
        return _first_status(facts, known) or conflict
    told = _history_problem(facts, entries)
    if not judges_history(facts.tool):
        branched = told or facts.snapshots.branches
        return TrueError(text="") if branched else _first_status(facts, known)
    return (TrueError(text=told) if told else None) or _first_status(facts, known) or conflict


def _first_status(facts: Facts, known: str) -> TrueError | None:
    assert facts.snapshots is not None
    found = (_status(facts, it, known) for it in facts.snapshots.entries)
    return next((TrueError(text=told) for told in found if told), None)


def _conflict(found: Sequence[Branches]) -> TrueError | None:
    """detectBranchConflicts; without a text where a snapshot does not tell what it writes."""
    if any(it.conflict is None for it in found):
        return TrueError(text="")
    clash = next((it.conflict for it in found if it.conflict), None)
    return TrueError(text="Conflicting migrations detected", detail=clash) if clash else None


def _status(facts: Facts, entry: Snapshot, known: str) -> str | None:
    path = _path(facts, entry)
    if entry.problem is not None:
        return f"{path} data is malformed"
    version = entry.version or ""
    if version == known:
        return None
    if version.isdecimal() and int(version) > int(known):
        return f"{path} snapshot is of unsupported version, please update drizzle-kit"
    return f'{path} is not of the latest version, please run "drizzle-kit up"'


def _path(facts: Facts, entry: Snapshot) -> str:
    return posixpath.normpath(f"{facts.tool.out}/{entry.name}")


def _history_problem(facts: Facts, entries: tuple[Snapshot, ...]) -> str | None:
    """More than one first snapshot, and parents that are missing or sort later than a child."""
    assert facts.history is not None
    sound = [it for it in entries if it.problem is None and it.dialect == DIALECT]
    broken = next((it for it in entries if it not in sound), None)
    if not sound:
        return None
    if broken:
        return f"{_path(facts, broken)} data is malformed"
    bases = [_folder(it) for it in sound if it.parent is None]
    if len(bases) > 1:
        return (
            f"The migrations folder has two base snapshots, in {bases[0]} and {bases[1]}. A folder "
            "must have one base snapshot, which is its first migration. Delete one of the two "
            "migration folders together with every migration that follows it, then run generate "
            "again."
        )
    names = {it.id: _folder(it) for it in sound}
    parents = {it.snapshot_path: it.parents for it in facts.history.migrations}
    asked = ((_folder(entry), it) for entry in sound for it in parents.get(entry.path, ()))
    return next((told for own, it in asked if (told := _wrong(own, it, names))), None)


def _wrong(own: str, parent: str, names: dict[str | None, str]) -> str | None:
    """What is wrong with one parent of a snapshot; `names` is id -> folder."""
    if parent not in names:
        return (
            f"Cannot reconstruct snapshot {own}: snapshot {parent} is missing from the migrations "
            f"folder. Restore the missing migration folder from git, or delete {own} and every "
            "later migration, then run generate again."
        )
    before = names[parent]
    if own > before:
        return None
    return (
        f"Migration {own} sorts before its parent {before}, so migrate can run it first. Rename "
        f"the folders so that {own} sorts after {before}."
    )


def _folder(entry: Snapshot) -> str:
    return entry.name.partition("/")[0]


# --- The database ---------------------------------------------------------------------------------


def _migrate(facts: Facts, engine: Engine) -> Prediction:
    if facts.tracking is None or facts.tool.tracking is None or facts.schema is None:
        return unknown("migrate", "the database was not seen")
    table = facts.tracking.get(facts.tool.tracking)
    if rows := unmatched(table):
        return blocked("migrate", refusal(facts.tool, rows))
    made = run_pending(facts, engine)
    if isinstance(made, Failed):
        return _failed(made, None)
    if made is None:
        return unknown("migrate", "it is not known what is pending")
    return _ran(facts, made, table)


def _ran(facts: Facts, made: Run, table: TrackingTable | None) -> Prediction:
    if made.effect is None:
        return unknown("migrate", "the text of a pending migration is not known")
    if isinstance(made.effect, Undecided):
        return unknown("migrate", _doubt(facts, made, made.effect))
    if isinstance(made.effect, Failed):
        statement = statement_of(facts, made, made.effect)
        return _failed(made.effect, statement.place if statement else None)
    if any(it.stamp is None for it in made.pending) and not _takes_any_time(facts):
        refused = _no_time(facts)
        return _failed(refused, None) if refused else unknown("migrate", _DRIVER)
    loses = is_sqlite(facts.tool) and _loses_rows(facts)
    if loses is None:
        return unknown("migrate", MAY_LOSE)
    dropped = is_sqlite(facts.tool) and on_sqlite.drops_a_statement(facts, made.chunks)
    wrong = dropped or loses or bool(_left_out(facts, table))
    outcome = CommandOutcome.SILENTLY_WRONG if wrong else CommandOutcome.PASSES
    return Prediction(
        command="migrate",
        outcome=outcome,
        exit_code=0,
        message=SUCCESS,
        destructive=loses,
        why="loses rows" if loses else "",
        stand_ins=made.effect.stand_ins,
    )


def _loses_rows(facts: Facts) -> bool | None:
    from forensics.adapters.drizzle.commands.rebuilds import loses_rows

    return loses_rows(facts)


def _no_time(facts: Facts) -> Failed | None:
    """How a row without a time fails; `None` where that depends on a driver that was not tried."""
    if not is_sqlite(facts.tool):
        return NO_TIME
    return NO_TIME_BY_LIBSQL if {it.name for it in facts.tool.openers} == {"libsql"} else None


def _takes_any_time(facts: Facts) -> bool:
    """better-sqlite3 records NULL, which nothing reads."""
    return is_sqlite(facts.tool) and {it.name for it in facts.tool.openers} == {"better-sqlite3"}


def _left_out(facts: Facts, table: TrackingTable | None) -> list[Migration]:
    """Those without a `migration.sql` that no row records: nothing says that they are missing."""
    assert facts.history is not None and facts.files is not None
    recorded = {row.key for row in table.rows} if table else set()
    absent = {it.path for it in facts.files.files if it.outcome is Outcome.ABSENT}
    listed = facts.history.migrations
    return [it for it in listed if it.path in absent and it.key not in recorded]


def _doubt(facts: Facts, made: Run, effect: Undecided) -> str:
    statement = statement_of(facts, made, effect)
    place = f" (statement {statement.number} of {statement.tag})" if statement else ""
    return f"{depends(effect.why)}{place}"


# --- Words ----------------------------------------------------------------------------------------


def _failed(failed: Failed, place: StatementPlace | None) -> Prediction:
    told = blocked("migrate", f"error: {failed.message}", error_of(failed))
    return replace(told, statement=place, stand_ins=failed.stand_ins)
