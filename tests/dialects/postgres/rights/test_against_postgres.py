"""What a role lacks for a statement, against a real PostgreSQL that is asked the same."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from forensics.collect.database.answering import Row
from forensics.collect.database.catalogue import read_catalogue
from forensics.collect.database.privileges import read_privileges
from forensics.collect.database.session import Session
from forensics.dialects.postgres.rights import lacking
from forensics.dialects.postgres.rights.given import given_by
from forensics.facts import LiveSchema, Privileges
from forensics.scratch.postgres import Server, throw_away_postgres

pytestmark = pytest.mark.slow

SETUP = """
CREATE ROLE chief; CREATE ROLE clerk LOGIN; CREATE ROLE team; GRANT team TO clerk;
CREATE SCHEMA shop AUTHORIZATION chief; GRANT USAGE ON SCHEMA shop TO clerk;
CREATE SCHEMA closed AUTHORIZATION chief;
CREATE SCHEMA mine AUTHORIZATION clerk;
GRANT CREATE ON SCHEMA public TO clerk;
SET ROLE chief;
CREATE TYPE shop.mood AS ENUM ('good', 'bad'); REVOKE USAGE ON TYPE shop.mood FROM PUBLIC;
CREATE TYPE shop.open AS ENUM ('a');
CREATE DOMAIN shop.email AS text;
CREATE TABLE shop.users (id serial PRIMARY KEY, name text, age int);
CREATE TABLE shop.cities (id serial PRIMARY KEY, name text);
GRANT REFERENCES, INSERT, SELECT ON shop.cities TO clerk;
CREATE INDEX by_name ON shop.users (name);
CREATE VIEW shop.adults AS SELECT id FROM shop.users WHERE age > 17;
CREATE MATERIALIZED VIEW shop.counted AS SELECT count(*) FROM shop.users;
CREATE SEQUENCE shop.numbers;
CREATE TABLE closed.secrets (id int PRIMARY KEY); GRANT ALL ON closed.secrets TO clerk;
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE POLICY seen ON shop.users USING (true);
CREATE TRIGGER touched BEFORE UPDATE ON shop.users FOR EACH ROW EXECUTE FUNCTION shop.touch();
RESET ROLE;
CREATE TABLE public.hats (id serial PRIMARY KEY, name text, city int);
ALTER TABLE public.hats OWNER TO clerk;
CREATE TABLE public.coats (id serial PRIMARY KEY); ALTER TABLE public.coats OWNER TO team;
CREATE TABLE mine.foreign_to_me (id int); ALTER TABLE mine.foreign_to_me OWNER TO chief;
CREATE TABLE public.kept (id int PRIMARY KEY);
CREATE TABLE shop.of_clerk (id int); ALTER TABLE shop.of_clerk OWNER TO clerk;
"""
REFUSED = """
CREATE SCHEMA other
CREATE SCHEMA IF NOT EXISTS shop
CREATE EXTENSION pgcrypto
CREATE TABLE shop.x (id int)
CREATE TABLE IF NOT EXISTS shop.users (id int)
CREATE TABLE closed.x (id int)
CREATE TABLE public.x (id int, feels shop.mood)
CREATE TABLE public.x (id int REFERENCES shop.users (id))
CREATE TABLE public.x (id int, FOREIGN KEY (id) REFERENCES shop.users (id))
CREATE TABLE public.x (id int REFERENCES closed.secrets (id))
CREATE TYPE shop.x AS ENUM ('a')
CREATE SEQUENCE shop.x
CREATE VIEW shop.x AS SELECT 1
CREATE OR REPLACE VIEW shop.adults AS SELECT id FROM shop.users
CREATE FUNCTION shop.f() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE INDEX i ON shop.users (age)
CREATE UNIQUE INDEX i ON shop.users (age)
CREATE INDEX i ON shop.of_clerk (id)
CREATE INDEX i ON closed.secrets (id)
CREATE POLICY p ON shop.users USING (true)
CREATE TRIGGER t BEFORE UPDATE ON shop.users FOR EACH ROW EXECUTE FUNCTION shop.touch()
ALTER TABLE shop.users ADD COLUMN more text
ALTER TABLE shop.users ADD COLUMN name text
ALTER TABLE "shop"."users" ALTER COLUMN "name" SET NOT NULL
ALTER TABLE shop.users DROP CONSTRAINT users_pkey
ALTER TABLE shop.users ENABLE ROW LEVEL SECURITY
ALTER TABLE shop.users RENAME TO people
ALTER TABLE shop.users RENAME COLUMN name TO title
ALTER TABLE shop.users SET SCHEMA public
ALTER TABLE shop.of_clerk RENAME TO other
ALTER TABLE shop.of_clerk ADD PRIMARY KEY (id)
ALTER TABLE shop.of_clerk ADD CONSTRAINT u UNIQUE (id)
ALTER TABLE shop.of_clerk ADD COLUMN number serial
ALTER TABLE public.hats SET SCHEMA shop
ALTER TABLE public.hats ADD COLUMN feels shop.mood
ALTER TABLE public.hats ADD CONSTRAINT c FOREIGN KEY (city) REFERENCES shop.users (id)
ALTER TABLE public.hats ADD COLUMN owner int REFERENCES shop.users (id)
ALTER TYPE shop.mood ADD VALUE 'fair'
ALTER TYPE shop.mood RENAME VALUE 'good' TO 'fine'
ALTER TYPE shop.mood RENAME TO temper
ALTER VIEW shop.adults RENAME TO grown
ALTER SEQUENCE shop.numbers RESTART
ALTER SCHEMA shop RENAME TO store
ALTER SCHEMA mine RENAME TO ours
DROP TABLE shop.users
DROP TABLE IF EXISTS public.kept CASCADE
DROP INDEX shop.by_name
DROP TYPE shop.open
DROP VIEW shop.adults
DROP MATERIALIZED VIEW shop.counted
DROP SEQUENCE shop.numbers
DROP SCHEMA shop CASCADE
DROP POLICY seen ON shop.users
DROP TRIGGER touched ON shop.users
COMMENT ON TABLE shop.users IS 'people'
INSERT INTO shop.users (name) VALUES ('a')
INSERT INTO shop.cities (name) VALUES ('a')
UPDATE shop.users SET age = 1
DELETE FROM shop.cities
TRUNCATE shop.cities
SELECT name FROM shop.users
SELECT id FROM closed.secrets
DO $$ BEGIN ALTER TABLE shop.users ADD COLUMN x text; EXCEPTION WHEN duplicate_column THEN null; END $$
"""
ALLOWED = """
CREATE TABLE public.x (id serial PRIMARY KEY, city int REFERENCES shop.cities (id), e shop.email)
CREATE TABLE mine.x (id int, o shop.open)
CREATE TEMPORARY TABLE t (id int)
CREATE INDEX i ON public.hats (name)
CREATE INDEX i ON public.coats (id)
ALTER TABLE public.hats ADD COLUMN more text
ALTER TABLE public.coats ADD COLUMN more text
ALTER TABLE public.hats ADD CONSTRAINT c FOREIGN KEY (city) REFERENCES shop.cities (id)
ALTER TABLE public.hats RENAME TO caps
ALTER TABLE shop.of_clerk ADD COLUMN more text
DROP TABLE public.hats
DROP TABLE mine.foreign_to_me
DROP TABLE shop.of_clerk
DROP SCHEMA mine CASCADE
INSERT INTO shop.cities (id, name) VALUES (1, 'a')
INSERT INTO public.hats (name) VALUES ('a')
SELECT name FROM shop.cities
DO $$ BEGIN ALTER TABLE shop.users ADD COLUMN x text; EXCEPTION WHEN others THEN null; END $$
"""


@dataclass
class World:
    """A database as the clerk sees it."""

    server: Server
    connection: psycopg.Connection[Row]
    schema: LiveSchema
    privileges: Privileges

    def happens(self, statement: str, *first: str) -> tuple[str, str]:
        """SQLSTATE and message of a statement; empty where it runs. Nothing of it stays."""
        try:
            for sql in first:
                self.connection.execute(f"RESET ROLE; {sql}; SET ROLE clerk".encode())
            self.connection.execute(statement.encode())
        except psycopg.Error as error:
            return error.sqlstate or "", error.diag.message_primary or ""
        finally:
            self.connection.rollback()
            self.connection.execute("SET ROLE clerk")
            self.connection.commit()
        return "", ""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One database for all statements here."""
    with throw_away_postgres() as server:
        server.create_database("shop")
        server.execute(SETUP, database="shop")
        with psycopg.connect(server.url("shop")) as connection:
            connection.execute("SET ROLE clerk")
            connection.commit()
            connection.execute("SET LOCAL search_path = ''")
            session = Session(connection, ("public",))
            schema, privileges = read_catalogue(session), read_privileges(session)
            connection.commit()
            yield World(server, connection, schema, privileges)


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.mark.parametrize("statement", _lines(REFUSED))
def test_the_first_lack_is_what_the_server_says(world: World, statement: str) -> None:
    """By SQLSTATE and message."""
    lacks = lacking(world.schema, world.privileges, [statement])
    assert lacks, world.happens(statement)
    assert (lacks[0].error.sqlstate, lacks[0].error.text) == world.happens(statement)


