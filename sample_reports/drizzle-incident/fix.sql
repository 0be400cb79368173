-- Repairs: drizzle-kit: check, generate and migrate blocked, push would lose data
-- Issue 3: The tool reads drizzle.__drizzle_migrations, but the rows are in
-- public.__drizzle_migrations
-- Database: clinic
-- Evidence: bundle 6082cacd72a0acd8c62d404bd7e69ef1089363bd08245f222b225526141eac23
-- Made by Forensics 0.1.0. Run it with: psql --set=ON_ERROR_STOP=1 --file=...
-- One transaction. It refuses, and changes nothing, where it does not find what was seen.

BEGIN;
SET LOCAL lock_timeout = '5s';
SET LOCAL search_path = '';

-- 1. Rename drizzle.__drizzle_migrations, which holds 0 rows, to __drizzle_migrations_retired.
DO $forensics$
DECLARE
  found bigint;
  unchanged CONSTANT text :=
    '. Nothing was changed; if it ran before, it was probably already applied.';
BEGIN
  IF to_regclass('"drizzle"."__drizzle_migrations"') IS NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'there is no table drizzle.__drizzle_migrations' || unchanged;
  END IF;
  LOCK TABLE "drizzle"."__drizzle_migrations" IN ACCESS EXCLUSIVE MODE;
  IF NOT EXISTS (
    SELECT FROM pg_class WHERE relkind = 'r'
    AND oid = to_regclass('"drizzle"."__drizzle_migrations"')) THEN
    RAISE EXCEPTION USING MESSAGE =
      'drizzle.__drizzle_migrations is not an ordinary table' || unchanged;
  END IF;
  found := (SELECT count(*) FROM "drizzle"."__drizzle_migrations");
  IF found <> 0 THEN
    RAISE EXCEPTION USING MESSAGE =
      'the number of rows in drizzle.__drizzle_migrations is not 0 but ' || found || unchanged;
  END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_retired"') IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'drizzle.__drizzle_migrations_retired exists already' || unchanged;
  END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_id_seq"') IS NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'there is no drizzle.__drizzle_migrations_id_seq' || unchanged;
  END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_id_seq_retired"') IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'drizzle.__drizzle_migrations_id_seq_retired exists already' || unchanged;
  END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_pkey"') IS NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'there is no drizzle.__drizzle_migrations_pkey' || unchanged;
  END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_pkey_retired"') IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'drizzle.__drizzle_migrations_pkey_retired exists already' || unchanged;
  END IF;
END
$forensics$;
ALTER TABLE "drizzle"."__drizzle_migrations" RENAME TO "__drizzle_migrations_retired";
ALTER SEQUENCE "drizzle"."__drizzle_migrations_id_seq" RENAME TO "__drizzle_migrations_id_seq_retired";
ALTER TABLE "drizzle"."__drizzle_migrations_retired" RENAME CONSTRAINT "__drizzle_migrations_pkey" TO "__drizzle_migrations_pkey_retired";

-- 2. Move public.__drizzle_migrations with its 6 rows, ids and sequence into schema drizzle.
DO $forensics$
DECLARE
  found bigint;
  unchanged CONSTANT text :=
    '. Nothing was changed; if it ran before, it was probably already applied.';
BEGIN
  IF to_regclass('"public"."__drizzle_migrations"') IS NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'there is no table public.__drizzle_migrations' || unchanged;
  END IF;
  LOCK TABLE "public"."__drizzle_migrations" IN ACCESS EXCLUSIVE MODE;
  IF NOT EXISTS (
    SELECT FROM pg_class WHERE relkind = 'r'
    AND oid = to_regclass('"public"."__drizzle_migrations"')) THEN
    RAISE EXCEPTION USING MESSAGE =
      'public.__drizzle_migrations is not an ordinary table' || unchanged;
  END IF;
  found := (SELECT count(*) FROM "public"."__drizzle_migrations");
  IF found <> 6 THEN
    RAISE EXCEPTION USING MESSAGE =
      'the number of rows in public.__drizzle_migrations is not 6 but ' || found || unchanged;
  END IF;
  found := (SELECT max(created_at) FROM "public"."__drizzle_migrations");
  IF found IS DISTINCT FROM 1788943527604 THEN
    RAISE EXCEPTION USING MESSAGE =
      'the newest created_at of public.__drizzle_migrations is not 1788943527604' || unchanged;
  END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations"') IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'drizzle.__drizzle_migrations exists already' || unchanged;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'drizzle') THEN
    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %s', 'drizzle'::text,
      (SELECT relowner::regrole FROM pg_class
        WHERE oid = to_regclass('"public"."__drizzle_migrations"')));
    COMMENT ON SCHEMA "drizzle" IS 'Created by fix.sql of Forensics';
  END IF;
END
$forensics$;
ALTER TABLE "public"."__drizzle_migrations" SET SCHEMA "drizzle";

COMMIT;
