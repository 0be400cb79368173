"""What a person can do where nothing follows from the evidence."""

import pytest

from forensics.facts import ApplyFailure, SqlStatement
from forensics.model import ByHand, RunSql, TrueError
from forensics.rules._hints import hints


def failed(text: str, said: str) -> ApplyFailure:
    """A statement with the error of the database."""
    statement = SqlStatement(
        position=0,
        tag="0001_next",
        path="drizzle/0001_next.sql",
        number=1,
        line=1,
        text=text,
        start=0,
        end=len(text),
        cut=(0, len(text)),
    )
    return ApplyFailure(statement=statement, sent=text, error=TrueError(text=said))


def test_a_role_that_is_missing_can_be_created() -> None:
    """Whether it should be is for a person: the wrong server has none of the right roles."""
    failure = failed('CREATE POLICY "p" ON "t" TO "web"', 'role "web" does not exist')
    assert failure.statement is not None
    (fix,) = hints(failure, failure.statement)
    (step,) = fix.steps
    assert isinstance(step, RunSql) and step.text == 'CREATE ROLE "web" NOLOGIN;'
    assert not fix.needed


def test_a_name_that_is_too_long_gets_a_shorter_one() -> None:
    """In the statement, and in whatever would write it again."""
    failure = failed(
        "ALTER TABLE `t` ADD CONSTRAINT `long` x", "Identifier name 'long' is too long"
    )
    assert failure.statement is not None
    (fix,) = hints(failure, failure.statement)
    (step,) = fix.steps
    assert isinstance(step, ByHand) and "snapshot" in step.why
    assert step.instead == "ALTER TABLE `t` ADD CONSTRAINT `A_SHORTER_NAME` x;"


@pytest.mark.parametrize(
    ("dropping", "said"),
    [
        (
            "ALTER TABLE `t` DROP PRIMARY KEY",
            "Error on rename of './d/#sql' to './d/t' (errno: 150 \"Foreign key\")",
        ),
        ("DROP INDEX `i` ON `t`", "Cannot drop index 'i': needed in a foreign key constraint"),
    ],
)
def test_a_key_that_a_foreign_key_needs_gets_another_one_first(dropping: str, said: str) -> None:
    """Which columns it needs, the message does not say."""
    failure = failed(dropping, said)
    assert failure.statement is not None
    (fix,) = hints(failure, failure.statement)
    (step,) = fix.steps
    assert isinstance(step, ByHand)
    assert step.instead.startswith("CREATE INDEX `A_NAME` ON `t` (")
    assert step.instead.endswith(f"{dropping};")


def test_a_placeholder_gives_way_to_its_value() -> None:
    """Which the generator has lost."""
    failure = failed("CREATE INDEX i ON t (a) WHERE b = $1", "there is no parameter $1")
    assert failure.statement is not None
    (fix,) = hints(failure, failure.statement)
    (step,) = fix.steps
    assert isinstance(step, ByHand)
    assert step.instead == "CREATE INDEX i ON t (a) WHERE b = /* the value */;"


@pytest.mark.parametrize("name", ["we\nb", "\u202ebew", "we\x1bb", "w" * 64])
def test_no_statement_is_shown_of_a_role_whose_name_may_deceive(name: str) -> None:
    """It breaks a line, turns the reading direction, or is none that PostgreSQL can hold."""
    failure = failed("SELECT 1", f'role "{name}" does not exist')
    assert failure.statement is not None
    assert not list(hints(failure, failure.statement))


@pytest.mark.parametrize("said", ['relation "web" does not exist', "syntax error"])
def test_nothing_is_guessed_of_other_errors(said: str) -> None:
    """They have rules of their own, or need a reader."""
    failure = failed("SELECT", said)
    assert failure.statement is not None
    assert not list(hints(failure, failure.statement))
