"""Dumps name owners, and a scratch server has none of these roles."""

import pytest

from forensics.scratch.owners import owned_by_self


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ('ALTER TABLE "a" OWNER TO "postgres";', 'ALTER TABLE "a" OWNER TO CURRENT_USER;'),
        ("alter function f(a int) owner to app", "alter function f(a int) owner to CURRENT_USER"),
        (
            "ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA a GRANT ALL ON TABLES TO anon;",
            "ALTER DEFAULT PRIVILEGES FOR ROLE CURRENT_USER IN SCHEMA a GRANT ALL ON TABLES "
            "TO anon;",
        ),
        ("COMMENT ON TABLE a IS 'owner to b'", None),
        ("CREATE TABLE a (owner text); SELECT owner to FROM a", None),
        ("ALTER SEQUENCE s OWNED BY a.b", None),
        ("ALTER TABLE a OWNER TO 'unfinished", None),
    ],
)
def test_only_the_owner_is_another(written: str, sent: str | None) -> None:
    """Everything else stays as it is, also what only looks like it."""
    known = ("postgres", "app")
    assert owned_by_self(written, known) == (sent or written)
    assert owned_by_self(f"SELECT 1; {written}", known) == f"SELECT 1; {sent or written}"


def test_a_role_that_the_real_server_lacks_stays() -> None:
    """There it fails as well."""
    written = 'ALTER TABLE a OWNER TO nobody; ALTER TABLE b OWNER TO "app";'
    told = owned_by_self(written, ("app",))
    assert told == "ALTER TABLE a OWNER TO nobody; ALTER TABLE b OWNER TO CURRENT_USER;"
