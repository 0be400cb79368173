-- Takes back fix.sql for: drizzle-kit: check, generate and migrate blocked, push would lose
-- data
-- Issue 3: The tool reads drizzle.__drizzle_migrations, but the rows are in
-- public.__drizzle_migrations
-- Database: clinic
-- Evidence: bundle 6082cacd72a0acd8c62d404bd7e69ef1089363bd08245f222b225526141eac23
-- Made by Forensics 0.1.0. Run it with: psql --set=ON_ERROR_STOP=1 --file=...
-- One transaction. It refuses, and changes nothing, where it does not find what was seen.

BEGIN;
SET LOCAL lock_timeout = '5s';
SET LOCAL search_path = '';

-- 1. Move drizzle.__drizzle_migrations with its 6 rows, ids and sequence into schema public.
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
  IF found <> 6 THEN
    RAISE EXCEPTION USING MESSAGE =
      'the number of rows in drizzle.__drizzle_migrations is not 6 but ' || found || unchanged;
  END IF;
  found := (SELECT max(created_at) FROM "drizzle"."__drizzle_migrations");
  IF found IS DISTINCT FROM 1788943527604 THEN
    RAISE EXCEPTION USING MESSAGE =
      'the newest created_at of drizzle.__drizzle_migrations is not 1788943527604' || unchanged;
  END IF;
  IF to_regclass('"public"."__drizzle_migrations"') IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'public.__drizzle_migrations exists already' || unchanged;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public') THEN
    RAISE EXCEPTION USING MESSAGE =
      'there is no schema public' || unchanged;
  END IF;
END
$forensics$;
ALTER TABLE "drizzle"."__drizzle_migrations" SET SCHEMA "public";
DO $forensics$
DECLARE
  found bigint;
  unchanged CONSTANT text :=
    '. Nothing was changed; if it ran before, it was probably already applied.';
BEGIN
  IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'drizzle'
      AND obj_description(oid, 'pg_namespace') = 'Created by fix.sql of Forensics') THEN
    BEGIN
      DROP SCHEMA "drizzle" RESTRICT;
    EXCEPTION WHEN dependent_objects_still_exist THEN
      RAISE NOTICE USING MESSAGE = 'schema drizzle stays: it is no longer empty';
    END;
  END IF;
END
$forensics$;

-- 2. Rename drizzle.__drizzle_migrations_retired, which holds 0 rows, to __drizzle_migrations.
DO $forensics$
DECLARE
  found bigint;
  unchanged CONSTANT text :=
    '. Nothing was changed; if it ran before, it was probably already applied.';
BEGIN
  IF to_regclass('"drizzle"."__drizzle_migrations_retired"') IS NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'there is no table drizzle.__drizzle_migrations_retired' || unchanged;
  END IF;
  LOCK TABLE "drizzle"."__drizzle_migrations_retired" IN ACCESS EXCLUSIVE MODE;
  IF NOT EXISTS (
    SELECT FROM pg_class WHERE relkind = 'r'
    AND oid = to_regclass('"drizzle"."__drizzle_migrations_retired"')) THEN
    RAISE EXCEPTION USING MESSAGE =
      'drizzle.__drizzle_migrations_retired is not an ordinary table' || unchanged;
  END IF;
  found := (SELECT count(*) FROM "drizzle"."__drizzle_migrations_retired");
  IF found <> 0 THEN
    RAISE EXCEPTION USING MESSAGE =
      'the number of rows in drizzle.__drizzle_migrations_retired is not 0 but ' || found || unchanged;
  END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations"') IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'drizzle.__drizzle_migrations exists already' || unchanged;
  END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_id_seq_retired"') IS NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'there is no drizzle.__drizzle_migrations_id_seq_retired' || unchanged;
  END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_id_seq"') IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'drizzle.__drizzle_migrations_id_seq exists already' || unchanged;
  END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_pkey_retired"') IS NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'there is no drizzle.__drizzle_migrations_pkey_retired' || unchanged;
  END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_pkey"') IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE =
      'drizzle.__drizzle_migrations_pkey exists already' || unchanged;
  END IF;
END
$forensics$;
ALTER TABLE "drizzle"."__drizzle_migrations_retired" RENAME TO "__drizzle_migrations";
ALTER SEQUENCE "drizzle"."__drizzle_migrations_id_seq_retired" RENAME TO "__drizzle_migrations_id_seq";
ALTER TABLE "drizzle"."__drizzle_migrations" RENAME CONSTRAINT "__drizzle_migrations_pkey_retired" TO "__drizzle_migrations_pkey";

COMMIT;
