"""The lock file names another kind of database."""

from forensics.facts import Facts
from forensics.model import CommandOutcome, WriteFile
from forensics.rules.wrong_provider import wrong_provider
from tests.adapters.prisma.cases import case
from tests.adapters.prisma.samples import ALL, FOLDER, HEALTHY, THREE, TWO, project
from tests.build import open_questions, tool

RULE = wrong_provider
LOCK = f"{FOLDER}/migration_lock.toml"
OTHER = HEALTHY | {LOCK: '# do not edit\nprovider = "sqlite"\n'}


def test_the_line_is_corrected() -> None:
    """Every command stops, and passes afterwards."""
    given = case(TWO, THREE, *ALL, files=OTHER)
    (finding,) = given.found(RULE)
    assert finding.subject == LOCK and finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, WriteFile)
    assert step.after == '# do not edit\nprovider = "postgresql"\n'
    before = given.scene.predict(given.facts)
    assert before["migrate deploy"].outcome is CommandOutcome.BLOCKED
    after = given.scene.predict(given.healed_by(finding))
    assert {it.outcome for it in after.values()} == {CommandOutcome.PASSES}


def test_the_same_one_is_right() -> None:
    """By whichever name."""
    assert not case(TWO, THREE, *ALL).found(RULE)
    same = HEALTHY | {LOCK: 'provider = "postgres"\n'}
    assert not case(TWO, THREE, *ALL, files=same).found(RULE)


def test_a_missing_or_damaged_file_is_not_compared() -> None:
    """The tool does not, either."""
    assert not case(TWO, THREE, *ALL, files=project(*ALL, **{LOCK: None})).found(RULE)
    both = '<<<<<<< a\nprovider = "sqlite"\n=======\nprovider = "mysql"\n>>>>>>> b\n'
    assert not case(TWO, THREE, *ALL, files=HEALTHY | {LOCK: both}).found(RULE)


def test_it_says_what_it_lacked() -> None:
    """Without the folder nothing is compared."""
    assert open_questions(RULE, Facts(tool=tool()))
