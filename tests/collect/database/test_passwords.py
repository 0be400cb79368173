"""Passwords that libpq takes from elsewhere are known, and so masked, like those of an address."""

import stat
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.collect.database.passwords import known_secrets
from forensics.scratch.postgres import Server
from tests.build import project
from tests.collect.repositories import Repo

URL = "postgresql://app@db.example:5433/shop"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of our own, without anything from outside."""
    for name in ("PGPASSWORD", "PGSSLPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def passfile(home: Path, *lines: str) -> None:
    """`~/.pgpass`."""
    (home / ".pgpass").write_text("\n".join(lines) + "\n")
    (home / ".pgpass").chmod(stat.S_IRUSR | stat.S_IWUSR)


def test_the_environment_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the address says."""
    monkeypatch.setenv("PGPASSWORD", "from-the-environment")
    assert known_secrets(URL) == ("from-the-environment",)
    assert known_secrets(URL.replace("app@", "app:in-the-url@")) == (
        "in-the-url",
        "from-the-environment",
    )


def test_lines_of_the_password_file_that_may_be_meant_are_known(home: Path) -> None:
    """As libpq matches them: stars, several hosts, escaped colons and backslashes."""
    passfile(
        home,
        "# a comment:*:*:*:no",
        "db.example:5433:shop:app:first\\:with\\\\signs",
        "*:*:*:app:second",
        "other.example:*:*:*:no",
        "db.example:1:shop:app:no",
        "not a line",
    )
    assert known_secrets(URL) == ("first:with\\signs", "second")
    assert known_secrets("host=other.example,db.example user=app dbname=shop")[:1] == (
        "first:with\\signs",
    )


def test_other_files_are_read_where_they_are_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the environment, or in the address."""
    (home / "pass").write_text("*:*:*:*:named\n")
    assert known_secrets(f"{URL}?passfile={home}/pass") == ("named",)
    monkeypatch.setenv("PGPASSFILE", str(home / "pass"))
    assert known_secrets(URL) == ("named",)


def test_a_service_has_its_password_in_a_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its host, by which a line of the password file is found."""
    (home / ".pg_service.conf").write_text(
        "[shop]\nhost=db.example\nuser=app\npassword=of%the#service\n[other]\npassword=no\n"
    )
    passfile(home, "db.example:*:*:app:of-the-file", "elsewhere:*:*:*:no")
    assert known_secrets("service=shop") == ("of%the#service", "of-the-file")
    monkeypatch.setenv("PGSERVICE", "shop")
    assert known_secrets(None) == ("of%the#service", "of-the-file")


def test_without_a_database_nothing_is_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor for a file, nor for what is no address."""
    passfile(home, "*:*:*:*:unasked")
    monkeypatch.setenv("PGPASSWORD", "unasked")
    assert known_secrets(None) == ()
    assert known_secrets("file:app.sqlite") == ()
    assert known_secrets("mysql://app:secret@h/d") == ("secret",)


def test_odd_files_are_no_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, bytes that are no text, a service file that cannot be parsed."""
    (home / ".pgpass").mkdir()
    (home / ".pg_service.conf").write_bytes(b"\xff\xfe[shop\npassword")
    assert known_secrets("service=shop") == ()
    monkeypatch.setenv("PGPASSFILE", "/dev/zero")
    assert known_secrets(URL) == ()


@pytest.mark.slow
def test_a_password_from_the_password_file_is_masked_in_the_project(
    server: Server, database: str, reader: str, home: Path, tmp_path: Path
) -> None:
    """The connection uses it, and a migration has it too."""
    secret = f"sesame-{database}"
    url = server.url(database, "postgres").replace(server.password("postgres"), "")
    url = url.replace("postgres:@", f"{reader}@")
    passfile(home, f"*:*:*:{reader}:{secret}")
    repo = Repo(tmp_path / "project")
    files: dict[str, str | None] = {it: str(text) for it, text in project("0000_a").items()}
    files["drizzle/0000_a.sql"] = f"CREATE TABLE a (id int); -- the tunnel wants {secret}\n"
    repo.commit("begin", files)
    bundle = pipeline.collect(repo.top, output=tmp_path / "out", database_url=url)
    stored = b"".join(it.read_bytes() for it in (tmp_path / "out").rglob("*") if it.is_file())
    assert b"the tunnel wants ***" in stored and secret.encode() not in stored
    assert bundle.manifest.items
