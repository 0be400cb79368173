"""The database steps of a fix as guarded statements, for dialects without anonymous blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from forensics.dialects.base import ScriptOptions, UnsafeName
from forensics.model import (
    Cell,
    DatabaseStep,
    DeletedRow,
    InsertRows,
    RenameTable,
    Scalar,
    Step,
    TableName,
    UpdateRow,
)
from forensics.model.characters import one_line


class Check(NamedTuple):
    """What must hold before what follows, in words and as SQL."""

    what: str
    holds: str


Part = Check | str
"""A check, or a statement without its semicolon that changes something."""


def comment(sentence: str) -> str:
    """A line that no server reads, in ASCII."""
    return f"-- {one_line(sentence)}".encode("ascii", "backslashreplace").decode("ascii")


def safe(name: str) -> str:
    """The name of a table that a script can hold. Raises `UnsafeName`."""
    if not name or not name.isprintable() or not name.isascii():
        raise UnsafeName(
            f"A script cannot hold the name {one_line(name[:80])!r}: make the change by hand."
        )
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """The scripts of one dialect; its words come first. All of them raise `UnsafeName`."""

    same: str
    """The operator that takes two NULLs for equal."""
    count: str
    """As this dialect spells COUNT(*)."""
    apart: str
    """What stands between VALUES and a row, and behind the comma between two rows."""
    one: str
    """Behind a DELETE of one row."""
    quoted: Callable[[str], str]
    literal: Callable[[Scalar], str]
    name: Callable[[str], str]
    """A table as SQL."""
    is_table: Callable[[str], str]
    has_no_trigger: Callable[[str], str]
    is_free: Callable[[str], str]
    none: Callable[[str, str], str]
    """A table as SQL has no row that meets a condition."""
    renaming: Callable[[str, str], str]
    rows: Callable[[int], str]
    """A number of rows in words."""
    check: Callable[[str, str], str]
    act: Callable[[str], str]
    script: Callable[[Sequence[str], ScriptOptions], str]
    """The steps as one script; empty where there are none."""

    def fix_script(self, steps: Iterable[Step], options: ScriptOptions) -> str | None:
        """One script, in ASCII; empty without steps, `None` for one that it cannot guard."""
        return self._script(steps, options, undo=False)

    def undo_script(self, steps: Iterable[Step], options: ScriptOptions) -> str | None:
        """The inverse of `fix_script` for the same steps."""
        return self._script(reversed(tuple(steps)), options, undo=True)

    def acting(self, steps: Iterable[Step]) -> str:
        """The statements of `fix_script` that change something, without the guards around them."""
        parts = (it for step in steps for it in self._parts(step, undo=False) or ())
        return "\n".join(f"{it};" for it in parts if isinstance(it, str))

    def written(self, parts: Iterable[Part]) -> str:
        """The parts of one step as text."""
        return "".join(self.act(it) if isinstance(it, str) else self.check(*it) for it in parts)

    def _script(self, steps: Iterable[Step], options: ScriptOptions, *, undo: bool) -> str | None:
        made = [self._parts(it, undo=undo) for it in steps if isinstance(it, DatabaseStep)]
        known = [self.written(it) for it in made if it is not None]
        return self.script(known, options) if len(known) == len(made) else None

    def _parts(self, step: Step, *, undo: bool) -> tuple[Part, ...] | None:
        match step:
            case UpdateRow(before=before, after=after):
                old, new = (after, before) if undo else (before, after)
                return tuple(self._updated(step, old, new))
            case InsertRows():
                return tuple(self.removed(step) if undo else self.inserted(step))
            case RenameTable(table=table, to=to):
                renamed = TableName(schema=table.schema, table=to)
                old_name, new_name = (renamed, table) if undo else (table, renamed)
                return tuple(self._renamed(old_name, new_name, step.rows))
            case _:
                return None

    # --- Bare statements --------------------------------------------------------------------------

    def deleting(self, row: DeletedRow) -> str:
        """The statement that removes a row, by all that is known of it."""
        where = self._meant(row.cells)
        return f"DELETE FROM {self.name(row.table.table)} WHERE {where}{self.one};"

    def overwriting(self, step: UpdateRow) -> str:
        """The statement that overwrites a cell, by all that is known of its row."""
        return f"{self._update(step, step.before, step.after)};"

    def dropping(self, table: TableName) -> tuple[str]:
        """The statement that drops a table; there is no schema to drop it with."""
        return (f"DROP TABLE {self.name(table.table)};",)

    def _meant(self, cells: Iterable[Cell], between: str = " AND ") -> str:
        tests = (f"{self.quoted(name)} {self.same} {self.literal(it)}" for name, it in cells)
        return between.join(tests)

    def _update(self, step: UpdateRow, before: Scalar, after: Scalar) -> str:
        meant = self._meant((*step.where, (step.column, before)))
        set_ = f"{self.quoted(step.column)} = {self.literal(after)}"
        return f"UPDATE {self.name(step.table.table)} SET {set_} WHERE {meant}"

    # --- Guarded steps ----------------------------------------------------------------------------

    def _checked(self, table: TableName) -> Iterator[Check]:
        """An ordinary table without triggers, which would run what nobody has read."""
        yield Check(f"{table} is a table", self.is_table(table.table))
        yield Check(f"{table} has no trigger", self.has_no_trigger(table.table))

    def _counted(self, table: TableName, rows: int) -> Check:
        counted = f"(SELECT {self.count} FROM {self.name(table.table)}) = {rows}"
        return Check(f"{table} has {self.rows(rows)}", counted)

    def _free(self, table: TableName) -> Check:
        return Check(f"nothing is called {table}", self.is_free(table.table))

    def _updated(self, step: UpdateRow, before: Scalar, after: Scalar) -> Iterator[Part]:
        yield from self._checked(step.table)
        meant = self._meant((*step.where, (step.column, before)))
        found = f"(SELECT {self.count} FROM {self.name(step.table.table)} WHERE {meant}) = 1"
        yield Check(f"{step.table} has the row that is meant once", found)
        yield self._update(step, before, after)

    def inserted(self, step: InsertRows) -> Iterator[Part]:
        """Rows are added, to a table that is made for them where there was none."""
        table = self.name(step.table.table)
        if step.held is None:
            columns = ", ".join(f"{self.quoted(it.name)} {it.definition}" for it in step.columns)
            yield self._free(step.table)
            yield f"CREATE TABLE {table} ({columns})"
        else:
            yield from self._checked(step.table)
            yield self._counted(step.table, step.held)
        named = (cell for row in step.rows for cell in row.cells if cell[0] in step.identity)
        there = self.none(table, self._meant(named, " OR "))
        yield Check(f"{step.table} records none of them yet", there)
        names = ", ".join(self.quoted(name) for name, _ in step.rows[0].cells)
        rows = (f"({', '.join(self.literal(it) for _, it in row.cells)})" for row in step.rows)
        yield f"INSERT INTO {table} ({names}) VALUES{self.apart}{f',{self.apart}'.join(rows)}"

    def removed(self, step: InsertRows) -> Iterator[Part]:
        """Its inverse."""
        table, held = self.name(step.table.table), step.held or 0
        yield from self._checked(step.table)
        yield self._counted(step.table, held + len(step.rows))
        if step.held is None:
            yield f"DROP TABLE {table}"
            return
        yield from (f"DELETE FROM {table} WHERE {self._meant(row.cells)}" for row in step.rows)
        yield self._counted(step.table, held)

    def _renamed(self, table: TableName, to: TableName, rows: int) -> Iterator[Part]:
        yield from self._checked(table)
        yield self._counted(table, rows)
        yield self._free(to)
        yield self.renaming(table.table, to.table)
