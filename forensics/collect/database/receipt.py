"""What the server says of our own transaction at its end: that it wrote nothing."""

from __future__ import annotations

from typing import LiteralString

import psycopg

from forensics.collect.database.answering import Row
from forensics.collect.database.session import Session
from forensics.evidence.receipt import TransactionReceipt

_READ_ONLY = "SELECT pg_catalog.current_setting('transaction_read_only') = 'on'"
_ID = "SELECT pg_catalog.txid_current_if_assigned() IS NOT NULL"  # by this name since 10
_ROWS = """\
SELECT COALESCE(pg_catalog.sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::pg_catalog.int8
FROM pg_catalog.pg_stat_xact_all_tables"""
_LOCKS = """\
SELECT DISTINCT mode::pg_catalog.text FROM pg_catalog.pg_locks
WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' ORDER BY 1"""
ASKED = frozenset({_READ_ONLY, _ID, _ROWS, _LOCKS})
_LEFT_OUT = (
    "what other sessions did meanwhile, to tables or to the write-ahead log",
    "what is not part of a transaction: statistics, the server's own log, sequences",
    "the session of pg_dump, if there was one",
)


def read_receipt(session: Session) -> TransactionReceipt:
    """Ask before the transaction ends; what cannot be read is `None`."""
    locks = _asked(session, _LOCKS)
    return TransactionReceipt(
        read_only=_truth(_one(session, _READ_ONLY)),
        has_id=_truth(_one(session, _ID)),
        rows_written=_number(_one(session, _ROWS)),
        locks=None if locks is None else tuple(str(row[0]) for row in locks),
        left_out=_LEFT_OUT,
    )


def _asked(session: Session, query: LiteralString) -> list[Row] | None:
    try:
        with session.attempt():
            return session.rows(query)
    except psycopg.Error:
        return None


def _one(session: Session, query: LiteralString) -> object:
    rows = _asked(session, query)
    return rows[0][0] if rows else None


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def note_of(receipt: TransactionReceipt) -> str:
    """The receipt in one line."""
    if receipt.read_only is None:
        return "what our transaction did could not be asked: the connection was lost"
    rows = "an unknown number of" if receipt.rows_written is None else receipt.rows_written
    id_ = {True: "with an id", False: "without an id", None: "perhaps with an id"}[receipt.has_id]
    kind = "read-only" if receipt.read_only else "not read-only"
    locks = ", ".join(receipt.locks or ()) or "unknown"
    return f"our transaction was {kind} and {id_}, {rows} rows written (locks on tables: {locks})"
