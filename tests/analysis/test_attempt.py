"""The verdict on an action: what it destroys counts more than what it heals."""

import msgspec
import pytest

from forensics.analysis.attempt import AttemptVerdict, judge, lost_tracking
from forensics.analysis.experiments import Predictions
from forensics.facts import Database, DatabaseIdentity, TrackingRow, TrackingTable, TrackingTables
from forensics.model import Certainty, CommandOutcome, Prediction, TableName

PASSES = Prediction(command="migrate", outcome=CommandOutcome.PASSES, exit_code=0)
BLOCKED = Prediction(command="migrate", outcome=CommandOutcome.BLOCKED, exit_code=1, message="a")
OTHERWISE = Prediction(command="migrate", outcome=CommandOutcome.BLOCKED, exit_code=1, message="b")
ASKS = Prediction(
    command="push", outcome=CommandOutcome.ASKS, exit_code=0, message="?", destructive=True
)
UNKNOWN = Prediction(command="migrate", outcome=CommandOutcome.UNKNOWN, exit_code=None)
QUIET = Prediction(command="push", outcome=CommandOutcome.PASSES, exit_code=0)


def verdict(
    before: Prediction,
    after: Prediction,
    *,
    hidden: bool = False,
    gone: tuple[str, ...] = (),
    lost: tuple[str, ...] = (),
    error: str = "",
) -> AttemptVerdict:
    """The judgement of one command that did the first before, and the second after."""
    states: tuple[Predictions, Predictions] = ({"c": before}, {"c": after})
    left = ("c",) if hidden else ()
    return judge(*states, hidden=left, gone=gone, lost=lost, error=error)[0]


def test_a_cure_heals() -> None:
    """A command that failed passes, and its cause is gone."""
    assert verdict(BLOCKED, PASSES) is AttemptVerdict.HEALS


def test_a_danger_that_is_gone_is_a_cure_too() -> None:
    """A question that would have lost data is as bad as a failure."""
    assert verdict(ASKS, QUIET) is AttemptVerdict.HEALS


def test_a_cure_that_leaves_its_cause_hides_it() -> None:
    """The symptom goes, the fault stays."""
    assert verdict(BLOCKED, PASSES, hidden=True) is AttemptVerdict.HIDES


def test_another_error_is_no_cure() -> None:
    """It fails otherwise, and still fails."""
    assert verdict(BLOCKED, OTHERWISE) is AttemptVerdict.HIDES


def test_making_another_command_worse_is_no_cure() -> None:
    """A table moved within reach of push is a new danger."""
    assert verdict(QUIET, ASKS) is AttemptVerdict.HIDES


def test_nothing_changed_is_no_effect() -> None:
    """Every command does what it did before."""
    assert verdict(BLOCKED, BLOCKED) is AttemptVerdict.NO_EFFECT


def test_a_repair_behind_another_fault_is_a_part() -> None:
    """A fault is gone, and the next one shows."""
    assert verdict(BLOCKED, OTHERWISE, gone=("a fault",)) is AttemptVerdict.PARTIAL


def test_a_cure_of_one_command_alone_is_a_part() -> None:
    """Those that still fail are named, and those of which nobody knows."""
    for left, said in (
        (BLOCKED, "passes afterwards: `c`, but `d` still fails"),
        (UNKNOWN, "passes afterwards: `c`; what `d` would do then is not known"),
    ):
        verdict_, why = judge(
            {"c": BLOCKED, "d": BLOCKED},
            {"c": PASSES, "d": left},
            hidden=(),
            gone=("a fault",),
            lost=(),
            error="",
        )
        assert verdict_ is AttemptVerdict.PARTIAL
        assert said in why


