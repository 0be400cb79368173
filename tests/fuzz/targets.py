"""What is fuzzed: a strategy for the input, and a check that may raise only what users can act on.

A part of ours that breaks is guarded and becomes an open question; here it is a failure.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st

from forensics.adapters import ADAPTERS
from forensics.collect.database.address import parse_address
from forensics.collect.symptoms import read_symptom
from forensics.errors import ForensicsError
from forensics.evidence.archive import write_archive
from forensics.evidence.bag import COLLECTED
from forensics.evidence.bundle import Bundle, BundleError
from forensics.redaction.redactor import mask
from forensics.trying.actions import parse_action
from tests.build import CONFIG, JOURNAL, journal, snapshot, sql
from tests.evidence.forgery import rewrite_log
from tests.fuzz.more_targets import MORE_TARGETS
from tests.fuzz.odd import WORDS, cut, cut_bytes, json_of
from tests.fuzz.target import (
    LOCK,
    MEMORY,
    PACKAGE,
    TABLE,
    Target,
    as_bytes,
    in_project,
    judge,
    write_sound,
)

STATEMENTS = """\
CREATE TABLE "a" ("id" serial PRIMARY KEY NOT NULL, "b" text DEFAULT 'x''y', UNIQUE("b"));
--> statement-breakpoint
DO $$ BEGIN ALTER TABLE "a" ADD CONSTRAINT "f" FOREIGN KEY ("b") REFERENCES "public"."c"("id")
 ON DELETE cascade; EXCEPTION WHEN duplicate_object THEN null; END $$;
--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "i" ON "a" USING btree ("b" DESC NULLS LAST) WHERE b > 1;
ALTER TYPE "e" ADD VALUE 'v' BEFORE 'w'; INSERT INTO a (b) VALUES (E'\\\\n'), (U&'\\0061');
UPDATE "a" SET "b" = (SELECT max(x) FROM c) WHERE "id" IN (1, 2); /* c /* d */ */ GRANT ALL ON a TO PUBLIC;
"""
TYPESCRIPT = """\
import { defineConfig } from 'drizzle-kit';
const url = process.env['DATABASE_URL'] ?? `postgres://${process.env.USER}@h/d`;
const parts = ['./dri', 'zzle'];
export default defineConfig({
  dialect: 'postgresql', schema: './schema.ts', out: parts.join('') as const,
  migrations: { table: "t" + 1, schema: true ? 'drizzle' : undefined }, dbCredentials: { url },
} satisfies Config);
"""
OUTPUT = """\
$ npx drizzle-kit migrate
drizzle-kit: v0.31.4
Error: Failed query: ALTER TABLE "a" ADD COLUMN "b" text;
params:
    at PgSession.queryWithCache (/app/node_modules/drizzle-orm/pg-core/session.js:15:13) {
  cause: error: column "b" of relation "a" already exists
    code: '42701', detail: 'Key (email)=(a@b.example) already exists.', table: 'a' }
