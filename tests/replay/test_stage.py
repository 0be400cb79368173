"""The SQL of a repair runs on the copy with its guards, also where a trigger came along."""

import pytest

from forensics.analysis.seen import seen_of
from forensics.model import TableName
from forensics.render.sql import fix_sql
from forensics.replay.stage import Stage, build_stage, repaired_stage
from forensics.scratch.postgres import Server
from forensics.trying.actions import Script
from forensics.trying.script_run import run_script
from tests.build import set_hash
from tests.scratch.scratches import TRACKING, dumped, real

pytestmark = pytest.mark.slow

NAME = TableName(schema="drizzle", table="__drizzle_migrations")
STEP = set_hash(NAME, 1716890000000, "a'1", "new")
AUDIT = """
CREATE TABLE log (hash text);
CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO public.log VALUES (NEW.hash); RETURN NULL; END';
CREATE TRIGGER audit AFTER UPDATE ON drizzle.__drizzle_migrations
  FOR EACH ROW EXECUTE FUNCTION log();
"""


def hashes(server: Server, name: str) -> list[tuple[object, ...]]:
    """The recorded hashes."""
    return server.execute(f"SELECT hash FROM {NAME} ORDER BY id", database=name)


def test_a_repair_is_tried_with_the_triggers_of_the_case(server: Server) -> None:
    """Whatever came along in the dump runs on the copy only, with the rights of the copy's role."""
    with real(server, "audited", TRACKING + AUDIT) as database:
        stage = build_stage(server, 1, database, dumped(server, "audited"))
        assert isinstance(stage, Stage)
        after = repaired_stage(stage, "audited_after", (STEP,))
        assert hashes(server, after.case.name) == [("new",), ("b",)]
        assert server.execute("SELECT hash FROM log", database=after.case.name) == [("new",)]
        assert hashes(server, "audited") == [("a'1",), ("b",)]


@pytest.mark.parametrize(("sql", "error"), [(TRACKING, ""), (TRACKING + AUDIT, "trigger audit of")])
def test_fix_sql_says_on_the_copy_what_it_would_say(server: Server, sql: str, error: str) -> None:
    """It passes where nothing is attached, and waits for the reader where something is."""
    name = f"tried_{bool(error)}".lower()
    with real(server, name, sql) as database:
        stage = build_stage(server, 2 + bool(error), database, dumped(server, name))
        assert isinstance(stage, Stage)
        script = fix_sql((STEP,), seen=seen_of(database.attachments))
        ran = run_script(stage.case, database, Script(sql=script, as_one=True), "drizzle-kit")
        assert (error in ran.error) and bool(ran.error) is bool(error)