@pytest.mark.parametrize(
    ("gone", "listing", "expected"),
    [
        (("a fault",), ("status",), AttemptVerdict.PARTIAL),
        ((), ("status",), AttemptVerdict.HIDES),
        (("a fault",), (), AttemptVerdict.HIDES),
    ],
)
def test_saying_what_is_pending_is_no_harm_once_a_fault_is_gone(
    gone: tuple[str, ...], listing: tuple[str, ...], expected: AttemptVerdict
) -> None:
    """A command that failed for nothing else than that is not worse off."""
    states: tuple[Predictions, Predictions] = ({"status": PASSES}, {"status": BLOCKED})
    done = judge(*states, hidden=(), gone=gone, lost=(), error="", listing=listing)
    assert done[0] is expected


def test_loss_counts_more_than_a_cure() -> None:
    """Whatever else it does."""
    assert verdict(BLOCKED, PASSES, lost=("6 tracking rows",)) is AttemptVerdict.DESTROYS


def test_an_action_that_does_not_go_through_fails() -> None:
    """With the error as its reason."""
    assert verdict(BLOCKED, BLOCKED, error="permission denied") is AttemptVerdict.FAILS


def test_what_becomes_unknown_is_not_healed() -> None:
    """And it is said that it is not known."""
    verdict_, why = judge({"c": BLOCKED}, {"c": UNKNOWN}, hidden=(), gone=(), lost=(), error="")
    assert verdict_ is AttemptVerdict.NO_EFFECT
    assert "what `c` would do then is not known" in why


def test_how_a_command_is_known_is_no_difference() -> None:
    """A replayed answer and a predicted one may be the same answer."""
    replayed = msgspec.structs.replace(BLOCKED, certainty=Certainty.REPLAYED)
    assert verdict(replayed, BLOCKED) is AttemptVerdict.NO_EFFECT


def test_what_is_destroyed_does_not_hide_an_error() -> None:
    """A script may do both."""
    why = judge({"c": BLOCKED}, {"c": BLOCKED}, hidden=(), gone=(), lost=("a",), error="oops")[1]
    assert "oops" in why


# --- Tracking rows ------------------------------------------------------------------------------


def database(**tables: tuple[int, ...]) -> Database:
    """A database whose schemas hold tracking rows with these stamps."""
    return Database(
        identity=DatabaseIdentity(database="d", server="s", server_version="17", role="r"),
        tracking=TrackingTables(
            evidence="e",
            tables=tuple(
                TrackingTable(
                    name=TableName(schema=schema, table="t"),
                    tool="drizzle-kit",
                    evidence="e",
                    rows=tuple(TrackingRow(id=at, checksum="h", at=at) for at in stamps),
                )
                for schema, stamps in tables.items()
            ),
        ),
    )


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (database(a=(1, 2)), database(a=(1, 2)), ()),
        (database(a=(1, 2)), database(b=(1, 2)), ()),
        (database(a=(1, 2), b=(1, 2)), database(a=(1, 2)), ()),
        (database(a=(1, 2)), database(a=(1,)), ("1 tracking row",)),
        (database(a=(1, 2)), database(), ("2 tracking rows",)),
        (database(a=(1, 2)), database(a=(3, 4)), ("the timestamp of 2 tracking rows",)),
    ],
)
def test_a_row_is_lost_where_no_table_has_its_stamp(
    before: Database, after: Database, lost: tuple[str, ...]
) -> None:
    """Moving or copying rows loses none; writing over their stamps does."""
    assert lost_tracking(before, after, "drizzle-kit") == lost


def test_what_repairs_a_fault_that_stopped_nothing_heals() -> None:
    """The real tool may pass where the model had foreseen a failure."""
    assert verdict(PASSES, PASSES, gone=("a fault",)) is AttemptVerdict.HEALS


def test_a_row_that_nothing_stands_behind_may_go() -> None:
    """The catalogue proves that its migration was never applied."""
    before, after = database(a=(1, 2)), database(a=(1,))
    assert lost_tracking(before, after, "drizzle-kit", spared={2}) == ()
    assert lost_tracking(before, after, "drizzle-kit", spared={1}) == ("1 tracking row",)
