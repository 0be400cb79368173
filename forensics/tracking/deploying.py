"""Whether the role that looked is the one that deploys: people are told to look with another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forensics.facts import Captured, Facts, MissingRight, Privileges, Right
from forensics.model import SecuredKind, TableName

READ_ONLY = "default_transaction_read_only"
_SAID = "in a read-only transaction"
"""How PostgreSQL refuses to write (25006)."""

Reason = tuple[str, tuple[str, ...]]
"""A clause, and the evidence for it."""


def deploys(facts: Facts, missing: Iterable[MissingRight]) -> Reason | None:
    """Why the role that looked must be the one that deploys; `None` where that is not known.

    A role that only reads lacks every right, and says nothing about deploys by that.
    """
    privileges, table = facts.privileges, facts.tool.tracking
    if privileges is None or table is None:
        return None
    reasons = (*_seen(facts, missing), *_by_rights(facts, privileges, table))
    return next(iter(reasons), None)


def only_reads(facts: Facts) -> Reason | None:
    """Why nothing can be written by whoever deploys; `None` where that is not known.

    People look at replicas, and with roles that cannot write, on purpose.
    """
    said = next((it for it in facts.outputs if _SAID in it.text), None)
    if facts.replica:
        return _on_replica(facts, said)
    seen = facts.circumstances
    if seen is None or seen.get(READ_ONLY) != "on":
        return None
    where = (seen.evidence,)
    fixed = seen.fixed_by(READ_ONLY, seen.role)
    exempt = any(it.name == READ_ONLY and it.role and it.value != "on" for it in seen.fixed)
    if fixed is not None and not fixed.role and not exempt:
        return f"{READ_ONLY} is on for every role of this database", where
    if said is not None:
        return f"{READ_ONLY} is on, and the captured output says so, too", (*where, said.evidence)
    if (reason := deploys(facts, ())) is not None:
        return f"{READ_ONLY} is on for the role, and {reason[0]}", (*where, *reason[1])
    return None


def _on_replica(facts: Facts, said: Captured | None) -> Reason | None:
    """Somebody ran the applying command there: it failed with that error, or without a word."""
    if said is not None:
        why = "the captured output says that it cannot write, and the database is a replica"
        return why, (said.evidence,)
    if facts.captured is not None and facts.captured.silent:
        why = "a captured run failed without a word, and the database is a replica"
        return why, (facts.captured.run.evidence,)
    return None


def _seen(facts: Facts, missing: Iterable[MissingRight]) -> Iterator[Reason]:
    """A captured output has just the error that this role would meet."""
    for lack in missing:
        for captured in facts.outputs:
            if lack.error.text in captured.text:
                yield f"the captured output says `{lack.error.text}`", (captured.evidence,)


def _by_rights(facts: Facts, privileges: Privileges, table: TableName) -> Iterator[Reason]:
    evidence = (privileges.evidence,)
    if privileges.may(Right.OWNER, SecuredKind.RELATION, table):
        yield f"it owns {table}", evidence
    elif privileges.may(Right.INSERT, SecuredKind.RELATION, table) and _owned(privileges):
        # Administrators of hosted servers may write everywhere, and own nothing here.
        yield f"it may write to {table}, and owns {_owned(privileges)}", evidence
    elif facts.tracking is None or facts.tracking.get(table) is not None:
        return  # somebody else's: that one deploys
    elif privileges.may(Right.OWNER, SecuredKind.SCHEMA, _schema(table)):
        yield f"it owns the schema {table.schema}", evidence
    elif owned := _owned(privileges):
        yield f"it owns {owned}, and nobody has migrated here yet", evidence


def _owned(privileges: Privileges) -> str:
    """The first table that belongs to it."""
    tables = (it for it in privileges.objects if it.kind is SecuredKind.RELATION)
    return next((str(it.name) for it in tables if Right.OWNER in it.rights), "")


def _schema(table: TableName) -> TableName:
    return TableName(schema=table.schema, table="")
