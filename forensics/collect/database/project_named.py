"""An address that the project itself names: no password that was not meant for it goes there.

libpq sends PGPASSWORD, a general line of the password file, or a service's password to whatever
host an address names, in clear where that host asks for it so.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from forensics.collect.database.address import NOWHERE, Address, BadAddress, parse_address
from forensics.collect.database.passwords import password_for
from forensics.collect.repository import find_repository
from forensics.dialects import USUAL

_SERVER = ("host", "hostaddr", "port")
_ALWAYS = ("user", "password", "dbname", "options")
_WITH_SERVER = (
    *("sslmode", "channel_binding", "require_auth", "requirepeer", "gssencmode"),
    *("sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version", "sslsni"),
    *("target_session_attrs", "load_balance_hosts"),
)
"""What a project may say of how its own server is entered; of yours, your settings do.

Nothing that names a file: the one with a key may name a library that is loaded.
"""


def for_project(url: str, file: Path | None, project: Path) -> str:
    """The address as it may be used: confined if the file that names it is one of the project.

    `file` is `None` for an address that the user gave directly. Anything else stays as it is.
    """
    if file is None or not _is_of_project(file, project):
        return url
    try:
        address = parse_address(url)
    except BadAddress:
        return url
    if address is None or address.path or address.dialect != USUAL:
        return url  # other drivers take no password from elsewhere
    from psycopg.conninfo import make_conninfo

    return make_conninfo(**confined(address))


def confined(address: Address) -> Mapping[str, str]:
    """The parameters without what would send a password of the user's to a host of the project's.

    Where the project names no server, the user's settings do, and their password is meant for it.
    """
    given = address.parameters
    if not any(given.get(name) for name in _SERVER):
        return {name: value for name, value in given.items() if name in (*_ALWAYS, "service")}
    kept = {name: given[name] for name in (*_ALWAYS, *_SERVER, *_WITH_SERVER) if name in given}
    if kept.get("host"):
        kept.pop("hostaddr", None)  # else the password for the one would be sent to the other
    password = kept.get("password") or password_for(kept)
    # Empty, but given: libpq then looks neither into the environment, nor into a service.
    return {**kept, "password": password, "passfile": NOWHERE}


def _is_of_project(file: Path, project: Path) -> bool:
    """Whether a file, or what it links to, lies in the project or the repository around it."""
    repository = find_repository(project)
    top = repository.top if repository else project.resolve()
    places = (Path(os.path.abspath(file)), file.resolve())
    tops = (top, Path(os.path.abspath(project)))
    return any(place.is_relative_to(it) for place in places for it in tops)
