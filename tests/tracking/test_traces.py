"""What a database gives away of past runs, said with its caveats."""

from forensics.facts import (
    Database,
    DatabaseIdentity,
    LiveSchema,
    LiveTable,
    SequenceState,
    TrackingRow,
    TrackingTable,
    TrackingTables,
)
from forensics.model import TableName
from forensics.tracking.traces import traces, written_again

NAME = TableName(schema="drizzle", table="__drizzle_migrations")


def told(
    *rows: tuple[int, str], last: int | None = None, owner: str = "app", replica: bool = False
) -> list[str]:
    """The traces of one table with rows of (id, xmin), and a sequence that stands at `last`."""
    sequence = None
    if last is not None:
        name = TableName(schema="drizzle", table="seq")
        sequence = SequenceState(name=name, last_value=last, is_called=True)
    table = TrackingTable(
        name=NAME,
        tool="drizzle-kit",
        evidence="e1",
        owner=owner,
        rows=tuple(TrackingRow(id=i, checksum="h", at=i, transaction=x) for i, x in rows),
        sequence=sequence,
    )
    app = LiveTable(name=TableName(schema="public", table="users"), owner="app")
    own = LiveTable(name=NAME, owner=owner)
    database = Database(
        identity=DatabaseIdentity(
            database="d", server="s", server_version="15", role="r", replica=replica
        ),
        tracking=TrackingTables(tables=(table,), evidence="e0"),
        schema=LiveSchema(evidence="e2", tables=(app, own)),
    )
    return [trace.text for trace in traces(database, "drizzle-kit")]


def test_rows_of_one_transaction_are_one_run() -> None:
    """Six migrations applied together share their xmin."""
    (text,) = told((1, "700"), (2, "700"), (3, "701"), last=3)
    assert text.startswith("ids 1 to 2 of drizzle.__drizzle_migrations were written by one")


def test_rows_of_different_transactions_say_nothing() -> None:
    """One run each is the ordinary case."""
    assert told((1, "700"), (2, "701"), last=2) == []


def test_a_row_that_is_younger_than_those_after_it_was_written_again() -> None:
    """An UPDATE by hand; of the last row, and of those that a dump brought back, nothing is told."""
    for xmins, which in (
        (("700", "800", "700"), [2]),
        (("700", "700", "800"), []),
        (("700", "701", "702"), []),
        (("700", "700", "700"), []),
        (("900", "800", "700"), [1, 2]),
        (("4294967000", "5", "4294967000"), [2]),
        (("700", None, "700"), []),
    ):
        rows = tuple(
            TrackingRow(id=i, checksum="h", at=i, transaction=x)
            for i, x in enumerate(xmins, start=1)
        )
        table = TrackingTable(name=NAME, tool="drizzle-kit", evidence="e1", rows=rows)
        assert [row.id for row in rows if written_again(table, row)] == which, xmins


def test_a_gap_is_a_range_and_never_a_count() -> None:
    """Rolled-back runs, deleted rows and crashes leave the same gap."""
    (text,) = told((4, "700"), last=6)
    assert "5 of the 6 ids" in text
    assert "rolled-back runs, deleted rows, or ids skipped by crashes" in text
    assert "crashes skipped ids (up to 32 each)" in text


def test_an_untouched_sequence_says_nothing() -> None:
    """A table that nobody tried to fill has no gap."""
    assert told() == []


def test_a_replica_tells_nothing_of_its_own() -> None:
    """Its ids and transactions are those of another server."""
    assert told((4, "700"), (5, "700"), last=9, replica=True) == []


def test_another_owner_is_named() -> None:
    """The hand that ran it was another role's."""
    (text,) = told(owner="postgres")
    assert text.startswith("drizzle.__drizzle_migrations belongs to postgres")
