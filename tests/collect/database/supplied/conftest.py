"""One server of each major version, and on each the project of an incident with its database."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from forensics.scratch.postgres import Server
from tests.build import project, stamps
from tests.collect.database.supplied.servers import MAJORS, started
from tests.collect.repositories import Repo
from tests.scratch.scratches import SHOP

MIGRATIONS = {
    "0000_users": 'CREATE TABLE "users" ("id" serial PRIMARY KEY NOT NULL);',
    "0001_posts": 'CREATE TABLE "posts" ("id" serial PRIMARY KEY NOT NULL);',
    "0002_tags": 'CREATE TABLE "tags" ("id" serial PRIMARY KEY NOT NULL);',
}
FOREIGN = "SECRETROW"
"""Stands in rows of tables that are nobody's tracking tables."""
SCENE = f"""
{SHOP}
{MIGRATIONS["0000_users"]}
CREATE SCHEMA second;
CREATE TABLE second.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
CREATE TABLE migrations (id int, bird text);
INSERT INTO migrations VALUES (7, '{FOREIGN}');
CREATE TABLE uploads (id uuid, hash text, created_at timestamptz);
INSERT INTO uploads VALUES ('0e37df36-f698-11e6-8dd4-cb9ced3df976', '{FOREIGN}', now());
CREATE TABLE applied (id serial, hash varchar(64), created_at numeric(20), name text);
INSERT INTO applied (hash, created_at) SELECT md5(n::text), n FROM generate_series(1, 12) n;
CREATE VIEW alembic_version AS SELECT 'x'::text AS version_num;
CREATE TABLE knex_migrations_lock (index int, is_locked int);
INSERT INTO knex_migrations_lock VALUES (1, 0);
CREATE TABLE guarded (version text);
ALTER TABLE guarded RENAME TO schema_migrations;
ALTER TABLE schema_migrations ENABLE ROW LEVEL SECURITY;
CREATE POLICY nothing ON schema_migrations USING (version = 'hidden''');
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER watching AFTER INSERT ON second.__drizzle_migrations
  FOR EACH ROW EXECUTE FUNCTION watch();
GRANT USAGE ON SCHEMA second, public, drizzle TO plain;
GRANT SELECT ON second.__drizzle_migrations, applied, knex_migrations_lock, schema_migrations,
  applied_id_seq TO plain;
"""
"""Tables that are read, denied, secured, views, or only named like one of a tool."""


STAMPS = stamps(len(MIGRATIONS))
APPLIED = f"""
CREATE SCHEMA drizzle;
CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
{" ".join(MIGRATIONS.values())}
INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES
  (encode(sha256('{MIGRATIONS["0000_users"]}'), 'hex'), {STAMPS[0]}), ('edited', {STAMPS[1]});
GRANT USAGE ON SCHEMA drizzle TO plain;
GRANT SELECT ON ALL TABLES IN SCHEMA drizzle TO plain;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA drizzle TO plain;
"""
"""The database of the project: one file was edited after it was applied, one is not recorded."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A server with two databases, and how roles enter them."""

    server: Server

    def url(self, role: str = "plain") -> str:
        """The address of the database of odd tables for a role."""
        return self.server.url("scene", role)

    @property
    def shop(self) -> str:
        """The address of the project's database, for the role without special rights."""
        return self.server.url("shop", "plain")


def _filled(server: Server) -> Scene:
    for name, sql in (("scene", SCENE), ("shop", APPLIED)):
        server.create_database(name)
        server.execute(sql, database=name)
    return Scene(server=server)


@pytest.fixture(scope="module", params=MAJORS)
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """The database on a server of each major version."""
    with started(request.param) as server:
        yield _filled(server)


@pytest.fixture(scope="session")
def system_scene() -> Iterator[Scene]:
    """The same on the system's server alone."""
    with started("system") as server:
        yield _filled(server)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of the migrations."""
    repo = Repo(tmp_path_factory.mktemp("shop") / "shop")
    files: dict[str, str | None] = {path: str(text) for path, text in project(*MIGRATIONS).items()}
    files |= {f"drizzle/{tag}.sql": sql for tag, sql in MIGRATIONS.items()}
    repo.commit("begin", files)
    return repo.top
