"""What the role that looked lacks for a run of the applying command, and where that stops it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from forensics.dialects.base import UnsafeName
from forensics.dialects.effect import Effect, Failed, Undecided
from forensics.facts import (
    Facts,
    LiveSchema,
    MissingRight,
    Privileges,
    ReadOnly,
    Right,
    RoleRights,
    SqlStatement,
)
from forensics.model import Grant, SecuredKind, TableName, TrueError
from forensics.tracking.deploying import READ_ONLY, deploys, only_reads

if TYPE_CHECKING:
    from forensics.dialects.postgres.rights import Lack


class Sent(msgspec.Struct, frozen=True):
    """A text that is sent; one of the tool itself has no chunk."""

    text: str
    chunk: int | None = None
    """Which of the texts it is that the pending files were cut into, counted from 0."""
    statements: tuple[SqlStatement, ...] = ()


class Barred(msgspec.Struct, frozen=True):
    """The first statement that the role may not run; `place` is in the list of what is sent."""

    place: tuple[int, int]
    chunk: int | None
    failed: Failed


def role_rights(facts: Facts, schema: LiveSchema | None, sent: Sequence[Sent]) -> RoleRights | None:
    """What the role lacks for all that is sent; `None` where nobody looked."""
    if facts.privileges is None or schema is None:
        return None
    role = facts.privileges.role
    missing = tuple(lack for _, lack in _missing(facts, schema, sent))
    why, evidence = deploys(facts, missing) or ("", ())
    return RoleRights(
        role=role,
        database=facts.privileges.database,
        evidence=facts.privileges.evidence,
        deploys=why,
        deploys_evidence=evidence,
        missing=missing,
    )


def read_only(facts: Facts, first: str, command: str) -> ReadOnly | None:
    """Why the first statement, of such a command, cannot run at all; `None` where it may."""
    reason = only_reads(facts)
    if reason is None or facts.privileges is None:
        return None
    from forensics.dialects.postgres.by_hand import writable

    database = facts.privileges.database
    seen = facts.circumstances
    fixed = seen.fixed_by(READ_ONLY, seen.role) if seen and not facts.replica else None
    name = TableName(schema="", table=database)
    return ReadOnly(
        why=reason[0],
        role=facts.privileges.role,
        database=database,
        evidence=reason[1],
        sent=first,
        error=TrueError(
            text=f"cannot execute {command} in a read-only transaction", sqlstate="25006"
        ),
        sql=writable(fixed, database) if fixed else "",
        grant=Grant(kind=SecuredKind.DATABASE, name=name, right=Right.WRITE) if fixed else None,
    )


def refused(found: ReadOnly) -> Failed:
    """The same as what comes of the first statement."""
    return Failed(
        sqlstate=found.error.sqlstate or "",
        message=found.error.text,
        statement=found.sent,
        position=0,
    )


def barred(facts: Facts, schema: LiveSchema | None, sent: Sequence[Sent]) -> Barred | None:
    """Where the run stops for want of a right; `None` where another role may deploy."""
    if facts.privileges is None or schema is None:
        return None
    found = list(_missing(facts, schema, sent))
    if not found or deploys(facts, [lack for _, lack in found]) is None:
        return None
    lack, missing = found[0]
    chunk = sent[lack.position].chunk
    failed = Failed(
        sqlstate=missing.error.sqlstate or "",
        message=missing.error.text,
        statement=missing.sent,
        position=chunk or 0,
        number=lack.number,
        hint=missing.error.hint,
    )
    return Barred((lack.position, lack.number), chunk, failed)


def comes_first(stop: Barred, effect: Effect | None, sent: Sequence[Sent]) -> bool:
    """Whether the run gets to where it is barred; `effect` is that of the chunks, if known."""
    if not isinstance(effect, Failed | Undecided):
        return True
    at = next(place for place, it in enumerate(sent) if it.chunk == effect.position)
    return stop.place <= (at, effect.number)


def _missing(
    facts: Facts, schema: LiveSchema, sent: Sequence[Sent]
) -> Iterator[tuple[Lack, MissingRight]]:
    from forensics.dialects.postgres.rights import lacking

    assert facts.privileges is not None
    for lack in lacking(schema, facts.privileges, [it.text for it in sent]):
        try:
            told = _told(lack, sent[lack.position], facts.privileges)
        except UnsafeName:
            continue
        yield lack, told


def _told(lack: Lack, sent: Sent, privileges: Privileges) -> MissingRight:
    from forensics.dialects.postgres.rights.given import given_by, giver, membership

    statement = sent.statements[lack.number - 1] if sent.statements else None
    secured = lack.secured
    return MissingRight(
        statement=statement,
        sent=statement.text if statement else lack.written,
        right=lack.right,
        secured=replace(secured, rights=()),
        error=lack.error,
        lenient=lack.lenient,
        sql=given_by(lack.right, secured, privileges.role),
        giver=giver(secured),
        membership=membership(lack.right, secured, privileges),
        grant=Grant(kind=secured.kind, name=secured.name, right=lack.right),
    )
