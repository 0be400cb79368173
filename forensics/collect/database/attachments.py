"""What is attached to the tracking tables, in two queries, however many tables there are."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.collect.database.answering import Answering, fact, facts_by_table
from forensics.dialects.postgres.attached import ATTACHED, DATABASE
from forensics.facts import Attached, Attachments, TableAttachments
from forensics.model import TableName

ATTACHED_QUERY = f"""\
SELECT relation::bigint, kind, name, definition, digest, inert FROM (
WITH touched (relation) AS (SELECT pg_catalog.unnest(%(oids)s::pg_catalog.oid[])
  UNION ALL SELECT {DATABASE}),
{ATTACHED}
SELECT * FROM attached) AS found
ORDER BY relation, kind, name COLLATE pg_catalog."C", digest"""
TABLES = """\
SELECT c.oid::bigint, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
  c.relkind::pg_catalog.text, pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text,
  pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text,
  c.relrowsecurity, c.relforcerowsecurity
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY (%(oids)s::pg_catalog.oid[]) ORDER BY n.nspname, c.relname"""


def read_attachments(session: Answering, oids: Iterable[int]) -> Attachments:
    """Look at the relations of these oids; raises `psycopg.Error`."""
    parameters: dict[str, object] = {"oids": list(oids)}
    found = facts_by_table(Attached, session.rows(ATTACHED_QUERY, parameters))
    tables = tuple(
        fact(
            TableAttachments,
            (TableName(schema=str(schema), table=str(table)), *rest, tuple(found[oid])),
        )
        for oid, schema, table, *rest in session.rows(TABLES, parameters)
    )
    return Attachments(tables=tables, event_triggers=tuple(found[0]))
