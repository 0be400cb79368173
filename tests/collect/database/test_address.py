"""Addresses are taken apart tolerantly, and printed without their password."""

import pytest

from forensics.collect.database.address import BadAddress, parse_address

SECRET = "s3cr3t"


@pytest.fixture(autouse=True)
def no_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what libpq would read from the environment."""
    for name in ("PGSERVICE", "PGUSER", "PGDATABASE", "PGHOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("given", "described"),
    [
        ("postgresql://amy:s3cr3t@db.example:6432/app", "amy@db.example:6432/app"),
        ("postgres://amy:s3cr3t@db.example/app", "amy@db.example:5432/app"),
        ("  'postgres://amy:s3cr3t@db.example/app'\n", "amy@db.example:5432/app"),
        ("postgresql://amy:s3cr3t@[::1]:5433/app", "amy@[::1]:5433/app"),
        ("postgresql://amy@a:1,b:2/app", "amy@a:1,b:2/app"),
        ("postgresql://amy:s3cr3t@%2Fvar%2Frun/app", "amy@/var/run/app"),
        ("postgresql:///app?host=/var/run&user=amy", "amy@/var/run/app"),
        ("postgresql:///", "the default server"),
        ("host=h port=1 dbname=app user=amy password='s3cr3t'", "amy@h:1/app"),
        ("service=prod", "service prod"),
        ("jdbc:postgresql://h/app?user=amy&password=s3cr3t", "amy@h:5432/app"),
        ("postgresql+asyncpg://amy:s3cr3t@h/app", "amy@h:5432/app"),
        ("postgresql://h/app?application_name=a@b", "h:5432/app"),
        ("postgresql://am%40y@h/a%20b", "am@y@h:5432/a b"),
        ("mysql://amy:s3cr3t@db.example/app", "amy@db.example:3306/app"),
        ("mariadb://amy:s3cr3t@[::1]:33/app", "amy@[::1]:33/app"),
        ("mysql+pymysql://amy:s3cr3t@h/app?socketPath=/run/my.sock", "amy@/run/my.sock/app"),
    ],
)
def test_an_address_is_described_without_its_password(given: str, described: str) -> None:
    """Role, server and database are what the user has to recognise."""
    assert str(parse_address(given)) == described


@pytest.mark.parametrize(
    "password",
    ["a@b", "a/b", "12/34", "a?b", "12?b", "a#b", "12#b", "p:q", "%zz", "a@b/c@d", "1@2"],
)
def test_an_unescaped_character_never_moves_the_password_into_the_host(password: str) -> None:
    """Where libpq splits at the first @ and shows the rest as a host's name, we split at the last."""
    address = parse_address(f"postgresql://amy:{password}@db.example:5432/app?sslmode=require")
    assert address is not None
    assert address.parameters["password"] == password
    assert str(address) == "amy@db.example:5432/app"
    assert password not in repr(address)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            "mssql://amy:s3cr3t@h/app",
            "Server; this version reads only PostgreSQL, SQLite and MySQL",
        ),
        ("mysql://amy:s3cr3t@h:port/app", "cannot be taken apart"),
        ("mysql://amy:s3cr3t@h/app?ssl-mode=s3cr3t", "ssl-mode"),
        ("mysql://amy:s3cr3t%00@h/app", "NUL"),
        ("libsql://amy:s3cr3t@h", "libSQL over the network; this version reads"),
        ("file::memory:", "names no file"),
        ("prisma+postgres://x/?api_key=s3cr3t", "Prisma Postgres over HTTP"),
        ("mongodb+srv://amy:s3cr3t@h/app", "MongoDB"),
        ("amy:s3cr3t@h:5432/app", "not one of PostgreSQL"),
        ("s3cr3t", "not one of PostgreSQL"),
        ("postgresql:amy:s3cr3t@h/app", "not one of PostgreSQL"),
        ("postgresql://amy:s3cr3t@h:port/app", "cannot be taken apart"),
        ("postgresql://amy:s3cr3t@h:99999/app", "cannot be taken apart"),
        ("postgresql://amy:s3cr3t@h/app?sslmode=s3cr3t", "sslmode"),
        ("password=s3cr3t hots=h", "key=value"),
        ("password='s3cr3t", "key=value"),
        ("postgresql://amy:s3cr3t%00@h/app", "NUL"),
    ],
)
def test_an_unusable_address_is_one_line_that_does_not_repeat_it(given: str, says: str) -> None:
    """What was given may hold a password anywhere, so no part of it is quoted."""
    with pytest.raises(BadAddress) as caught:
        parse_address(given)
    message = str(caught.value)
    assert says in message
    assert SECRET not in message
    assert "\n" not in message
    assert caught.value.__context__ is None


def test_parameters_of_other_drivers_are_dropped_and_named() -> None:
    """Node's ORMs put parameters into the address that libpq would refuse."""
    address = parse_address(
        "postgresql://amy@h/app?schema=public&pgbouncer=true&connection_limit=1"
        "&sslmode=no-verify&uselibpqcompat=true&sslaccept=strict&options=-c%20a%3Db"
    )
    assert address is not None
    assert dict(address.parameters) == {
        "user": "amy",
        "host": "h",
        "dbname": "app",
        "sslmode": "require",
    }
    assert address.notes == (
        "left out of the address: connection_limit, options, pgbouncer, schema, sslaccept,"
        " uselibpqcompat",
    )


def test_the_tenant_that_a_pooler_needs_is_kept() -> None:
    """`options=endpoint=...` routes and sets nothing."""
    address = parse_address("postgresql://h/app?options=endpoint%3Dep-cool-1")
    assert address is not None
    assert address.parameters["options"] == "endpoint=ep-cool-1"


def test_no_address_means_no_database_unless_a_service_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A database that nobody named is not looked for on this machine."""
    assert parse_address(None) is None
    assert parse_address("  ") is None
    monkeypatch.setenv("PGSERVICE", "prod")
    assert str(parse_address(None)) == "service prod"


def test_what_drivers_of_mysql_say_of_tls_is_understood() -> None:
    """Each has words of its own; the rest is dropped and named."""
    address = parse_address(
        'mysql://amy@h/app?ssl={"rejectUnauthorized":true}&multipleStatements=true&connectionLimit=5'
    )
    assert address is not None and address.dialect == "mysql"
    assert address.parameters["ssl-mode"] == "verify-full"
    assert address.notes == ("left out of the address: connectionLimit, multipleStatements",)
    for written, mode in (("ssl=true", "required"), ("sslmode=verify_identity", "verify-full")):
        found = parse_address(f"mysql://amy@h/app?{written}")
        assert found is not None and found.parameters["ssl-mode"] == mode


def test_what_libpq_takes_from_the_environment_says_nothing_of_mysql(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PGUSER is no account of MySQL."""
    monkeypatch.setenv("PGUSER", "amy")
    monkeypatch.setenv("PGDATABASE", "app")
    assert str(parse_address("mysql://h")) == "h:3306"
