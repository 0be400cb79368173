"""A fix says what code it would set off, and is not called safe before somebody has read that."""

import msgspec
import pytest

from forensics.analysis.seen import seen_of, with_seen
from forensics.facts import Attached, Attachments, RelationKind, TableAttachments
from forensics.model import Artefact, Finding, Fix, MoveTable, Safety, Severity, UpdateRow
from tests.build import name, set_hash

TABLE = name("public.__drizzle_migrations")
MOVE = MoveTable(table=TABLE, to_schema="drizzle", rows=1, newest=("created_at", 1))
HASH = set_hash(TABLE, 1, "a", "b")
KEY = Attached(kind="primary key", name="pk", definition="PRIMARY KEY (id)", sha256="0", inert=True)
AUDIT = Attached(kind="trigger", name="audit", definition="CREATE ...", sha256="1", inert=False)
WATCH = Attached(kind="event trigger", name="watch", definition="ddl", sha256="2", inert=False)


def attachments(*things: Attached, events: tuple[Attached, ...] = ()) -> Attachments:
    """What is attached to the table, and to the database."""
    table = TableAttachments(
        table=TABLE,
        kind=RelationKind.TABLE,
        owner="app",
        schema_owner="app",
        row_security=False,
        forced_row_security=False,
        attached=things,
    )
    return Attachments(evidence="e7", tables=(table,), event_triggers=events)


def finding(step: MoveTable | UpdateRow = MOVE) -> Finding:
    """A fault whose fix would be safe, were nothing attached."""
    return Finding(
        rule="r",
        artefact=Artefact.RECORDED_HASH,
        subject="s",
        title="t",
        root_cause="c",
        evidence=("e1",),
        severity=Severity.LOW,
        fix=Fix(title="f", steps=(step,), safety=Safety.SAFE, safety_note="Writes no row."),
    )


def test_the_tools_own_table_leaves_a_fix_safe() -> None:
    """Nothing is said of what runs no code."""
    found = with_seen(finding(), attachments(KEY))
    assert found.fix is not None and found.shown == ()
    assert (found.fix.safety, found.fix.safety_note) == (Safety.SAFE, "Writes no row.")
    assert found.fix.seen == seen_of(attachments(KEY))


def test_an_innocent_trigger_is_named_and_quoted() -> None:
    """It may be a DBA's audit trigger: the fix is still produced, and asks the reader."""
    found = with_seen(finding(), attachments(KEY, AUDIT))
    assert found.fix is not None and found.fix.safety is Safety.REVIEW
    assert "trigger audit of public.__drizzle_migrations" in found.fix.safety_note
    assert "primary key" not in found.fix.safety_note
    [shown] = found.shown
    assert shown.evidence == "e7"
    assert shown.rows == ((str(TABLE), "trigger audit", "CREATE ..."),)


@pytest.mark.parametrize(("step", "fires"), [(MOVE, True), (HASH, False)])
def test_event_triggers_count_where_a_step_fires_them(
    step: MoveTable | UpdateRow, fires: bool
) -> None:
    """A statement on rows fires none."""
    found = with_seen(finding(step), attachments(KEY, events=(WATCH,)))
    assert found.fix is not None
    assert ("event trigger watch" in found.fix.safety_note) is fires
    assert (found.fix.safety is Safety.REVIEW) is fires
    assert bool(found.shown) is fires


def test_what_nobody_looked_at_is_not_called_safe() -> None:
    """As in a bundle of an earlier version."""
    found = with_seen(finding(), None)
    assert found.fix is not None and found.fix.seen is None
    assert found.fix.safety is Safety.REVIEW
    assert "was not looked at" in found.fix.safety_note


def test_a_fix_of_files_has_nothing_to_do_with_it() -> None:
    """Nothing is said where no statement is made."""
    bare = msgspec.structs.replace(finding(), fix=Fix(title="f", steps=(), safety=Safety.SAFE))
    assert with_seen(bare, None) == bare
