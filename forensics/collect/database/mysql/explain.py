"""Why a MySQL or MariaDB database could not be entered: one line that says what to do next."""

from __future__ import annotations

from forensics.collect.database.address import Address
from forensics.collect.database.explain import DatabaseUnavailable, filled, unexplained
from forensics.model import Outcome

INSTALL = (
    "MySQL and MariaDB need a driver that is not installed: pip install "
    "'migration-forensics[mysql]' (or PyMySQL alone)."
)
TOO_LONG = frozenset({1205, 1969, 3024})
"""A lock that was waited for, and statements that took too long, of either product."""
DENIED = frozenset({1142, 1143, 1370})
# Numbers of errors, the server's and the client's: tables of the MySQL manual.
_REASONS: dict[int, tuple[Outcome, str]] = {
    1045: (
        Outcome.DENIED,
        "{server} refuses role {role}: check the password, and that this host may connect; special "
        "characters of a password in a URL are percent-encoded.",
    ),
    1698: (Outcome.DENIED, "{server} lets role {role} in only over its socket."),
    1044: (
        Outcome.DENIED,
        "Role {role} has no right on database {database} of {server}: ask for GRANT SELECT.",
    ),
    1049: (
        Outcome.FAILED,
        "{server} has no database {database}: check the name at the end of the address "
        "(SHOW DATABASES lists them).",
    ),
    1040: (Outcome.FAILED, "{server} has no free connection: try again when it is less busy."),
    1129: (Outcome.DENIED, "{server} has blocked this host: ask for FLUSH HOSTS."),
    1130: (Outcome.DENIED, "{server} lets nobody in from this host: connect from an allowed one."),
    1251: (Outcome.FAILED, "{server} wants a kind of password that PyMySQL does not know."),
    2002: (
        Outcome.FAILED,
        "Nothing answers at {server}: check host and port (3306 is usual), or the socket.",
    ),
    2003: (
        Outcome.FAILED,
        "Nothing answers at {server}: check host and port (3306 is usual), or the socket.",
    ),
    2013: (Outcome.TIMED_OUT, "{server} broke the connection off, or took too long to answer."),
    2026: (Outcome.FAILED, "{server} does not speak TLS as the address demands it."),
    3159: (Outcome.DENIED, "{server} lets nobody in without TLS: add ?ssl-mode=required."),
}
_NO_DATABASE = "The address of {server} names no database: write its name behind the last slash."
_NEEDS_RSA = "'cryptography' package is required"
_RSA = (
    "{server} wants the password encrypted: add ?ssl-mode=required to the address, or "
    "pip install 'PyMySQL[rsa]'."
)


def unavailable(error: Exception, address: Address) -> DatabaseUnavailable:
    """One line with the outcome to record; it holds no password."""
    number = number_of(error)
    if number is not None and number in _REASONS:
        outcome, line = _REASONS[number]
        return DatabaseUnavailable(filled(line, address, "of that name"), outcome)
    if _NEEDS_RSA in str(error):
        return DatabaseUnavailable(filled(_RSA, address), Outcome.FAILED)
    return unexplained(error, address)


def without_name(address: Address) -> DatabaseUnavailable:
    """No database is named."""
    return DatabaseUnavailable(filled(_NO_DATABASE, address), Outcome.FAILED)


def number_of(error: Exception) -> int | None:
    """The number of an error, the server's or the client's."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, int) else None
