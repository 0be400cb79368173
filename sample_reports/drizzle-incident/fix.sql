-- Fixes: drizzle-kit: check, generate and migrate blocked, push would lose data
-- Issue 3: The tool reads drizzle.__drizzle_migrations, but the rows are in
-- public.__drizzle_migrations
-- Database: clinic
-- Evidence: bundle 2b05d3c1f2dd9c70ad586cc75358ab91ab0c97913c26de3a32959f82dbdae0ae
-- Made by Forensics 0.1.0. Run it with: psql --set=ON_ERROR_STOP=1 --file=...
-- One transaction. It aborts without changes if the database differs from the evidence.

BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = '5s';
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL row_security = off;

-- Guards: the right database, and nothing runs with your rights that was not seen and read.
DO $forensics$
DECLARE
  found bigint;
  strange text;
  known text;
  unchanged CONSTANT text :=
    '. Nothing was changed; if it ran before, it was probably already applied.';
BEGIN
  IF current_database() <> 'clinic' THEN
    RAISE EXCEPTION USING MESSAGE = 'this is not the database clinic' || unchanged; END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations"') IS NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'there is no table drizzle.__drizzle_migrations' || unchanged; END IF;
  LOCK TABLE "drizzle"."__drizzle_migrations" IN ACCESS EXCLUSIVE MODE;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relkind = 'r' AND oid = to_regclass('"drizzle"."__drizzle_migrations"')) THEN
    RAISE EXCEPTION USING MESSAGE = 'drizzle.__drizzle_migrations is not an ordinary table' || unchanged; END IF;
  IF to_regclass('"public"."__drizzle_migrations"') IS NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'there is no table public.__drizzle_migrations' || unchanged; END IF;
  LOCK TABLE "public"."__drizzle_migrations" IN ACCESS EXCLUSIVE MODE;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relkind = 'r' AND oid = to_regclass('"public"."__drizzle_migrations"')) THEN
    RAISE EXCEPTION USING MESSAGE = 'public.__drizzle_migrations is not an ordinary table' || unchanged; END IF;
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_class WHERE oid = to_regclass('"drizzle"."__drizzle_migrations"')
    AND pg_catalog.pg_get_userbyid(relowner) IN ('app', current_user)) THEN
    RAISE EXCEPTION USING MESSAGE = 'drizzle.__drizzle_migrations belongs neither to app, as it did, nor to you' || unchanged; END IF;
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'drizzle'
    AND pg_catalog.pg_get_userbyid(nspowner) IN ('app', current_user)) THEN
    RAISE EXCEPTION USING MESSAGE = 'schema drizzle belongs neither to app, as it did, nor to you' || unchanged; END IF;
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_class WHERE oid = to_regclass('"public"."__drizzle_migrations"')
    AND pg_catalog.pg_get_userbyid(relowner) IN ('app', current_user)) THEN
    RAISE EXCEPTION USING MESSAGE = 'public.__drizzle_migrations belongs neither to app, as it did, nor to you' || unchanged; END IF;
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public'
    AND pg_catalog.pg_get_userbyid(nspowner) IN ('pg_database_owner', current_user)) THEN
    RAISE EXCEPTION USING MESSAGE = 'schema public belongs neither to pg_database_owner, as it did, nor to you' || unchanged; END IF;
  WITH touched (relation, called) AS (VALUES
    (to_regclass('"drizzle"."__drizzle_migrations"')::pg_catalog.oid, 'drizzle.__drizzle_migrations'),
    (to_regclass('"public"."__drizzle_migrations"')::pg_catalog.oid, 'public.__drizzle_migrations'),
    (0::pg_catalog.oid, 'the database')
), seen (called, kind, name, digest) AS (
    SELECT '', '', '', '' WHERE false
), things AS (
  SELECT g.tgrelid AS relation, 'trigger' AS kind, g.tgname::pg_catalog.text AS name,
    pg_catalog.pg_get_triggerdef(g.oid) || ', enabled: ' || g.tgenabled::pg_catalog.text
      AS definition,
    g.tgenabled = 'D' AS inert,
    'pg_catalog.pg_trigger'::pg_catalog.regclass AS catalogue, g.oid AS id
  FROM pg_catalog.pg_trigger g
  WHERE NOT g.tgisinternal AND g.tgrelid IN (SELECT relation FROM touched)
  UNION ALL SELECT r.ev_class, 'rule', r.rulename::pg_catalog.text,
    pg_catalog.pg_get_ruledef(r.oid) || ', enabled: ' || r.ev_enabled::pg_catalog.text,
    r.ev_enabled = 'D', 'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid
  FROM pg_catalog.pg_rewrite r
  WHERE r.rulename <> '_RETURN' AND r.ev_class IN (SELECT relation FROM touched)
  UNION ALL SELECT d.adrelid,
    CASE a.attgenerated WHEN '' THEN 'default' ELSE 'generated column' END,
    a.attname::pg_catalog.text, e.expression,
    a.attgenerated = '' AND (
      pg_catalog.translate(e.expression, '(.', '') = e.expression OR e.expression = 'now()'
      OR EXISTS (SELECT FROM pg_catalog.pg_depend o
        JOIN pg_catalog.pg_class s ON s.oid = o.objid AND s.relkind = 'S'
        WHERE o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
          AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
          AND o.refobjid = d.adrelid AND o.refobjsubid = d.adnum AND o.deptype = 'a'
          AND e.expression = 'nextval(' || pg_catalog.quote_literal(
            s.oid::pg_catalog.regclass::pg_catalog.text) || '::regclass)')),
    'pg_catalog.pg_attrdef'::pg_catalog.regclass, d.oid
  FROM pg_catalog.pg_attrdef d
    JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    CROSS JOIN LATERAL pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS e (expression)
  WHERE d.adrelid IN (SELECT relation FROM touched)
  UNION ALL SELECT a.attrelid, 'identity column', a.attname::pg_catalog.text,
    a.attidentity::pg_catalog.text, true, NULL, NULL
  FROM pg_catalog.pg_attribute a
  WHERE a.attidentity <> '' AND NOT a.attisdropped
    AND a.attrelid IN (SELECT relation FROM touched)
  UNION ALL SELECT o.refobjid, 'sequence', s.oid::pg_catalog.regclass::pg_catalog.text,
    'owned by ' || pg_catalog.pg_get_userbyid(s.relowner)::pg_catalog.text, true, NULL, NULL
  FROM pg_catalog.pg_depend o JOIN pg_catalog.pg_class s ON s.oid = o.objid AND s.relkind = 'S'
  WHERE o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND o.deptype IN ('a', 'i') AND o.refobjid IN (SELECT relation FROM touched)
  UNION ALL SELECT k.conrelid,
    CASE k.contype WHEN 'c' THEN 'check constraint' WHEN 'f' THEN 'foreign key'
      WHEN 'x' THEN 'exclusion constraint' WHEN 'p' THEN 'primary key'
      WHEN 'u' THEN 'unique constraint' ELSE 'not-null constraint' END,
    k.conname::pg_catalog.text, pg_catalog.pg_get_constraintdef(k.oid),
    k.contype IN ('p', 'u', 'n'), 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
  FROM pg_catalog.pg_constraint k
  WHERE k.contype <> 't' AND k.conrelid <> 0 AND k.conrelid IN (SELECT relation FROM touched)
  UNION ALL SELECT k.confrelid, 'foreign key of another table',
    k.conrelid::pg_catalog.regclass::pg_catalog.text || '.' || k.conname::pg_catalog.text,
    pg_catalog.pg_get_constraintdef(k.oid), false,
    'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
  FROM pg_catalog.pg_constraint k
  WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
    AND k.confrelid IN (SELECT relation FROM touched)
  UNION ALL SELECT i.indrelid, 'index', c.relname::pg_catalog.text,
    pg_catalog.pg_get_indexdef(i.indexrelid),
    i.indexprs IS NULL AND i.indpred IS NULL AND c.relam < 16384
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_opclass o WHERE o.oid = ANY (i.indclass)
        AND o.opcnamespace <> 'pg_catalog'::pg_catalog.regnamespace),
    'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid IN (SELECT relation FROM touched)
  UNION ALL SELECT x.stxrelid, 'statistics', x.stxname::pg_catalog.text,
    pg_catalog.pg_get_statisticsobjdef(x.oid), pg_catalog.to_jsonb(x) ->> 'stxexprs' IS NULL,
    'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, x.oid
  FROM pg_catalog.pg_statistic_ext x WHERE x.stxrelid IN (SELECT relation FROM touched)
  UNION ALL SELECT p.polrelid, 'policy', p.polname::pg_catalog.text,
    pg_catalog.concat_ws(', ', p.polcmd::pg_catalog.text, p.polpermissive::pg_catalog.text,
      pg_catalog.pg_get_expr(p.polqual, p.polrelid),
      'with check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)),
    false, 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid
  FROM pg_catalog.pg_policy p WHERE p.polrelid IN (SELECT relation FROM touched)
  UNION ALL SELECT h.inhparent, 'child table',
    h.inhrelid::pg_catalog.regclass::pg_catalog.text, '', false, NULL, NULL
  FROM pg_catalog.pg_inherits h WHERE h.inhparent IN (SELECT relation FROM touched)
  UNION ALL SELECT h.inhrelid, 'parent table',
    h.inhparent::pg_catalog.regclass::pg_catalog.text, '', false, NULL, NULL
  FROM pg_catalog.pg_inherits h WHERE h.inhrelid IN (SELECT relation FROM touched)
  UNION ALL SELECT a.attrelid, 'column type', a.attname::pg_catalog.text,
    pg_catalog.concat_ws(', ', pg_catalog.format_type(a.atttypid, a.atttypmod),
      (SELECT pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(k.oid), ', ' ORDER BY k.oid)
        FROM pg_catalog.pg_constraint k WHERE k.contypid = a.atttypid)),
    false, 'pg_catalog.pg_type'::pg_catalog.regclass, a.atttypid
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  WHERE a.attnum > 0 AND t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace
    AND a.attrelid IN (SELECT relation FROM touched)
  UNION ALL SELECT c.oid, 'table access method', m.amname::pg_catalog.text, '', false, NULL, NULL
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_am m ON m.oid = c.relam
  WHERE m.oid >= 16384 AND c.oid IN (SELECT relation FROM touched)
  UNION ALL SELECT 0::pg_catalog.oid, 'event trigger', v.evtname::pg_catalog.text,
    pg_catalog.concat_ws(', ', v.evtevent::pg_catalog.text,
      pg_catalog.array_to_string(v.evttags, ' '), 'enabled: ' || v.evtenabled::pg_catalog.text),
    v.evtenabled = 'D' OR v.evtevent = 'login',
    'pg_catalog.pg_event_trigger'::pg_catalog.regclass, v.oid
  FROM pg_catalog.pg_event_trigger v
), said AS (
  SELECT t.relation, t.kind, t.name, t.inert, pg_catalog.concat(
    CASE WHEN t.relation = 0 OR t.kind = 'default' THEN t.definition
      ELSE pg_catalog.replace(t.definition,
        t.relation::pg_catalog.regclass::pg_catalog.text, 'this table') END,
    ', calls ' || (SELECT pg_catalog.string_agg(f.code, ', ' ORDER BY f.code COLLATE pg_catalog."C")
    FROM (SELECT DISTINCT p.oid::pg_catalog.regprocedure::pg_catalog.text || ' ' || pg_catalog.encode(
      pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', p.prosecdef,
        p.proconfig, p.prosrc, pg_catalog.to_jsonb(p) ->> 'prosqlbody'),
        pg_catalog.getdatabaseencoding())), 'hex') AS code
    FROM pg_catalog.pg_depend d
      LEFT JOIN pg_catalog.pg_operator o
        ON o.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass
      JOIN pg_catalog.pg_proc p ON p.oid = CASE d.refclassid
        WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN d.refobjid ELSE o.oprcode END
    WHERE d.classid = t.catalogue AND d.objid = t.id) AS f)) AS definition
  FROM things t WHERE t.relation IN (SELECT relation FROM touched)
), attached AS (
  SELECT s.*, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
    s.definition, pg_catalog.getdatabaseencoding())), 'hex') AS digest
  FROM said s
), listed AS (
  SELECT a.kind || ' ' || pg_catalog.regexp_replace(a.name, '[^ -~]', '?', 'g') || ' of ' || t.called AS what,
    EXISTS (SELECT FROM seen s WHERE s.called = t.called AND s.kind = a.kind
      AND s.name = a.name AND s.digest = a.digest) AS was
  FROM attached a JOIN touched t ON t.relation = a.relation WHERE NOT a.inert
)
  SELECT pg_catalog.left(pg_catalog.string_agg(what, ', ' ORDER BY what) FILTER (WHERE NOT was), 2000),
    pg_catalog.left(pg_catalog.string_agg(what, ', ' ORDER BY what) FILTER (WHERE was), 2000)
  INTO strange, known FROM listed;
  IF strange IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'these may run code with your rights, and were not seen when the evidence was collected: '
      || strange
      || '. Nothing was changed. Read them, and collect the evidence again if they belong there.'; END IF;
