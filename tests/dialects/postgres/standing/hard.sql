-- next: a policy of one name on two tables, one dropped
CREATE POLICY p1 ON a USING (true);
CREATE POLICY p1 ON b USING (true);
DROP POLICY p1 ON a;
-- next: a policy of one name on two tables, the newer dropped
CREATE POLICY p1 ON a USING (true);
CREATE POLICY p1 ON b USING (true);
DROP POLICY p1 ON b;
-- next: a policy of one name on two tables, one table dropped
CREATE POLICY p1 ON a USING (true);
CREATE POLICY p1 ON b USING (true);
DROP TABLE b;
-- next: a trigger of one name on two tables, one dropped
CREATE TRIGGER t1 BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION tg();
CREATE TRIGGER t1 BEFORE INSERT ON b FOR EACH ROW EXECUTE FUNCTION tg();
DROP TRIGGER t1 ON a;
-- next: a trigger of one name on two tables, one table dropped
CREATE TRIGGER t1 BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION tg();
CREATE TRIGGER t1 BEFORE INSERT ON b FOR EACH ROW EXECUTE FUNCTION tg();
DROP TABLE b;
-- next: a policy renamed
CREATE POLICY p1 ON a USING (true);
ALTER POLICY p1 ON a RENAME TO p2;
-- next: a trigger renamed
CREATE TRIGGER t1 BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION tg();
ALTER TRIGGER t1 ON a RENAME TO t2;
-- next: a function renamed
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION f(int) RENAME TO g;
-- next: a function in another schema
CREATE SCHEMA s;
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION f(int) SET SCHEMA s;
-- next: a function of the session
CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- next: a domain renamed
CREATE DOMAIN d AS text;
ALTER TABLE a ADD COLUMN of_d d;
ALTER DOMAIN d RENAME TO e;
-- next: a table under a view
CREATE VIEW v AS SELECT id FROM a;
DROP TABLE a CASCADE;
-- next: a table under a policy of another
CREATE POLICY p1 ON b USING (EXISTS (SELECT FROM a));
DROP TABLE a CASCADE;
-- next: a table whose rows a function takes
CREATE FUNCTION f(a) RETURNS int LANGUAGE sql AS 'SELECT 1';
DROP TABLE a CASCADE;
-- next: a column under a view
CREATE VIEW v AS SELECT n FROM a;
ALTER TABLE a DROP COLUMN n CASCADE;
-- next: a column under a generated one
ALTER TABLE a ADD COLUMN twice int GENERATED ALWAYS AS (n * 2) STORED;
ALTER TABLE a DROP COLUMN n CASCADE;
-- next: a schema with a type of a column elsewhere
CREATE SCHEMA s;
CREATE TYPE s.e AS ENUM ('a');
ALTER TABLE a ADD COLUMN k s.e;
DROP SCHEMA s CASCADE;
-- next: two schemas
CREATE SCHEMA s;
CREATE SCHEMA t;
CREATE TABLE t.x (id int);
DROP SCHEMA s, t CASCADE;
-- next: a sequence of a column that goes
CREATE SEQUENCE numbers OWNED BY a.n;
ALTER TABLE a DROP COLUMN n;
-- next: a sequence given to a column of a table that goes
CREATE SEQUENCE numbers;
ALTER SEQUENCE numbers OWNED BY b.aid;
DROP TABLE b;
-- next: a function that is called
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE a ADD x text; END $$;
SELECT f();
-- next: a function that calls one
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE a ADD x text; END $$;
CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT f(); SELECT 1';
UPDATE a SET n = g();
SELECT g();
-- next: a procedure that is called
CREATE PROCEDURE f() LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE a ADD COLUMN x text; END $$;
CALL f();
-- next: a function in a FROM
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql
AS $$ BEGIN ALTER TABLE a ADD x text; RETURN 1; END $$;
INSERT INTO b (aid) SELECT NULL FROM f();
-- next: a function that a block calls
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE a ADD x text; END $$;
DO $$ BEGIN PERFORM f(); END $$;
-- next: a path that is set
CREATE SCHEMA s;
SELECT set_config('search_path', 's', true);
CREATE TABLE t9 (id int);
-- next: a table of the session over one that lasts
CREATE TEMP TABLE a (q int);
ALTER TABLE a ADD COLUMN qq int;
-- next: a table of the session
CREATE TEMPORARY TABLE held AS SELECT * FROM a;
CREATE INDEX by_n ON held (n);
ALTER TABLE held ADD COLUMN qq int;
-- next: partitions
CREATE TABLE p (id int PRIMARY KEY, d text) PARTITION BY RANGE (id);
CREATE TABLE p1 (id int NOT NULL, d text);
ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (1) TO (9);
DROP TABLE p;
-- next: a partition taken out
CREATE TABLE p (id int PRIMARY KEY, d text) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9);
ALTER TABLE p DETACH PARTITION p1;
DROP TABLE p;
-- next: an index of a materialized view
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS x;
CREATE UNIQUE INDEX mvx ON mv (x);
-- next: a savepoint
SAVEPOINT s;
ALTER TABLE a ADD COLUMN rr int;
ROLLBACK TO s;
