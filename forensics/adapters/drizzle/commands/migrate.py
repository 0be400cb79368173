"""Predicts `drizzle-kit migrate`: drizzle-orm's migrator, whose mark is the newest `created_at`."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from forensics.adapters.drizzle.behaviour import Behaviour
from forensics.adapters.drizzle.commands.pending import (
    Run,
    chunks,
    run_pending,
    statement_of,
)
from forensics.adapters.drizzle.commands.stops import Problem, Stop, thrown_by
from forensics.adapters.drizzle.commands.unlisted import leaves_file_out
from forensics.adapters.drizzle.commands.ways import ways_of
from forensics.adapters.drizzle.dialects import is_sqlite
from forensics.adapters.predictions import blocked, error_of, unknown
from forensics.dialects.effect import Failed, Undecided
from forensics.dialects.engine import Engine
from forensics.facts import (
    Facts,
    Fault,
    LiveSchema,
    Malformed,
    Migration,
    SqlStatement,
    ToolUse,
    TrackingTable,
)
from forensics.model import CommandOutcome, Outcome, Prediction, StatementPlace, TrueError
from forensics.model.wording import depends

SUCCESS = "[\u2713] migrations applied successfully!"

_CODES = frozenset({"42P07", "42701", "42710", "42P06"})
"""Duplicate table, column, object, schema."""


def predict_migrate(facts: Facts, behaviour: Behaviour, engine: Engine) -> Prediction:
    """What PgDialect.migrate would do: the same in drizzle-orm 0.29.5 to 0.45.

    It reads the journal and every listed file before the first statement; takes the row with the
    greatest `created_at`, NULLS FIRST, as its mark; and runs, in the order of the list, every entry
    whose `when` is greater. Hashes are written, never compared. The driver decides whether that
    is one transaction, see `project.drivers`.
    What the role may not do stops it where that role is known to deploy. Not modelled: data,
    functions; where they decide, the outcome is unknown.
    """
    if facts.history is None or facts.files is None:
        return unknown("migrate", "the migration folder was not read")
    if (problem := file_problem(facts)) is not None:
        return _stopped(problem, behaviour)
    if facts.schema is None or facts.tracking is None:
        return unknown("migrate", "the database was not seen")
    if behaviour.keeps_its_only_connection and ways_of(facts.tool) is None:
        return unknown("migrate", "this release waits for ever where the driver is `pg`")
    return _with_database(facts, behaviour, engine)


def _with_database(facts: Facts, behaviour: Behaviour, engine: Engine) -> Prediction:
    made = run_pending(facts, engine)
    if isinstance(made, Failed):
        return _failed(made, made.statement, None, behaviour, facts.tool)
    if made is None:
        return unknown("migrate", "it is not known what is pending")
    if made.effect is None or isinstance(made.effect, Undecided):
        return unknown("migrate", _doubt(facts, made))
    if isinstance(made.effect, Failed):
        _, chunk = made.chunks[made.effect.position]
        statement = statement_of(facts, made, made.effect)
        return _failed(made.effect, chunk, statement, behaviour, facts.tool)
    if leaves_file_out(facts, made.effect.schema, engine):
        return _successful(False)
    if is_sqlite(facts.tool) and (harm := _harm_on_sqlite(facts, made)) is not None:
        return harm
    told = _successful(_is_right(facts, made, engine))
    return replace(told, stand_ins=made.effect.stand_ins)


def _harm_on_sqlite(facts: Facts, made: Run) -> Prediction | None:
    """What a run that succeeds leaves out, or takes away."""
    from forensics.adapters.drizzle.commands import on_sqlite
    from forensics.adapters.drizzle.commands.rebuilds import loses_rows

    if on_sqlite.drops_a_statement(facts, made.chunks):
        return _successful(False)
    loses = loses_rows(facts)
    if loses is False:
        return None
    return _losing() if loses else unknown("migrate", MAY_LOSE)


# --- The files ----------------------------------------------------------------------------------


def file_problem(facts: Facts) -> Problem | None:
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
    """For readMigrationFiles a folder in the file's place, too, is a missing file."""
    assert facts.files is not None
    file = facts.files.get(migration.path)
    if file is not None and (file.is_folder or file.outcome is Outcome.ABSENT):
        return _no_file(facts.tool.out, migration.key)
    if file is None or file.outcome is not Outcome.COLLECTED:
        return Problem(Stop.NOT_SEEN, f"{migration.path} was not read")
    return None


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


