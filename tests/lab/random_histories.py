"""Small random lists of migrations, on a database that was not empty before the first.

Statements are drawn from templates over a few names, and kept where PostgreSQL takes them. So they
make, change, rename, drop and make again, also what no migration ever made.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

import psycopg

from forensics.collect.database.answering import Row

Connection = psycopg.Connection[Row]

BEFORE = """\
CREATE SCHEMA old;
CREATE TABLE legacy (id int PRIMARY KEY, a text, b int);
CREATE TABLE old.legacy (id int PRIMARY KEY, a text);
CREATE TABLE gone (id int, a text);
CREATE TYPE legacy_mood AS ENUM ('x', 'y');
CREATE VIEW legacy_view AS SELECT id FROM legacy;
CREATE SEQUENCE legacy_numbers;
CREATE INDEX legacy_index ON legacy (b);
CREATE POLICY legacy_policy ON legacy USING (true);
CREATE FUNCTION legacy_stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER legacy_trigger BEFORE UPDATE ON legacy FOR EACH ROW EXECUTE FUNCTION legacy_stamp();
"""
"""What is there before the first migration, and no migration makes."""

NAMES = {
    "t": ("t1", "t2", "t3", "legacy", "old.legacy", "gone"),
    "n": ("t1", "t2", "t3", "t4"),
    "c": ("a", "b", "c", "d"),
    "d": ("b", "c", "d", "e"),
    "k": ("k1", "k2"),
    "i": ("i1", "i2", "legacy_index"),
    "p": ("p1", "p2", "legacy_policy"),
    "e": ("e1", "legacy_mood"),
    "v": ("v1", "legacy_view"),
    "s": ("s1", "legacy_numbers"),
    "g": ("g1", "legacy_trigger"),
    "l": ("'x'", "'y'", "'z'", "'w'"),
    "type": ("int", "text", "varchar(9)", "e1", "timestamp with time zone DEFAULT now()"),
}
TEMPLATES = """\
CREATE TABLE {n} (id int PRIMARY KEY, a text, b int)
CREATE TABLE {n} (id serial PRIMARY KEY, a text NOT NULL DEFAULT 'q')
CREATE TABLE IF NOT EXISTS {n} (id int PRIMARY KEY, a text)
DROP TABLE {t}
DROP TABLE IF EXISTS {t} CASCADE
ALTER TABLE {t} ADD COLUMN {c} {type}
ALTER TABLE {t} ADD COLUMN {c} {type}
ALTER TABLE {t} ADD COLUMN IF NOT EXISTS {c} {type}
ALTER TABLE IF EXISTS {t} ADD COLUMN {c} int
ALTER TABLE {t} DROP COLUMN {c}
ALTER TABLE {t} DROP COLUMN IF EXISTS {c} CASCADE
ALTER TABLE {t} ALTER COLUMN {c} SET NOT NULL
ALTER TABLE {t} ALTER COLUMN {c} DROP NOT NULL
ALTER TABLE {t} ALTER COLUMN {c} SET DEFAULT 7
ALTER TABLE {t} ALTER COLUMN {c} DROP DEFAULT
ALTER TABLE {t} ALTER COLUMN {c} TYPE varchar(80)
ALTER TABLE {t} RENAME COLUMN {c} TO {d}
ALTER TABLE {t} RENAME TO {n}
ALTER TABLE IF EXISTS {t} RENAME TO {n}
ALTER TABLE {t} ADD CONSTRAINT {k} UNIQUE ({c})
ALTER TABLE {t} ADD CONSTRAINT {k} CHECK ({c} IS NOT NULL)
ALTER TABLE {t} ADD CONSTRAINT {k} FOREIGN KEY ({c}) REFERENCES t1 (id)
ALTER TABLE {t} ADD CONSTRAINT {k} FOREIGN KEY ({c}) REFERENCES t1 (id) ON DELETE CASCADE
ALTER TABLE {t} DROP CONSTRAINT IF EXISTS {k}
ALTER TABLE {t} DROP CONSTRAINT {k}; ALTER TABLE {t} ADD CONSTRAINT {k} UNIQUE ({c})
ALTER TABLE {t} ENABLE ROW LEVEL SECURITY
ALTER TABLE {t} DISABLE ROW LEVEL SECURITY
ALTER TABLE {t} FORCE ROW LEVEL SECURITY
ALTER TABLE {t} OWNER TO keeper
ALTER TABLE {t} DISABLE TRIGGER {g}
ALTER TABLE {t} SET SCHEMA old
ALTER TABLE {t} ADD COLUMN {c} int, ALTER COLUMN a SET DEFAULT 'z'
CREATE POLICY {p} ON {t} USING (true)
ALTER POLICY {p} ON {t} USING (false)
DROP POLICY {p} ON {t}
DROP POLICY IF EXISTS {p} ON {t}; CREATE POLICY {p} ON {t} USING (id > 1)
CREATE INDEX {i} ON {t} ({c})
CREATE UNIQUE INDEX IF NOT EXISTS {i} ON {t} ({c})
CREATE INDEX {i} ON {t} (lower(a))
DROP INDEX {i}
DROP INDEX IF EXISTS {i}
ALTER INDEX {i} RENAME TO i3
CREATE TYPE e1 AS ENUM ('x')
ALTER TYPE {e} ADD VALUE {l}
ALTER TYPE {e} ADD VALUE IF NOT EXISTS {l}
ALTER TYPE {e} RENAME VALUE 'x' TO {l}
DROP TYPE {e}
CREATE VIEW {v} AS SELECT id FROM {t}
CREATE OR REPLACE VIEW {v} AS SELECT id, 1 AS one FROM {t}
DROP VIEW {v}
CREATE MATERIALIZED VIEW m1 AS SELECT id FROM {t}
CREATE UNIQUE INDEX i4 ON m1 (id)
CREATE SEQUENCE {s}
ALTER SEQUENCE {s} INCREMENT BY 5
DROP SEQUENCE {s}
CREATE FUNCTION f1() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE OR REPLACE FUNCTION f1() RETURNS int LANGUAGE sql AS 'SELECT 2'
DROP FUNCTION f1()
CREATE TRIGGER {g} BEFORE UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION legacy_stamp()
DROP TRIGGER {g} ON {t}
CREATE SCHEMA s1
ALTER SCHEMA old RENAME TO older
DO $$ BEGIN CREATE TYPE e1 AS ENUM ('x'); EXCEPTION WHEN duplicate_object THEN null; END $$
DO $$ BEGIN ALTER TABLE {t} ADD COLUMN {c} int; EXCEPTION WHEN duplicate_column THEN null; END $$
DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_tables WHERE tablename = 'gone') THEN ALTER TABLE gone ADD COLUMN {c} int; END IF; END $$
DO $$ DECLARE r record; BEGIN FOR r IN SELECT 1 LOOP ALTER TABLE {t} ADD COLUMN {c} int; END LOOP; END $$
INSERT INTO {t} (id) VALUES (1) ON CONFLICT DO NOTHING
UPDATE {t} SET a = 'z'
GRANT SELECT ON {t} TO reader
COMMENT ON TABLE {t} IS 'told'
""".splitlines()

_OBJECTS = """
WITH ours AS (SELECT c.*, n.nspname, (n.nspname || '.' || c.relname)::text AS path
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
SELECT 'schema', '', nspname::text, '' FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL SELECT 'relation', '', path, concat_ws(' ', relkind, relowner::regrole,
  CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END) FROM ours WHERE relkind <> 'i'
UNION ALL SELECT 'grants', '', path, relacl::text FROM ours WHERE relacl IS NOT NULL
UNION ALL SELECT 'comment', '', path, obj_description(oid, 'pg_class') FROM ours
  WHERE obj_description(oid, 'pg_class') IS NOT NULL
UNION ALL SELECT 'steps', '', path, (SELECT seqincrement::text FROM pg_sequence WHERE seqrelid = oid)
  FROM ours WHERE relkind = 'S'
UNION ALL SELECT 'column', path, a.attname::text, concat_ws(' ',
  format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
FROM ours JOIN pg_attribute a ON a.attrelid = ours.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = ours.oid AND d.adnum = a.attnum
WHERE relkind IN ('r', 'v', 'm')
UNION ALL SELECT 'constraint', path, k.conname::text, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN ours ON ours.oid = k.conrelid
UNION ALL SELECT 'index', path, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN ours ON ours.oid = i.indrelid
UNION ALL SELECT 'trigger', path, t.tgname::text, concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled)
FROM pg_trigger t JOIN ours ON ours.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL SELECT 'policy', path, p.polname::text, pg_get_expr(p.polqual, p.polrelid)
FROM pg_policy p JOIN ours ON ours.oid = p.polrelid
UNION ALL SELECT 'row level security', path, switch, ''
FROM ours, LATERAL (VALUES ('on', relrowsecurity), ('forced', relforcerowsecurity)) AS o (switch, on_)
WHERE o.on_
UNION ALL SELECT 'label', '', t.typname || '.' || e.enumlabel, ''
FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
UNION ALL SELECT 'function', '', o.oid::regprocedure::text, md5(o.prosrc)
FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

Identity = tuple[object, object, object]
Objects = dict[Identity, object]
"""Kind, table and name of an object, and how PostgreSQL describes it."""

Migrations = tuple[tuple[str, ...], ...]
"""The statements of each migration."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """A list of migrations, what of it never ran here, and what is recorded."""

    migrations: Migrations
    skipped: frozenset[tuple[int, int]]
    """Migration and statement, counted from 0."""
    recorded: frozenset[int]

    def ran(self, also: Container[tuple[int, int]] = ()) -> Iterator[str]:
        """The statements that ran in this database, and these."""
        for position, statements in enumerate(self.migrations):
            for number, statement in enumerate(statements):
                if (position, number) not in self.skipped or (position, number) in also:
                    yield statement

    def __str__(self) -> str:
        """A line for each migration; what is marked did not run."""
        return "\n".join(
            f"{number}{' recorded' * (number in self.recorded)}: "
            + "; ".join(
                f"{'[skipped] ' * ((number, at) in self.skipped)}{text}"
                for at, text in enumerate(statements)
            )
            for number, statements in enumerate(self.migrations)
        )


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """Whatever is done to the database in between is undone."""
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL search_path TO public")
        yield


def past(random: Random, connection: Connection) -> Past:
    """A random one."""
    migrations = _migrations(random, connection)
    reached = random.randint(1, len(migrations))
    skipped = {
        (position, number)
        for position, statements in enumerate(migrations)
        for number in range(len(statements))
        if position >= reached
    }
    for _ in range(random.choice((0, 1, 1, 1, 2))):
        position = random.randrange(reached)
        skipped.add((position, random.randrange(len(migrations[position]))))
    recorded = random.choice(
        (
            frozenset[int](),
            frozenset(range(random.randint(0, reached))),
            frozenset(it for it in range(reached) if random.random() < 0.6),
        )
    )
    return Past(migrations=migrations, skipped=frozenset(skipped), recorded=recorded)


def _migrations(random: Random, connection: Connection) -> Migrations:
    kept: list[str] = []
    with undone(connection):
        connection.execute(BEFORE)
        for number in range(200):
            text = f"CREATE TABLE t{number + 1} (id int PRIMARY KEY, a text, b int)"
            if number > random.choice((0, 1)) or kept and random.random() < 0.3:
                text = _drawn(random)
            if _takes(connection, text):
                kept.append(text)
            if len(kept) > random.choice((5, 9, 14)):
                break
    cuts = sorted(random.sample(range(1, len(kept)), min(len(kept) - 1, random.randint(2, 5))))
    edges = [0, *cuts, len(kept)]
    return tuple(tuple(kept[a:b]) for a, b in zip(edges, edges[1:], strict=False))


def _drawn(random: Random) -> str:
    drawn = {key: random.choice(names) for key, names in NAMES.items()}
    return random.choice(TEMPLATES).format(**drawn)


def _takes(connection: Connection, text: str) -> bool:
    try:
        with connection.transaction():
            connection.execute(text.encode())
    except psycopg.Error:
        return False
    return True


def run(connection: Connection, statements: Iterable[str]) -> None:
    """What was there before, and then each of them that passes."""
    connection.execute(BEFORE)
    for statement in statements:
        _takes(connection, statement)


def objects(connection: Connection) -> Objects:
    """Everything in the database, as PostgreSQL describes it."""
    rows: Sequence[Row] = connection.execute(_OBJECTS).fetchall()
    return {(kind, table, name): described for kind, table, name, described in rows}
