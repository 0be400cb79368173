-- Each statement runs by itself; one marked so fails, and leaves what this case is about.
INSERT INTO members (email) VALUES ('ada@example.org'), ('ada@example.org');
CREATE UNIQUE INDEX CONCURRENTLY members_email_key ON members USING btree (email); -- fails
INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('710adaa1b293483a79617b8b63b1775af972c6c4d1261f81a149d77fe3065168', 1768208400000);
