"""Where a database is, taken apart so that its password can never be quoted by accident."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from forensics.collect.database.mysql.parameters import MODES, PORT, BadMode, understood
from forensics.dialects import DIALECTS
from forensics.errors import ForensicsError
from forensics.model.wording import listed

_EXAMPLE = "postgresql://role@host:5432/database"
_NOT_AN_ADDRESS = (
    f"The database address is not one of PostgreSQL, MySQL or SQLite; write it as {_EXAMPLE}, "
    "mysql://... or file:app.sqlite."
)
# Regular addresses first. What does not fit has an unescaped character in its password: then the
# last `@` ends it, since part of a password taken for a host name would be shown.
_REGULAR = re.compile(
    r"(?:(?P<user>[^@/?#]*)@)?(?P<hosts>[^@/?#]*)(?:/(?P<database>[^@?#]*))?"
    r"(?:\?(?P<query>(?:[A-Za-z_]+=[^&#]*(?:&|(?=#|$)))*))?(?:#[^@]*)?"
)
_ODD = re.compile(
    r"(?P<user>.*)@(?P<hosts>[^@/?#]*)(?:/(?P<database>[^?#]*))?(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.DOTALL,
)
_HOST = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
_SCHEME = re.compile(
    r"(?:jdbc:)?(?P<name>[A-Za-z][A-Za-z0-9.-]*)(?P<driver>\+[a-z0-9]+)?:(?P<rest>.*)", re.DOTALL
)
_OTHERS = {
    "libsql": "libSQL over the network",
    "ws": "libSQL over the network",
    "wss": "libSQL over the network",
    "sqlserver": "SQL Server",
    "mssql": "SQL Server",
    "mongodb": "MongoDB",
    "prisma": "Prisma Accelerate",
    "prisma+postgres": "Prisma Postgres over HTTP",
    "http": "HTTP",
    "https": "HTTP",
}
# `sqlite:///a` and `file:///a` are absolute, `sqlite://a` is what some tools make of `a`, and
# `sqlite:////a` is SQLAlchemy's `/a`.
_FILE = re.compile(
    r"(?:jdbc:)?(?:sqlite3?|file|libsql:file)(?:\+[a-z0-9]+)?:(?://(?=/|[^/]))?(?P<path>[^\n]*)"
    r"|(?P<bare>(?:\.{0,2}/)?[^\n:=?@]*\.(?:db3?|sqlite3?|s3db|sl3))",
    re.IGNORECASE,
)
_PORTS = {"postgresql": "5432", "mysql": PORT, "sqlite": ""}
_KEPT = frozenset(
    [
        "user",
        "password",
        "passfile",
        "dbname",
        "host",
        "hostaddr",
        "port",
        "service",
        "channel_binding",
        "sslmode",
        "sslcert",
        "sslkey",
        "sslpassword",
        "sslrootcert",
        "sslcrl",
        "sslcrldir",
        "sslsni",
        "sslcertmode",
        "sslnegotiation",
        "requirepeer",
        "require_auth",
        "ssl_min_protocol_version",
        "ssl_max_protocol_version",
        "gssencmode",
        "krbsrvname",
        "target_session_attrs",
        "load_balance_hosts",
    ]
)
# node-postgres and its descendants know values that libpq does not.
_SSL_MODES = {"no-verify": "require", "true": "require", "1": "require", "false": "disable"}
_SSL_MODES |= {"0": "disable"}
_LIBPQ_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# Poolers that cannot see the host name are told the tenant this way; nothing is set by it.
_ROUTING = re.compile(r"(?:endpoint|project|reference)=[A-Za-z0-9_.-]+")


NOWHERE = "/dev/null/none"
"""As the password file of an address: there is none, also where libpq has a usual one."""


class BadAddress(ForensicsError):
    """A database address that cannot be used; the message never repeats what was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a database is and as whom to enter it; printing it shows no password."""

    parameters: Mapping[str, str] = field(repr=False)
    """Connection parameters by their libpq names, the password among them; those of MySQL that
    libpq lacks by the names of `mysql.parameters`."""
    dialect: str = "postgresql"
    """By its name in `DIALECTS`."""
    path: str = ""
    """Of the file, where the database is one."""
    notes: tuple[str, ...] = ()
    """What was changed or left out of the address as it was given."""

    @property
    def server(self) -> str:
        """`host:port`, the socket folder, or the service's name; empty where libpq decides."""
        if self.path:
            return "a local file"
        host = self.parameters.get("host") or self.parameters.get("hostaddr") or ""
        if not host and (service := self._service):
            return f"service {service}"
        return server_name(host, self.parameters.get("port", ""), _PORTS[self.dialect])

    @property
    def database(self) -> str | None:
        """The database's name where the address says it."""
        if self.path:
            return self.path.rpartition("/")[2]
        return self.parameters.get("dbname") or self._told("PGDATABASE")

    @property
    def role(self) -> str | None:
        """The role where the address says it."""
        if self.path:
            return None
        return self.parameters.get("user") or self._told("PGUSER")

    @property
    def is_confined(self) -> bool:
        """Whether the project names the server, so that no general password is sent to it."""
        return self.parameters.get("passfile") == NOWHERE

    @property
    def _service(self) -> str | None:
        return self.parameters.get("service") or self._told("PGSERVICE")

    def _told(self, variable: str) -> str | None:
        """What the environment says to libpq, and to no other driver."""
        return os.environ.get(variable) if self.dialect == "postgresql" else None

    def __str__(self) -> str:
        if self.path:
            return str(self.database)
        role = f"{self.role}@" if self.role else ""
        database = f"/{self.database}" if self.database else ""
        return f"{role}{self.server or 'the default server'}{database}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The passwords in it."""
        found = (self.parameters.get(name) for name in ("password", "sslpassword"))
        return tuple(secret for secret in found if secret)

    def scrub(self, text: str) -> str:
        """One line of a text of somebody else's, without control characters and passwords."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return one_line(text)


def parse_address(given: str | None) -> Address | None:
    """Take apart a URL or `key=value` string; `None` means `PGSERVICE`, or no database at all.

    Raises `BadAddress`.
    """
    text = _unquoted((given or "").strip())
    if not text:
        return Address(parameters={}) if os.environ.get("PGSERVICE") else None
    if path := _file(text):
        return Address(parameters={}, dialect="sqlite", path=path)
    if scheme := _SCHEME.fullmatch(text):
        return _from_url(scheme)
    if "=" in text:
        return _from_pairs(text)
    raise BadAddress(_NOT_AN_ADDRESS)


def _file(text: str) -> str:
    """The path of a SQLite file: `file:`, `sqlite:` or a bare path; empty for anything else."""
    found = _FILE.fullmatch(text)
    if found is None:
        return ""
    path = found["bare"] or unquote(found["path"].split("?")[0].split("#")[0])
    if "\0" in path:
        raise BadAddress("The path in the database address contains a NUL character.")
    if path.startswith(":") or not path:
        raise BadAddress("The database address names no file: an in-memory database is gone.")
    if path.endswith("/"):
        raise BadAddress("The database address names a folder; give the file in it.")
    return re.sub(r"\A//+", "/", path)


def secrets_of(given: str | None) -> tuple[str, ...]:
    """The passwords in an address; of one that is none, the whole text."""
    try:
        address = parse_address(given)
    except BadAddress:
        return (given,) if given else ()
    return address.secrets if address else ()


def one_line(text: str) -> str:
    """The text without line breaks and control characters, fit for a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def server_name(host: str, port: str, usual: str = "5432") -> str:
    """`host:port`, several separated by commas, or the folder of a socket."""
    if host.startswith(("/", "@")):
        return host
    hosts = host.split(",")
    ports = (port.split(",") * len(hosts))[: len(hosts)]
    return ",".join(
        f"{_bracketed(host)}:{port or usual}" if host else ""
        for host, port in zip(hosts, ports, strict=True)
    )


