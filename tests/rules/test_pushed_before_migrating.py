"""A database that `push` made: told from rows that are missing by ids and the order of columns."""

import msgspec
import pytest

from forensics.facts import Column, Index, SequenceState
from forensics.model import Certainty, CommandOutcome, InsertRows
from forensics.rules.pushed_before_migrating import pushed_before_migrating
from forensics.rules.schema_drift import schema_drift
from forensics.rules.tracking_rows_missing import tracking_rows_missing
from tests.build import (
    DEFAULT,
    Case,
    ask,
    journal,
    name,
    rows,
    table,
)
from tests.support.standing import BY_EMAIL, EMAIL, ID, SQL, TAGS, examined, grown, having, state

RULE = pushed_before_migrating
FIRST = Column(name="first", type="text")
NO_ROWS = {"drizzle/0003_seed.sql": 'DROP TABLE IF EXISTS "temporary";'}
"""In place of the seed: what works on rows was not pushed."""


def test_it_fires_on_the_newest_state_without_a_table_and_the_fix_heals() -> None:
    """All is there, nothing was ever recorded: everything is recorded, in a table that is made."""
    case = Case(grown(*TAGS, **NO_ROWS), having(state(5)))
    (finding,) = ask(RULE, examined(case))
    assert finding.subject == DEFAULT
    assert finding.certainty is Certainty.INFERRED
    assert "`push` is the likeliest origin" in finding.root_cause
    assert "A restored dump of the application's schema alone" in finding.root_cause
    assert not ask(tracking_rows_missing, examined(case))
    assert not ask(schema_drift, examined(case))
    assert finding.fix is not None
    (step,) = finding.fix.steps
    assert isinstance(step, InsertRows)
    assert tuple(row.key for row in step.rows) == TAGS
    assert step.unproven == ()
    healed = examined(case, finding.fix.steps)
    assert not ask(RULE, healed)
    assert case.scene.predict(case.facts)["migrate"].outcome is CommandOutcome.BLOCKED
    assert case.scene.predict(healed)["migrate"].outcome is CommandOutcome.PASSES


def test_an_empty_table_that_never_handed_out_an_id_is_left_by_a_failed_migrate() -> None:
    """Where migrate failed at its first statement."""
    never = SequenceState(name=name(f"{DEFAULT}_id_seq"), last_value=1, is_called=False)
    case = Case(grown(*TAGS), having(state(5), table(DEFAULT, sequence=never)))
    (finding,) = ask(RULE, examined(case))
    assert "The table never handed out an id" in finding.root_cause
    assert "A restored dump of the schema without its rows" in finding.root_cause


def test_ids_that_were_handed_out_are_rows_that_are_missing() -> None:
    """Then it was migrate that made the tables."""
    used = SequenceState(name=name(f"{DEFAULT}_id_seq"), last_value=5, is_called=True)
    case = Case(grown(*TAGS), having(state(5), table(DEFAULT, sequence=used)))
    assert not ask(RULE, examined(case))
    assert ask(tracking_rows_missing, examined(case))


def test_an_older_state_than_the_newest_was_not_pushed() -> None:
    """Push brings a database to the newest state."""
    assert not ask(RULE, examined(Case(grown(*TAGS), having(state(3)))))


def test_the_order_of_columns_tells_push_from_migrate() -> None:
    """Schema code and snapshot have `first` before `email`; a migration adds it at the end."""
    tags = (*TAGS[:2], "0002_first")
    project = grown(*tags[:2])
    text = str(project["drizzle/meta/0001_snapshot.json"])
    column = '"first": {"name": "first", "type": "text", "primaryKey": false, "notNull": false}, '
    assert '"email": {' in text
    newer = text.replace('"email": {', f'{column}"email": {{', 1)
    with_it = {
        **grown(*tags[:2]),
        "drizzle/0002_first.sql": 'ALTER TABLE "users" ADD COLUMN "first" text;',
        "drizzle/meta/0002_snapshot.json": newer,
        "drizzle/meta/_journal.json": journal(*tags),
    }
    (users,) = state(2)
    for order, rule in (((ID, FIRST, EMAIL), RULE), ((ID, EMAIL, FIRST), tracking_rows_missing)):
        live = msgspec.structs.replace(users, columns=order)
        given = examined(Case(with_it, having([live])))
        (finding,) = (*ask(RULE, given), *ask(tracking_rows_missing, given))
        assert finding.rule == rule.name
    assert users.index_definitions == (BY_EMAIL,)


def test_what_push_left_out_is_told_and_nothing_is_recorded_over_it() -> None:
    """A trigger of a hand-written migration is not there: the script is no recommendation."""
    text = "CREATE TRIGGER stamp BEFORE UPDATE ON users EXECUTE FUNCTION touch();"
    case = Case(grown(*TAGS, **{"drizzle/0003_seed.sql": text}), having(state(5)))
    (finding,) = ask(RULE, examined(case))
    assert finding.fix is None
    assert "Missing or different: 0003_seed: `CREATE TRIGGER stamp" in finding.root_cause
    (offered,) = finding.alternatives
    assert offered.title.startswith("Make what is missing by hand, then record ")
    assert "decide about each by hand first" in offered.safety_note
    after = case.scene.predict(case.after(finding.repair))
    assert after["migrate"].outcome is CommandOutcome.PASSES


@pytest.mark.parametrize(
    "text",
    [
        SQL["0003_seed"],
        "GRANT SELECT ON users TO reader;",
        "COMMENT ON TABLE users IS 'who may come in';",
        "DO $$ DECLARE r record; BEGIN FOR r IN SELECT 1 LOOP PERFORM 1; END LOOP; END $$;",
    ],
)
def test_what_push_never_runs_is_not_recorded_as_done(text: str) -> None:
    """No catalogue shows it, but push has nothing to do with it: it is offered once that is done."""
    case = Case(grown(*TAGS, **{"drizzle/0003_seed.sql": text}), having(state(5)))
    (finding,) = ask(RULE, examined(case))
    assert finding.fix is None
    assert f"unless somebody ran them by hand: 0003_seed: `{text[:16]}" in finding.root_cause
    (offered,) = finding.alternatives
    assert offered.title.startswith("Make what is missing by hand, then record ")


def test_where_migrate_recorded_the_others_push_is_not_blamed() -> None:
    """An index was made by hand, and its migration is to follow."""
    text = 'CREATE INDEX IF NOT EXISTS "hot" ON "users" ("id");'
    (users,) = state(2)
    hot = Index(name="hot", definition="USING btree (id)")
    live = msgspec.structs.replace(users, index_definitions=(BY_EMAIL, hot))
    written = {"drizzle/0002_orders.sql": text, "drizzle/meta/0002_snapshot.json": None}
    for recorded, rule in ((0, RULE), (2, tracking_rows_missing)):
        tracking = table(DEFAULT, *rows(*TAGS[:recorded]))
        given = examined(Case(grown(*TAGS[:3], **written), having([live], tracking)))
        (finding,) = (*ask(RULE, given), *ask(tracking_rows_missing, given))
        assert finding.rule == rule.name


def test_a_healthy_database_is_quiet() -> None:
    """A fresh one, too: nothing is there, and nothing is recorded."""
    assert not ask(RULE, examined(Case(grown(*TAGS), having(()))))
