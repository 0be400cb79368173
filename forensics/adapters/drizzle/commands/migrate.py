"""Predicts `drizzle-kit migrate`: drizzle-orm's migrator, whose mark is the newest `created_at`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forensics.adapters.drizzle.behaviour import Behaviour
from forensics.adapters.drizzle.commands.stops import Problem, Stop, thrown_by
from forensics.adapters.drizzle.commands.unlisted import leaves_file_out
from forensics.adapters.drizzle.dialects import follows
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT
from forensics.dialects.engine import Engine
from forensics.dialects.postgres.effects import Done, Effect, Failed, Undecided, run
from forensics.facts import Facts, Fault, LiveSchema, Malformed, Migration, TrackingTable
from forensics.model import CommandOutcome, Outcome, Prediction, TableName, TrueError

SUCCESS = "[\u2713] migrations applied successfully!"

_EXISTS = frozenset({"42P07", "42701", "42710", "42P06"})
"""Duplicate table, column, object, schema."""
_COLUMNS = ("id", "hash", "created_at")
_NOT_THERE = frozenset({Outcome.ABSENT, Outcome.FAILED})
"""For readMigrationFiles a folder in the file's place, too, is a missing file."""


def predict_migrate(facts: Facts, behaviour: Behaviour, engine: Engine = run) -> Prediction:
    """What PgDialect.migrate would do: the same in drizzle-orm 0.29.5 to 0.45.

    It reads the journal and every listed file before the first statement; takes the row with the
    greatest `created_at`, NULLS FIRST, as its mark; and runs, in one transaction and in the order
    of the list, every entry whose `when` is greater. Hashes are written, never compared.
    Not modelled: privileges, data, functions; where they decide, the outcome is unknown.
    """
    if facts.history is None or facts.files is None:
        return _unknown()
    if (problem := _file_problem(facts)) is not None:
        return _stopped(problem, behaviour)
    database = _database(facts)
    if database is None or behaviour.keeps_its_only_connection:
        return _unknown()  # it waits for ever, unless the driver is another than `pg`
    if isinstance(database, Failed):
        return _failed(database, database.statement, behaviour)
    return _with_database(facts, behaviour, database, engine)


# --- The files ----------------------------------------------------------------------------------


def _file_problem(facts: Facts) -> Problem | None:
    """What readMigrationFiles throws, before the first statement."""
    assert facts.history is not None and facts.files is not None
    history, out = facts.history, facts.tool.out
    if history.outcome is Outcome.ABSENT:
        return Problem(Stop.THROWN, "Can't find meta/_journal.json file", "Error")
    if (problem := history.problem) is not None and problem.fault is not Fault.WRONG_SHAPE:
        return thrown_by(problem)
    if history.outcome is not Outcome.COLLECTED:
        return Problem(Stop.NOT_SEEN, "the journal was not read")
    files = (_unreadable(facts, migration) for migration in _before_bad_entry(facts))
    found = [stop for stop in (*files, _bad_entry(problem, out)) if stop is not None]
    # Whatever a file holds that only we could not read: a later one that is gone stops it.
    certain = (stop for stop in found if stop.stop is not Stop.NOT_SEEN)
    return next(certain, found[0] if found else None)


def _unreadable(facts: Facts, migration: Migration) -> Problem | None:
    assert facts.files is not None
    file = facts.files.get(migration.path)
    if file is None:
        return Problem(Stop.NOT_SEEN, f"{migration.path} was not read")
    if file.outcome is Outcome.DENIED:  # to us, or a link that we did not follow
        return Problem(Stop.NOT_SEEN, f"{migration.path} was not read")
    return _no_file(facts.tool.out, migration.key) if file.outcome in _NOT_THERE else None


def _bad_entry(problem: Malformed | None, out: str) -> Problem | None:
    if problem is None:
        return None
    if problem.thrown:
        return Problem(Stop.THROWN, problem.message, "TypeError")
    return _no_file(out, "undefined")


def _before_bad_entry(facts: Facts) -> Iterator[Migration]:
    assert facts.history is not None
    for position, migration in enumerate(facts.history.migrations):
        if migration.position != position:
            return
        yield migration


def _no_file(out: str, tag: str) -> Problem:
    return Problem(Stop.THROWN, f"No file {out}/{tag}.sql found in {out} folder", "Error")


# --- The database -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _State:
    """The database as the migrator meets it, its own schema and table made."""

    schema: LiveSchema
    table: TrackingTable | None


def _database(facts: Facts) -> _State | Failed | None:
    """The state to start from, or the error of looking at the table; `None` where not seen."""
    name = facts.tool.tracking
    if facts.schema is None or facts.tracking is None or name is None:
        return None
    if not follows(facts.tool):
        return None
    table = facts.tracking.get(name)
    if table is not None and table.outcome is not Outcome.COLLECTED:
        return None
    select = f'select id, hash, created_at from "{name.schema}"."{name.table}"'
    if (missing := _missing_column(facts.schema, name, table)) is not None:
        message = f'column "{missing}" does not exist'
        return Failed(sqlstate="42703", message=message, statement=select, position=0)
    made = run(facts.schema, _made_first(name))
    if isinstance(made, Undecided):
        return None
    return made if isinstance(made, Failed) else _State(made.schema, table)


def _made_first(name: TableName) -> tuple[str, str]:
    schema, table = ('"' + part.replace('"', '""') + '"' for part in (name.schema, name.table))
    return (
        f"CREATE SCHEMA IF NOT EXISTS {schema}",
        f"CREATE TABLE IF NOT EXISTS {schema}.{table} "
        "(id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)",
    )


