"""Exclusion constraints: which there may be, and what they are on."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.dialects.postgres.commands import TableConstraint, Tokens
from forensics.dialects.postgres.cursor import Cursor
from forensics.dialects.postgres.effects.catalogue import Catalogue, column_of
from forensics.dialects.postgres.effects.types import printed_type, quoted
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.tokens import Kind, Token
from forensics.facts import LiveTable

RANGES = frozenset(
    {"int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange", "inet"}
)
"""Types of the system whose operators are, and that have an operator class for `&&`."""
_OPERATORS = frozenset({"=", "<>", "&&", "-|-"})

Element = tuple[str, str]
"""A column and an operator."""


def elements(written: TableConstraint) -> tuple[Element, ...]:
    """Those of `USING method (column WITH operator, ...)`; none where it says anything else."""
    options = written.options
    start = next((at for at, token in enumerate(options) if token.raw == "("), None)
    if start is None or options[-1].raw != ")" or any(it.word == "where" for it in options):
        return ()
    found = [_element(it.tokens) for it in Cursor(options[start + 1 : -1]).items()]
    return tuple(it for it in found if it is not None) if None not in found else ()


def definition(catalogue: Catalogue, table: LiveTable, written: TableConstraint) -> str:
    """As PostgreSQL prints it; raises `Unsure` where it may have no operator class for it."""
    found, method = elements(written), _method(written.options)
    if not found or (method == "hash" and len(found) > 1):
        raise Unsure("an exclusion constraint")
    for column, operator in found:
        held = column_of(table, column)
        if held is None:
            raise PostgresError("42703", f'column "{column}" named in key does not exist')
        if not _has_class(catalogue, method, held.type, operator):
            raise Unsure(f"whether {table.name}.{column} can be in an exclusion constraint")
    listed = ", ".join(f"{quoted(column)} WITH {operator}" for column, operator in found)
    return f"EXCLUDE USING {method} ({listed})"


def _method(options: Tokens) -> str:
    return options[1].value if options and options[0].word == "using" else "gist"


def _has_class(catalogue: Catalogue, method: str, type_: str, operator: str) -> bool:
    """Whether the system has one for sure; extensions bring others."""
    if method in ("hash", "btree"):
        return operator == "=" and printed_type(type_, catalogue).ordered
    return method == "gist" and type_ in RANGES - {"inet"} and operator == "&&"


def _element(tokens: Sequence[Token]) -> Element | None:
    if len(tokens) != 3 or tokens[0].kind not in (Kind.WORD, Kind.QUOTED):
        return None
    column, with_, operator = tokens
    if with_.word != "with" or operator.raw not in _OPERATORS:
        return None
    return column.value, operator.raw
