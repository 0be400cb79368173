"""Rows of a tracking table that record one migration more than once."""

from __future__ import annotations

from collections import Counter

from forensics.facts import History, LedgerShape, Migration, TrackingRow, TrackingTable
from forensics.model import Record, Scalar
from forensics.tracking.ledgers import identity_of_migration, identity_of_row


class Copies(Record, frozen=True, kw_only=True):
    """All rows of one migration, where there are more than the list asks for."""

    migration: Migration | None
    """`None` where no listed migration has rows like these."""
    rows: tuple[TrackingRow, ...]
    """In the order of the table."""
    surplus: int
    """How many of them are too many."""


def copied_rows(ledger: LedgerShape, table: TrackingTable, history: History) -> tuple[Copies, ...]:
    """The migrations with more rows than entries, in the order of the table.

    Rows of a listed migration agree in what tells most of it; the rest, such as the hash, may
    differ: two processes may have had files with other line ends. Rows of another one agree in all.
    A row with the time of another listed migration is that one's, whatever name it has.
    """
    telling = ledger.identified_by[0]
    listed = [(identity_of_migration(it, None)[telling], it) for it in history.migrations]
    entries = Counter(key for key, _ in listed)
    first = dict(reversed(listed))
    stamps = {it.stamp for it in history.migrations}
    by_key: dict[tuple[Scalar, ...], list[TrackingRow]] = {}
    for row in table.applied:
        told = identity_of_row(row)
        if (key := told[telling]) is not None:
            own = first.get(key)
            if own is not None and row.at != own.stamp and row.at in stamps:
                continue
            rest = () if key in first else tuple(told[by] for by in ledger.identified_by)
            by_key.setdefault((key, *rest), []).append(row)
    return tuple(
        Copies(migration=first.get(key), rows=tuple(rows), surplus=surplus)
        for (key, *_), rows in by_key.items()
        if (surplus := len(rows) - max(entries[key], 1)) > 0
    )