def _unquoted(text: str) -> str:
    """Drop the quotes that a value copied from an .env file still has."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1].strip() if quoted else text


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _from_url(scheme: re.Match[str]) -> Address:
    name, driver = scheme["name"].lower(), scheme["driver"] or ""
    if other := _OTHERS.get(name + driver) or _OTHERS.get(name):
        raise BadAddress(
            f"This is an address of {other}; this version reads only {_titles()}. "
            "The files are examined without the database."
        )
    if not _is_examined(name) or not scheme["rest"].startswith("//"):
        raise BadAddress(_NOT_AN_ADDRESS)
    notes = [f"the driver {driver[1:]} of the address means nothing here"] if driver else []
    text = scheme["rest"][2:]
    match = _REGULAR.fullmatch(text)
    if match is None or not _sound(match["hosts"]):
        match = _ODD.fullmatch(text)
        notes.append("the password has characters that should be percent-encoded")
    if match is None or not _sound(match["hosts"]):
        raise BadAddress(
            "The database address cannot be taken apart (host, port or an unescaped character in "
            f"the password); write {_EXAMPLE}, and / ? # @ % in the password percent-encoded."
        )
    parameters = _credentials(match["user"]) | _hosts(match["hosts"])
    if match["database"]:
        parameters["dbname"] = unquote(match["database"])
    given = parameters | dict(parse_qsl(match["query"] or "", keep_blank_values=True))
    return _of_mysql(given, notes) if _is_of(name, "mysql") else _address(given, notes)


def _is_examined(scheme: str) -> bool:
    return any(_is_of(scheme, dialect) for dialect in DIALECTS)


def _is_of(scheme: str, dialect: str) -> bool:
    return scheme in DIALECTS[dialect].schemes


def _of_mysql(given: Mapping[str, str], notes: list[str]) -> Address:
    try:
        parameters, left = understood(given)
    except BadMode:
        parameters = None
    if parameters is None:  # outside the handler: its error may quote what was given
        raise BadAddress(
            "The ssl-mode of the database address is none that MySQL knows; choose one of "
            f"{', '.join(MODES)}."
        )
    return _checked(Address(dialect="mysql", parameters=parameters, notes=_noted(notes, left)))


def _noted(notes: list[str], left: Sequence[str]) -> tuple[str, ...]:
    if not left:
        return tuple(notes)
    names = ", ".join(re.sub(r"[^\w-]", "?", key)[:40] for key in left[:10])
    return (*notes, f"left out of the address: {names}")


def _checked(address: Address) -> Address:
    for key, value in address.parameters.items():
        if "\0" in value:
            raise BadAddress(f"The {key} in the database address contains a NUL character.")
    return address


def _titles() -> str:
    return listed(dialect.title for dialect in DIALECTS.values())


def _sound(hosts: str) -> bool:
    parts = [_HOST.fullmatch(part) for part in hosts.split(",")]
    return all(part is not None and int(part["port"] or 1) in range(1, 65536) for part in parts)


def _credentials(userinfo: str | None) -> dict[str, str]:
    user, colon, password = (userinfo or "").partition(":")
    named = {"user": unquote(user)} if user else {}
    return named | ({"password": unquote(password)} if colon and password else {})


def _hosts(text: str) -> dict[str, str]:
    parts = [match for part in text.split(",") if (match := _HOST.fullmatch(part))]
    hosts = ",".join(unquote(part["host"]).strip("[]") for part in parts)
    ports = ",".join(part["port"] or "" for part in parts)
    return ({"host": hosts} if hosts else {}) | ({"port": ports} if ports.strip(",") else {})


def _from_pairs(text: str) -> Address:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        pairs = conninfo_to_dict(text)
    except (ProgrammingError, UnicodeError):  # of the environment, a text may have any bytes
        pairs = None
    if pairs is None:  # outside the handler: libpq's message quotes what it could not read
        raise BadAddress(
            "The database address is neither a URL nor a list of key=value that PostgreSQL knows; "
            f"write it as {_EXAMPLE}."
        )
    return _address({key: str(value) for key, value in pairs.items() if value is not None}, [])


def _address(given: Mapping[str, str], notes: list[str]) -> Address:
    parameters = {key: value for key, value in given.items() if key in _KEPT}
    if _ROUTING.fullmatch(given.get("options", "")):
        parameters["options"] = given["options"]
    dropped = sorted(key for key in given if key not in parameters and key != "ssl")
    mode = given.get("sslmode") or given.get("ssl")
    if mode is not None:
        parameters["sslmode"] = _SSL_MODES.get(mode, mode)
        if parameters["sslmode"] not in _LIBPQ_SSL_MODES:
            raise BadAddress(
                "The sslmode of the database address is none that PostgreSQL knows; "
                f"choose one of {', '.join(_LIBPQ_SSL_MODES)}."
            )
    return _checked(Address(parameters=parameters, notes=_noted(notes, dropped)))
