"""What SQL leaves of a changed table, of which a scratch server made again only a part."""

import pytest

from forensics.dialects.effect import Done
from forensics.facts import LiveTable, Policy, Trigger
from forensics.scratch.engine import scratch
from forensics.scratch.postgres import throw_away_postgres
from tests.scratch.scratches import TRACKING, dumped, real

pytestmark = pytest.mark.slow

LETTERS = """
CREATE TABLE letters (id int PRIMARY KEY, owner text, of int);
CREATE UNIQUE INDEX by_owner ON letters (owner);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_owner'::regclass;
ALTER TABLE letters ADD CONSTRAINT small CHECK (of < 5) NOT VALID;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER stamp BEFORE UPDATE ON letters EXECUTE FUNCTION f();
ALTER TABLE letters DISABLE TRIGGER stamp;
ALTER TABLE letters ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON letters USING (owner = 'a');
"""


@pytest.mark.parametrize("with_dump", [True, False])
def test_what_is_not_valid_or_switched_stays_so_when_its_table_is_changed(
    *, with_dump: bool
) -> None:
    """The server builds indexes that are valid, and a dump leaves out those that are not."""
    with throw_away_postgres() as server, real(server, "letters", TRACKING + LETTERS) as found:
        assert found.schema is not None
        dump = None
        if with_dump:
            server.create_database("again")
            server.execute(TRACKING + LETTERS, database="again")
            dump = dumped(server, "again")
        with scratch(found, dump=dump) as asked:
            added = asked.answer(found.schema, ("ALTER TABLE letters ADD COLUMN x text",))
            switched = asked.answer(
                found.schema, ("ALTER TABLE letters DISABLE ROW LEVEL SECURITY",)
            )
    table = _letters(added)
    assert "x" in [column.name for column in table.columns]
    assert {it.name: it.valid for it in table.index_definitions} == {
        "by_owner": False,
        "letters_pkey": True,
    }
    assert {it.name: it.validated for it in table.constraints} == {
        "letters_pkey": True,
        "small": False,
    }
    assert table.triggers == (Trigger(name="stamp", enabled=False),)
    assert table.policies == (Policy(name="own", using="(owner = 'a'::text)"),)
    assert table.row_security
    assert not _letters(switched).row_security


def _letters(effect: object) -> LiveTable:
    assert isinstance(effect, Done), effect
    (table,) = (it for it in effect.schema.tables if it.name.table == "letters")
    return table
