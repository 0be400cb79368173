"""A row says that a migration was applied, and nothing of it is there."""

from forensics.facts import LiveTable
from forensics.model import ByHand, CommandOutcome, RunSql, Safety, Severity, WriteFile
from forensics.rules.recorded_not_applied import recorded_not_applied
from forensics.rules.schema_drift import schema_drift
from tests.build import (
    DEFAULT,
    Case,
    added,
    ask,
    changed,
    commit,
    commits,
    rows,
    sql,
    table,
)
from tests.support.standing import BY_EMAIL, EMAIL, SQL, TAGS, examined, grown, having, state, users

RULE = recorded_not_applied
THREE = TAGS[:3]


def case(*tables: LiveTable, recorded: int = 3) -> Case:
    """Three migrations, of which some are recorded, and these tables."""
    held = having(tables, table(DEFAULT, *rows(*THREE[:recorded])))
    return Case(grown(*THREE), held)


def test_a_row_without_any_effect_is_told_by_its_tag() -> None:
    """The table that the newest migration makes is not there; no other rule repeats it."""
    given = case(users(EMAIL, indexes=[BY_EMAIL]))
    (finding,) = ask(RULE, examined(given))
    assert finding.subject == "0002_orders"
    assert finding.severity is Severity.HIGH
    assert "table public.orders" in finding.root_cause
    assert not ask(schema_drift, examined(given))


def test_its_file_is_run_by_hand() -> None:
    """Nothing is offered to paste: a client without an address could meet another database."""
    (finding,) = ask(RULE, examined(case(users(EMAIL, indexes=[BY_EMAIL]))))
    assert finding.fix is not None and not finding.fix.steps
    assert "Run drizzle/0002_orders.sql by hand, in one transaction" in finding.fix.title


def test_the_command_passes_and_so_tells_nothing() -> None:
    """That is what makes it a fault that nobody sees."""
    given = case(users(EMAIL, indexes=[BY_EMAIL]))
    predicted = given.scene.predict(given.facts)["migrate"]
    assert predicted.outcome is CommandOutcome.PASSES


def test_what_is_there_in_part_was_taken_away_later() -> None:
    """The column is there, its index is not: that is drift."""
    given = case(*state(3)[1:], users(EMAIL))
    assert not ask(RULE, examined(given))
    assert {it.rule for it in ask(schema_drift, examined(given))} == {"schema-drift"}


def test_what_is_pending_or_there_is_quiet() -> None:
    """Without a row, it is only not applied yet."""
    for given in (case(*state(3)), case(*state(2), recorded=2)):
        assert not ask(RULE, examined(given))


def test_where_nothing_of_any_migration_is_left_that_is_one_issue() -> None:
    """As after a reset that drops the application's schema, and not that of the tool."""
    given = case()
    (finding,) = ask(RULE, examined(given))
    assert finding.subject == "0000_users" and finding.title.startswith("All 3 recorded")
    assert "table public.users" in finding.data
    assert not ask(schema_drift, examined(given))
    assert finding.fix is not None and finding.fix.safety is Safety.REVIEW
    texts = [step.text for step in finding.fix.steps if isinstance(step, RunSql)]
    assert len(texts) == 3 and all(it.startswith("DELETE FROM") for it in texts)
    assert "backup" in finding.fix.safety_note


def test_an_edited_stub_is_put_back_and_its_statements_come_anew() -> None:
    """The tool writes what its snapshot lacks: a copy by hand would be generated once more."""
    path, stub = "drizzle/0002_orders.sql", sql("0002_orders")
    files = grown(*THREE)
    past = commits(
        commit(added(path, stub)),
        commit(changed(path, stub, str(files[path])), subject="fill it in"),
    )
    held = having((users(EMAIL, indexes=[BY_EMAIL]),), table(DEFAULT, *rows(*THREE)))
    (finding,) = ask(RULE, examined(Case(files, held, past)))
    assert finding.fix is not None
    back, anew = finding.fix.steps
    assert isinstance(back, WriteFile) and (back.path, back.after) == (path, stub)
    assert isinstance(anew, ByHand) and anew.line == 0
    assert anew.instead == SQL["0002_orders"]
    assert anew.why.startswith("Run `generate`")
    assert finding.data == "0002_orders is recorded, and the database lacks table public.orders."
