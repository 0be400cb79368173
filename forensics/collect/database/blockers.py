"""Who holds the lock that keeps us from a table."""

from __future__ import annotations

from forensics.collect.database.address import one_line
from forensics.collect.database.session import Session

# Without pg_monitor the server hides state and times of other roles' sessions; their query is not
# requested at all, since it may hold anything.
# One that waits for its lock keeps us waiting behind it.
_QUERY = """\
SELECT l.pid, a.usename::pg_catalog.text, a.application_name, a.state,
  pg_catalog.to_char(a.query_start, 'YYYY-MM-DD HH24:MI:SS'), l.granted
FROM pg_catalog.pg_locks l
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.mode = 'AccessExclusiveLock' AND l.relation = %(oid)s
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d
    WHERE d.datname = pg_catalog.current_database())
ORDER BY l.granted DESC, l.pid"""


def who_locks(session: Session, oid: int) -> str:
    """One sentence on the sessions that lock a table exclusively; raises `psycopg.Error`."""
    holders = [_described(*row) for row in session.rows(_QUERY, {"oid": oid})]
    if not holders:
        return "locked by a session that was gone when we asked"
    return f"locked by {' and '.join(holders[:5])}"


def _described(*row: object) -> str:
    pid, role, application, state, at, granted = row
    details = [
        f"role {role}" if role else "",
        f"application {application}" if application else "",
        str(state or ""),
        f"last statement began {at} UTC" if at else "",
        "" if granted else "itself waiting for the lock",
    ]
    named = one_line(", ".join(detail for detail in details if detail))
    return f"process {pid} ({named})" if named else f"process {pid}"
