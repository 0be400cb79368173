"""Planted code does not run with the rights of whoever applies fix.sql, on a real PostgreSQL."""

import subprocess
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from forensics.analysis.seen import seen_of
from forensics.collect.database.collect import collect_database
from forensics.dialects.postgres.attached import ATTACHED
from forensics.evidence.bundle_writer import BundleWriter
from forensics.facts import Database
from forensics.model import (
    DatabaseStep,
    MoveTable,
    RenameTable,
    Seen,
    TableName,
)
from forensics.render.sql import fix_sql, rollback_sql
from forensics.scratch.binaries import find_binaries
from forensics.scratch.postgres import Server, throw_away_postgres
from tests.build import new_row, record, set_hash

pytestmark = pytest.mark.slow

TABLE = "public.__drizzle_migrations"
NAME = TableName(schema="public", table="__drizzle_migrations")
STEPS: tuple[DatabaseStep, ...] = (
    set_hash(NAME, 1, "a", "b"),
    record(NAME, new_row("0001_x", "c", 2), held=1),
    MoveTable(table=NAME, to_schema="drizzle", rows=2, newest=("created_at", 2)),
    RenameTable(table=TableName(schema="drizzle", table=NAME.table), to="kept", rows=2),
)
CASE = f"""
SET ROLE mallory;
CREATE SCHEMA drizzle;
CREATE TABLE {TABLE} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint);
INSERT INTO {TABLE} (hash, created_at) VALUES ('a', 1);
RESET ROLE;
CREATE SEQUENCE public.sprung;
GRANT ALL ON public.sprung TO PUBLIC;
SET ROLE mallory;
CREATE FUNCTION public.spring() RETURNS boolean LANGUAGE plpgsql AS
  'BEGIN IF current_user = ''postgres'' THEN PERFORM nextval(''public.sprung''); END IF;
  RETURN true; END';
CREATE FUNCTION public.pure(anyelement) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
  'BEGIN PERFORM public.spring(); RETURN true; END';
CREATE FUNCTION public.text_of(boolean) RETURNS text LANGUAGE sql IMMUTABLE AS
  'SELECT $1::text';
CREATE FUNCTION public.fires() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN PERFORM public.spring(); RETURN NULL; END';
CREATE FUNCTION public.same(text, text) RETURNS boolean LANGUAGE plpgsql AS
  'BEGIN PERFORM public.spring(); RETURN $1 OPERATOR(pg_catalog.=) $2; END';
"""

PLANTS = {
    "trigger audit": f"CREATE TRIGGER audit AFTER INSERT OR UPDATE ON {TABLE}"
    " FOR EACH ROW EXECUTE FUNCTION public.fires()",
    "trigger each": f"CREATE TRIGGER each AFTER UPDATE ON {TABLE}"
    " FOR EACH STATEMENT EXECUTE FUNCTION public.fires();"
    f" ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER each",
    "rule also": f"CREATE RULE also AS ON UPDATE TO {TABLE} DO ALSO SELECT public.spring()",
    "default id": f"ALTER TABLE {TABLE} ALTER id SET DEFAULT"
    f" nextval('{TABLE}_id_seq') + public.spring()::int",
    "default extra": f"ALTER TABLE {TABLE} ADD extra boolean;"
    f" ALTER TABLE {TABLE} ALTER extra SET DEFAULT public.spring()",
    "default by_xml": f"ALTER TABLE {TABLE} ADD by_xml xml; ALTER TABLE {TABLE} ALTER by_xml SET"
    " DEFAULT query_to_xml('SELECT public.spring()', true, true, '')",
    "generated column made": f"ALTER TABLE {TABLE}"
    " ADD made boolean GENERATED ALWAYS AS (public.pure(hash)) STORED",
    "check constraint checked": f"ALTER TABLE {TABLE} ADD CONSTRAINT checked CHECK (public.spring())",
    "exclusion constraint apart": f"ALTER TABLE {TABLE} ADD CONSTRAINT apart"
    " EXCLUDE (hash WITH =) WHERE (public.pure(hash))",
    "column type hash": "CREATE DOMAIN public.sum AS text CHECK (public.spring());"
    f" ALTER TABLE {TABLE} ALTER hash TYPE public.sum",
    "index folded": f"CREATE INDEX folded ON {TABLE} (public.pure(1))",
    "index partly": f"CREATE INDEX partly ON {TABLE} (id) WHERE public.pure(hash)",
    "statistics known": f"CREATE STATISTICS public.known ON (public.pure(1)), hash FROM {TABLE}",
    "policy watch": f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
    f" CREATE POLICY watch ON {TABLE} USING (public.spring())",
    "child table public.child": f"CREATE TABLE public.child (id int NOT NULL) INHERITS ({TABLE});"
    " CREATE TRIGGER deep AFTER UPDATE ON public.child"
    " FOR EACH STATEMENT EXECUTE FUNCTION public.fires()",
    "foreign key points": "CREATE TABLE public.other (hash text PRIMARY KEY);"
    " INSERT INTO public.other VALUES ('a');"
    f" ALTER TABLE {TABLE} ADD CONSTRAINT points FOREIGN KEY (hash) REFERENCES public.other",
    "foreign key of another table public.follower.follows": f"ALTER TABLE {TABLE} ADD UNIQUE (hash);"
    f" CREATE TABLE public.follower (hash text CONSTRAINT follows REFERENCES {TABLE} (hash)"
    " ON UPDATE CASCADE); INSERT INTO public.follower VALUES ('a');"
    " CREATE TRIGGER deep AFTER UPDATE ON public.follower"
    " FOR EACH ROW EXECUTE FUNCTION public.fires()",
    "event trigger ddl": "RESET ROLE; CREATE FUNCTION public.on_ddl() RETURNS event_trigger"
    " LANGUAGE plpgsql AS 'BEGIN PERFORM public.spring(); END';"
    " CREATE EVENT TRIGGER ddl ON ddl_command_end EXECUTE FUNCTION public.on_ddl()",
}
"""What the message calls it -> how the owner of the table plants it; it runs `spring`."""

