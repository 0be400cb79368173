"""Why a database could not be entered: one line each that says what to do next."""

from __future__ import annotations

import re

from forensics.collect.database.address import Address, one_line
from forensics.errors import ForensicsError
from forensics.model import Outcome

_ASKS = r"no password supplied"
_NOT_SENT = (
    "The project itself names {server}, so neither PGPASSWORD nor a general line of ~/.pgpass was "
    "sent there. If it is the right server, give the address with --database-url-env, or with an "
    "--env-file outside of the project."
)
# What libpq, psycopg, PostgreSQL and PgBouncer say -> what it means. libpq gives no SQLSTATE for a
# connection that failed, so the English text decides; a translated one is quoted as it is.
_REASONS: tuple[tuple[str, Outcome, str], ...] = (
    (
        r"definition of service .* not found|service file .* not found",
        Outcome.FAILED,
        "{server} is not defined: look at PGSERVICE and ~/.pg_service.conf (or PGSERVICEFILE).",
    ),
    (
        r"failed to resolve host|could not translate host name|Name or service not known",
        Outcome.FAILED,
        "The host of {server} has no address: check its spelling, or the network and VPN.",
    ),
    (
        _ASKS,
        Outcome.DENIED,
        "{server} asks for a password for role {role}: give it in PGPASSWORD, ~/.pgpass or the "
        "address.",
    ),
    (
        r"password authentication failed|SASL authentication failed|Wrong password",
        Outcome.DENIED,
        "{server} refuses the password of role {role} (or has no such role): check both, and that "
        "special characters of a password in a URL are percent-encoded.",
    ),
    (
        r"role .* does not exist|no such user|Peer authentication failed|Ident authentication",
        Outcome.DENIED,
        "{server} does not let role {role} in: check the role's name in the address.",
    ),
    (
        r"database .* does not exist|no such database",
        Outcome.FAILED,
        "{server} has no database {database}: check the name at the end of the address "
        "(psql -l lists them).",
    ),
    (
        r"permission denied for database",
        Outcome.DENIED,
        "Role {role} may not connect to database {database} on {server}: ask its owner for "
        "GRANT CONNECT.",
    ),
    (
        r"SSL connection is required|SSL required|sslmode=require|connection is insecure"
        r"|no pg_hba\.conf entry .*(no encryption|SSL off)",
        Outcome.DENIED,
        "{server} lets role {role} in only from other hosts or over TLS: add ?sslmode=require to "
        "the address; if that does not help, pg_hba.conf has to allow this host.",
    ),
    (
        r"no pg_hba\.conf entry|pg_hba\.conf rejects",
        Outcome.DENIED,
        "The pg_hba.conf of {server} does not allow role {role} from this host: connect from an "
        "allowed one, or through a tunnel.",
    ),
    (
        r"server does not support SSL",
        Outcome.FAILED,
        "{server} does not speak TLS, but the address demands it: use ?sslmode=prefer if the "
        "network may be trusted.",
    ),
    (
        r"certificate verify failed|root certificate file .* does not exist|server certificate for",
        Outcome.FAILED,
        "The certificate of {server} cannot be verified: give the right authority with "
        "?sslrootcert=FILE, or ?sslrootcert=system for a public one.",
    ),
    (
        r"too many clients|remaining connection slots|too many connections|max_client_conn"
        r"|no more connections allowed|MaxClientsInSessionMode",
        Outcome.FAILED,
        "{server} has no free connection: try again when it is less busy.",
    ),
    (
        r"the database system is|not yet accepting connections",
        Outcome.FAILED,
        "{server} is starting, stopping or recovering: try again in a moment.",
    ),
    (
        r"transaction blocks not allowed in statement pooling mode",
        Outcome.DENIED,
        "The pooler at {server} pools single statements, so there is no read-only transaction to "
        "look in: connect past the pooler.",
    ),
    (
        r"unsupported startup parameter",
        Outcome.FAILED,
        "The pooler at {server} refuses a start-up parameter: unset PGOPTIONS, PGGEQO, PGTZ and "
        "PGDATESTYLE, or connect past the pooler.",
    ),
    (
        r"invalid response to SSL negotiation|expected authentication request|unsupported protocol"
        r"|unsupported frontend protocol",
        Outcome.FAILED,
        "What listens at {server} is not PostgreSQL: check host and port (5432 is usual).",
    ),
    (
        r"Connection refused",
        Outcome.FAILED,
        "Nothing listens at {server}: check host and port, and that the server is running.",
    ),
    (
        r"No such file or directory",
        Outcome.FAILED,
        "There is no socket of a PostgreSQL server in {server}: check that it is running, or name "
        "a host in the address.",
    ),
    (
        r"No route to host|Network is unreachable|Network unreachable",
        Outcome.FAILED,
        "There is no way to {server} from here: check the network and VPN.",
    ),
    (
        r"timeout expired|timed out|Connection timed out|query_wait_timeout",
        Outcome.TIMED_OUT,
        "{server} did not answer in time: check host and port, firewall and VPN.",
    ),
    (
        r"server closed the connection unexpectedly|connection to server was lost"
        r"|Connection reset|terminating connection|connection is closed|EOF detected",
        Outcome.FAILED,
        "{server} broke the connection off: see the server's log, then run this again.",
    ),
)


class DatabaseUnavailable(ForensicsError):
    """A database that could not be entered; its message is the line for the user."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome = outcome


def unavailable(error: Exception, address: Address) -> DatabaseUnavailable:
    """One line on why a connection failed and what to do next; it has no password."""
    said = str(error)
    for pattern, outcome, line in _REASONS:
        if re.search(pattern, said, re.IGNORECASE):
            told = _NOT_SENT if pattern is _ASKS and address.is_confined else line
            return DatabaseUnavailable(filled(told, address), outcome)
    return unexplained(error, address)


def unexplained(error: Exception, address: Address) -> DatabaseUnavailable:
    """The first line of an error that we know nothing of; it has no password."""
    first = address.scrub(str(error).strip().partition("\n")[0])[:300] or type(error).__name__
    line = f"The database at {address} cannot be entered: {first}"
    return DatabaseUnavailable(line, Outcome.FAILED)


def filled(line: str, address: Address, unnamed: str = "of the role's name") -> str:
    """A line with the names of an address; `unnamed` is the database where it names none."""
    return one_line(
        line.format(
            server=address.server or "the default server",
            role=address.role or "of this account",
            database=address.database or unnamed,
        )
    )
