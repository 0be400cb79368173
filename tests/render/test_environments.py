"""What is said of a fix in several environments."""

from forensics.model import Fix, HoldsIn, Safety
from forensics.render.environments import holds


def test_a_fix_that_an_environment_does_not_need_is_not_said_to_work_there() -> None:
    """A reader would run the SQL there, and record a migration that never ran."""
    there = (
        HoldsIn(environment="prod", holds=True),
        HoldsIn(environment="staging", holds=True, why="the issue does not exist there"),
        HoldsIn(environment="test", holds=None, why="its database was not read"),
    )
    fix = Fix(title="Record it", steps=(), safety=Safety.REVIEW, safety_note="", environments=there)
    assert holds(fix) == (
        "Environments read: prod, staging and test. It works for prod. Not needed for staging: the "
        "issue does not exist there. Not known for test: its database was not read."
    )
