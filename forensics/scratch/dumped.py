"""Runs a collected dump of the schema on a scratch database, as the role that owns that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from forensics.evidence.recorded_database import RecordedDump
from forensics.facts import OtherObject
from forensics.model import TableName
from forensics.redaction.redactor import MASK
from forensics.scratch.grouped import in_groups
from forensics.scratch.psql import NotSql, requests
from forensics.scratch.server import ScratchServer
from forensics.scratch.simple_query import Connection, Ran, check_disk, run_text

_ABOVE = re.compile(r"(?:\s|--[^\n]*\n)*")
"""The comments above a statement."""
_TYPE = re.compile(r"[A-Z ]+")
# Ours are lower than none at all, which is what the dump asks for.
_LIMITS = re.compile(r"(?:\s|--[^\n]*\n)*SET \w+_timeout = 0;\Z")
_SETTING = re.compile(r"\s*SET ")
"""What stands between objects without a line of its own."""
_NO_ROLE = re.compile(r'role "(.*)" does not exist', re.DOTALL)
_OURS = re.compile(r"owner_\w+")
"""How the roles of our databases are called."""
_UNDEFINED = "42704"
_POLICY = "POLICY"
ROLES_PER_STATEMENT = 20
"""Roles of the real server that are created for one policy; each of them takes a superuser."""
ROLES = 200
"""Those that are created for all of a dump."""
# What the catalogue tells, our reader looks for afterwards; of these it knows names at most.
_TOLD_BY_THE_CATALOGUE = frozenset(
    {"SCHEMA", "EXTENSION", "TABLE", "SEQUENCE", "SEQUENCE OWNED BY", "VIEW", "MATERIALIZED VIEW"}
    | {"DEFAULT", "CONSTRAINT", "FK CONSTRAINT", "INDEX", "TYPE", "DOMAIN", "TRIGGER", "RULE"}
    | {_POLICY}
)


class NoDump(Exception):
    """The text is not what pg_dump writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """pg_dump's own line before each object, and only there: a function's body may hold the like.

    `-- Name: one(integer); Type: FUNCTION; Schema: public; Owner: -`
    """

    name: str
    type: str
    schema: str


@dataclass(slots=True)
class _Roles:
    """Creates roles that may do nothing, as many as are left."""

    server: ScratchServer
    left: int = ROLES

    def created(self, name: str) -> bool:
        """Whether there was one more, and the server took its name: some are reserved."""
        if self.left <= 0 or _OURS.fullmatch(name):
            return False
        self.left -= 1
        try:
            role = sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name))
            self.server.execute(role.as_string())
        except psycopg.Error:
            return False
        return True


def load(
    server: ScratchServer, connection: Connection, dump: RecordedDump, deadline: float
) -> tuple[OtherObject, ...]:
    """Run all statements, each by itself; returns what failed or holds a masked secret.

    What the catalogue tells of is left to be looked for. Raises `NoDump`, and what `run_text` does.
    """
    try:
        statements = requests(dump.text, deadline)
    except NotSql as error:
        raise NoDump(str(error)) from error
    return tuple(dict.fromkeys(_run(server, connection, statements, dump, deadline)))


def _run(
    server: ScratchServer,
    connection: Connection,
    statements: tuple[str, ...],
    dump: RecordedDump,
    deadline: float,
) -> Iterator[OtherObject]:
    roles = _Roles(server)
    planned = list(_planned(statements))
    texts = [statement.encode() for _, statement in planned]
    done = in_groups(connection, texts, deadline)
    for (header, statement), well in zip(planned, done, strict=True):
        ran = Ran(tags=()) if well else _ran(roles, connection, statement, header, deadline)
        if header is None or _SETTING.match(statement):
            continue
        if ran.error is not None and header.type not in _TOLD_BY_THE_CATALOGUE:
            yield _named(header)
        elif ran.error is None and dump.masked and MASK in statement:
            yield _named(header, " with a masked secret")


def _planned(statements: Iterable[str]) -> Iterator[tuple[_Header | None, str]]:
    """Each statement and the object that it is a part of."""
    header: _Header | None = None
    for statement in statements:
        header = _header(statement) or header
        if header is not None or not _LIMITS.match(statement):
            yield header, statement


def _header(statement: str) -> _Header | None:
    for line in reversed(_above(statement).split("\n")):
        start, _, named = line.lstrip().partition("-- Name: ")
        rest, owned, _ = named.rpartition("; Owner: ")
        rest, schemed, schema = rest.rpartition("; Schema: ")
        name, typed, kind = rest.rpartition("; Type: ")
        if not start and owned and schemed and typed and _TYPE.fullmatch(kind):
            return _Header(name=name, type=kind, schema=schema)
    return None


def _above(statement: str) -> str:
    found = _ABOVE.match(statement)
    return found[0] if found else ""


def _ran(
    roles: _Roles,
    connection: Connection,
    statement: str,
    header: _Header | None,
    deadline: float,
) -> Ran:
    """Again where a policy is for roles of the real server: the error names one at a time."""
    text = statement.encode()
    ran = _once(connection, text, deadline)
    # Anything else, such as a DO block, could name whatever it wants, and another one each time.
    is_policy = statement.startswith("CREATE POLICY ", len(_above(statement)))
    if header is None or header.type != _POLICY or not is_policy:
        return ran
    for _ in range(ROLES_PER_STATEMENT):
        role = _lacking(ran)
        if role is None or not roles.created(role):
            break
        ran = _once(connection, text, deadline)
    return ran


def _once(connection: Connection, text: bytes, deadline: float) -> Ran:
    ran = run_text(connection, text, deadline, one_statement=True)
    check_disk(ran.error)
    return ran


def _lacking(ran: Ran) -> str | None:
    """The role that there is not."""
    if ran.error is None or ran.error.sqlstate != _UNDEFINED:
        return None
    role = _NO_ROLE.fullmatch(ran.error.message)
    return role[1] if role else None


def _named(header: _Header, more: str = "") -> OtherObject:
    """`FUNCTION`, `public`, `one(integer)` -> the function public.one, as the catalogue has it."""
    schema = "" if header.schema == "-" else header.schema
    name = header.name.split("(")[0] if "(" in header.name else header.name
    return OtherObject(
        kind=f"{header.type.lower()}{more}", name=TableName(schema=schema, table=name)
    )
