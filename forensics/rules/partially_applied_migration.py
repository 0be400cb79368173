"""Only some statements of a migration took effect in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import structs

from forensics.dialects import dialect_of
from forensics.facts import Facts, MigrationStanding, Presence, StatementStanding, ToolUse
from forensics.model import Artefact, Finding, Fix, Severity
from forensics.rules._account import Account, is_prefix, passes_again, presences
from forensics.rules._base import rule
from forensics.rules._baseline import baseline, quoted
from forensics.rules._drivers import left_by_driver
from forensics.rules._halfway import both_ways
from forensics.rules._valid_again import Case, cases, repair


@rule(artefact=Artefact.DATABASE_SCHEMA, since="0.1.0")
def partially_applied_migration(found: Account, facts: Facts) -> Iterator[Finding]:
    """
    Only some statements of a migration took effect in the database.

    ## What breaks

    Applying the migration starts again at its first statement and fails, because the object already
    exists. Statements with `IF NOT EXISTS` pass; statements on rows would run a second time.

    ## Evidence

    The effect of every statement in the catalogue: present up to one statement and absent from the
    next, or present for most of them.

    ## Not this

    If all effects exist and no row does, it is `tracking-rows-missing`. Single objects that exist
    out of order were made by hand: `schema-drift`. If everything that exists was made with `IF NOT
    EXISTS`, applying the migration passes and makes the rest. PostgreSQL rolls back a failed
    transaction as a whole, so a partial migration comes from elsewhere: SQL run by hand, a driver
    that sends every statement by itself, or a `COMMIT` in the file. MySQL and MariaDB commit each
    change of the schema at once, so there every failed migration leaves its first statements.

    ## Fix

    Either undo the first statements and apply the migration as a whole, or run the remaining ones
    by hand and then record it. It depends on the rows that were written in between. On PostgreSQL
    nothing is recommended; the script under Alternatives is for after that decision. On MySQL both
    ways are scripts: the first refuses to drop a table or column that has rows by now, the second
    records the migration only if all of its effects are there. Either way, correct what made the
    statement fail.

    ## Fix safety

    Needs a decision: a statement on rows among them may have run, and no catalogue shows that. A
    script for MySQL checks before each change, and cannot take back the changes before one that
    fails; between a check and the change behind it, another session may write.

    ## Prevention

    Let only the migration tool apply migrations, and keep `COMMIT` and `CONCURRENTLY` out of the
    files. Where a failed run is not rolled back, put one change of the schema into a migration.
    """
    if found.partial is None or found.unread:
        return
    migration = found.standing.migrations[found.partial]
    invalid = [case for case in cases(found) if case.migration is migration]
    if any(case.may_be_building for case in invalid):
        return  # perhaps it is being applied right now, which `invalid-database-object` asks
    if not all(map(passes_again, _there(migration))):
        yield _finding(found, migration, invalid, facts)


def _there(migration: MigrationStanding) -> list[StatementStanding]:
    there = (Presence.PRESENT, Presence.PARTLY)
    return [it for it in migration.statements if it.presence in there]


def _finding(
    found: Account, migration: MigrationStanding, invalid: Sequence[Case], facts: Facts
) -> Finding:
    path = found.migration(migration.position).path
    whole = baseline(found, (*found.missing, migration.position))
    ways = both_ways(found, migration, facts, whole)
    after = (_after_the_rest(whole, migration, path),) if whole and not invalid else ()
    own = (_once_valid(found, migration, invalid),)
    return partially_applied_migration.finding(
        severity=Severity.HIGH,
        subject=migration.tag,
        title=f"{migration.tag} is in the database only in part",
        root_cause=_root_cause(migration, found.tool),
        evidence=found.evidence((migration.position,)),
        fix=(ways or own)[0],
        alternatives=ways[1:] if ways else after,
        counterfactual=whole.steps if whole and not ways else (),
        paths=(path,),
    )


def _once_valid(
    found: Account, migration: MigrationStanding, invalid: Sequence[Case]
) -> Fix | None:
    """How to go on where one object that is not valid is all that it lacks."""
    lacking = [it for it in migration.statements if it.presence in _LACKS]
    if len(invalid) != 1 or lacking != [invalid[0].statement]:
        return None
    return repair(found, invalid[0])


_LACKS = (Presence.ABSENT, Presence.PARTLY)


def _after_the_rest(whole: Fix, migration: MigrationStanding, path: str) -> Fix:
    numbers = [
        str(number)
        for number, it in enumerate(migration.statements, start=1)
        if it.presence is not Presence.PRESENT
    ]
    note = (
        f"Only after statement {', '.join(numbers)} of {path} were run by hand, in this order, and "
        "passed; those on rows only if they did not run before. Any earlier it would hide for ever "
        "what is missing."
    )
    return structs.replace(
        whole,
        title=f"Run the rest of {migration.tag} by hand, then record it",
        safety_note=f"{note} {whole.safety_note}",
    )


def _root_cause(migration: MigrationStanding, tool: ToolUse) -> Iterator[str]:
    done = [it for it in migration.statements if it.presence is Presence.PRESENT]
    rest = [it for it in migration.statements if it.presence in _LACKS]
    told = (it for it in migration.statements if not it.commits)
    open_ = [it for it in told if it.presence is Presence.UNDECIDABLE]
    total = len(migration.statements)
    yield (
        f"Of {total} statements {len(done)} took effect according to the catalogue, {len(rest)} "
        "did not, and no tracking table records the migration."
    )
    yield f"In the database: {quoted([(migration, it) for it in done])}."
    yield f"Left to run: {quoted([(migration, it) for it in rest])}."
    if open_:
        yield (
            "No catalogue shows whether these ran, so decide that by hand: "
            f"{quoted([(migration, it) for it in open_])}."
        )
    if not is_prefix(presences(migration)):
        yield (
            "The effects are not those of its first statements, so no "
            f"`{tool.words.apply}` that stopped half-way left them: SQL was run by hand"
            + (f", or `{tool.words.sync}` made them." if tool.words.sync else ".")
        )
    elif (commit := _commit(migration)) is not None:
        yield (
            f"Statement {commit} ends the transaction that `{tool.words.apply}` opened: what "
            "stands before it stayed when a later statement failed, and each of those after it "
            "ran by itself. The row of this migration was never written."
        )
    elif left := left_by_driver(tool):
        yield left
    elif (dialect := dialect_of(tool)).transactional_ddl:
        yield (
            f"{dialect.title} rolls back a failed `{tool.words.apply}` as a whole if it is one "
            "transaction. So SQL was run by hand, or without a transaction, or the file ends its "
            "transaction itself."
        )


def _commit(migration: MigrationStanding) -> int | None:
    """The number of a statement before the first that is lacking, which ends the transaction."""
    for number, statement in enumerate(migration.statements, start=1):
        if statement.commits:
            return number
        if statement.presence in _LACKS:
            return None
    return None