def _missing_column(schema: LiveSchema, name: TableName, table: TrackingTable | None) -> str | None:
    live = next((held for held in schema.tables if held.name == name), None)
    if live is not None:
        columns = {column.name for column in live.columns}
    elif table is not None and table.columns:
        columns = set(table.columns)
    else:
        return None
    return next((column for column in _COLUMNS if column not in columns), None)


def high_water_mark(table: TrackingTable | None) -> int | None:
    """The `created_at` that decides, in milliseconds; `None` for an empty table.

    It is that of `order by created_at desc limit 1`: NULLs come first, and Number(null) is 0.
    """
    if table is None or not table.rows:
        return None
    if any(row.at is None for row in table.rows):
        return 0
    return table.newest


def _with_database(facts: Facts, behaviour: Behaviour, state: _State, engine: Engine) -> Prediction:
    assert facts.history is not None and facts.files is not None
    mark = high_water_mark(state.table)
    listed = facts.history.migrations
    if any(migration.stamp is None for migration in listed):
        return _unknown()
    pending = [m for m in listed if mark is None or (m.stamp is not None and m.stamp > mark)]
    texts = [_chunks(facts, migration) for migration in pending]
    known = [chunk for chunks in texts if chunks is not None for chunk in chunks]
    if any(chunks is None for chunks in texts):
        return _unknown()
    effect = _sent(state.schema, known, engine)
    if isinstance(effect, Failed):
        return _failed(effect, known[effect.position], behaviour)
    if isinstance(effect, Undecided):
        return _unknown()
    if leaves_file_out(facts, effect.schema, engine):
        return _successful(False)
    return _successful(_is_right(facts, state, pending, engine))


def _sent(schema: LiveSchema, chunks: list[str], engine: Engine) -> Effect:
    """What the chunks do; a NUL, as UTF-16 read as UTF-8 is full of, ends a message too early."""
    cut = next((number for number, chunk in enumerate(chunks) if "\0" in chunk), None)
    effect = engine(schema, chunks[:cut])
    if cut is None or not isinstance(effect, Done):
        return effect
    message = "invalid message format"
    return Failed(sqlstate="08P01", message=message, statement=chunks[cut], position=cut)


def _chunks(facts: Facts, migration: Migration) -> list[str] | None:
    assert facts.files is not None
    file = facts.files.get(migration.path)
    if file is None or file.text is None:
        return None
    return file.text.split(BREAKPOINT)


# --- What success hides -------------------------------------------------------------------------


def _is_right(facts: Facts, state: _State, pending: list[Migration], engine: Engine) -> bool | None:
    """Whether nothing that should have run was left out; `None` where we cannot tell."""
    assert facts.history is not None and facts.files is not None
    if not facts.history.migrations and facts.tool.later_layout:
        return None if state.table is not None and state.table.rows else False
    if not facts.history.migrations:
        return not any(file.outcome is Outcome.COLLECTED for file in facts.files.files)
    skipped = [
        migration
        for migration in facts.history.migrations
        if migration not in pending and not _is_recorded(facts, state.table, migration)
    ]
    answers = {_is_in_catalogue(facts, state.schema, migration, engine) for migration in skipped}
    if False in answers:
        return False
    return None if None in answers else True


def _is_recorded(facts: Facts, table: TrackingTable | None, migration: Migration) -> bool:
    assert facts.files is not None
    assert facts.history is not None
    rows = table.rows if table else ()
    file = facts.files.get(migration.path)
    if file is not None and any(row.checksum == file.sha256 for row in rows):
        return True
    # Several entries with one stamp: as many of them are recorded as there are rows with it.
    same = [other for other in facts.history.migrations if other.stamp == migration.stamp]
    return same.index(migration) < sum(row.at == migration.stamp for row in rows)


def _is_in_catalogue(
    facts: Facts, schema: LiveSchema, migration: Migration, engine: Engine
) -> bool | None:
    """Whether the catalogue already shows what a migration makes; `None` where we cannot tell.

    It does if running it would change nothing, or fail because something is there already.
    """
    chunks = _chunks(facts, migration)
    if chunks is None:
        return None
    effect = engine(schema, chunks)
    if isinstance(effect, Failed):
        return True if effect.sqlstate in _EXISTS else None
    if isinstance(effect, Undecided):
        return False if effect.changed else None
    if effect.unseen:
        return None
    return effect == engine(schema, ())


# --- Words --------------------------------------------------------------------------------------


def _unknown() -> Prediction:
    return Prediction(command="migrate", outcome=CommandOutcome.UNKNOWN, exit_code=None)


def _successful(right: bool | None) -> Prediction:
    """It says success either way; only the outcome differs."""
    outcome = {
        True: CommandOutcome.PASSES,
        False: CommandOutcome.SILENTLY_WRONG,
        None: CommandOutcome.UNKNOWN,
    }[right]
    return Prediction(command="migrate", outcome=outcome, exit_code=0, message=SUCCESS)


def _stopped(problem: Problem, behaviour: Behaviour) -> Prediction:
    if problem.stop is Stop.NOT_SEEN:
        return _unknown()
    message = f"{problem.error_class}: {problem.text}"
    return _blocked(message, TrueError(text=problem.text), behaviour)


def _failed(failed: Failed, chunk: str, behaviour: Behaviour) -> Prediction:
    error = TrueError(text=failed.message, sqlstate=failed.sqlstate)
    message = f"error: {failed.message}"
    if behaviour.orm_wraps_errors:
        message = f"DrizzleQueryError: Failed query: {chunk.partition(chr(10))[0]}".rstrip()
    return _blocked(message, error, behaviour)


def _blocked(message: str, error: TrueError, behaviour: Behaviour) -> Prediction:
    return Prediction(
        command="migrate",
        outcome=CommandOutcome.BLOCKED,
        exit_code=behaviour.failed_migrate_exit_code,
        message="" if behaviour.migrate_hides_errors else message,
        error=error,
    )
