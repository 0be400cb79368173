"""What is attached to the tracking tables, in two queries, however many tables there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from forensics.collect.database.answering import Answering
from forensics.dialects.postgres.attached import ATTACHED, DATABASE
from forensics.facts import Attached, Attachments, RelationKind, TableAttachments
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
    found: dict[object, list[Attached]] = defaultdict(list)
    for relation, kind, name, definition, digest, inert in session.rows(ATTACHED_QUERY, parameters):
        found[relation].append(
            Attached(
                kind=str(kind),
                name=str(name),
                definition=str(definition),
                sha256=str(digest),
                inert=bool(inert),
            )
        )
    tables = tuple(
        TableAttachments(
            table=TableName(schema=str(schema), table=str(table)),
            kind=RelationKind(str(kind)),
            owner=str(owner),
            schema_owner=str(schema_owner),
            row_security=bool(secured),
            forced_row_security=bool(forced),
            attached=tuple(found[oid]),
        )
        for oid, schema, table, kind, owner, schema_owner, secured, forced in session.rows(
            TABLES, parameters
        )
    )
    return Attachments(tables=tables, event_triggers=tuple(found[0]))
