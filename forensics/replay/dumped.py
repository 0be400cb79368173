"""Runs a collected dump of the schema on a scratch database, as the role that owns that."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
from psycopg import sql

from forensics.collect.redact import MASK
from forensics.facts import OtherObject
from forensics.model import TableName
from forensics.recorded_database import RecordedDump
from forensics.replay.postgres import Server
from forensics.replay.psql import NotSql, requests
from forensics.replay.simple_query import Connection, Ran, check_disk, run_text

# pg_dump's own line before each object, and only there: a function's body may hold the like.
_HEADER = re.compile(
    r"\A(?:\s|--[^\n]*\n)*-- Name: (?P<name>[^\n]*); Type: (?P<type>[A-Z ]+); "
    r"Schema: (?P<schema>[^\n]*); Owner: [^\n]*\n"
)
# Ours are lower than none at all, which is what the dump asks for.
_LIMITS = re.compile(r"(?:\s|--[^\n]*\n)*SET \w+_timeout = 0;\Z")
_SETTING = re.compile(r"\s*SET ")
"""What stands between objects without a line of its own."""
_NO_ROLE = re.compile(r'role "(.*)" does not exist', re.DOTALL)
_OURS = re.compile(r"owner_\w+")
"""How the roles of our databases are called."""
_UNDEFINED = "42704"
_POLICY = "POLICY"
# What the catalogue tells, our reader looks for afterwards; of these it knows names at most.
_TOLD_BY_THE_CATALOGUE = frozenset(
    {"SCHEMA", "EXTENSION", "TABLE", "SEQUENCE", "SEQUENCE OWNED BY", "VIEW", "MATERIALIZED VIEW"}
    | {"DEFAULT", "CONSTRAINT", "FK CONSTRAINT", "INDEX", "TYPE", "DOMAIN", "TRIGGER", "RULE"}
    | {_POLICY}
)


class NoDump(Exception):
    """The text is not what pg_dump writes."""


def load(
    server: Server, connection: Connection, dump: RecordedDump, deadline: float
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
    server: Server,
    connection: Connection,
    statements: tuple[str, ...],
    dump: RecordedDump,
    deadline: float,
) -> Iterator[OtherObject]:
    header: re.Match[str] | None = None
    for statement in statements:
        header = _HEADER.match(statement) or header
        if header is None and _LIMITS.match(statement):
            continue
        ran = _ran(server, connection, statement, header, deadline)
        if header is None or _SETTING.match(statement):
            continue
        if ran.error is not None and header["type"] not in _TOLD_BY_THE_CATALOGUE:
            yield _named(header)
        elif ran.error is None and dump.masked and MASK in statement:
            yield _named(header, " with a masked secret")


def _ran(
    server: Server,
    connection: Connection,
    statement: str,
    header: re.Match[str] | None,
    deadline: float,
) -> Ran:
    """Once more where a policy is for a role of the real server: a new one that may do nothing."""
    text = statement.encode()
    ran = run_text(connection, text, deadline, one_statement=True)
    check_disk(ran.error)
    if ran.error is None or header is None or header["type"] != _POLICY:
        return ran
    role = _NO_ROLE.fullmatch(ran.error.message)
    if role is None or ran.error.sqlstate != _UNDEFINED or _OURS.fullmatch(role[1]):
        return ran
    created = sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role[1]))
    try:
        server.execute(created.as_string())
    except psycopg.Error:  # a reserved name
        return ran
    return _ran(server, connection, statement, header, deadline)


def _named(header: re.Match[str], more: str = "") -> OtherObject:
    """`FUNCTION`, `public`, `one(integer)` -> the function public.one, as the catalogue has it."""
    schema = "" if header["schema"] == "-" else header["schema"]
    name = header["name"].split("(")[0] if "(" in header["name"] else header["name"]
    return OtherObject(
        kind=f"{header['type'].lower()}{more}", name=TableName(schema=schema, table=name)
    )
