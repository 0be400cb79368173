-- Fixes: drizzle-kit: check, generate and migrate blocked, push would lose data
-- Issue 3: The tool reads drizzle.__drizzle_migrations, but the rows are in
-- public.__drizzle_migrations
-- Database: clinic
-- Evidence: bundle 4b88e4c194f6eccd8bc8dfbb6390cce812ed0771591d7bb558bb6ec4e3090c20
-- Made by Forensics 0.1.0. Run it with: psql --set=ON_ERROR_STOP=1 --file=...
-- One transaction. It aborts without changes if the database differs from the evidence.

BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = '5s';
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL row_security = off;

-- Guards: the right database, tables as they were examined, and nothing runs with your rights
-- that was not seen and read.
DO $forensics$
DECLARE
  problem text;
  unchanged CONSTANT text :=
    '. Nothing was changed; if it ran before, it was probably already applied.';
BEGIN
  SELECT string_agg(said, ', ') INTO problem FROM (
    SELECT 'this is not the database clinic' WHERE current_database() <> 'clinic'
    UNION ALL SELECT 'there is no table drizzle.__drizzle_migrations' WHERE to_regclass('"drizzle"."__drizzle_migrations"') IS NULL
    UNION ALL SELECT 'there is no table public.__drizzle_migrations' WHERE to_regclass('"public"."__drizzle_migrations"') IS NULL) AS found (said);
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = problem || unchanged; END IF;
  LOCK TABLE "drizzle"."__drizzle_migrations", "public"."__drizzle_migrations" IN ACCESS EXCLUSIVE MODE;
  SELECT string_agg(said, ', ') INTO problem FROM (
    SELECT 'drizzle.__drizzle_migrations is not an ordinary table' WHERE NOT EXISTS (
      SELECT FROM pg_class WHERE oid = to_regclass('"drizzle"."__drizzle_migrations"') AND relkind = 'r')
    UNION ALL SELECT 'public.__drizzle_migrations is not an ordinary table' WHERE NOT EXISTS (
      SELECT FROM pg_class WHERE oid = to_regclass('"public"."__drizzle_migrations"') AND relkind = 'r')
    UNION ALL SELECT 'drizzle.__drizzle_migrations belongs neither to app, as it did, nor to you' FROM pg_class
      WHERE oid = to_regclass('"drizzle"."__drizzle_migrations"') AND pg_get_userbyid(relowner) NOT IN ('app', current_user)
    UNION ALL SELECT 'schema drizzle belongs neither to app, as it did, nor to you' FROM pg_namespace
      WHERE nspname = 'drizzle' AND pg_get_userbyid(nspowner) NOT IN ('app', current_user)
    UNION ALL SELECT 'public.__drizzle_migrations belongs neither to app, as it did, nor to you' FROM pg_class
      WHERE oid = to_regclass('"public"."__drizzle_migrations"') AND pg_get_userbyid(relowner) NOT IN ('app', current_user)
    UNION ALL SELECT 'schema public belongs neither to pg_database_owner, as it did, nor to you' FROM pg_namespace
      WHERE nspname = 'public' AND pg_get_userbyid(nspowner) NOT IN ('pg_database_owner', current_user)) AS found (said);
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = problem || unchanged; END IF;
  SELECT left(string_agg(what, ', ' ORDER BY what), 2000) INTO problem FROM (SELECT kind || ' ' || regexp_replace(name, '[^ -~]', '?', 'g') || ' of ' || called FROM (
  SELECT tgrelid, 'trigger', tgname::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'
  UNION ALL SELECT ev_class, 'rule', rulename::text FROM pg_rewrite
    WHERE rulename <> '_RETURN' AND ev_enabled <> 'D'
  UNION ALL SELECT polrelid, 'policy', polname::text FROM pg_policy
  UNION ALL SELECT adrelid, CASE attgenerated WHEN '' THEN 'default' ELSE 'generated column' END, attname::text
    FROM pg_attrdef d JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum,
    LATERAL pg_get_expr(adbin, adrelid) AS e (said)
    WHERE (attgenerated <> '' OR NOT (translate(said, '(.', '') = said OR said = 'now()' OR EXISTS (
      SELECT FROM pg_depend o
        JOIN pg_class s ON s.oid = o.objid AND s.relkind = 'S'
      WHERE o.classid = 'pg_class'::regclass AND o.deptype = 'a'
        AND o.refclassid = 'pg_class'::regclass
        AND o.refobjid = adrelid AND o.refobjsubid = adnum AND said = 'nextval(' ||
          quote_literal(s.oid::regclass::text) || '::regclass)')))
  UNION ALL SELECT conrelid, CASE contype WHEN 'c' THEN 'check constraint' WHEN 'f' THEN 'foreign key'
      WHEN 'x' THEN 'exclusion constraint' WHEN 'p' THEN 'primary key'
      WHEN 'u' THEN 'unique constraint' ELSE 'not-null constraint' END, conname::text
    FROM pg_constraint WHERE contype <> 't' AND conrelid <> 0 AND contype NOT IN ('p', 'u', 'n')
  UNION ALL SELECT confrelid, 'foreign key of another table', conrelid::regclass::text || '.' || conname::text
    FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid
  UNION ALL SELECT indrelid, 'index', relname::text FROM pg_index i JOIN pg_class c ON c.oid = indexrelid
    WHERE (indexprs IS NOT NULL OR indpred IS NOT NULL OR relam >= 16384
      OR EXISTS (SELECT FROM pg_opclass o WHERE o.oid = ANY (indclass)
        AND opcnamespace <> 'pg_catalog'::regnamespace))
  UNION ALL SELECT stxrelid, 'statistics', stxname::text FROM pg_statistic_ext x
    WHERE to_jsonb(x) ->> 'stxexprs' IS NOT NULL
  UNION ALL SELECT inhparent, 'child table', inhrelid::regclass::text FROM pg_inherits
  UNION ALL SELECT inhrelid, 'parent table', inhparent::regclass::text FROM pg_inherits
  UNION ALL SELECT attrelid, 'column type', attname::text FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
    WHERE attnum > 0 AND typnamespace <> 'pg_catalog'::regnamespace
  UNION ALL SELECT c.oid, 'table access method', amname::text FROM pg_class c JOIN pg_am m ON m.oid = relam
    WHERE m.oid >= 16384
  UNION ALL SELECT 0::oid, 'event trigger', evtname::text FROM pg_event_trigger
    WHERE evtenabled <> 'D' AND evtevent <> 'login'
    ) AS running (relation, kind, name) JOIN (VALUES
    (to_regclass('"drizzle"."__drizzle_migrations"')::oid, 'drizzle.__drizzle_migrations'),
    (to_regclass('"public"."__drizzle_migrations"')::oid, 'public.__drizzle_migrations'),
    (0, 'the database')
    ) AS touched (relation, called) USING (relation)) AS listed (what);
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'these may run code with your rights, and were not seen when the evidence was collected: '
      || problem
      || '. Nothing was changed. Read them, and collect the evidence again if they belong there.'; END IF;
  SELECT string_agg(said, ', ') INTO problem FROM (
    SELECT 'the number of rows in drizzle.__drizzle_migrations is not 0 but ' || count(*)
      FROM "drizzle"."__drizzle_migrations" HAVING count(*) <> 0
    UNION ALL SELECT 'drizzle.__drizzle_migrations_retired exists already' WHERE to_regclass('"drizzle"."__drizzle_migrations_retired"') IS NOT NULL
    UNION ALL SELECT 'there is no drizzle.__drizzle_migrations_id_seq' WHERE to_regclass('"drizzle"."__drizzle_migrations_id_seq"') IS NULL
    UNION ALL SELECT 'drizzle.__drizzle_migrations_id_seq_retired exists already' WHERE to_regclass('"drizzle"."__drizzle_migrations_id_seq_retired"') IS NOT NULL
    UNION ALL SELECT 'there is no drizzle.__drizzle_migrations_pkey' WHERE to_regclass('"drizzle"."__drizzle_migrations_pkey"') IS NULL
    UNION ALL SELECT 'drizzle.__drizzle_migrations_pkey_retired exists already' WHERE to_regclass('"drizzle"."__drizzle_migrations_pkey_retired"') IS NOT NULL
    UNION ALL SELECT 'the number of rows in public.__drizzle_migrations is not 6 but ' || count(*)
      FROM "public"."__drizzle_migrations" HAVING count(*) <> 6
    UNION ALL SELECT 'the newest created_at of public.__drizzle_migrations is not 1788943527604'
      FROM "public"."__drizzle_migrations" HAVING max(created_at) IS DISTINCT FROM 1788943527604) AS found (said);
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = problem || unchanged; END IF;
END
$forensics$;

-- 1. Rename drizzle.__drizzle_migrations, which is empty, to __drizzle_migrations_retired.
ALTER TABLE "drizzle"."__drizzle_migrations" RENAME TO "__drizzle_migrations_retired";
ALTER SEQUENCE "drizzle"."__drizzle_migrations_id_seq" RENAME TO "__drizzle_migrations_id_seq_retired";
ALTER TABLE "drizzle"."__drizzle_migrations_retired" RENAME CONSTRAINT "__drizzle_migrations_pkey" TO "__drizzle_migrations_pkey_retired";

-- 2. Move public.__drizzle_migrations with its 6 rows, ids and sequence into schema drizzle.
ALTER TABLE "public"."__drizzle_migrations" SET SCHEMA "drizzle";

COMMIT;
