"""The options in an address of MySQL, in the names of several drivers.

mysql2, PyMySQL, MariaDB's own and JDBC spell the same options differently.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

PORT = "3306"
MODES = ("disabled", "preferred", "required", "verify-ca", "verify-full")
"""How TLS is used; without a word it is `preferred`, as MySQL's own programs do."""
_MODE_NAMES = frozenset({"ssl-mode", "sslmode", "ssl_mode"})
_MODES = {
    "disable": "disabled",
    "prefer": "preferred",
    "require": "required",
    "verify_ca": "verify-ca",
    "verify_identity": "verify-full",
    "verify-identity": "verify-full",
    "false": "disabled",
    "0": "disabled",
    "true": "required",
    "1": "required",
}
_AUTHORITIES = frozenset({"ssl-ca", "sslca", "ssl_ca", "sslrootcert"})
_SOCKETS = frozenset({"socket", "socketPath", "unix_socket", "unixSocket"})
_OWN = frozenset({"user", "password", "host", "port", "dbname"})


class BadMode(ValueError):
    """A word for TLS that no driver has."""


def understood(given: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """What counts, by our names, and the names of what was left out. Raises `BadMode`."""
    found = {key: value for key, value in given.items() if key in _OWN}
    left = []
    for key, value in given.items():
        if key in _SOCKETS:
            found["host"] = value
        elif key in _AUTHORITIES:
            found["ssl-ca"] = value
        elif key in _MODE_NAMES or key == "ssl":
            found["ssl-mode"] = _mode(value)
        elif key not in _OWN:
            left.append(key)
    return found, tuple(sorted(left))


def _mode(value: str) -> str:
    """`ssl={"rejectUnauthorized":true}` of mysql2 demands TLS, and a certificate that is right."""
    word = value.strip().lower()
    if word.startswith("{"):
        try:
            strict = json.loads(value).get("rejectUnauthorized", True)
        except (ValueError, AttributeError) as error:
            raise BadMode from error
        return "verify-full" if strict else "required"
    mode = _MODES.get(word, word)
    if mode not in MODES:
        raise BadMode
    return mode
