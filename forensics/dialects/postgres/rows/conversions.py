"""What a change of type demands of the values that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.effects.catalogue import Catalogue, column_of
from forensics.dialects.postgres.effects.types import Type, find_type, printed_type
from forensics.dialects.postgres.rows import queries
from forensics.dialects.postgres.rows.there import There
from forensics.dialects.postgres.tokens import Kind
from forensics.facts import Column, RowKind, RowQuestion
from forensics.model import TableName, TrueError

_TEXTUAL = re.compile(r"text|character varying(?:\(\d+\))?|character(?:\(\d+\))?")
_LENGTH = re.compile(r"character varying\((\d+)\)")
_SIZES = ("smallint", "integer", "bigint")


def conversion(action: sql.AlterColumn, there: There) -> Iterator[RowQuestion]:
    """ALTER COLUMN ... TYPE."""
    column = column_of(there.now, action.name)
    if column is None or action.type is None:
        return
    wanted = find_type(action.type, there.catalogue)
    if wanted.printed == column.type or wanted.array or not _may_lose(column.type, wanted.printed):
        return
    plain = _is_cast(action.rest, action.name)
    labels = there.catalogue.enums[wanted.enum] if wanted.enum else ()
    if plain and wanted.enum and _labels(there, action.name) <= set(labels):
        return
    query = _conversion_query(column, wanted.printed, wanted.enum, there, plain=plain)
    if not action.rest and not _is_implicit(column.type, wanted.printed):
        return  # without USING it fails for its types, whatever the rows hold
    state, said = _refusal(column.type, wanted, there.catalogue)
    yield RowQuestion(
        kind=RowKind.CONVERSION,
        table=there.name,
        columns=(action.name,),
        type=wanted.printed,
        demand=f"every value of {there.name}.{action.name} can become {wanted.printed}",
        query=query,
        runs_no_code=bool(query),
        exact=plain and (wanted.enum is not None or not _TEXTUAL.fullmatch(column.type)),
        error=TrueError(text=said, sqlstate=state),
    )


def _labels(there: There, column: str) -> set[str | None]:
    """The values that a column can have by its type; `None` among them where that is not known."""
    held = column_of(there.before, column) if there.before else None
    enums = {it.name: it.labels for it in there.catalogue.given.enums}
    of = printed_type(held.type, there.catalogue) if held else None
    known = enums.get(of.enum) if of and of.enum and not of.array else None
    return set(known) if known is not None else {None}


def _conversion_query(
    column: Column, wanted: str, enum: TableName | None, there: There, *, plain: bool
) -> str:
    """What counts values that the new type does not take; `plain` is the cast and nothing else."""
    if not plain or not there.has((column.name,)):
        return ""
    textual = _TEXTUAL.fullmatch(column.type) is not None
    if enum is not None:
        return queries.outside(there.name, column.name, there.catalogue.enums[enum])
    if (length := _LENGTH.fullmatch(wanted)) and textual:
        return queries.longer(there.name, column.name, int(length[1]))
    if column.type in _SIZES and wanted in _SIZES:
        return queries.too_large(there.name, column.name, wanted)
    return queries.unlike(there.name, column.name, wanted) if textual else ""


def _may_lose(old: str, new: str) -> bool:
    """Whether a value of the old type may be none of the new one."""
    if old in _SIZES and new in _SIZES:
        return _SIZES.index(new) < _SIZES.index(old)
    if _TEXTUAL.fullmatch(old) and _LENGTH.fullmatch(new):
        held, wanted = _LENGTH.fullmatch(old), _LENGTH.fullmatch(new)
        return held is None or wanted is None or int(wanted[1]) < int(held[1])
    return new not in ("text", "character varying")


def _is_implicit(old: str, new: str) -> bool:
    """Whether values are converted without USING, as far as they fit."""
    sizes = old in _SIZES and new in _SIZES
    return sizes or bool(_TEXTUAL.fullmatch(old) and _LENGTH.fullmatch(new))


def _is_cast(rest: sql.Tokens, column: str) -> bool:
    """Whether USING says no more than `column::text::type` does; also where nothing is said."""
    names = {token.value for token in rest if token.kind in (Kind.WORD, Kind.QUOTED)}
    signs = {token.raw for token in rest if token.kind not in (Kind.WORD, Kind.QUOTED)}
    return signs <= {"::", ".", "(", ")"} and (not rest or column in names)


def _refusal(old: str, wanted: Type, catalogue: Catalogue) -> tuple[str, str]:
    new, enum = wanted.printed, wanted.enum
    if enum is not None:
        shown = enum.table if enum.schema in catalogue.search_path else new
        return "22P02", f"invalid input value for enum {shown}"
    if old in _SIZES and new in _SIZES:
        return "22003", f"{new} out of range"
    if _LENGTH.fullmatch(new):
        return "22001", f"value too long for type {new}"
    return "22P02", f"invalid input syntax for type {new}"
