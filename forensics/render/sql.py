"""The database steps of a fix as one guarded transaction, and its exact inverse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from msgspec.structs import replace as replace_seen
from psycopg.sql import SQL, Composable

from forensics.model import (
    Cell,
    InsertRows,
    MoveTable,
    NewColumn,
    NewRow,
    RenameTable,
    Scalar,
    Seen,
    SeenTable,
    Step,
    TableName,
    UpdateRow,
)
from forensics.render import _guards as guard
from forensics.render._attached import Surroundings, Touched, nothing_unseen
from forensics.render._characters import one_line
from forensics.render._wrap import wrapped
from forensics.tracking.moves import renamed

__all__ = ["UnsafeName", "fix_sql", "rollback_sql"]

UnsafeName = guard.UnsafeName

# READ COMMITTED: what was committed while we waited for a lock is seen, whatever the default of the
# database is. The search path leads to nothing that a user could have made.
_OPENING = """\
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = '5s';
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL row_security = off;
"""
_FIRST = "First: nothing may run with your rights that was not seen, and read."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rename:
    table: TableName
    to: str
    rows: int
    sequence: tuple[str, str] | None
    primary_key: tuple[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    table: TableName
    to_schema: str
    rows: int
    newest: tuple[str, int] | None
    undo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Update:
    table: TableName
    column: str
    before: Scalar
    after: Scalar
    where: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Insert:
    table: TableName
    rows: tuple[NewRow, ...]
    identity: tuple[str, ...]
    held: int | None
    owner: str | None
    columns: tuple[NewColumn, ...]
    undo: bool = False


_Change = _Rename | _Move | _Update | _Insert


def fix_sql(
    steps: Iterable[Step],
    header: Sequence[str] = (),
    *,
    seen: Seen | None = None,
    accepted: bool = False,
) -> str:
    """One transaction that applies the database steps, in ASCII; empty where there are none.

    `header` are sentences for the comment at the top, of any content. Run a second time, or after
    somebody changed what it touches, the script changes nothing and says why. It refuses what may
    run code, such as a trigger, unless that is in `seen` and `accepted`: the reader's decision.
    Raises `UnsafeName` for a name that PostgreSQL cannot hold.
    """
    changes = _changes(steps)
    there = {name: seen.get(name) if seen else None for name in _found_as(changes).values()}
    return _script(changes, header, _around(changes, there, seen), accepted=accepted)


def rollback_sql(
    steps: Iterable[Step], header: Sequence[str] = (), *, seen: Seen | None = None
) -> str:
    """The inverse of `fix_sql` for the same steps: last step first, guarded just the same."""
    changes = _changes(steps)
    inverse = [_inverse(change) for change in reversed(changes)]
    there = {
        now: _seen_later(seen.get(before) if seen else None, now)
        for now, before in _found_as(changes).items()
    }
    there |= {it.table: _as_made(it) for it in changes if _makes_a_table(it)}
    return _script(inverse, header, _around(inverse, there, seen), accepted=False)


# --- What is there when a script begins ---------------------------------------------------------


def _found_as(changes: Sequence[_Change]) -> dict[TableName, TableName]:
    """The names of all tables after the changes, each with the one that it had before them."""
    names: dict[TableName, TableName] = {}
    made = set()
    for change in changes:
        if _makes_a_table(change):
            made.add(change.table)
        elif change.table not in made:
            before = names.pop(change.table, change.table)
            names[_after(change)] = before
    return names


def _after(change: _Change) -> TableName:
    match change:
        case _Rename(table=table, to=to):
            return TableName(schema=table.schema, table=to)
        case _Move(table=table, to_schema=schema):
            return TableName(schema=schema, table=table.table)
        case _:
            return change.table


def _around(
    changes: Sequence[_Change], there: dict[TableName, SeenTable | None], seen: Seen | None
) -> Surroundings:
    fires = any(isinstance(it, _Rename | _Move) or _makes_a_table(it, undo=True) for it in changes)
    names = dict.fromkeys(_found_as(changes).values())
    triggers = seen.event_triggers if seen else ()
    return Surroundings(
        tables=tuple(Touched(table=name, seen=there.get(name)) for name in names),
        event_triggers=triggers if fires else None,
        looked=seen is not None,
    )


def _makes_a_table(change: _Change, *, undo: bool = False) -> bool:
    return isinstance(change, _Insert) and change.held is None and (undo or not change.undo)


def _seen_later(seen: SeenTable | None, now: TableName) -> SeenTable | None:
    """What was seen of a table, under the name that it has after the fix."""
    if seen is None:
        return None
    stays = now.schema == seen.table.schema
    return replace_seen(seen, table=now, schema_owner=seen.schema_owner if stays else None)


def _as_made(change: _Change) -> SeenTable:
    """The fix itself made it: nothing is attached to it."""
    owner = change.owner if isinstance(change, _Insert) else None
    return SeenTable(table=change.table, owner=owner)


# --- From steps to changes, and back ------------------------------------------------------------


def _changes(steps: Iterable[Step]) -> list[_Change]:
    changes: list[_Change] = []
    for step in steps:
        match step:
            case RenameTable():
                changes.append(_rename(step))
            case MoveTable(table=table, to_schema=schema, rows=rows, newest=newest):
                changes.append(_Move(table=table, to_schema=schema, rows=rows, newest=newest))
            case UpdateRow():
                changes.append(_update(step))
            case InsertRows():
                changes.append(_insert(step))
            case _:
                continue
    return changes


def _rename(step: RenameTable) -> _Rename:
    names = renamed(step)
    return _Rename(
        table=step.table,
        to=step.to,
        rows=step.rows,
        sequence=names.sequence,
        primary_key=names.primary_key,
    )


def _update(step: UpdateRow) -> _Update:
    return _Update(
        table=step.table,
        column=step.column,
        before=step.before,
        after=step.after,
        where=step.where,
    )


def _insert(step: InsertRows) -> _Insert:
    return _Insert(
        table=step.table,
        rows=step.rows,
        identity=step.identity,
        held=step.held,
        owner=step.owner,
        columns=step.columns,
    )


def _inverse(change: _Change) -> _Change:
    match change:
        case _Rename(table=table, to=to, sequence=sequence, primary_key=key):
            return replace(
                change,
                table=TableName(schema=table.schema, table=to),
                to=table.table,
                sequence=None if sequence is None else (sequence[1], sequence[0]),
                primary_key=None if key is None else (key[1], key[0]),
            )
        case _Move(table=table, to_schema=schema):
            moved = TableName(schema=schema, table=table.table)
            return replace(change, table=moved, to_schema=table.schema, undo=True)
        case _Update(before=before, after=after):
            return replace(change, before=after, after=before)
        case _Insert():
            return replace(change, undo=True)


# --- From changes to text -----------------------------------------------------------------------


def _script(
    changes: Sequence[_Change], header: Sequence[str], around: Surroundings, *, accepted: bool
) -> str:
    if not changes:
        return ""
    opening = _comment(*header) + "\n" + _OPENING if header else _OPENING
    parts = [
        _comment(f"{number}. {_title(change)}") + _statements(change)
        for number, change in enumerate(changes, start=1)
    ]
    first = _comment(_FIRST) + nothing_unseen(around, accepted=accepted)
    return "\n".join([opening, first, *parts, "COMMIT;\n"])


def _comment(*lines: str) -> str:
    """Comment lines that nothing can leave: ASCII, unseen characters as visible escapes."""
    plain = (one_line(line).encode("ascii", "backslashreplace").decode() for line in lines)
    return "".join(
        f"-- {part}".rstrip() + "\n" for line in plain for part in wrapped(line, 92) or [""]
    )


def _title(change: _Change) -> str:
    match change:
        case _Rename(table=table, to=to, rows=rows):
            return f"Rename {table}, which holds {rows} rows, to {to}."
        case _Move(table=table, to_schema=to_schema, rows=rows):
            return f"Move {table} with its {rows} rows, ids and sequence into schema {to_schema}."
        case _Update(table=table, column=column, after=after, where=where):
            found = _in_words(where)
            return f"Set the {column} that {table} records for {found} to {_said(after)}."
        case _Insert(table=table, rows=rows, undo=undo):
            keys = ", ".join(row.key for row in rows)
            return f"Remove {keys} from {table} again." if undo else f"Record {keys} in {table}."


def _in_words(cells: Sequence[Cell]) -> str:
    return " and ".join(f"{column} {_said(value)}" for column, value in cells)


def _said(value: Scalar) -> str:
    return "NULL" if value is None else str(value)


def _statements(change: _Change) -> str:
    match change:
        case _Rename():
            return _rename_statements(change)
        case _Move():
            return _move_statements(change)
        case _Update():
            return _update_statements(change)
        case _Insert():
            return _removal_statements(change) if change.undo else _insert_statements(change)


def _rename_statements(change: _Rename) -> str:
    table, schema = change.table, change.table.schema
    renamed = TableName(schema=schema, table=change.to)
    guards: list[Composable] = [guard.locked(table), guard.counted(table, change.rows)]
    guards.append(guard.free(renamed))
    statements = [
        SQL("ALTER TABLE {} RENAME TO {};\n").format(guard.table_name(table), guard.name(change.to))
    ]
    if change.sequence is not None:
        old, new = (TableName(schema=schema, table=name) for name in change.sequence)
        guards += [guard.present(old), guard.free(new)]
        rename = SQL("ALTER SEQUENCE {} RENAME TO {};\n")
        statements.append(rename.format(guard.table_name(old), guard.name(new.table)))
    if change.primary_key is not None:
        old, new = (TableName(schema=schema, table=name) for name in change.primary_key)
        guards += [guard.present(old), guard.free(new)]
        rename = SQL("ALTER TABLE {} RENAME CONSTRAINT {} TO {};\n")
        parts = (guard.table_name(renamed), guard.name(old.table), guard.name(new.table))
        statements.append(rename.format(*parts))
    return guard.block(guards) + "".join(statement.as_string(None) for statement in statements)


def _move_statements(change: _Move) -> str:
    guards: list[Composable] = [
        guard.locked(change.table),
        guard.counted(change.table, change.rows),
    ]
    if change.newest is not None:
        guards.append(guard.newest(change.table, *change.newest))
    guards.append(guard.free(TableName(schema=change.to_schema, table=change.table.table)))
    if change.undo:
        guards.append(guard.schema_present(change.to_schema))
    else:
        guards.append(guard.schema_made(change.to_schema, change.table))
    move = SQL("ALTER TABLE {} SET SCHEMA {};\n").format(
        guard.table_name(change.table), guard.name(change.to_schema)
    )
    cleanup = guard.schema_unmade(change.table.schema) if change.undo else ""
    return guard.block(guards) + move.as_string(None) + cleanup


def _update_statements(change: _Update) -> str:
    meant = (*change.where, (change.column, change.before))
    found = SQL(" AND ").join(
        SQL("{} IS NOT DISTINCT FROM {}").format(guard.column(column), guard.scalar(value))
        for column, value in meant
    )
    update = SQL("  UPDATE {} SET {} = {}\n    WHERE {};\n").format(
        guard.table_name(change.table),
        guard.column(change.column),
        guard.scalar(change.after),
        found,
    )
    what = f"{_in_words(change.where)} and the expected {change.column} in {change.table}"
    return guard.block([guard.locked(change.table), update, guard.updated_once(what)])


def _insert_statements(change: _Insert) -> str:
    """The rows as the tool writes them, in the order of the list."""
    table, columns = change.table, tuple(column for column, _ in change.rows[0].cells)
    if change.held is None:
        opening = guard.block(
            [guard.free(table), *guard.schema_made_for(table.schema, change.owner)]
        ) + guard.tracking_table_made(table, change.columns, change.owner)
        guards: list[Composable] = [guard.locked(table), guard.counted(table, 0)]
    else:
        opening, guards = "", [guard.locked(table), guard.counted(table, change.held)]
    insert = SQL("  INSERT INTO {} ({}) VALUES\n{};\n")
    guards += [
        guard.none_of(table, change.identity, _values(change.rows, change.identity)),
        insert.format(
            guard.table_name(table), guard.columns(columns), _values(change.rows, columns)
        ),
        guard.changed(len(change.rows), f"rows added to {table}"),
    ]
    return opening + guard.block(guards)


def _removal_statements(change: _Insert) -> str:
    table, count = change.table, len(change.rows)
    delete = SQL("  DELETE FROM {} WHERE ({}) IN (VALUES\n{});\n")
    guards: list[Composable] = [
        guard.locked(table),
        guard.counted(table, count + (change.held or 0)),
        delete.format(
            guard.table_name(table),
            guard.columns(change.identity),
            _values(change.rows, change.identity),
        ),
        guard.changed(count, f"rows removed from {table}"),
    ]
    if change.held is not None:
        return guard.block(guards)
    drop = SQL("DROP TABLE {};\n").format(guard.table_name(table)).as_string(None)
    return guard.block(guards) + drop + guard.schema_unmade(table.schema)


def _values(rows: Sequence[NewRow], columns: Sequence[str]) -> Composable:
    """The cells of these columns, a line for each row."""
    cells = [dict(row.cells) for row in rows]
    return SQL(",\n").join(
        SQL("    ({})").format(SQL(", ").join(guard.scalar(row[column]) for column in columns))
        for row in cells
    )