_numbers = count()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server, with the role that plants."""
    with throw_away_postgres() as running:
        running.execute("CREATE ROLE mallory LOGIN")
        yield running


class Incident:
    """A tracking table of mallory's, and a superuser with psql."""

    def __init__(self, server: Server, name: str, folder: Path, psql: Path) -> None:
        self.server, self.name, self.folder, self.psql = server, name, folder, psql

    def run(self, sql: str) -> list[tuple[object, ...]]:
        """Run SQL as the superuser."""
        return self.server.execute(sql, database=self.name)

    def plant(self, sql: str) -> None:
        """Run SQL as the owner of the table; code of theirs counts only when the superuser runs it."""
        self.run(f"SET ROLE mallory; {sql}; RESET ROLE")

    def collect(self) -> Database:
        """What our collector records of it."""
        writer = BundleWriter(self.folder / f"bundle-{next(_numbers)}")
        url = self.server.url(self.name)
        found = collect_database(url, writer, deadline=time.monotonic() + 30)
        assert found is not None
        return found

    def seen(self) -> Seen | None:
        """The same, as a script compares it."""
        return seen_of(self.collect().attachments)

    def apply(self, script: str) -> str:
        """What psql says on stderr when a superuser applies a script."""
        path = self.folder / "fix.sql"
        path.write_text(script, encoding="utf-8")
        done = subprocess.run(
            [
                self.psql,
                "-X",
                "-d",
                self.server.url(self.name),
                "-f",
                path,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stderr

    def ran(self) -> bool:
        """Whether planted code ran as the superuser; no rollback takes back what a sequence counted."""
        return self.run("SELECT is_called FROM public.sprung") == [(True,)]

    def is_moved(self) -> bool:
        """Whether the fix took effect."""
        return self.run("SELECT to_regclass('drizzle.kept') IS NOT NULL") == [(True,)]


@pytest.fixture(scope="module")
def psql(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client of the server."""
    binaries = find_binaries()
    assert binaries is not None
    return binaries.place(tmp_path_factory.mktemp("psql")) / "psql"


@pytest.fixture
def incident(server: Server, psql: Path, tmp_path: Path) -> Iterator[Incident]:
    """A database of its own."""
    name = f"planted_{next(_numbers)}"
    server.create_database(name, owner="mallory")
    made = Incident(server, name, tmp_path, psql)
    made.run("GRANT ALL ON SCHEMA public TO mallory")
    made.run(CASE)
    yield made
    server.drop_database(name)


def test_a_table_as_the_tool_makes_it_passes(incident: Incident) -> None:
    """Serial, key, not null: the fix takes effect, and its inverse takes it back."""
    seen = incident.seen()
    assert seen is not None and not seen.event_triggers
    assert [table.things for table in seen.tables] == [()]
    assert "ERROR" not in incident.apply(fix_sql(STEPS, seen=seen))
    assert incident.is_moved()
    assert "ERROR" not in incident.apply(rollback_sql(STEPS, seen=seen))
    assert incident.run(f"SELECT hash FROM {TABLE}") == [("a",)]


@pytest.mark.sample(2)
@pytest.mark.parametrize(("what", "plant"), PLANTS.items(), ids=PLANTS)
def test_planted_code_does_not_run(incident: Incident, what: str, plant: str) -> None:
    """Planted before the collection, after it, or unlooked for: it is named, and nothing ran."""
    before = incident.seen()
    incident.plant(plant)
    scripts = {
        "were not seen when the evidence was collected": fix_sql(STEPS, seen=before),
        "They were there when the evidence was collected": fix_sql(STEPS, seen=incident.seen()),
        "nobody looked when the evidence was collected": fix_sql(STEPS),
    }
    assert not incident.ran(), "the collector set it off"
    for why, script in scripts.items():
        said = incident.apply(script)
        assert why in said and f"{what} of " in said
        assert not incident.ran() and not incident.is_moved()


def test_the_plants_would_run(incident: Incident) -> None:
    """Without the guard a trigger's code runs as the superuser: the plants are real."""
    incident.plant(PLANTS["trigger audit"])
    incident.run(f"UPDATE {TABLE} SET hash = 'a'")
    assert incident.ran()


AUDIT = "CREATE TRIGGER log AFTER INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION public.log()"


def audited(incident: Incident) -> Seen:
    """With a trigger as a DBA makes it, there before the evidence was collected."""
    incident.run(
        "CREATE TABLE public.log (hash text); CREATE FUNCTION public.log() RETURNS trigger"
        " LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.log VALUES (NEW.hash); RETURN NULL; END';"
        + AUDIT.format(TABLE)
    )
    seen = incident.seen()
    assert seen is not None
    return seen


def test_an_accepted_trigger_runs_and_rollback_knows_it_again(incident: Incident) -> None:
    """The reader edits one word; after the move the inverse finds the same trigger."""
    seen = audited(incident)
    script = fix_sql(STEPS, seen=seen)
    assert script.count("accepted CONSTANT boolean := false") == 1
    accepted = script.replace("boolean := false", "boolean := true")
    assert "ERROR" not in incident.apply(accepted)
    assert incident.run("SELECT hash FROM public.log") == [("b",), ("c",)]
    back = rollback_sql(STEPS, seen=seen)
    assert "They were there" in incident.apply(back)
    assert "ERROR" not in incident.apply(back.replace("boolean := false", "boolean := true"))
    assert incident.run(f"SELECT hash FROM {TABLE}") == [("a",)]


@pytest.mark.parametrize(
    "change",
    [
        "CREATE OR REPLACE FUNCTION public.log() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM public.spring(); RETURN NULL; END'",
        "ALTER FUNCTION public.log() SET search_path = public",
        "ALTER FUNCTION public.log() SECURITY DEFINER",
        f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER log",
        f"DROP TRIGGER log ON {TABLE}; CREATE TRIGGER log AFTER INSERT ON {TABLE}"
        " FOR EACH ROW EXECUTE FUNCTION public.fires()",
    ],
)
def test_what_was_accepted_is_what_was_seen(incident: Incident, change: str) -> None:
    """Another function, another text of the same function, another state: it is something new."""
    script = fix_sql(STEPS, seen=audited(incident)).replace("boolean := false", "boolean := true")
    incident.run(change)
    assert "were not seen when" in incident.apply(script)
    assert not incident.ran() and not incident.is_moved()


def test_a_disabled_trigger_is_none_until_it_is_enabled(incident: Incident) -> None:
    """It runs no code, so it is no reason to ask; enabled since, it was never seen so."""
    audited(incident)
    incident.run(f"ALTER TABLE {TABLE} DISABLE TRIGGER log")
    seen = incident.seen()
    assert seen is not None and seen.tables[0].things == ()
    incident.run(f"ALTER TABLE {TABLE} ENABLE TRIGGER log")
    assert "trigger log of" in incident.apply(fix_sql(STEPS, seen=seen))
    incident.run(f"ALTER TABLE {TABLE} DISABLE TRIGGER log")
    assert "ERROR" not in incident.apply(fix_sql(STEPS, seen=seen))


@pytest.mark.parametrize(
    ("change", "who"),
    [
        (f"ALTER TABLE {TABLE} OWNER TO stranger", f"{TABLE} belongs neither to mallory"),
        ("ALTER SCHEMA public OWNER TO stranger", "schema public belongs neither to"),
    ],
)
def test_a_new_owner_is_refused(incident: Incident, change: str, who: str) -> None:
    """Whoever owns the table may change it at any time."""
    seen = incident.seen()
    incident.run("CREATE ROLE stranger")
    try:
        incident.run(change)
        assert who in incident.apply(fix_sql(STEPS, seen=seen))
    finally:
        incident.run("REASSIGN OWNED BY stranger TO postgres; DROP ROLE stranger")


def test_whoever_applies_it_may_own_the_table(incident: Incident) -> None:
    """A copy of the database, restored under another role, is no attack."""
    seen = incident.seen()
    incident.run(f"ALTER TABLE {TABLE} OWNER TO postgres; ALTER SCHEMA public OWNER TO postgres")
    assert "ERROR" not in incident.apply(fix_sql(STEPS, seen=seen))


SHADOWS = (
    *("to_regclass(text)", "left(text, integer)", "encode(bytea, text)", "sha256(bytea)"),
    *("pg_get_userbyid(oid)", "string_agg(text, text)"),
)


@pytest.mark.parametrize("function", SHADOWS)
def test_the_guard_calls_no_shadow(incident: Incident, function: str) -> None:
    """Functions and operators of the same name stand first in the default search path."""
    incident.plant(
        f"CREATE FUNCTION public.{function} RETURNS text LANGUAGE sql"
        " AS 'SELECT public.spring()::text';"
        "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.same);"
        "CREATE TABLE public.pg_class (); CREATE TABLE public.pg_trigger ()"
    )
    seen = incident.seen()
    incident.run(f"ALTER DATABASE {incident.name} SET search_path = public, pg_catalog")
    assert "ERROR" not in incident.apply(fix_sql(STEPS, seen=seen))
    assert not incident.ran() and incident.is_moved()


def test_a_trigger_that_is_committed_while_it_waits_is_seen(incident: Incident) -> None:
    """Also where the database's default isolation level would keep an older view of things."""
    seen = incident.seen()
    incident.run(
        f"ALTER DATABASE {incident.name} SET default_transaction_isolation = 'repeatable read'"
    )
    with psycopg.connect(incident.server.url(incident.name)) as other:
        other.execute("SELECT pg_catalog.set_config('role', 'mallory', false)")
        other.execute(PLANTS["trigger audit"].encode())
        said: list[str] = []
        script = fix_sql(STEPS, seen=seen)
        applying = threading.Thread(target=lambda: said.append(incident.apply(script)))
        applying.start()
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted"
        while not incident.run(waiting):
            assert applying.is_alive()
            time.sleep(0.01)
        other.commit()
    applying.join()
    assert "trigger audit of" in said[0]
    assert not incident.ran()


def test_a_name_in_a_message_is_harmless_on_a_terminal(incident: Incident) -> None:
    """Control characters and turned reading directions of a planted name are not printed."""
    seen = incident.seen()
    incident.plant(PLANTS["trigger audit"].replace("audit", 'U&"a\\001b\\202e\\000ab"', 1))
    said = incident.apply(fix_sql(STEPS, seen=seen))
    assert "trigger a???b of" in said


@pytest.mark.parametrize(
    "name", ["quote\"and'other", "line\nfeed", "$$ $forensics$", "\u202e", "%s"]
)
def test_hostile_names_of_things_are_only_names(incident: Incident, name: str) -> None:
    """Seen, accepted, and found again, whatever it is called."""
    audited(incident)
    quoted = '"' + name.replace('"', '""') + '"'
    incident.run(f"ALTER TRIGGER log ON {TABLE} RENAME TO {quoted}")
    script = fix_sql(STEPS, seen=incident.seen())
    assert script.isascii()
    assert "They were there" in incident.apply(script)
    assert "ERROR" not in incident.apply(script.replace("boolean := false", "boolean := true"))


def test_a_table_that_is_made_sets_off_no_event_trigger(incident: Incident) -> None:
    """CREATE TABLE and CREATE SCHEMA fire them, though no table is there to be looked at."""
    new = TableName(schema="new", table="made")
    made = record(new, new_row("0001_x", "c", 2), held=None, owner="mallory")
    seen = incident.seen()
    incident.plant(PLANTS["event trigger ddl"])
    said = incident.apply(fix_sql((made,), seen=seen))
    assert "event trigger ddl of the database" in said
    assert not incident.ran()
    incident.run("DROP EVENT TRIGGER ddl")
    assert "ERROR" not in incident.apply(fix_sql((made,), seen=seen))
    incident.plant(PLANTS["trigger audit"].replace(TABLE, "new.made"))
    assert "trigger audit of new.made" in incident.apply(rollback_sql((made,), seen=seen))
    assert not incident.ran()


def test_event_triggers_do_not_matter_to_rows(incident: Incident) -> None:
    """No statement on rows fires one, so it is no reason to refuse."""
    seen = incident.seen()
    incident.plant(PLANTS["event trigger ddl"])
    assert "ERROR" not in incident.apply(fix_sql(STEPS[:2], seen=seen))
    assert not incident.ran()


def test_the_query_can_stand_in_a_composed_script() -> None:
    """No character of it means something to psycopg, to a script or to psql."""
    assert not set(ATTACHED) & set("{}%\\$;")
    assert ATTACHED.isascii()