@pytest.mark.parametrize("statement", _lines(ALLOWED))
def test_what_the_server_allows_lacks_nothing(world: World, statement: str) -> None:
    """Ownership counts for members of the owner, and for owners of the schema where it does."""
    assert world.happens(statement) == ("", "")
    assert lacking(world.schema, world.privileges, [statement]) == ()


@pytest.mark.parametrize("statement", _lines(REFUSED))
def test_what_is_given_lets_the_statement_run(world: World, statement: str) -> None:
    """Each statement of ours, run by a superuser, and no right is lacking any more."""
    lacks = lacking(world.schema, world.privileges, [statement])
    given = [given_by(it.right, it.secured, "clerk") for it in lacks]
    sqlstate, message = world.happens(statement, *given)
    assert sqlstate != "42501", (given, message)


def test_what_the_run_makes_itself_is_the_roles(world: World) -> None:
    """The table is another one after it was dropped and made anew: one lack, and no more."""
    texts = [
        "CREATE TABLE public.new (id int)",
        "ALTER TABLE public.new ADD COLUMN a int",
        "DROP TABLE public.kept",
        "CREATE TABLE public.kept (id int)",
        "ALTER TABLE public.kept ADD COLUMN a int",
    ]
    lacks = lacking(world.schema, world.privileges, texts)
    assert [(it.position, it.error.text) for it in lacks] == [(2, "must be owner of table kept")]


def test_nothing_is_said_behind_a_change_of_roles(world: World) -> None:
    """Who runs the rest, or where its names are looked up, is another question then."""
    refused = "ALTER TABLE shop.users ADD COLUMN more text"
    for change in ("SET ROLE chief", "SET search_path TO shop", "GRANT chief TO clerk"):
        assert lacking(world.schema, world.privileges, [change, refused]) == ()
    assert lacking(world.schema, world.privileges, ["SET lock_timeout = 5", refused])


def test_a_superuser_lacks_nothing(world: World) -> None:
    """Nothing is collected of it either."""
    everything = Privileges(role="postgres", superuser=True)
    assert lacking(world.schema, everything, _lines(REFUSED)) == ()
