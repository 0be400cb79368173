"""The verdict on an action: what it destroys counts more than what it heals."""

from forensics.attempt import AttemptVerdict, judge
from forensics.experiments import Predictions
from forensics.model import CommandOutcome, Prediction

PASSES = Prediction(command="migrate", outcome=CommandOutcome.PASSES, exit_code=0)
BLOCKED = Prediction(command="migrate", outcome=CommandOutcome.BLOCKED, exit_code=1, message="a")
OTHERWISE = Prediction(command="migrate", outcome=CommandOutcome.BLOCKED, exit_code=1, message="b")
ASKS = Prediction(
    command="push", outcome=CommandOutcome.ASKS, exit_code=0, message="?", destructive=True
)
QUIET = Prediction(command="push", outcome=CommandOutcome.PASSES, exit_code=0)


def verdict(
    before: Prediction,
    after: Prediction,
    *,
    causes_left: bool = False,
    gone: tuple[str, ...] = (),
    lost: tuple[str, ...] = (),
    error: str = "",
) -> AttemptVerdict:
    """The judgement of one command that did the first before, and the second after."""
    states: tuple[Predictions, Predictions] = ({"c": before}, {"c": after})
    return judge(*states, causes_left=causes_left, gone=gone, lost=lost, error=error)[0]


def test_a_cure_heals() -> None:
    """A command that failed passes, and its cause is gone."""
    assert verdict(BLOCKED, PASSES) is AttemptVerdict.HEALS


def test_a_danger_that_is_gone_is_a_cure_too() -> None:
    """A question that would have lost data is as bad as a failure."""
    assert verdict(ASKS, QUIET) is AttemptVerdict.HEALS


def test_a_cure_that_leaves_its_cause_hides_it() -> None:
    """The symptom goes, the fault stays."""
    assert verdict(BLOCKED, PASSES, causes_left=True) is AttemptVerdict.HIDES


def test_another_error_is_no_cure() -> None:
    """It fails otherwise, and still fails."""
    assert verdict(BLOCKED, OTHERWISE) is AttemptVerdict.HIDES


def test_making_another_command_worse_is_no_cure() -> None:
    """A table moved within reach of push is a new danger."""
    assert verdict(QUIET, ASKS) is AttemptVerdict.HIDES


def test_nothing_changed_is_no_effect() -> None:
    """Every command does what it did before."""
    assert verdict(BLOCKED, BLOCKED) is AttemptVerdict.NO_EFFECT


def test_a_repair_behind_another_fault_has_no_effect_yet() -> None:
    """A fault is gone, and the next one shows: neither healed nor hidden."""
    assert verdict(BLOCKED, OTHERWISE, gone=("a fault",)) is AttemptVerdict.NO_EFFECT


def test_loss_counts_more_than_a_cure() -> None:
    """Whatever else it does."""
    assert verdict(BLOCKED, PASSES, lost=("6 tracking rows",)) is AttemptVerdict.DESTROYS


def test_an_action_that_does_not_go_through_fails() -> None:
    """With the error as its reason."""
    assert verdict(BLOCKED, BLOCKED, error="permission denied") is AttemptVerdict.FAILS
