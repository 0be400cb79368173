"""An object exists, but is not valid or not in force, although a migration made it so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forensics.dialects import dialect_of
from forensics.dialects.things import ROW_SECURITY_FORCED
from forensics.facts import (
    Aspect,
    Difference,
    Files,
    History,
    Index,
    LiveSchema,
    MigrationStanding,
    ObjectKind,
    Presence,
    Standing,
    StatementStanding,
    ToolUse,
    TrackingTables,
)
from forensics.model import (
    Artefact,
    Finding,
    Fix,
    InsertRows,
    RunSql,
    Safety,
    Severity,
    TableName,
    Unanswered,
)
from forensics.rules._account import Account, account
from forensics.rules._base import rule
from forensics.rules._baseline import baseline, quoted


@rule(artefact=Artefact.DATABASE_SCHEMA, since="0.2.0")
def invalid_database_object(
    tool: ToolUse,
    history: History,
    files: Files,
    tracking: TrackingTables,
    schema: LiveSchema,
    standing: Standing,
) -> Iterator[Finding | Unanswered]:
    """
    An object exists, but is not valid or not in force, although a migration made it so.

    ## What breaks

    Nothing fails, and that is the danger. An index that is not valid answers no query, and a unique
    one does not keep duplicates out. A constraint that was not validated lets older rows break it.
    A disabled trigger does not fire. Without row level security, or without its policies, every
    role with rights on the table sees other rows than it should. Applying migrations never looks at
    any of this again.

    ## Evidence

    The flags of the catalogue (`indisvalid`, `indisready`, `indislive`, `convalidated`,
    `tgenabled`, `relrowsecurity`, `relforcerowsecurity`) and the list of policies, compared with
    the last statement of the migrations that says something of the object.

    ## Not this

    An index that a session is building right now is not valid either. If a session holds the lock
    that such a build takes, the question stays open until it has ended (VACUUM takes the same
    lock). A migration that says `NOT VALID`, or that itself disables something, wants it so. An
    object that does not exist at all is `schema-drift`, or its migration is pending.

    ## Fix

    For an index: drop it, settle the duplicates, which a query shows, build it again outside a
    transaction, and only then record the migration. For a constraint: settle the rows that break
    it, then validate it. For a trigger, row level security and policies: switch them on or make
    them again, after you know why they are gone.

    ## Fix safety

    Review it. Which of two equal rows is right, no tool can tell. Until it is repaired, do not
    record the migration: that would hide for ever that nothing is enforced.

    ## Prevention

    Keep `CONCURRENTLY` and `COMMIT` out of files that run in a transaction; build such an index by
    itself, and check `indisvalid` afterwards. Declare policies and row level security in the schema
    code, so that no command takes them for superfluous.
    """
    found = account(tool, history, files, tracking, schema, standing)
    if found is None:
        return
    for case in list(_cases(found))[:MOST]:
        if case.index is not None and case.index.maybe_building:
            yield invalid_database_object.unanswered(
                f"whether the index {case.touch.subject} is being built right now: it is not "
                "valid, and a session holds the lock on its table that a build takes",
                "collect the evidence again when no session is at work on the table",
            )
        else:
            yield _finding(found, case)


MOST = 12
"""Objects that are told one by one."""
_PROTECTION = frozenset({ObjectKind.ROW_SECURITY, ObjectKind.POLICY})


@dataclass(frozen=True, slots=True)
class _Case:
    """An object that is not valid, and the last statement that says what it should be."""

    migration: MigrationStanding
    statement: StatementStanding
    touch: Difference
    index: Index | None


def _cases(found: Account) -> Iterator[_Case]:
    last = {
        touch.object: (migration, statement, touch)
        for migration in found.standing.migrations
        for statement in migration.statements
        for touch in statement.touches
    }
    for migration, statement, touch in last.values():
        invalid = touch.aspect is Aspect.INVALID
        if invalid or _is_gone(found, migration, statement, touch):
            yield _Case(migration, statement, touch, _index(found.schema, touch))


def _is_gone(
    found: Account, migration: MigrationStanding, statement: StatementStanding, touch: Difference
) -> bool:
    """Whether a migration that was applied switched a protection on that is not there."""
    if touch.kind not in _PROTECTION or touch.aspect is not Aspect.MISSING:
        return False
    if statement.presence not in (Presence.ABSENT, Presence.PARTLY):
        return False
    position = migration.position
    begun = position <= found.reached and migration.presence is not Presence.ABSENT
    there = any(table.name == touch.name for table in found.schema.tables)
    return there and (position in found.recorded or begun)


def _index(schema: LiveSchema, touch: Difference) -> Index | None:
    if touch.kind is not ObjectKind.INDEX:
        return None
    return next(
        (
            index
            for table in schema.tables
            for index in table.index_definitions
            if TableName(schema=table.name.schema, table=index.name) == touch.name
        ),
        None,
    )


def _finding(found: Account, case: _Case) -> Finding:
    return invalid_database_object.finding(
        severity=_severity(case),
        subject=case.touch.subject,
        title=_title(case),
        root_cause=" ".join(_root_cause(found, case)),
        evidence=found.evidence((case.migration.position,)),
        fix=_fix(found, case),
        paths=(found.migration(case.migration.position).path,),
    )


def _severity(case: _Case) -> Severity:
    """What lets wrong rows in, or shows them to others, is worse than what is slow."""
    if case.touch.kind is ObjectKind.CONSTRAINT:
        return Severity.MEDIUM
    unique = case.index is None or case.index.unique
    return Severity.HIGH if unique else Severity.MEDIUM


# --- In words -----------------------------------------------------------------------------------


def _title(case: _Case) -> str:
    subject, part = case.touch.subject, case.touch.part
    match case.touch.kind:
        case ObjectKind.INDEX:
            unique = case.index is not None and case.index.unique
            what, then = ("Unique index", ": nothing enforces it") if unique else ("Index", "")
            return f"{what} {subject} exists, but is not valid{then}"
        case ObjectKind.CONSTRAINT:
            return f"Constraint {subject} exists, but was not validated"
        case ObjectKind.TRIGGER:
            return f"Trigger {subject} exists, but is disabled"
        case ObjectKind.ROW_SECURITY:
            switch = "not forced" if part == ROW_SECURITY_FORCED else "switched off"
            return f"Row level security of {subject} is {switch}, but {case.migration.tag} set it"
        case _:
            return f"Policy {subject} is gone, but {case.migration.tag} made it"


def _root_cause(found: Account, case: _Case) -> Iterator[str]:
    yield f"The statement is {quoted([(case.migration, case.statement)])}."
    yield from _how(case)
    yield from _after_a_commit(found, case)
    yield _recorded(found, case)


def _how(case: _Case) -> Iterator[str]:
    match case.touch.kind:
        case ObjectKind.INDEX:
            yield (
                f"The catalogue has the index with {_flags(case.index)}: a build of it was begun "
                "and did not end. A build that fails leaves such an index behind."
            )
            if case.index is not None and case.index.unique:
                yield (
                    "Of a unique index the usual reason is that rows with equal keys are there. "
                    "No query uses it, and the duplicates stay."
                )
        case ObjectKind.CONSTRAINT:
            yield (
                "The catalogue has it with convalidated = false: rows that were there before it "
                "were never checked. It was made or changed by hand, with NOT VALID."
            )
        case ObjectKind.TRIGGER:
            yield (
                "The catalogue has it with a tgenabled under which it does not fire: somebody "
                "disabled it, perhaps for a restore or a bulk load, and did not enable it again."
            )
        case _:
            yield (
                "The catalogue does not have it any more: it was taken away by hand, in the "
                "console of a host, by a restore, or by a command that makes the database like "
                "the schema code."
            )


def _flags(index: Index | None) -> str:
    if index is None:
        return "indisvalid = false"
    flags = (("valid", index.valid), ("ready", index.ready), ("live", index.live))
    return " and ".join(f"indis{name} = false" for name, on in flags if not on)


def _after_a_commit(found: Account, case: _Case) -> Iterator[str]:
    statements = case.migration.statements
    number = next((n for n, it in enumerate(statements) if it is case.statement), 0)
    commit = next((n for n, it in enumerate(statements[:number], start=1) if it.commits), None)
    if commit is not None:
        yield (
            f"Statement {commit} of {found.migration(case.migration.position).path} ends the "
            f"transaction that `{found.tool.words.apply}` opened. What stands before it, and the "
            "rows of the migrations that ran before this one, stayed when this statement failed; "
            "the row of this migration was never written."
        )


def _recorded(found: Account, case: _Case) -> str:
    apply, tag = found.tool.words.apply, case.migration.tag
    if case.migration.position in found.recorded:
        return f"{tag} is recorded as applied, so `{apply}` never does it again."
    return f"{tag} is not recorded, so `{apply}` starts it again from its first statement."


# --- The repair ---------------------------------------------------------------------------------


def _fix(found: Account, case: _Case) -> Fix | None:
    steps = dialect_of(found.tool).put_right(case.touch, found.schema, case.statement.text)
    if not steps:
        return None
    last = _then_record(found, case)
    return Fix(
        title=_order(case, recorded=bool(last)),
        steps=(*_built_by(found, case, steps), *last),
        safety=Safety.REVIEW,
        safety_note=_note(found, case),
    )


def _order(case: _Case, *, recorded: bool) -> str:
    if case.touch.kind is not ObjectKind.INDEX:
        return f"Put {case.touch.subject} in force again"
    settle = ", settle the duplicates" if case.index is not None and case.index.unique else ""
    record = f", record {case.migration.tag}" if recorded else ""
    return f"Drop the invalid index {case.touch.subject}{settle}, build it{record}"


def _built_by(found: Account, case: _Case, steps: tuple[RunSql, ...]) -> tuple[RunSql, ...]:
    """Without the last step where the tool itself builds the index, with all of its migration."""
    return steps[:-1] if _is_left_to_the_tool(found, case) else steps


def _is_left_to_the_tool(found: Account, case: _Case) -> bool:
    pending = case.migration.position not in found.recorded
    whole = case.migration.presence is Presence.ABSENT
    return pending and whole and case.touch.kind is ObjectKind.INDEX


def _then_record(found: Account, case: _Case) -> tuple[RunSql, ...]:
    """The row of the migration, where this index is all that it lacks."""
    migration = case.migration
    if case.index is None or migration.position in found.recorded:
        return ()
    lacking = [it for it in migration.statements if it.presence in _LACKS]
    rows = any(it.rows for it in migration.statements)
    if lacking != [case.statement] or migration.presence is Presence.ABSENT or rows:
        return ()
    if found.missing or (whole := baseline(found, (migration.position,))) is None:
        return ()
    recorded = (
        dialect_of(found.tool).record(step, case.touch.name)
        for step in whole.steps
        if isinstance(step, InsertRows)
    )
    return tuple(step for step in recorded if step is not None)


_LACKS = (Presence.ABSENT, Presence.PARTLY)


def _note(found: Account, case: _Case) -> str:
    apply, tag = found.tool.words.apply, case.migration.tag
    if case.touch.kind is ObjectKind.INDEX:
        then = (
            f"Run `{apply}` afterwards: it builds the index."
            if _is_left_to_the_tool(found, case)
            else "Each statement runs by itself, outside any transaction."
        )
        return (
            f"In this order, and not further than where one fails. {then} Do not record {tag} "
            "before the index is valid: nothing would ever build it again."
        )
    if case.touch.kind is ObjectKind.CONSTRAINT:
        return "Validating reads the whole table, and lets others read and write meanwhile."
    if case.touch.kind is ObjectKind.TRIGGER:
        return "Find out first why it was disabled, and what it would have done since."
    return "Find out first who took it away: the application may have come to rely on it."
