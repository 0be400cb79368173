"""Passwords that a connection may use in addition to that of its address: also secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from forensics.collect.database.address import NOWHERE, BadAddress, parse_address, secrets_of
from forensics.dialects import USUAL

_LARGEST = 2**20
"""Bytes of such a file."""
_VARIABLES = ("PGPASSWORD", "PGSSLPASSWORD")
_FIELDS = ("host", "port", "dbname", "user")
_SECRET = ("password", "sslpassword")


def known_secrets(given: str | None) -> tuple[str, ...]:
    """The passwords in an address, and those that libpq takes from elsewhere for it."""
    found = [*secrets_of(given), *_from_elsewhere(given)]
    return tuple(dict.fromkeys(filter(None, found)))


def password_for(parameters: Mapping[str, str]) -> str:
    """The password in the line of the password file that names this very host; else empty."""
    host, user = parameters.get("host", ""), parameters.get("user", "")
    wanted = (host, parameters.get("port") or "5432", parameters.get("dbname") or user, user)
    for named, *others, password in _lines(_place({})):
        fits = all(it in ("*", value) for it, value in zip(others, wanted[1:], strict=True))
        if named == host and host and user and fits:
            return password
    return ""


def _from_elsewhere(given: str | None) -> Iterator[str]:
    try:
        address = parse_address(given)
    except BadAddress:
        return
    if address is None or address.path or address.dialect != USUAL:
        return
    yield from (os.environ.get(name, "") for name in _VARIABLES)
    service = _service(address.parameters)
    yield from (service.get(name, "") for name in _SECRET)
    yield from _passfile({**service, **address.parameters})


def _service(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """What the service file says of the service that is named; nothing where it cannot be read."""
    name = parameters.get("service") or os.environ.get("PGSERVICE")
    if not name:
        return {}
    from configparser import ConfigParser, Error

    given = os.environ.get("PGSERVICEFILE")
    folder = os.environ.get("PGSYSCONFDIR")
    places = (
        Path(given) if given else _home(".pg_service.conf"),
        Path(folder, "pg_service.conf") if folder else None,
    )
    for place in filter(None, places):
        parser = ConfigParser(interpolation=None, delimiters=("=",), strict=False)
        with suppress(Error, ValueError):
            parser.read_string(_text(place))
            if parser.has_section(name):
                return dict(parser[name])
    return {}


def _passfile(parameters: Mapping[str, str]) -> Iterator[str]:
    """The passwords of all lines that may be meant: what the address leaves open fits any."""
    for fields in _lines(_place(parameters)):
        pairs = zip(_FIELDS, fields, strict=False)
        if all(_fits(parameters.get(name, ""), value) for name, value in pairs):
            yield fields[-1]


def _place(parameters: Mapping[str, str]) -> Path | None:
    given = parameters.get("passfile", "")
    given = given if given not in ("", NOWHERE) else os.environ.get("PGPASSFILE", "")
    return Path(given) if given else _home(".pgpass")


def _lines(place: Path | None) -> Iterator[list[str]]:
    """The fields of each line of a password file: host, port, database, user, password."""
    for line in _text(place).splitlines() if place else ():
        fields = _fields(line)
        if len(fields) == len(_FIELDS) + 1 and not line.startswith("#"):
            yield fields


def _fits(wanted: str, value: str) -> bool:
    """Hosts and ports may be several."""
    return value == "*" or not wanted or value in (wanted, *wanted.split(","))


def _fields(line: str) -> list[str]:
    """The parts between colons; a backslash keeps the character behind it."""
    parts, escaped = [""], False
    for character in line:
        if character == ":" and not escaped and len(parts) <= len(_FIELDS):
            parts.append("")
        elif escaped or character != "\\":
            parts[-1] += character
        escaped = character == "\\" and not escaped
    return parts


def _home(name: str) -> Path | None:
    with suppress(RuntimeError):
        return Path.home() / name
    return None


def _text(place: Path) -> str:
    try:
        if not place.is_file() or place.stat().st_size > _LARGEST:
            return ""
        return place.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