# --- What success hides -------------------------------------------------------------------------


def _is_right(facts: Facts, made: Run, engine: Engine) -> bool | None:
    """Whether nothing that should have run was left out; `None` where we cannot tell."""
    assert facts.history is not None and facts.files is not None
    state, pending = made.state, made.pending
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
    # Several entries with one timestamp: as many of them are recorded as there are rows with it.
    same = [other for other in facts.history.migrations if other.stamp == migration.stamp]
    return same.index(migration) < sum(row.at == migration.stamp for row in rows)


def _is_in_catalogue(
    facts: Facts, schema: LiveSchema, migration: Migration, engine: Engine
) -> bool | None:
    """Whether the catalogue already shows what a migration makes; `None` where we cannot tell.

    It does if running it would change nothing, or fail because something is there already.
    """
    texts = chunks(facts, migration)
    if texts is None:
        return None
    if (ways := ways_of(facts.tool)) is not None:
        texts = ways.readable(texts)
    effect = engine(schema, texts)
    if isinstance(effect, Failed):
        return _is_there_already(schema, texts, effect)
    if isinstance(effect, Undecided):
        return False if effect.changed else None
    if effect.unseen:
        return None
    return effect == engine(schema, ())


def _is_there_already(schema: LiveSchema, texts: list[str], failed: Failed) -> bool | None:
    """Whether it fails because what it makes exists; an invalid index does not count."""
    if failed.kept or not (failed.exists or failed.sqlstate in _CODES):
        return None
    unusable = (it for table in schema.tables for it in table.index_definitions if not it.usable)
    return not any(it.name in text for it in unusable for text in texts)


# --- Words --------------------------------------------------------------------------------------


def _doubt(facts: Facts, made: Run) -> str:
    if not isinstance(made.effect, Undecided):
        return "the text of a pending migration is not known"
    statement = statement_of(facts, made, made.effect)
    if statement is None:
        return made.effect.why
    return f"{depends(made.effect.why)} (statement {statement.number} of {statement.tag})"


def _successful(right: bool | None) -> Prediction:
    """It says success either way; only the outcome differs."""
    outcome = {
        True: CommandOutcome.PASSES,
        False: CommandOutcome.SILENTLY_WRONG,
        None: CommandOutcome.UNKNOWN,
    }[right]
    why = "whether an older migration that is not recorded was left out" if right is None else ""
    return Prediction(command="migrate", outcome=outcome, exit_code=0, message=SUCCESS, why=why)


MAY_LOSE = (
    "it drops a table that others refer to, and whether foreign keys are enforced then is not known"
)


def _losing() -> Prediction:
    return Prediction(
        command="migrate",
        outcome=CommandOutcome.SILENTLY_WRONG,
        exit_code=0,
        message=SUCCESS,
        destructive=True,
        why="loses rows",
    )


def _stopped(problem: Problem, behaviour: Behaviour) -> Prediction:
    if problem.stop is Stop.NOT_SEEN:
        return unknown("migrate", problem.text)
    message = f"{problem.error_class}: {problem.text}"
    return _blocked(message, TrueError(text=problem.text), behaviour)


def _failed(
    failed: Failed,
    chunk: str,
    statement: SqlStatement | None,
    behaviour: Behaviour,
    tool: ToolUse,
) -> Prediction:
    ways = ways_of(tool)
    message = ways.says(failed) if ways else f"error: {failed.message}"
    if message and behaviour.orm_wraps_errors:
        message = f"DrizzleQueryError: Failed query: {chunk.partition(chr(10))[0]}".rstrip()
    place = statement.place if statement else None
    told = _blocked(message, error_of(failed), behaviour, place)
    return replace(told, stand_ins=failed.stand_ins)


def _blocked(
    message: str, error: TrueError, behaviour: Behaviour, place: StatementPlace | None = None
) -> Prediction:
    printed = "" if behaviour.migrate_hides_errors else message
    told = blocked("migrate", printed, error, code=behaviour.failed_migrate_exit_code)
    return replace(told, statement=place)
