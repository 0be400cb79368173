"""Rows of one list of migrations in two tables, and two ways to bring tool and rows together."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.facts import Facts, History, MigratorCall, TrackingTable
from forensics.model import Fix, MoveTable, Record, RenameTable, Safety, Step, TableName
from forensics.model.wording import listed
from forensics.tracking.matching import matching_rows


class Split(Record, frozen=True, kw_only=True):
    """The table that the tool reads, and the one that is ahead of it."""

    name: TableName
    read: TrackingTable | None
    """The table of that name, `None` where there is none yet."""
    other: TrackingTable
    matched: int
    """How many of its rows belong to listed migrations."""
    more: tuple[TableName, ...]
    """Further tables that are ahead."""
    facts: Facts

    @classmethod
    def of(
        cls,
        name: TableName,
        read: TrackingTable | None,
        ahead: Sequence[TrackingTable],
        history: History,
        facts: Facts,
    ) -> Split:
        """The split to mend; of several tables that are ahead, code's own, else the fullest."""
        named = {call.tracking for call in facts.tool.migrator_calls}
        matched = {
            table.name: len(matching_rows(facts.tool.ledger, table, history, facts.files))
            for table in ahead
        }
        other = max(ahead, key=lambda table: (table.name in named, matched[table.name]))
        return cls(
            name=name,
            read=read,
            other=other,
            matched=matched[other.name],
            more=tuple(table.name for table in ahead if table is not other),
            facts=facts,
        )

    @property
    def mergeable(self) -> bool:
        """Whether nothing is lost when the other table takes the place of the one that is read."""
        return self.read is None or not self.read.rows

    def callers_of(self, name: TableName) -> tuple[MigratorCall, ...]:
        """The code that keeps its rows in a table."""
        return tuple(call for call in self.facts.tool.migrator_calls if call.tracking == name)

    def compared_by_sync(self, name: TableName) -> bool:
        """Whether the tool's sync command sees a table, and so offers to delete it."""
        tool = self.facts.tool
        return tool.words.sync is not None and tool.compares(name.schema)


def tables_moved(split: Split) -> Fix:
    """Retire the table that is read, and put the other in its place: not one row is written."""
    name, other = split.name, split.other
    steps: list[Step] = []
    if split.read is not None:
        steps.append(_rename(split.read, split.read.name, _retired(split)))
    if other.name.schema != name.schema:
        steps.append(_move(other, name.schema, split.facts.tool.ledger.at))
    if other.name.table != name.table:
        moved = TableName(schema=name.schema, table=other.name.table)
        steps.append(_rename(other, moved, name.table))
    doubts = _doubts(split)
    return Fix(
        title=f"Move {other.name} to where the tool looks, {name}",
        steps=tuple(steps),
        safety=Safety.REVIEW if doubts else Safety.SAFE,
        safety_note="Changes no row, and checks the row counts first. rollback.sql "
        "undoes it. It is valid for this database only: check every other environment before "
        f"running it there.{doubts}",
    )


def _move(table: TrackingTable, to_schema: str, ordered_by: str | None) -> MoveTable:
    newest = table.newest
    return MoveTable(
        table=table.name,
        to_schema=to_schema,
        rows=len(table.rows),
        newest=None if ordered_by is None or newest is None else (ordered_by, newest),
    )


def config_edited(split: Split) -> Fix | None:
    """Tell the tool to read the other table; `None` where the config cannot be edited."""
    other, edits = split.other.name, split.facts.config_edits
    edit = next((edit for edit in edits if edit.tracking == other), None)
    if edit is None:
        return None
    return Fix(
        title=f"Tell the config to read {other}",
        steps=(edit.step,),
        safety_note=f"Changes no database. Every environment reads {other} from then on."
        + _trap(split, other),
    )


def _doubts(split: Split) -> str:
    doubts = _trap(split, split.name)
    if calls := split.callers_of(split.other.name):
        where = ", ".join(f"{call.path}:{call.line}" for call in calls)
        doubts += f" Change the code that reads {split.other.name} as well: {where}."
    if split.more:
        tables = listed(map(str, split.more))
        doubts += f" Compare it with {tables} first: they record these migrations as well."
    return doubts


def _trap(split: Split, name: TableName) -> str:
    if not split.compared_by_sync(name):
        return ""
    return (
        f" But `{split.facts.tool.words.sync}` would then offer to delete {name} with its rows, "
        "or delete it without asking if forced."
    )


def _retired(split: Split) -> str:
    """A name for the retired table that nothing has in its schema."""
    schema, tracking = split.facts.schema, split.facts.tracking
    taken = {table.name for table in (schema.tables if schema else ())}
    taken |= {table.name for table in (tracking.tables if tracking else ())}
    name = f"{split.name.table}_retired"
    number = 1
    while TableName(schema=split.name.schema, table=name) in taken:
        number += 1
        name = f"{split.name.table}_retired_{number}"
    return name


def _rename(table: TrackingTable, name: TableName, to: str) -> RenameTable:
    return RenameTable(
        table=name,
        to=to,
        rows=len(table.rows),
        sequence=table.sequence.name.table if table.sequence else None,
        primary_key=table.primary_key,
    )
