"""Which database this is: told to the user before anything else is read."""

from __future__ import annotations

from forensics.collect.database.address import server_name
from forensics.collect.database.answering import Answering
from forensics.facts import DatabaseIdentity

QUERY = """\
SELECT pg_catalog.current_database()::pg_catalog.text, current_user::pg_catalog.text,
  pg_catalog.current_setting('server_version'),
  pg_catalog.current_setting('is_superuser') = 'on',
  pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid()"""
_POOLER_PORTS = {"6432": "PgBouncer", "6543": "Supabase's pooler"}
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
"""There a server of one's own may have any port."""


def read_identity(session: Answering) -> DatabaseIdentity:
    """Database, server, version, role, primary or replica, pooler; raises `psycopg.Error`."""
    [(database, role, version, superuser, replica, process)] = session.rows(QUERY)
    return DatabaseIdentity(
        database=str(database),
        server=_server(session),
        server_version=str(version),
        role=str(role),
        superuser=bool(superuser),
        replica=bool(replica),
        pooler=_pooler(session, process),
    )


def _pooler(session: Answering, process: object) -> str | None:
    """What speaks for a pooler between us and the server, `None` where nothing does."""
    # A pooler invents the process id that it gives its client for cancelling.
    other = session.process != process
    if session.port in _POOLER_PORTS and (other or session.host not in _HERE):
        return f"{_POOLER_PORTS[session.port]}, by port {session.port}"
    if "-pooler" in session.host or "pooler." in session.host:
        return f"by its host name, {session.host}"
    if other:
        return "by its behaviour: the process that answers is not the one that let us in"
    return None


def _server(session: Answering) -> str:
    """The folder of a socket names a machine, not a database, so it stays out of the evidence."""
    if session.host.startswith(("/", "@")):
        return "a local socket"
    return server_name(session.host, session.port)
