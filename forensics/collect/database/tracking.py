"""Reads the tracking tables: all rows, the sequence, or exactly what keeps us from them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
from psycopg import Error, errors, sql

from forensics.collect.database.answering import Answering
from forensics.collect.database.blockers import who_locks
from forensics.collect.database.known_tables import KnownTable
from forensics.collect.database.rows import read_rows
from forensics.collect.database.search import Relation
from forensics.facts import SequenceState, TrackingTable
from forensics.model import Outcome, TableName
from forensics.tracking.ledgers import integer

SEQUENCE = """\
SELECT n.nspname::pg_catalog.text, s.relname::pg_catalog.text,
  pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_table_privilege(s.oid, 'SELECT')
FROM pg_catalog.pg_class s JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
WHERE s.relkind = 'S' AND s.oid IN (
  SELECT d.objid FROM pg_catalog.pg_depend d
  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = %(oid)s
  UNION
  SELECT d.refobjid FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_depend d ON d.objid = f.oid
  WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND f.adrelid = %(oid)s
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
ORDER BY n.nspname, s.relname LIMIT 1"""
# A name is resolved again by every statement, the catalogue is read as of our snapshot: if the name
# means another relation by now, that one must not be read unexamined.
SAME = "SELECT pg_catalog.to_regclass(%(name)s)::pg_catalog.oid::bigint = %(oid)s"
_USAGE = sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {role};")
_TABLE = sql.SQL("GRANT SELECT ON {table} TO {role};")
_SEQUENCE = sql.SQL("GRANT SELECT ON SEQUENCE {table} TO {role};")


@dataclass(frozen=True, slots=True)
class TableLook:
    """A tracking table with what has to be said about how it was read."""

    table: TrackingTable
    note: str = ""


def read_tracking_table(
    session: Answering, relation: Relation, known: KnownTable, role: str
) -> TableLook:
    """Read one table; whatever goes wrong with it is an outcome, never raised."""
    table = TrackingTable(
        name=relation.name,
        tool=known.tool,
        evidence="",
        outcome=Outcome.SKIPPED,
        owner=relation.owner,
        columns=tuple(relation.types),
        primary_key=relation.primary_key,
        is_lock=known.lock,
    )
    if relation.untouchable:
        return TableLook(table, relation.untouchable)
    if grant := _table_grant(relation, role):
        denied = msgspec.structs.replace(table, outcome=Outcome.DENIED, grant=grant)
        return TableLook(denied, f"role {role} may not read it; ask for: {grant}")
    try:
        with session.attempt():
            return _with_sequence(session, relation, role, _read(session, relation, known, table))
    except Error as error:
        return _failed(session, relation, role, table, error)


def _failed(
    session: Answering, relation: Relation, role: str, table: TrackingTable, error: Error
) -> TableLook:
    if isinstance(error, errors.LockNotAvailable):
        return TableLook(_outcome(table, Outcome.TIMED_OUT), _locked(session, relation))
    if isinstance(error, errors.QueryCanceled):
        return TableLook(
            _outcome(table, Outcome.TIMED_OUT), "took longer than five seconds to read"
        )
    if isinstance(error, errors.InsufficientPrivilege):
        # The privileges were checked, so this is row_security = off refusing to hide rows.
        denied = msgspec.structs.replace(table, outcome=Outcome.DENIED, grant=_bypass_grant(role))
        owner = f"connect as its owner {relation.owner}, or as a role with BYPASSRLS"
        return TableLook(denied, f"row-level security would hide rows from role {role}: {owner}")
    if session.lost:
        return TableLook(_outcome(table, Outcome.FAILED), "not read: the connection was lost")
    said = error.diag.message_primary or type(error).__name__
    return TableLook(_outcome(table, Outcome.FAILED), f"could not be read: {said}")


def _locked(session: Answering, relation: Relation) -> str:
    try:
        with session.attempt():
            return f"{who_locks(session, relation.oid)}; try again when that has ended"
    except Error:
        return "locked; try again later"


def _outcome(table: TrackingTable, outcome: Outcome) -> TrackingTable:
    return msgspec.structs.replace(table, outcome=outcome)


def _read(
    session: Answering, relation: Relation, known: KnownTable, table: TrackingTable
) -> TableLook:
    name = sql.Identifier(relation.name.schema, relation.name.table).as_string()
    if session.rows(SAME, {"name": name, "oid": relation.oid}) != [(True,)]:
        return TableLook(_outcome(table, Outcome.FAILED), "was replaced while we looked; try again")
    kept = read_rows(session, relation, known.order)
    ledger = known.reader_of(kept.columns)
    filled = msgspec.structs.replace(
        table,
        outcome=Outcome.COLLECTED,
        columns=kept.columns,
        rows=kept.read_by(ledger) if ledger else (),
        raw_rows=() if ledger else kept.scalars(relation),
    )
    return TableLook(filled, "; ".join(kept.notes))


def position_of(name: TableName) -> sql.Composed:
    """The query for where a sequence stands."""
    return sql.SQL("SELECT last_value, is_called FROM {}").format(
        sql.Identifier(name.schema, name.table)
    )


def _with_sequence(session: Answering, relation: Relation, role: str, seen: TableLook) -> TableLook:
    """Add the position of the sequence that hands out the ids, where there is one."""
    found = session.rows(SEQUENCE, {"oid": relation.oid})
    if not found or seen.table.outcome is not Outcome.COLLECTED:
        return seen
    [(schema, name, usage, select)] = found
    sequence = SequenceState(
        name=TableName(schema=str(schema), table=str(name)), last_value=None, is_called=None
    )
    if not (usage and select):
        grant = _sequence_grant(sequence.name, role, usage=not usage)
        table = msgspec.structs.replace(seen.table, sequence=sequence, grant=grant)
        note = f"role {role} may not read its sequence; ask for: {grant}"
        return replace(seen, table=table, note="; ".join(filter(None, (seen.note, note))))
    [(last_value, is_called)] = session.texts(position_of(sequence.name))
    position = msgspec.structs.replace(
        sequence, last_value=integer(last_value), is_called=is_called == "t"
    )
    return replace(seen, table=msgspec.structs.replace(seen.table, sequence=position))


# --- The exact GRANT to ask for where a role may not read ----------------------------------------


def _table_grant(relation: Relation, role: str) -> str:
    """What lets a role read a table; empty where it may already."""
    statements = ([] if relation.usage else [_USAGE]) + ([] if relation.select else [_TABLE])
    return _composed(statements, relation.name, role)


def _sequence_grant(name: TableName, role: str, *, usage: bool) -> str:
    """What lets a role read a sequence; `usage` where the schema is closed too."""
    return _composed([_USAGE, _SEQUENCE] if usage else [_SEQUENCE], name, role)


def _bypass_grant(role: str) -> str:
    """What lets a role see all rows in spite of row-level security; for a superuser to run."""
    return sql.SQL("ALTER ROLE {} BYPASSRLS;").format(sql.Identifier(role)).as_string()


def _composed(statements: list[sql.SQL], name: TableName, role: str) -> str:
    parts = {
        "schema": sql.Identifier(name.schema),
        "table": sql.Identifier(name.schema, name.table),
        "role": sql.Identifier(role),
    }
    return " ".join(statement.format(**parts).as_string() for statement in statements)
