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
