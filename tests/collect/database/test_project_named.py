"""An address in a file of the project: no password of the user's goes to the host that it names."""

import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics import pipeline
from forensics.collect.database.address import parse_address
from forensics.collect.database.passwords import known_secrets
from forensics.collect.database.project_named import confined, for_project
from forensics.evidence.kinds import EvidenceKind
from tests.build import project
from tests.cli.test_commands import run

SECRET = "the-users-own-password"
CLEARTEXT = b"R" + struct.pack("!II", 8, 3)
REFUSED = b"E" + struct.pack("!I", 26) + b"SFATAL\0C28000\0Mrefused\0\0"


class Listener:
    """A server that asks for the password in clear and keeps what it gets."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            with client, client.makefile("rb") as told:
                self._hear(client, told.read)

    def _hear(self, client: socket.socket, read: object) -> None:
        assert callable(read)
        while (length := struct.unpack("!I", read(4))[0]) == 8 and read(4):
            client.sendall(b"N")  # neither TLS nor GSSAPI here
        read(length - 4)
        client.sendall(CLEARTEXT)
        if read(1) == b"p":
            self.heard.append(read(struct.unpack("!I", read(4))[0] - 4).rstrip(b"\0"))
        client.sendall(REFUSED)

    def close(self) -> None:
        """Hear nobody any more."""
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Somebody's server, to which the project wants the user to connect."""
    found = Listener()
    yield found
    found.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without settings of PostgreSQL."""
    for name in ("PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE", "PGHOST", "PGUSER"):
        monkeypatch.delenv(name, raising=False)
    (home := tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A project with one migration."""
    for path, text in project("0000_a").items():
        (tmp_path / "project" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / path).write_text(str(text))
    return tmp_path / "project"


def passfile(home: Path, line: str) -> None:
    """`~/.pgpass` of one line."""
    (home / ".pgpass").write_text(f"{line}\n")
    (home / ".pgpass").chmod(0o600)


def collected(place: Path, output: Path, url: str, file: Path | None) -> str:
    """Collect with an address from a file; what was noted of the database."""
    bundle = pipeline.collect(
        place, output=output, database_url=url, database_url_file=file, history=False
    )
    notes = [it.note for it in bundle.evidence() if it.kind == EvidenceKind.DATABASE]
    return " ".join(notes)


@pytest.mark.parametrize("given", ["variable", "password file", "service", "service variable"])
@pytest.mark.parametrize("named", ["", "&passfile={home}/.pgpass&service=prod"])
def test_no_password_goes_to_a_host_that_the_project_names(
    given: str,
    named: str,
    listener: Listener,
    home: Path,
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wherever libpq has it from, and whatever the address says of that."""
    (home / ".pg_service.conf").write_text(f"[prod]\npassword={SECRET}\nuser=app\n")
    if given == "variable":
        monkeypatch.setenv("PGPASSWORD", SECRET)
    elif given == "password file":
        passfile(home, f"*:*:*:*:{SECRET}")
    elif given == "service variable":
        monkeypatch.setenv("PGSERVICE", "prod")
    url = f"postgresql://app@127.0.0.1:{listener.port}/shop?connect_timeout=5"
    url += named.format(home=home)
    note = collected(place, tmp_path / "out", url, place / ".env")
    assert listener.heard == []
    assert "The project itself names" in note and "--database-url-env" in note


def test_the_same_address_from_the_user_gets_it(
    listener: Listener, home: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the server of the test above would have heard it."""
    monkeypatch.setenv("PGPASSWORD", SECRET)
    url = f"postgresql://app@127.0.0.1:{listener.port}/shop"
    collected(place, tmp_path / "out", url, None)
    collected(place, tmp_path / "out", url, home / "prod.env")
    assert listener.heard == [SECRET.encode()] * 2


def test_a_password_that_is_meant_for_the_host_goes_there(
    listener: Listener, home: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One in the address itself, or in the line of the password file that names this very host."""
    monkeypatch.setenv("PGPASSWORD", SECRET)
    url = f"postgresql://app:own@127.0.0.1:{listener.port}/shop"
    collected(place, tmp_path / "out", url, place / ".env")
    passfile(home, f"127.0.0.1:*:shop:app:{SECRET}")
    collected(place, tmp_path / "out", url.replace(":own", ""), place / ".env")
    assert listener.heard == [b"own", SECRET.encode()]


@pytest.mark.parametrize("option", [("--use-project-env",), ("--env-file", ".env")])
def test_the_command_line_knows_a_file_of_the_project(
    option: tuple[str, ...], listener: Listener, home: Path, place: Path, tmp_path: Path
) -> None:
    """Also one that links to a file elsewhere; the answer says what to do instead."""
    (tmp_path / "elsewhere").write_text(
        f"DATABASE_URL=postgresql://app@127.0.0.1:{listener.port}/shop\n"
    )
    (place / ".env").symlink_to(tmp_path / "elsewhere")
    out = ("--output", str(tmp_path / "out"), "--no-history")
    done = run("collect", *option, *out, cwd=place, PGPASSWORD=SECRET, HOME=str(home))
    assert listener.heard == []
    assert "The project itself names" in done.stderr


def test_the_password_for_a_host_is_not_sent_to_another_address() -> None:
    """Libpq would look the line up by the name, and connect to the address next to it."""
    address = parse_address("postgresql://app@prod.example/shop?hostaddr=203.0.113.9")
    assert address is not None
    assert "hostaddr" not in confined(address)


def test_a_project_names_no_file(tmp_path: Path) -> None:
    """A key may be one in a library, which is loaded; an authority may be a pipe."""
    url = "postgresql://app@db.example/shop?sslmode=require&sslkey=/p/evil.so:x&sslcert=/p/c"
    told = for_project(f"{url}&sslrootcert=/p/pipe", tmp_path / ".env", tmp_path)
    address = parse_address(told)
    assert address is not None and address.is_confined
    assert not address.parameters.keys() & {"sslkey", "sslcert", "sslrootcert"}
    assert address.parameters["sslmode"] == "require"


def test_without_a_server_in_the_address_the_users_own_is_entered(tmp_path: Path) -> None:
    """Then the user's settings decide where to, and how."""
    told = for_project("postgresql:///shop?sslmode=disable", tmp_path / ".env", tmp_path)
    address = parse_address(told)
    assert address is not None and not address.is_confined
    assert dict(address.parameters) == {"dbname": "shop"}


def test_a_password_that_was_not_sent_is_masked_all_the_same(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may stand in a migration."""
    monkeypatch.setenv("PGPASSWORD", SECRET)
    passfile(home, "*:*:*:*:another-one")
    told = for_project("postgresql://app@db.example/shop", tmp_path / ".env", tmp_path)
    assert known_secrets(told) == (SECRET, "another-one")


@pytest.mark.parametrize("url", ["mysql://app:pw@h/d", "file:app.sqlite", "no address at all"])
def test_other_addresses_stay_as_they_are(url: str, tmp_path: Path) -> None:
    """Their drivers take no password from elsewhere."""
    assert for_project(url, tmp_path / ".env", tmp_path) == url
