"""Applies a fix.sql, and holds every object of what is recorded then against the SQL of it.

No reader of ours is asked: the migrations that have a row run on a database of their own, and each
object that they leave there, as PostgreSQL describes it, has to be in the repaired database too.
"""

import re
import subprocess
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import psycopg

from forensics.demo.migrator import DemoMigration, read_migrations
from forensics.scratch.postgres import Server

DEFAULT = "drizzle.__drizzle_migrations"
_numbers = count()
_OURS = "n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'drizzle')"
_NOT_TRACKING = "c.relname !~ '^__drizzle_migrations'"
_OBJECTS = f"""
SELECT 'column', c.oid::regclass::text, a.attname::text,
  concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
    a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND {_OURS} AND {_NOT_TRACKING}
UNION ALL SELECT 'constraint', c.oid::regclass::text, k.conname::text,
  concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} AND {_NOT_TRACKING}
UNION ALL SELECT 'index', i.indrelid::regclass::text, c.relname::text,
  concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready, i.indislive)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} AND {_NOT_TRACKING}
UNION ALL SELECT 'trigger', c.oid::regclass::text, t.tgname::text,
  concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND {_OURS} AND {_NOT_TRACKING}
UNION ALL SELECT 'policy', p.schemaname || '.' || p.tablename, p.policyname::text,
  concat_ws(' ', p.permissive, p.roles, p.cmd, p.qual, p.with_check)
FROM pg_policies p
UNION ALL SELECT 'row level security', c.oid::regclass::text, switch, ''
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
  LATERAL (VALUES ('on', c.relrowsecurity), ('forced', c.relforcerowsecurity)) AS of (switch, set)
WHERE of.set AND {_OURS} AND {_NOT_TRACKING}
UNION ALL SELECT 'label', t.oid::regtype::text, e.enumlabel::text, ''
FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE {_OURS}
UNION ALL SELECT 'function', '', o.oid::regprocedure::text, md5(o.prosrc)
FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace WHERE {_OURS}
UNION ALL SELECT 'view', '', c.oid::regclass::text, pg_get_viewdef(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND {_OURS}
UNION ALL SELECT 'sequence', '', c.oid::regclass::text,
  concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle)
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} AND {_NOT_TRACKING}
UNION ALL SELECT 'domain', '', t.oid::regtype::text,
  concat_ws(' ', format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
    (SELECT string_agg(pg_get_constraintdef(k.oid), ', ' ORDER BY k.conname)
     FROM pg_constraint k WHERE k.contypid = t.oid))
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND {_OURS}
UNION ALL SELECT 'schema', '', n.nspname::text, '' FROM pg_namespace n WHERE {_OURS}
UNION ALL SELECT 'extension', '', x.extname::text, '' FROM pg_extension x
UNION ALL SELECT 'comment', c.oid::regclass::text, coalesce(a.attname::text, ''), d.description
FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
WHERE {_OURS}
UNION ALL SELECT 'partition', c.oid::regclass::text, i.inhparent::regclass::text,
  pg_get_expr(c.relpartbound, c.oid)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS}"""

Object = tuple[object, ...]
"""Kind, table, name, and how PostgreSQL describes it."""


def repair(server: Server, name: str, project: Path, output: Path, app: Path) -> None:
    """Apply the patch and the script of an output folder, in the order of the report.

    No migration that only the script records lacks an effect, whichever table records it.
    """
    if (output / "fix.patch").is_file():
        patch = str(output / "fix.patch")
        subprocess.run(["git", "apply", patch], cwd=project, check=True)
    if not (output / "fix.sql").is_file():
        return
    before = stamps(server, name)
    server.execute((output / "fix.sql").read_text(encoding="utf-8"), database=name)
    if stamps(server, name) - before:
        lacking = newly_lacking(server, name, read_migrations(app / "drizzle"), before)
        assert not lacking, lacking


def newly_lacking(
    server: Server, name: str, migrations: Sequence[DemoMigration], before: set[object]
) -> list[Object]:
    """What is missing of the recorded migrations, beside what was of those recorded before."""
    held, recorded = objects(server, name), stamps(server, name)
    old = [it for it in migrations if it.when in before]
    now = [it for it in migrations if it.when in recorded]
    missing = made_by(server, now) - held
    return sorted(missing - (made_by(server, old) if missing else set()), key=str)


def stamps(server: Server, name: str) -> set[object]:
    """Of every row of every table of that name."""
    found: set[object] = set()
    for (table,) in server.execute(_TABLES, database=name):
        rows = server.execute(f"SELECT created_at FROM {table}", database=name)
        found |= {stamp for (stamp,) in rows}
    return found


def apply_fix(
    server: Server, name: str, script: str, app: Path, *, user: str | None = None
) -> None:
    """Run the script; no migration that is recorded then lacks an effect."""
    server.execute(for_copy(script, name), database=name, **({"user": user} if user else {}))
    lacking = lacking_effects(server, name, read_migrations(app / "drizzle"))
    assert not lacking, lacking


def for_copy(script: str, name: str) -> str:
    """The script for a copy of the database that it was made for, which it would refuse."""
    other, changed = re.subn(r"(current_database\(\) <> )'[^']*'", rf"\1'{name}'", script)
    assert changed
    return other


def lacking_effects(server: Server, name: str, migrations: Sequence[DemoMigration]) -> list[Object]:
    """What the recorded migrations make and the database does not have just so."""
    stamps = {stamp for (stamp,) in server.execute(_STAMPS, database=name)}
    recorded = [it for it in migrations if it.when in stamps]
    return sorted(made_by(server, recorded) - objects(server, name), key=str)


_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = '__drizzle_migrations' AND c.relkind = 'r'"""
_STAMPS = f"SELECT created_at FROM {DEFAULT}"


def made_by(server: Server, migrations: Sequence[DemoMigration]) -> frozenset[Object]:
    """Every object that these migrations leave, each statement run by itself."""
    statements = tuple(text for it in migrations for text in it.statements)
    key = server.socket_folder, statements
    if key not in _made:
        _made[key] = _make(server, statements)
    return _made[key]


_made: dict[tuple[Path, tuple[str, ...]], frozenset[Object]] = {}


def _make(server: Server, statements: tuple[str, ...]) -> frozenset[Object]:
    name = f"reference_{next(_numbers)}"
    server.create_database(name)
    try:
        with psycopg.connect(server.url(name), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())
        return objects(server, name)
    finally:
        server.drop_database(name)


def objects(server: Server, name: str) -> frozenset[Object]:
    """Every object of a database, the tracking tables aside."""
    return frozenset(server.execute(_OBJECTS, database=name))
