"""What the shape of a tool's tracking table says of its rows: to read, match and write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from forensics.facts import LedgerShape, Match, Migration, MigrationFile, RowState, TrackingRow
from forensics.model import Cell, NewRow, Scalar

_INT64 = 2**63

Identity = Mapping[Match, Scalar]
"""What identifies a row or a migration; nothing is said by what is `None` or empty."""


def integer(text: str | None) -> int | None:
    """The value of an integer that fits 64 bits; whatever else a column holds is not a number."""
    try:
        value = int(text or "")
    except ValueError:
        return None
    return value if -_INT64 <= value < _INT64 else None


def row_read(shape: LedgerShape, row: Mapping[str, str | None]) -> TrackingRow:
    """A row by the columns of a shape; `row` has texts as the database prints them."""
    log = row.get(shape.log or "") or ""
    return TrackingRow(
        id=integer(row.get(shape.id or "")),
        checksum=row.get(shape.checksum or "") or "",
        at=integer(row.get(shape.at or "")),
        key=row.get(shape.key or ""),
        state=_state(shape, row, log),
        log=log,
        begun=row.get(shape.begun or "") or "",
        text=row.get(shape.text or "") or "",
        title=row.get(shape.title or "") or "",
        ran=row.get(shape.steps or "") != "0",
    )


def _state(shape: LedgerShape, row: Mapping[str, str | None], log: str) -> RowState:
    """By the times at which a run ended, of a tool whose rows tell; others write applied ones."""
    if shape.undone is not None and row.get(shape.undone) is not None:
        return RowState.ROLLED_BACK
    if shape.finished is None or row.get(shape.finished, "") is not None:
        return RowState.APPLIED
    return RowState.FAILED if log else RowState.STARTED


def identity_of_row(row: TrackingRow) -> Identity:
    """What a row says of its migration."""
    return {
        Match.BY_KEY: row.key,
        Match.BY_CHECKSUM: row.checksum or None,
        Match.BY_STAMP: row.at,
    }


def identity_of_migration(migration: Migration, checksum: str | None) -> Identity:
    """What a row of this migration would say, where its file has that checksum."""
    return {
        Match.BY_KEY: migration.key,
        Match.BY_CHECKSUM: checksum or None,
        Match.BY_STAMP: migration.stamp,
    }


def match(
    shape: LedgerShape, row: TrackingRow, migration: Migration, file: MigrationFile | None
) -> Match | None:
    """By what a row is that of a migration, the most telling first; `None` where it is not."""
    recorded = identity_of_row(row)
    listed = identity_of_migration(migration, file.sha256 if file else None)
    return next(
        (
            by
            for by in shape.identified_by
            if recorded[by] is not None and recorded[by] == listed[by]
        ),
        None,
    )


def new_row(shape: LedgerShape, migration: Migration, file: MigrationFile | None) -> NewRow | None:
    """The row that the tool writes once it has applied a migration.

    `None` where something that it would write is not known, such as the checksum of a lost file.
    """
    listed = identity_of_migration(migration, file.sha256 if file else None)
    values: dict[str | None, Scalar] = {
        shape.key: listed[Match.BY_KEY],
        shape.checksum: listed[Match.BY_CHECKSUM],
        shape.at: listed[Match.BY_STAMP],
        **dict(shape.constants),
    }
    cells = tuple((c.name, values[c.name]) for c in shape.columns if c.name in values)
    if any(value is None for column, value in cells if column in shape.identity):
        return None
    return NewRow(key=migration.key, cells=cells)


def all_cells(shape: LedgerShape, row: TrackingRow, number: int) -> dict[str, Scalar]:
    """What the columns hold of which something is known, for a copy; `number` is the row's own."""
    moment = row.begun or _NO_TIME
    known: dict[str | None, Scalar] = {
        column: getattr(row, it) for column, it in shape.fields.items()
    }
    known |= {
        shape.row_id: str(number),
        shape.finished: moment if row.state is RowState.APPLIED else None,
        shape.undone: moment if row.state is RowState.ROLLED_BACK else None,
        shape.log: row.log or None,
        shape.begun: moment,
        shape.steps: int(row.ran and row.state is RowState.APPLIED),
    }
    return {column: value for column, value in known.items() if column is not None}


_NO_TIME = "1970-01-01 00:00:00+00"


def is_meant(shape: LedgerShape, row: TrackingRow, cells: Iterable[Cell]) -> bool:
    """Whether a row holds these cells; of a time, only whether there is one can be told."""
    times: list[Cell] = []
    others: list[Cell] = []
    for cell in cells:
        (times if cell[0] in (shape.finished, shape.undone) else others).append(cell)
    held = {
        shape.finished: row.state is RowState.APPLIED,
        shape.undone: row.state is RowState.ROLLED_BACK,
    }
    if any(held[column] is (value is None) for column, value in times):
        return False
    return row == with_cells(shape, row, others)


def with_cells(shape: LedgerShape, row: TrackingRow, cells: Iterable[Cell]) -> TrackingRow:
    """The row as it is read once these cells are written; columns of no field change nothing."""
    fields = shape.fields
    return replace(row, **{fields[column]: it for column, it in cells if column in fields})


def without(shape: LedgerShape, row: TrackingRow, column: str) -> tuple[Cell, ...]:
    """What identifies a row, but for one column: by that it is found while the column changes."""
    fields = shape.fields
    return tuple((it, getattr(row, fields[it])) for it in shape.identity if it != column)
