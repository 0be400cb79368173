"""Two applications with one tracking table: whose rows they are, and what is skipped for it."""

from forensics.model import Severity
from forensics.rules.applied_but_unknown_migration import applied_but_unknown_migration
from forensics.rules.shared_tracking_table import shared_tracking_table
from tests.build import (
    DEFAULT,
    MINUTE,
    START,
    Case,
    ask,
    database,
    journal,
    project,
    rows,
    table,
)

OTHER = "dist/admin/meta/_journal.json"
"""In a build output, so that this is no second use of the tool."""
WHENS = tuple(START + (number + 2) * MINUTE + 5 for number in range(3))
OF_OTHER = ("0000_roles", "0001_rights", "0002_audit")


def case(*own: str, listed: tuple[str, ...] = ("0000_a", "0001_b", "0002_c", "0003_d")) -> Case:
    """Three rows of the other application beside these of our own."""
    files = project(*listed, **{OTHER: journal(*OF_OTHER, whens=WHENS)})
    held = (*rows(*own), *rows(*OF_OTHER, whens=WHENS))
    made = Case({**files}, database(table(DEFAULT, *held), live=[f"public.{tag}" for tag in own]))
    return made


def test_the_other_applications_rows_hide_our_migrations() -> None:
    """Those that are stamped before its newest row."""
    (found,) = ask(shared_tracking_table, case("0000_a", "0001_b").scene.examined())
    assert (found.subject, found.severity) == (DEFAULT, Severity.HIGH)
    assert "0000_roles, 0001_rights and 0002_audit" in found.root_cause
    assert "later than 0002_c and 0003_d, which this table does not record" in found.root_cause


def test_where_nothing_is_hidden_yet_the_next_one_may_be() -> None:
    """All of ours is recorded."""
    tags = ("0000_a", "0001_b", "0002_c", "0003_d")
    (found,) = ask(shared_tracking_table, case(*tags).scene.examined())
    assert found.severity is Severity.MEDIUM
    assert "only looks at the newest row" in found.root_cause


def test_its_rows_are_not_of_unknown_migrations() -> None:
    """One fault, one finding."""
    assert not ask(applied_but_unknown_migration, case("0000_a").scene.examined())


def test_rows_of_nobody_and_rows_of_our_own_are_quiet() -> None:
    """The nearest innocent cases."""
    held = database(
        table(DEFAULT, *rows("0000_a", "0001_b")), live=("public.0000_a", "public.0001_b")
    )
    alone = Case(project("0000_a", "0001_b"), held)
    assert not ask(shared_tracking_table, alone.scene.examined())
    strange = database(table(DEFAULT, *rows("0000_a"), *rows("x", whens=[START + 9 * MINUTE])))
    assert not ask(shared_tracking_table, Case(project("0000_a"), strange).scene.examined())