2026-01-14 09:26:53.123 UTC [77] ERROR:  relation "a" does not exist at character 15
2026-01-14 09:26:53.123 UTC [77] STATEMENT:  SELECT * FROM a
\tWHERE b
npm ERR! code 1
ELIFECYCLE Command failed with exit code 1.
"""
TOML = """\
fail-on = "high"
out-folder = "drizzle"
[[accepted]]
rule = "unlisted-migration-file"
subject = "drizzle/0003.sql"
reason = "by hand"
"""
ADDRESSES = (
    "postgresql://app:p%40w@db.example:5432,[::1]:1/shop?sslmode=require&options=project%3Dx",
    "host=db port=1 user='a b' password='x\\'y' dbname=d",
    'mysql://a:b@h:3306/d?ssl={"rejectUnauthorized":true}',
    "jdbc:postgresql+asyncpg://h/d",
    "file:///a/b.sqlite?mode=ro#x",
)
_HELP = "write it as postgresql://role@host:5432/database, mysql://... or file:app.sqlite"
"""What an error about an address tells in any case."""
ACTIONS = (
    "npx drizzle-kit push --force",
    "UPDATE public.__drizzle_migrations SET hash = 'abc' WHERE id = 18; DELETE FROM x",
    "rm -rf drizzle/meta/0001_snapshot.json && git mv a b",
    'psql -c "DROP SCHEMA drizzle CASCADE" && drizzle-kit migrate',
)


def read_output(text: str) -> None:
    """A captured output."""
    read_symptom(text, ADAPTERS, mask)


def read_address(text: str) -> None:
    """An address of a database; it is never repeated in an error."""
    try:
        address = parse_address(text)
    except ForensicsError as error:
        assert len(text) < 12 or text in _HELP or text not in str(error)
        return
    assert address is None or str(address)


def read_action(text: str) -> None:
    """What is to be tried."""
    try:
        parse_action(text)
    except ForensicsError:
        return


def read_settings(text: str) -> None:
    """The settings of a project."""
    in_project("forensics.toml")(text)


def forged(change: tuple[int, bytes]) -> None:
    """A bundle of which a file was replaced: refused, or, made consistent again, judged."""
    number, data = change
    with tempfile.TemporaryDirectory(dir=MEMORY) as base:
        folder = Path(base) / "bundle"
        write_sound(folder, Path(base) / "project")
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        paths[number % len(paths)].write_bytes(data)
        for consistent in (False, True):
            try:
                if consistent:
                    rewrite_log(folder)
                bundle = Bundle.open(folder)
            except (BundleError, ValueError, OSError):  # the last two are the forger's own
                continue
            judge(bundle)


def forged_manifest(text: str) -> None:
    """A table of contents that nobody wrote, in a bundle that is consistent."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as base:
        folder = Path(base) / "bundle"
        write_sound(folder, Path(base) / "project")
        (folder / COLLECTED).write_bytes(as_bytes(text))
        rewrite_log(folder)
        try:
            bundle = Bundle.open(folder)
        except BundleError:
            return
        judge(bundle)


def forged_archive(data: bytes) -> None:
    """One file that is no archive, or another one."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as base:
        (file := Path(base) / "bundle.tar").write_bytes(data)
        try:
            Bundle.open(file)
        except BundleError:
            return


def _sound_files() -> tuple[bytes, bytes, tuple[bytes, ...]]:
    """The table of contents, the archive, and all files of that bundle."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as base:
        bundle = write_sound(Path(base) / "bundle", Path(base) / "project")
        write_archive(bundle.files, Path(base) / "a.tar", 0)
        paths = sorted(path for path in bundle.folder.rglob("*") if path.is_file())
        files = tuple(path.read_bytes() for path in paths)
        return (bundle.folder / COLLECTED).read_bytes(), (Path(base) / "a.tar").read_bytes(), files


_MANIFEST, _ARCHIVE, _FILES = _sound_files()

TARGETS: Mapping[str, Target] = {
    "journal": Target(json_of(json.loads(journal("0000_a", "0001_b"))), in_project(JOURNAL)),
    "snapshot": Target(
        json_of(json.loads(snapshot(1, tables=TABLE))),
        in_project("drizzle/meta/0001_snapshot.json"),
    ),
    "config": Target(
        cut(TYPESCRIPT) | cut(CONFIG) | st.text(max_size=80), in_project("drizzle.config.ts")
    ),
    "sql": Target(cut(STATEMENTS) | cut(sql("0001_b")), in_project("drizzle/0001_b.sql")),
    "package": Target(json_of(PACKAGE), in_project("package.json")),
    "lock": Target(json_of(LOCK), in_project("package-lock.json")),
    "settings": Target(cut(TOML), read_settings),
    "symptom": Target(cut(OUTPUT) | st.text(max_size=200), read_output),
    "address": Target(st.sampled_from(ADDRESSES).flatmap(cut) | st.text(max_size=60), read_address),
    "action": Target(st.sampled_from(ACTIONS).flatmap(cut) | st.sampled_from(WORDS), read_action),
    "bundle": Target(
        st.integers(0, len(_FILES) - 1).flatmap(
            lambda number: st.tuples(st.just(number), cut_bytes(_FILES[number]))
        ),
        forged,
    ),
    "manifest": Target(json_of(json.loads(_MANIFEST)), forged_manifest),
    "archive": Target(cut_bytes(_ARCHIVE), forged_archive),
    **MORE_TARGETS,
}
