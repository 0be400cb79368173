"""What every tool's tracking table must be: known by itself alone, and written as it is read."""

import msgspec
import pytest

from forensics.adapters import ADAPTERS
from forensics.adapters.base import Adapter, Ledger
from forensics.collect.database.known_tables import KNOWN_TABLES, KnownTable, recognise
from forensics.facts import Match, Migration, MigrationFile, RowState, TrackingRow
from forensics.model import NewRow, Outcome
from forensics.tracking.ledgers import match, new_row

each_adapter = pytest.mark.parametrize("adapter", ADAPTERS, ids=[each.name for each in ADAPTERS])
each_known = pytest.mark.parametrize(
    "known", KNOWN_TABLES, ids=[f"{each.tool}-{each.name}" for each in KNOWN_TABLES]
)

MIGRATION = Migration(
    position=3, index=3, key="0003_bob", path="m/0003_bob.sql", stamp=1_700_000_000_007
)
FILE = MigrationFile(
    path="m/0003_bob.sql", evidence="f", outcome=Outcome.COLLECTED, sha256="ab" * 32
)
OTHER = msgspec.structs.replace(MIGRATION, key="0004_eve", stamp=1_700_000_060_007)
OTHER_FILE = msgspec.structs.replace(FILE, sha256="cd" * 32)
CHANGES: dict[Match, dict[str, object]] = {
    Match.BY_KEY: {"key": OTHER.key},
    Match.BY_CHECKSUM: {"checksum": OTHER_FILE.sha256},
    Match.BY_STAMP: {"at": OTHER.stamp},
}


def types(ledger: Ledger) -> dict[str, str]:
    """The columns of the table as the tool makes it."""
    return {column.name: column.type for column in ledger.shape.columns}


def written(ledger: Ledger) -> NewRow:
    """The row of the migration as the tool writes it."""
    row = new_row(ledger.shape, MIGRATION, FILE)
    assert row is not None
    return row


def read_back(ledger: Ledger) -> TrackingRow:
    """That row as the database prints it, read again."""
    return ledger.read(
        {name: None if value is None else str(value) for name, value in written(ledger).cells}
    )


@each_adapter
def test_a_tool_knows_its_own_table_under_its_own_names(adapter: Adapter) -> None:
    """And nobody else takes it for theirs."""
    assert adapter.ledger.names
    for name in adapter.ledger.names:
        assert adapter.ledger.recognises(name, types(adapter.ledger), asked_for=False)
        found = recognise(name, types(adapter.ledger), asked_for=False)
        assert found is not None
        assert (found.tool, found.ledger) == (adapter.name, adapter.ledger)
        others = [each for each in ADAPTERS if each is not adapter]
        assert not any(
            each.ledger.recognises(name, types(adapter.ledger), asked_for=False) for each in others
        )


@each_adapter
def test_a_table_of_any_name_is_known_where_the_tool_lets_one_choose(adapter: Adapter) -> None:
    """Where it does not, a table that only looks like its own is nobody's."""
    ledger = adapter.ledger
    assert ledger.recognises("some_name", types(ledger), asked_for=False) is ledger.any_name


@each_adapter
@each_known
def test_no_tool_takes_the_table_of_another_for_its_own(
    adapter: Adapter, known: KnownTable
) -> None:
    """Not by its name, nor by its columns, whatever types they have."""
    for type_ in ("text", "bigint", "timestamp with time zone"):
        columns = dict.fromkeys(known.columns, type_)
        assert not adapter.ledger.recognises(known.name, columns, asked_for=False)


@each_adapter
def test_a_shape_names_only_columns_that_the_table_has(adapter: Adapter) -> None:
    """Some perhaps in other releases only, but what identifies a row is always there."""
    shape = adapter.ledger.shape
    assert len(shape.made) == len(shape.columns)
    assert not shape.made & {*shape.later}
    assert shape.fields.keys() <= shape.made | {*shape.later}
    assert {column for column, _ in shape.constants} <= shape.made
    assert adapter.ledger.order in shape.made
    assert shape.identified_by
    assert len(shape.identity) == len(shape.identified_by)
    assert {*shape.identity} <= shape.made


@each_adapter
def test_a_row_that_the_tool_would_write_is_that_of_its_migration(adapter: Adapter) -> None:
    """By the most telling sign first, and of no other migration."""
    ledger = adapter.ledger
    row = read_back(ledger)
    assert written(ledger).key == MIGRATION.key
    assert match(ledger.shape, row, MIGRATION, FILE) is ledger.shape.identified_by[0]
    assert match(ledger.shape, row, OTHER, OTHER_FILE) is None
    assert row.state is RowState.APPLIED


@each_adapter
def test_each_sign_alone_tells_of_which_migration_a_row_is(adapter: Adapter) -> None:
    """A row that agrees in one thing is known by that thing."""
    ledger = adapter.ledger
    for by in ledger.shape.identified_by:
        changes = {
            name: value
            for other in ledger.shape.identified_by
            if other is not by
            for name, value in CHANGES[other].items()
        }
        row = msgspec.structs.replace(read_back(ledger), **changes)
        assert match(ledger.shape, row, MIGRATION, FILE) is by


@each_adapter
def test_what_is_not_recorded_identifies_nothing(adapter: Adapter) -> None:
    """An empty checksum is not that of a file that could not be read."""
    row = TrackingRow(id=1, checksum="", at=None)
    unread = msgspec.structs.replace(FILE, sha256="", outcome=Outcome.DENIED)
    unstamped = msgspec.structs.replace(MIGRATION, stamp=None)
    for file in (None, unread, FILE):
        assert match(adapter.ledger.shape, row, unstamped, file) is None


@each_adapter
def test_no_row_is_made_up_of_a_migration_of_which_something_is_not_known(
    adapter: Adapter,
) -> None:
    """A lost file has no checksum, and an invented one would be a false proof."""
    ledger = adapter.ledger
    if Match.BY_CHECKSUM in ledger.shape.identified_by:
        assert new_row(ledger.shape, MIGRATION, None) is None
        assert new_row(ledger.shape, MIGRATION, msgspec.structs.replace(FILE, sha256=None)) is None
    if Match.BY_STAMP in ledger.shape.identified_by:
        assert new_row(ledger.shape, msgspec.structs.replace(MIGRATION, stamp=None), FILE) is None
