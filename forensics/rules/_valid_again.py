"""What exists but is not valid, or not in force, and how a person makes it so again."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from forensics.dialects import dialect_of
from forensics.facts import (
    Aspect,
    Difference,
    Index,
    LiveSchema,
    MigrationStanding,
    ObjectKind,
    Presence,
    StatementStanding,
)
from forensics.model import Fix, InsertRows, RunSql
from forensics.rules._account import Account
from forensics.rules._baseline import baseline

PROTECTION = frozenset({ObjectKind.ROW_SECURITY, ObjectKind.POLICY})
"""Kinds of objects that keep rows from others: without one, everything seems to work."""


class Case(msgspec.Struct, frozen=True):
    """An object that is not valid, and the last statement that says what it should be."""

    migration: MigrationStanding
    statement: StatementStanding
    touch: Difference
    index: Index | None

    @property
    def may_be_building(self) -> bool:
        """Whether a session may be building it right now."""
        return self.index is not None and self.index.maybe_building


def cases(found: Account) -> Iterator[Case]:
    """Every object that the last statement about it made valid, and that is not."""
    last = {
        touch.object: (migration, statement, touch)
        for migration in found.standing.migrations
        for statement in migration.statements
        for touch in statement.touches
    }
    for migration, statement, touch in last.values():
        invalid = touch.aspect is Aspect.INVALID
        if invalid or _is_gone(found, migration, statement, touch):
            yield Case(migration, statement, touch, _index(found.schema, touch))


def _is_gone(
    found: Account, migration: MigrationStanding, statement: StatementStanding, touch: Difference
) -> bool:
    """Whether a migration that was applied switched a protection on that is not there."""
    if touch.kind not in PROTECTION or touch.aspect is not Aspect.MISSING:
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
    home = (it for it in schema.tables if it.name.schema == touch.name.schema)
    indexes = (index for table in home for index in table.index_definitions)
    return next((it for it in indexes if it.name == touch.name.table), None)


# --- The fix ---------------------------------------------------------------------------------


def repair(found: Account, case: Case) -> Fix | None:
    """The steps in their order; `None` where the catalogue does not tell them."""
    steps = dialect_of(found.tool).put_right(case.touch, found.schema, case.statement.text)
    if not steps:
        return None
    last = _then_record(found, case)
    return Fix(
        title=_order(case, recorded=bool(last)),
        steps=(*_built_by(found, case, steps), *last),
        safety_note=_note(found, case),
    )


def _order(case: Case, *, recorded: bool) -> str:
    if case.touch.kind is not ObjectKind.INDEX:
        return f"Put {case.touch.subject} in force again"
    settle = ", settle the duplicates" if case.index is not None and case.index.unique else ""
    record = f", record {case.migration.tag}" if recorded else ""
    return f"Drop the invalid index {case.touch.subject}{settle}, build it{record}"


def _built_by(found: Account, case: Case, steps: tuple[RunSql, ...]) -> tuple[RunSql, ...]:
    """Without the last step where the tool itself builds the index, with all of its migration.

    Only that can be tried: else it would be gone for good.
    """
    if not _is_left_to_the_tool(found, case):
        return steps
    first, *others = steps[:-1]
    return (replace(first, removes=case.touch.name), *others)


def _is_left_to_the_tool(found: Account, case: Case) -> bool:
    pending = case.migration.position not in found.recorded
    whole = case.migration.presence is Presence.ABSENT
    return pending and whole and case.touch.kind is ObjectKind.INDEX


def _then_record(found: Account, case: Case) -> tuple[RunSql, ...]:
    """The row of the migration, where this index is all that it lacks."""
    migration = case.migration
    if case.index is None or migration.position in found.recorded:
        return ()
    at = (migration.position,)
    lacking = [it for _, it in (*found.lacking(at), *found.may_lack(at))]
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


def _note(found: Account, case: Case) -> str:
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
