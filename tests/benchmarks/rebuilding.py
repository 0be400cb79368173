"""A schema of many tables made again on a scratch server, next to a client that sends one script."""

import time
from collections.abc import Iterator

import psycopg

from forensics.facts import Column, Constraint, ConstraintKind, LiveSchema, LiveTable
from forensics.model import TableName
from forensics.scratch.case_database import build
from forensics.scratch.limits import PROCESS_LIMITS, SERVER_SETTINGS
from forensics.scratch.postgres import Server, throw_away_postgres
from forensics.scratch.rebuild import parts
from tests.benchmarks.timing import medians

TABLES, COLUMNS = 10_000, 4
_GROUP = 100
"""Statements of the script in one transaction."""


def measure(tables: int = TABLES, runs: int = 3) -> Iterator[str]:
    """Goal: twice the floor; what the server does is the same, reading it back comes on top."""
    schema = _schema(tables)
    with throw_away_postgres(settings=SERVER_SETTINGS, limits=PROCESS_LIMITS) as server:
        numbers = iter(range(1000))

        def built() -> None:
            case = build(server, next(numbers), schema, {}, time.monotonic() + 600)
            assert not case.missing
            case.drop()

        script = _script(server, schema)
        took = medians({"ours": built, "floor": lambda: _send(server, script)}, runs)
        yield (
            f"scratch database of {tables} tables ({len(parts(schema))} statements): "
            f"{took['ours']:.1f} s, {took['ours'] / took['floor']:.1f}x one script"
        )


def _script(server: Server, schema: LiveSchema) -> list[str]:
    with psycopg.connect(server.url()) as connection:
        texts = [part.statement.as_string(connection) for part in parts(schema)]
    return [";".join(texts[at : at + _GROUP]) for at in range(0, len(texts), _GROUP)]


def _send(server: Server, script: list[str]) -> None:
    server.create_database("floor", template="template0")
    with psycopg.connect(server.url("floor"), autocommit=True) as connection:
        for text in script:
            connection.execute(text.encode())
    server.drop_database("floor")


def _schema(tables: int) -> LiveSchema:
    found = (_table(number) for number in range(tables))
    return LiveSchema(evidence="", tables=tuple(found), schemas=("public",))


def _table(number: int) -> LiveTable:
    key = Constraint(
        name=f"t{number}_pkey", kind=ConstraintKind.PRIMARY_KEY, definition="PRIMARY KEY (id)"
    )
    keys = (key,) * (number % 5 < 2)
    columns = (Column(name=f"c{place}", type="text", not_null=False) for place in range(COLUMNS))
    return LiveTable(
        name=TableName(schema="public", table=f"t{number}"),
        columns=(Column(name="id", type="integer", not_null=True), *columns),
        constraints=keys,
        indexes=tuple(it.name for it in keys),
    )
