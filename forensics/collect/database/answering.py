"""What answers the questions about a database: a session, or a file with the answers of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import LiteralString, Protocol, TypeVar

import msgspec
from psycopg import sql

Row = tuple[object, ...]
Fact = TypeVar("Fact", bound=msgspec.Struct)


class Answering(Protocol):
    """Answers the queries of the collector; none of them changes anything."""

    host: str
    port: str
    process: int
    """The process that the server, or a pooler, named when we connected."""

    @property
    def search_path(self) -> tuple[str, ...]:
        """The schemas in which the role looks up an unqualified name."""

    @property
    def lost(self) -> bool:
        """Whether it can no longer answer."""

    def rows(self, query: LiteralString, parameters: dict[str, object] | None = None) -> list[Row]:
        """What one SELECT gives; raises `psycopg.Error`."""

    def texts(self, query: sql.Composed) -> list[tuple[str | None, ...]]:
        """The same with values as PostgreSQL prints them."""

    def attempt(self) -> AbstractContextManager[None]:
        """A block that may fail with `psycopg.Error`, after which others can be asked."""


def fact(kind: type[Fact], row: Iterable[object]) -> Fact:
    """A fact of a row that holds its fields in their order."""
    return msgspec.convert(dict(zip(kind.__struct_fields__, row, strict=True)), kind)


def facts_by_table(kind: type[Fact], rows: Iterable[Row]) -> dict[object, list[Fact]]:
    """The same of rows that begin with the oid of a table, by that oid."""
    found: dict[object, list[Fact]] = defaultdict(list)
    for oid, *fields in rows:
        found[oid].append(fact(kind, fields))
    return found
