"""Nothing that a script destroys goes unseen, whatever it does to those who look."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.facts import Database
from forensics.scratch.engine import Scratch, scratch
from forensics.scratch.postgres import throw_away_postgres
from forensics.trying.actions import Script
from forensics.trying.file_changes import CannotTry
from forensics.trying.script_run import ScriptRun, run_script
from forensics.trying.watching.catalogue import LEFT_OUT, SOURCES
from tests.scratch.scratches import TRACKING, dumped, real

pytestmark = pytest.mark.slow

SHOP = f"""
{TRACKING}
CREATE TYPE size AS ENUM ('small', 'large');
CREATE TABLE makers (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x', note varchar(20));
CREATE TABLE orders (
  id int PRIMARY KEY, maker int REFERENCES makers ON DELETE CASCADE, total numeric(10, 2),
  size size, CHECK (total <> 7));
CREATE TABLE items (id int PRIMARY KEY, ord int REFERENCES orders ON DELETE CASCADE);
CREATE TABLE notes (id int PRIMARY KEY, item int REFERENCES items ON DELETE SET NULL, body text);
CREATE TABLE secrets (id int PRIMARY KEY, body text);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON secrets USING (id > 0);
CREATE POLICY other ON secrets USING (id > 1);
CREATE VIEW named AS SELECT name FROM makers;
CREATE EXTENSION citext;
CREATE TABLE people (mail citext);
CREATE FUNCTION double(x int) RETURNS int LANGUAGE sql AS 'SELECT 2 * x';
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER stamped BEFORE UPDATE ON secrets FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER stamped BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE INDEX by_name ON makers (name);
CREATE UNIQUE INDEX only_body ON secrets (body);
CREATE SCHEMA spare;
"""


class Shop:
    """What was collected of a database, its dump, and a server for copies."""

    def __init__(self, database: Database, server: Scratch) -> None:
        self.database, self.server = database, server

    def run(self, text: str) -> ScriptRun:
        """What a script does to a copy."""
        with self.server.fresh(self.database) as case:
            assert case.missing == ()
            return run_script(case, self.database, Script(sql=text), "drizzle-kit")


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """One server for all scripts."""
    with throw_away_postgres() as server, real(server, "shop", SHOP) as database:
        dump = dumped(server, "shop")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("forensics.scratch.engine.SECONDS", 600.0)
        with scratch(database, dump=dump) as copies:
            yield Shop(database, copies)


# --- Rows and values ----------------------------------------------------------------------------

MAKERS = ("rows of public.items", "rows of public.makers", "rows of public.orders")
"""Whoever deletes makers deletes what refers to them."""
ITEMS = ("rows of public.items",)
NULLED = ("values of public.notes.item",)
"""What referred to items by a key that becomes NULL."""
OFF = "ALTER TABLE notes DISABLE TRIGGER USER"
ON = "ALTER TABLE notes ENABLE TRIGGER USER"
NOTES = ("rows of public.notes",)
DROPS_TRIGGERS = """\
DO $$ DECLARE t record; BEGIN
  FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'notes'::regclass AND NOT tgisinternal
  LOOP EXECUTE format('DROP TRIGGER %I ON notes', t.tgname); END LOOP;
END $$;
"""
LOOKS_FIRST = """\
DO $$ DECLARE r record; BEGIN
  FOR r IN SELECT id FROM items LOOP DELETE FROM items WHERE id = r.id; END LOOP;
  IF EXISTS (SELECT FROM people) THEN DROP TABLE people; END IF;
END $$"""


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("DELETE FROM makers", MAKERS + NULLED),
        ("DELETE FROM makers WHERE id = 5", MAKERS),
        (f"{OFF}; DELETE FROM notes WHERE id = 5; {ON}", NOTES),
        (f"BEGIN; {OFF}; DELETE FROM notes; {ON}; COMMIT", NOTES),
        (f"{DROPS_TRIGGERS} DELETE FROM notes WHERE id = 5", NOTES),
        (LOOKS_FIRST, ("table public.people", *ITEMS, *NULLED)),
        (
            "ALTER TABLE items RENAME TO old; CREATE TABLE items (id int PRIMARY KEY, ord int)",
            ("the rows under the name public.items, which are in public.old now",),
        ),
    ],
)
def test_rows_are_seen_to_go(shop: Shop, text: str, lost: tuple[str, ...]) -> None:
    """Also where a statement meets no row, where code asks for rows first, and unwatched."""
    assert shop.run(text).lost == lost


def test_values_are_seen_to_go(shop: Shop) -> None:
    """Overwritten, cast away, cut off, rounded; what only looks different is still there."""
    ran = shop.run(
        "ALTER TABLE notes ALTER body TYPE text USING '';"
        "ALTER TABLE makers ALTER note TYPE varchar(3) USING substr(note, 1, 3);"
        "ALTER TABLE orders ALTER total TYPE numeric(10, 0);"
        "UPDATE people SET mail = NULL;"
        "ALTER TABLE notes ALTER id TYPE bigint; UPDATE secrets SET body = body || '!';"
        "BEGIN; DELETE FROM items; ROLLBACK; INSERT INTO items VALUES (3);"
        "ALTER TABLE orders ADD COLUMN more text; ALTER TABLE orders RENAME TO purchases"
    )
    assert ran.error == ""
    assert not [line for line in ran.remarks if "made-up" in line]
    assert set(ran.lost) == {
        "values of public.makers.note",
        "values of public.orders.total",
        "values of public.notes.body",
        "values of public.people.mail",
    }


def test_rows_whose_foreign_key_becomes_null_are_changed(shop: Shop) -> None:
    """They are not gone, but no longer say to what they belonged; also where no row met it."""
    ran = shop.run("DELETE FROM items WHERE id = 5")
    assert ran.lost == ITEMS
    assert "overwrites values of public.notes" in ran.changes


MORE_THAN_WE_PLANT = """\
DO $$ BEGIN IF (SELECT count(*) FROM notes) > 9 THEN DELETE FROM notes; END IF; END $$"""
ALL_AS_IT_WAS = """\
DO $$ DECLARE t name; BEGIN
  ALTER TABLE notes DISABLE TRIGGER USER; DELETE FROM notes WHERE id = 5;
  FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'notes'::regclass AND NOT tgisinternal
  LOOP EXECUTE format('ALTER TABLE notes ENABLE ALWAYS TRIGGER %I', t); END LOOP;
END $$"""


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("text", "why"),
    [
        (MORE_THAN_WE_PLANT, "depends on the rows of public.notes"),
        (f"BEGIN; {OFF}; DELETE FROM notes WHERE id = 5; {ON}; COMMIT", "may go unseen"),
        (ALL_AS_IT_WAS, "may go unseen"),
    ],
)
def test_what_cannot_be_seen_is_not_called_harmless(shop: Shop, text: str, why: str) -> None:
    """Then there is no verdict that says so."""
    ran = shop.run(text)
    assert ran.lost == ()
    assert why in ran.unsure


def test_a_harmless_script_is_not_doubted(shop: Shop) -> None:
    """Nor is anything of our own looking left."""
    ran = shop.run("SELECT 1; CREATE INDEX another ON makers (note)")
    assert (ran.lost, ran.removed, ran.unsure) == ((), (), "")
    assert ran.changes == ("adds index public.another",)


# --- Everything else that a database has --------------------------------------------------------

GONE: dict[str, set[str]] = {
    "DROP POLICY mine ON secrets": {"policy mine on public.secrets"},
    "DROP FUNCTION double": {"function public.double(integer)"},
    "DROP FUNCTION stamp CASCADE": {
        "function public.stamp()",
        "trigger stamped on public.secrets",
        "trigger stamped on public.notes",
    },
    "DROP VIEW named": {"view public.named"},
    "DROP EXTENSION citext CASCADE": {"extension citext"},
    "DROP INDEX only_body": {"unique index public.only_body"},
    "DROP TYPE size CASCADE": {"type public.size"},
    "ALTER TABLE makers DROP CONSTRAINT makers_pkey CASCADE": {
        "constraint makers_pkey on public.makers",
        "constraint orders_maker_fkey on public.orders",
    },
    "DROP SCHEMA spare": set(),
    "DROP INDEX by_name": set(),
}
"""A statement -> what goes with it; what only makes queries fast is no loss."""
OPENED = {
    "ALTER POLICY mine ON secrets USING (true)": "policy mine on public.secrets",
    "DROP POLICY other ON secrets; CREATE POLICY other ON secrets USING (true)": (
        "policy other on public.secrets"
    ),
    "ALTER TABLE secrets DISABLE ROW LEVEL SECURITY": "row level security of public.secrets is off",
    "ALTER TABLE secrets NO FORCE ROW LEVEL SECURITY": (
        "row level security of public.secrets no longer binds its owner"
    ),
    "GRANT SELECT ON makers TO PUBLIC": "everybody may SELECT on table public.makers",
    "GRANT CREATE ON SCHEMA spare TO PUBLIC": "everybody may CREATE on schema spare",
    "GRANT SELECT (body) ON notes TO PUBLIC": "everybody may SELECT on column public.notes.body",
    "CREATE RULE swallow AS ON INSERT TO makers DO INSTEAD NOTHING": (
        "rule swallow on public.makers discards or replaces every INSERT"
    ),
    "ALTER TABLE secrets DISABLE TRIGGER stamped": "trigger stamped on public.secrets is disabled",
    "ALTER TABLE people SET UNLOGGED": "table public.people is emptied when the server crashes",
    "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC": (
        "everybody may use what is made later (default acl for role postgres on tables)"
    ),
    "REVOKE EXECUTE ON FUNCTION double FROM PUBLIC": "",
    "CREATE POLICY more ON secrets USING (true)": "",
}
"""A statement -> which protection it takes away, if any."""
OTHERWISE = {
    "DROP INDEX by_name": "removes index public.by_name",
    "DROP SCHEMA spare": "removes schema spare",
    "ALTER TABLE makers ALTER name DROP DEFAULT": "changes column public.makers.name",
    "ALTER TABLE orders ALTER total SET NOT NULL": "changes column public.orders.total",
    "ALTER TABLE items RENAME TO things": "renames table public.items to public.things",
    "ALTER TYPE size ADD VALUE 'huge'": "changes type public.size",
    "CREATE TABLE child () INHERITS (notes)": "adds table public.child",
    "ALTER TABLE people SET (fillfactor = 50)": "changes table public.people",
    "REVOKE ALL ON secrets FROM CURRENT_USER": "changes table public.secrets",
    "COMMENT ON TABLE makers IS 'x'": "adds comment on table public.makers",
    "CREATE POLICY more ON secrets USING (true)": "adds policy more on public.secrets",
    "ALTER DATABASE shop SET search_path = nowhere": "adds settings of the database",
    "CREATE OR REPLACE FUNCTION double(x int) RETURNS int LANGUAGE sql AS 'SELECT 0'": (
        "changes function public.double(integer)"
    ),
    "CREATE OR REPLACE VIEW named AS SELECT name FROM makers WHERE false": (
        'changes rule "_RETURN" on public.named'
    ),
    "SELECT lo_create(77)": "adds large object 77",
}
"""A statement -> how it shows; one that destroys nothing is none that does nothing."""


def test_objects_are_seen_to_go(shop: Shop) -> None:
    """Also those that go with others."""
    assert set(shop.run(";".join(GONE)).removed) == set[str]().union(*GONE.values())


def test_protections_are_seen_to_go(shop: Shop) -> None:
    """What opens rows to more people, swallows them, or leaves them out of the log."""
    lines = {f"protection: {line}" for line in OPENED.values() if line}
    assert set(shop.run(";".join(OPENED)).removed) == lines


def test_every_other_change_is_told(shop: Shop) -> None:
    """And is no loss."""
    ran = shop.run(";".join(OTHERWISE))
    assert set(OTHERWISE.values()) - set(ran.changes) == set()
    assert ran.removed == ()


def test_the_whole_catalogue_is_read(shop: Shop) -> None:
    """Every catalogue without numbers of its own is read in its way, or left out for a reason."""
    server = shop.server._started()
    assert server is not None
    rows = server.execute(
        "SELECT relname FROM pg_class c WHERE relkind = 'r' AND NOT relisshared"
        " AND relnamespace = 'pg_catalog'::regnamespace AND NOT EXISTS"
        " (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'oid')"
    )
    known = {source.catalogue for source in SOURCES} | {*LEFT_OUT} | {"pg_description"}
    assert {str(name) for (name,) in rows} - known == set()


# --- What the superuser must not run ------------------------------------------------------------

HOSTILE = r"""
CREATE FUNCTION note(text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN EXECUTE format('COPY (SELECT 1) TO PROGRAM %L', 'touch {mark}'); RETURN ''; END $$;
CREATE FUNCTION f(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT public.note($1)';
CREATE TYPE e AS ENUM ('a', 'b');
CREATE FUNCTION of_e(e) RETURNS text LANGUAGE sql AS $$SELECT public.note('')$$;
CREATE CAST (e AS text) WITH FUNCTION of_e(e);
CREATE FUNCTION same(e, e) RETURNS bool LANGUAGE sql AS $$SELECT public.note('') = ''$$;
CREATE OPERATOR = (LEFTARG = e, RIGHTARG = e, FUNCTION = same);
CREATE DOMAIN d AS text CHECK (note(VALUE) = '');
CREATE TABLE checked (a d);
CREATE TABLE defaults (a text DEFAULT note('x'), b int);
CREATE TABLE generated (a text, b text GENERATED ALWAYS AS (f(a)) STORED);
CREATE TABLE indexed (a text);
CREATE INDEX ON indexed (f(a));
CREATE TABLE casts (a e);
CREATE TABLE secured (a text CHECK (note(a) = ''));
CREATE POLICY p ON secured USING (note(a) = '');
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
CREATE RULE r AS ON INSERT TO casts DO ALSO SELECT public.note('');
"""


def test_what_somebody_wrote_never_runs_as_superuser(tmp_path: Path) -> None:
    """Rows are planted by the owner of the tables, and read without a cast."""
    mark = tmp_path / "mark"
    schema = TRACKING + HOSTILE.replace("{mark}", str(mark))
    with throw_away_postgres() as server, real(server, "shop", schema) as database:
        dump = dumped(server, "shop")
    with scratch(database, dump=dump) as copies, copies.fresh(database) as case:
        assert case.missing == ()
        ran = run_script(case, database, Script(sql="UPDATE casts SET a = 'a'"), "drizzle-kit")
    assert ran.lost == ("values of public.casts.a",)
    assert not mark.exists()


def test_a_script_about_what_the_copy_lacks_has_no_verdict(shop: Shop) -> None:
    """It would say that there is nothing to drop."""
    script = Script(sql="DROP FUNCTION IF EXISTS double")
    with scratch(shop.database) as copies, copies.fresh(shop.database) as case:
        with pytest.raises(CannotTry, match=r"lacks .*public\.double"):
            run_script(case, shop.database, script, "drizzle-kit")