END
$forensics$;

-- 1. Rename drizzle.__drizzle_migrations, which holds 0 rows, to __drizzle_migrations_retired.
DO $forensics$
DECLARE
  found bigint;
  unchanged CONSTANT text :=
    '. Nothing was changed; if it ran before, it was probably already applied.';
BEGIN
  IF to_regclass('"drizzle"."__drizzle_migrations"') IS NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'there is no table drizzle.__drizzle_migrations' || unchanged; END IF;
  LOCK TABLE "drizzle"."__drizzle_migrations" IN ACCESS EXCLUSIVE MODE;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relkind = 'r' AND oid = to_regclass('"drizzle"."__drizzle_migrations"')) THEN
    RAISE EXCEPTION USING MESSAGE = 'drizzle.__drizzle_migrations is not an ordinary table' || unchanged; END IF;
  found := (SELECT count(*) FROM "drizzle"."__drizzle_migrations");
  IF found <> 0 THEN
    RAISE EXCEPTION USING MESSAGE = 'the number of rows in drizzle.__drizzle_migrations is not 0 but ' || found || unchanged; END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_retired"') IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'drizzle.__drizzle_migrations_retired exists already' || unchanged; END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_id_seq"') IS NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'there is no drizzle.__drizzle_migrations_id_seq' || unchanged; END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_id_seq_retired"') IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'drizzle.__drizzle_migrations_id_seq_retired exists already' || unchanged; END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_pkey"') IS NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'there is no drizzle.__drizzle_migrations_pkey' || unchanged; END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations_pkey_retired"') IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'drizzle.__drizzle_migrations_pkey_retired exists already' || unchanged; END IF;
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
    RAISE EXCEPTION USING MESSAGE = 'there is no table public.__drizzle_migrations' || unchanged; END IF;
  LOCK TABLE "public"."__drizzle_migrations" IN ACCESS EXCLUSIVE MODE;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relkind = 'r' AND oid = to_regclass('"public"."__drizzle_migrations"')) THEN
    RAISE EXCEPTION USING MESSAGE = 'public.__drizzle_migrations is not an ordinary table' || unchanged; END IF;
  found := (SELECT count(*) FROM "public"."__drizzle_migrations");
  IF found <> 6 THEN
    RAISE EXCEPTION USING MESSAGE = 'the number of rows in public.__drizzle_migrations is not 6 but ' || found || unchanged; END IF;
  found := (SELECT max(created_at) FROM "public"."__drizzle_migrations");
  IF found IS DISTINCT FROM 1788943527604 THEN
    RAISE EXCEPTION USING MESSAGE = 'the newest created_at of public.__drizzle_migrations is not 1788943527604' || unchanged; END IF;
  IF to_regclass('"drizzle"."__drizzle_migrations"') IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'drizzle.__drizzle_migrations exists already' || unchanged; END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'drizzle') THEN
    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %s', 'drizzle'::text,
      (SELECT relowner::regrole FROM pg_catalog.pg_class
        WHERE oid = to_regclass('"public"."__drizzle_migrations"')));
    COMMENT ON SCHEMA "drizzle" IS 'Created by fix.sql of Forensics';
  END IF;
END
$forensics$;
ALTER TABLE "public"."__drizzle_migrations" SET SCHEMA "drizzle";

COMMIT;
