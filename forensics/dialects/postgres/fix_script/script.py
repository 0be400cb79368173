"""The database steps of a fix as one guarded transaction, and its exact inverse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec.structs
from psycopg.sql import Composable

from forensics.dialects.base import ScriptOptions
from forensics.dialects.postgres.fix_script.change import Change
from forensics.dialects.postgres.fix_script.guards import Check, checked
from forensics.dialects.postgres.fix_script.quoting import comment
from forensics.dialects.postgres.fix_script.rows import inserting, updating
from forensics.dialects.postgres.fix_script.surroundings import (
    Surroundings,
    Touched,
    guards,
)
from forensics.dialects.postgres.fix_script.tables import moving, renaming
from forensics.model import (
    DatabaseStep,
    InsertRows,
    MoveTable,
    RenameTable,
    Seen,
    SeenTable,
    Step,
    TableName,
    UpdateRow,
)

# READ COMMITTED: what was committed while we waited for a lock is seen, whatever the default of the
# database is. The search path leads to nothing that a user could have made.
_OPENING = """\
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = '5s';
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL row_security = off;
"""
_FIRST = (
    "Guards: the right database, tables as they were examined, and nothing runs with your rights "
    "that was not seen and read."
)


def fix_script(steps: Iterable[Step], options: ScriptOptions) -> str:
    """One transaction that applies the database steps, in ASCII; empty where there are none.

    Run a second time, or after somebody changed what it touches, it changes nothing and says why.
    Raises `UnsafeName` for a name that PostgreSQL cannot hold.
    """
    seen = options.seen
    changes = [_change(step) for step in steps if isinstance(step, DatabaseStep)]
    there = {name: seen.get(name) if seen else None for name in _found_as(changes).values()}
    around = _around(changes, there, seen)
    return _script(changes, around, options)


def undo_script(steps: Iterable[Step], options: ScriptOptions) -> str:
    """The inverse of `fix_script` for the same steps: last step first, guarded just the same."""
    seen = options.seen
    made = [step for step in steps if isinstance(step, DatabaseStep)]
    changes = [_change(step) for step in made]
    inverse = [_change(step, undo=True) for step in reversed(made)]
    there = {
        now: _seen_later(seen.get(before) if seen else None, now)
        for now, before in _found_as(changes).items()
    }
    # What the fix itself made has nothing attached to it.
    there |= {
        it.table: SeenTable(table=it.table, owner=it.owner) for it in changes if it.makes_table
    }
    around = _around(inverse, there, seen)
    return _script(inverse, around, msgspec.structs.replace(options, accepted=False))


def acting(steps: Iterable[Step]) -> str:
    """The statements of `fix_script` that change something, without the guards around them."""
    changes = (_change(step) for step in steps if isinstance(step, DatabaseStep))
    return "\n".join(comment(change.title) + change.acts for change in changes)


def _change(step: DatabaseStep, *, undo: bool = False) -> Change:
    match step:
        case RenameTable():
            return renaming(step, undo=undo)
        case MoveTable():
            return moving(step, undo=undo)
        case UpdateRow():
            return updating(step, undo=undo)
        case InsertRows():
            return inserting(step, undo=undo)


# --- What exists when a script begins ---------------------------------------------------------


def _found_as(changes: Sequence[Change]) -> dict[TableName, TableName]:
    """The names of all tables after the changes, each with the one that it had before them."""
    names: dict[TableName, TableName] = {}
    made = set()
    for change in changes:
        if change.makes_table:
            made.add(change.table)
        elif change.table not in made:
            names[change.after] = names.pop(change.table, change.table)
    return names


def _around(
    changes: Sequence[Change], there: dict[TableName, SeenTable | None], seen: Seen | None
) -> Surroundings:
    names = dict.fromkeys(_found_as(changes).values())
    triggers = seen.event_triggers if seen else ()
    return Surroundings(
        tables=tuple(Touched(table=name, seen=there.get(name)) for name in names),
        event_triggers=triggers if any(change.fires for change in changes) else None,
        looked=seen is not None,
    )


def _seen_later(seen: SeenTable | None, now: TableName) -> SeenTable | None:
    """What was seen of a table, under the name that it has after the fix."""
    if seen is None:
        return None
    stays = now.schema == seen.table.schema
    return msgspec.structs.replace(
        seen, table=now, schema_owner=seen.schema_owner if stays else None
    )


def _script(changes: Sequence[Change], around: Surroundings, options: ScriptOptions) -> str:
    if not changes:
        return ""
    header = options.header
    opening = comment(*header) + "\n" + _OPENING if header else _OPENING
    early, late = _checks(changes)
    first = guards(around, early, accepted=options.accepted, database=options.database)
    there = {each.table.schema for each in around.tables}
    parts = [
        comment(f"{number}. {change.title}")
        + checked(checks)
        + ("" if change.after.schema in there else change.schema)
        + change.statements
        for number, (change, checks) in enumerate(zip(changes, late, strict=True), start=1)
    ]
    return "\n".join([opening, comment(_FIRST) + first, *parts, "COMMIT;\n"])


def _checks(changes: Sequence[Change]) -> tuple[list[Composable], list[list[Check]]]:
    """What is checked before the first step, and what each step can check only when it begins.

    Rows that an earlier step changed are the latter. Names in a schema where an earlier step moved
    something are not checked: PostgreSQL itself refuses one that is taken or missing.
    """
    early: list[Composable] = []
    late: list[list[Check]] = []
    names: dict[TableName, TableName] = {}
    moved: set[str] = set()
    changed: set[TableName] = set()
    for change in changes:
        late.append([it for it in change.checks if it.of_rows and it.relation in changed])
        for check in change.checks:
            if check.of_rows and check.relation not in changed:
                early.append(check.query(names.get(check.relation, check.relation)))
            elif not check.of_rows and check.relation.schema not in moved:
                early.append(check.query(check.relation))
        names[change.after] = names.pop(change.table, change.table)
        if change.fires:
            moved |= {change.table.schema, change.after.schema}
        if change.changes_rows or change.table in changed:
            changed.add(change.after)
    return early, late
