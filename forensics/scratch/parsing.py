"""What the server cannot parse, whatever the statements before it do."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg.pq import DiagnosticField
from psycopg.pq.abc import PGresult

from forensics.dialects.effect import Failed
from forensics.dialects.postgres.errors import Unsure
from forensics.dialects.postgres.tokens import statements
from forensics.scratch.simple_query import Connection

_GRAMMAR = "syntax error at "
"""How errors of the grammar alone begin; others of the same SQLSTATE depend on the catalogue."""


def parsed(text: str) -> tuple[str, ...]:
    """The statements of a text; none where we cannot tell them apart."""
    try:
        return tuple(" ".join(token.raw for token in one) for one in statements(text))
    except Unsure:
        return ()


def unreadable(connection: Connection, texts: Iterable[str]) -> Failed | None:
    """The first statement with an error of the grammar; nothing is run to know it."""
    for position, text in enumerate(texts):
        for number, statement in enumerate(parsed(text), 1):
            result = connection.pgconn.prepare(b"", statement.encode())
            message = _field(result, DiagnosticField.MESSAGE_PRIMARY)
            if message.startswith(_GRAMMAR):
                return Failed(
                    sqlstate=_field(result, DiagnosticField.SQLSTATE),
                    message=message,
                    statement=statement,
                    position=position,
                    number=number,
                )
    return None


def _field(result: PGresult, field: DiagnosticField) -> str:
    return (result.error_field(field) or b"").decode("utf-8", "replace")
