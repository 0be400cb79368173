"""Settings that a session begins with, and locks that others hold: three queries."""

from __future__ import annotations

from forensics.collect.database.answering import Answering, fact
from forensics.facts import SETTINGS, Circumstances, HeldLock, RoleSetting
from forensics.model import TableName

# What RESET would bring back: our own SET LOCAL does not count.
SETTINGS_QUERY = """\
SELECT s.name, s.reset_val, current_user::pg_catalog.text FROM pg_catalog.pg_settings s
WHERE s.name = ANY (%(names)s::pg_catalog.text[]) ORDER BY s.name"""
# Only these names leave the server: some people keep secrets in settings of their own.
FIXED = """\
SELECT pg_catalog.split_part(c.setting, '=', 1) AS name,
  pg_catalog.substr(c.setting, pg_catalog.strpos(c.setting, '=') + 1),
  coalesce(r.rolname::pg_catalog.text, ''), s.setdatabase <> 0::pg_catalog.oid
FROM pg_catalog.pg_db_role_setting s
  CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (setting)
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
WHERE pg_catalog.split_part(c.setting, '=', 1) = ANY (%(names)s::pg_catalog.text[])
  AND s.setdatabase IN (0::pg_catalog.oid, (SELECT d.oid FROM pg_catalog.pg_database d
    WHERE d.datname = pg_catalog.current_database()))
ORDER BY 1, 3, 4"""
# Readers and writers hold weaker locks for moments; these stand in the way of any DDL.
LOCKS = """\
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, l.mode, l.pid,
  coalesce(a.usename::pg_catalog.text, ''), coalesce(a.application_name, ''),
  coalesce(a.state, '')
FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_class c ON c.oid = l.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.granted AND l.pid <> pg_catalog.pg_backend_pid() AND c.relkind IN ('r', 'p', 'm')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d
    WHERE d.datname = pg_catalog.current_database())
  AND (a.state LIKE 'idle in transaction%%' OR a.xact_start < pg_catalog.now() - interval '5 s')
ORDER BY n.nspname, c.relname, l.pid, l.mode LIMIT 200"""


def read_circumstances(session: Answering) -> Circumstances:
    """Look at settings and locks; raises `psycopg.Error`."""
    names: dict[str, object] = {"names": list(SETTINGS)}
    rows = session.rows(SETTINGS_QUERY, names)
    return Circumstances(
        role=str(rows[0][2]) if rows else "",
        settings=tuple((str(name), str(value)) for name, value, _ in rows),
        fixed=tuple(fact(RoleSetting, row) for row in session.rows(FIXED, names)),
        locks=tuple(
            fact(HeldLock, (TableName(schema=str(schema), table=str(table)), *rest))
            for schema, table, *rest in session.rows(LOCKS, {})
        ),
    )
