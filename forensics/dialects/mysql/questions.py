"""What rows decide of a statement: what it demands, and one SELECT that counts what violates it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec.structs import replace

from forensics.dialects.lexing import Kind
from forensics.dialects.mysql import commands as sql
from forensics.dialects.mysql.errors import numbered
from forensics.dialects.mysql.text import quoted, tokens
from forensics.dialects.mysql.types import (
    BLOBS,
    INTEGERS,
    TEMPORAL,
    TEXTS,
    arguments_of,
    one_type,
    word_of,
)
from forensics.dialects.mysql.work import Work, column_of
from forensics.facts import Column, LiveTable, RowKind, RowQuestion
from forensics.model import TrueError

_LENGTHS = (255, 65_535, 16_777_215, 4_294_967_295)
"""Bytes of the kinds of text, from the shortest to the longest."""


def asks(command: sql.Command, work: Work) -> Iterator[RowQuestion]:
    """Every question of a statement to rows that may be there; `work` is as before it."""
    if not isinstance(command, sql.AlterTable):
        return
    table = work.get(command.name)
    if table is None or work.key(command.name) in work.fresh:
        return
    for action in command.actions:
        match action:
            case sql.AddKey(key=key):
                yield from _of_key(table, key, work)
            case sql.AddColumn(column=spec):
                yield from _of_column(table, spec, work)
            case sql.ChangeColumn(name=name, column=spec):
                held = column_of(table, name)
                if held is not None:
                    yield from _of_change(table, held, spec, work)
            case _:
                continue


# --- Keys -----------------------------------------------------------------------------------------


def _of_key(table: LiveTable, key: sql.Key, work: Work) -> Iterator[RowQuestion]:
    columns = key.columns
    there = columns is not None and all(column_of(table, it) is not None for it in columns)
    if key.kind is sql.KeyKind.CHECK:
        yield _check(table, key, work)
    elif key.kind in (sql.KeyKind.UNIQUE, sql.KeyKind.PRIMARY):
        yield _unique(table, key, columns if there else None)
        if key.kind is sql.KeyKind.PRIMARY and there:
            yield from _nulls(table, columns or (), work)
    elif key.kind is sql.KeyKind.FOREIGN and there and work.watched:
        yield from _foreign(table, key, columns or (), work)


def _unique(table: LiveTable, key: sql.Key, columns: Sequence[str] | None) -> RowQuestion:
    """A prefix or an expression is more than the query says, so none is written of these."""
    name, own = key.name or "", table.name
    query = ""
    if columns:
        listed = ", ".join(map(quoted, columns))
        given = " AND ".join(f"{quoted(it)} IS NOT NULL" for it in columns)
        query = (
            f"SELECT COALESCE(SUM(n), 0) FROM (SELECT COUNT(*) AS n FROM {quoted(own.table)} "
            f"WHERE {given} GROUP BY {listed} HAVING COUNT(*) > 1) AS duplicates"
        )
    told = ", ".join(columns or ())
    primary = key.kind is sql.KeyKind.PRIMARY
    return RowQuestion(
        kind=RowKind.PRIMARY_KEY if primary else RowKind.UNIQUE,
        table=own,
        columns=tuple(columns or ()),
        name=name,
        demand=f"no two rows of {own} have the same {told}"
        if columns
        else f"the rows of {own} differ in what {name} is on",
        query=query,
        runs_no_code=True,
        error=_error(1062, "23000", "Duplicate entry"),
        instead=_settle_duplicates(table, columns) if columns and not primary else (),
    )


def _settle_duplicates(table: LiveTable, columns: Sequence[str]) -> tuple[str, ...]:
    """Keep the first of equal rows: an example, where a key tells which that is."""
    key = next((it.name for it in table.columns if it.identity), None)
    if key is None:
        return ()
    same = " AND ".join(f"later.{quoted(it)} = first.{quoted(it)}" for it in columns)
    name = quoted(table.name.table)
    return (
        "-- decide which of the equal rows stays; this keeps the first, and deletes the others\n"
        f"DELETE later FROM {name} AS later JOIN {name} AS first ON {same} "
        f"AND later.{quoted(key)} > first.{quoted(key)}",
    )


def _nulls(table: LiveTable, columns: Sequence[str], work: Work) -> Iterator[RowQuestion]:
    for name in columns:
        held = column_of(table, name)
        if held is not None and not held.not_null:
            yield _not_null(table, held, work)


def _foreign(
    table: LiveTable, key: sql.Key, columns: Sequence[str], work: Work
) -> Iterator[RowQuestion]:
    assert key.reference is not None
    other = work.get(key.reference.table)
    if other is None:
        return
    targets = key.reference.columns or tuple(columns)
    given = " AND ".join(f"child.{quoted(it)} IS NOT NULL" for it in columns)
    made_here = work.key(other.name.table) in work.fresh
    same = " AND ".join(
        f"parent.{quoted(into)} = child.{quoted(from_)}"
        for from_, into in zip(columns, targets, strict=False)
    )
    own, name = quoted(table.name.table), quoted(other.name.table)
    told, into = ", ".join(columns), ", ".join(targets)
    there = f" AND NOT EXISTS (SELECT 1 FROM {name} AS parent WHERE {same})"
    orphans = (
        f"LEFT JOIN {name} AS parent ON {same}",
        f"{given} AND parent.{quoted(targets[0])} IS NULL",
    )
    yield RowQuestion(
        kind=RowKind.FOREIGN_KEY,
        table=table.name,
        other=other.name,
        columns=tuple(columns),
        name=key.name or "",
        demand=f"every {told} of {table.name} that is not NULL is {into} of a row of {other.name}",
        query=f"SELECT COUNT(*) FROM {own} AS child WHERE {given}{'' if made_here else there}",
        runs_no_code=True,
        error=_error(
            1452, "23000", "Cannot add or update a child row: a foreign key constraint fails"
        ),
        instead=_settle_orphans(table, columns, *orphans),
    )


def _settle_orphans(
    table: LiveTable, columns: Sequence[str], join: str, where: str
) -> tuple[str, ...]:
    """Clear the reference where that is allowed, else delete the row: an example."""
    own = quoted(table.name.table)
    held = [column_of(table, it) for it in columns]
    free = [it.name for it in held if it is not None and not it.not_null]
    if free:
        column = quoted(free[0])
        return (
            "-- decide what such rows should refer to; this clears the reference\n"
            f"UPDATE {own} AS child {join} SET child.{column} = NULL WHERE {where}",
        )
    return (
        "-- decide what such rows should refer to; this deletes them\n"
        f"DELETE child FROM {own} AS child {join} WHERE {where}",
    )


def _check(table: LiveTable, key: sql.Key, work: Work) -> RowQuestion:
    own, name = table.name, key.name or "the check"
    database = work.product.database
    error = _error(3819, "HY000", f"Check constraint '{name}' is violated.")
    if work.product.is_mariadb:
        said = f"CONSTRAINT `{name}` failed for `{database}`.`{own.table}`"
        error = _error(4025, "23000", said)
    return RowQuestion(
        kind=RowKind.CHECK,
        table=own,
        name=key.name or "",
        demand=f"`{key.check}` is not false for any row of {own}",
        query=f"SELECT COUNT(*) FROM {quoted(own.table)} WHERE NOT ({key.check})",
        runs_no_code=_is_plain(key.check),
        error=error,
    )


def _is_plain(expression: str) -> bool:
    """Whether it calls only what is known to do no harm, and looks at no other table."""
    found = list(tokens(expression))
    if any(it.kind not in _PLAIN or it.word in _LOOKS for it in found):
        return False
    called = {one.word for one, two in pairwise(found) if two.raw == "(" and one.word}
    return called <= _HARMLESS


_PLAIN = frozenset({Kind.WORD, Kind.NUMBER, Kind.STRING, Kind.QUOTED, Kind.SIGN})
_LOOKS = frozenset({"select", "table", "values", "into"})
_HARMLESS = frozenset(
    {"and", "or", "not", "in", "between", "like", "regexp", "lower", "upper", "length", "abs"}
    | {"char_length", "json_valid", "coalesce", "ifnull", "trim", "left", "right", "round", "if"}
)


# --- Columns --------------------------------------------------------------------------------------


def _of_column(table: LiveTable, spec: sql.ColumnSpec, work: Work) -> Iterator[RowQuestion]:
    """A new column is NULL, its default, or the zero of its type in every row."""
    alone = sql.Key(kind=sql.KeyKind.UNIQUE, name=spec.name, parts=(sql.Part(spec.name),))
    nullable = spec.null is not False and spec.default is None
    if spec.primary or (spec.unique and not nullable) and not spec.auto_increment:
        yield _new(table, spec, f"{table.name} has at most one row", 1, _unique(table, alone, None))
    for check in spec.checks:
        yield replace(_check(table, check, work), query="", exact=False)
    temporal = word_of(one_type(spec.type, work.product)) in TEMPORAL - {"time", "year"}
    zero = spec.null is False and spec.default is None and temporal
    if zero and "NO_ZERO_DATE" in work.product.modes and work.product.strict:
        error = _error(1292, "22007", "Incorrect ")
        yield _new(table, spec, f"{table.name} has no rows", 0, error)


def _new(
    table: LiveTable, spec: sql.ColumnSpec, demand: str, most: int, error: RowQuestion | TrueError
) -> RowQuestion:
    more = f"GREATEST(COUNT(*) - {most}, 0)" if most else "COUNT(*)"
    return RowQuestion(
        kind=RowKind.NEW_COLUMN,
        table=table.name,
        columns=(spec.name,),
        type=spec.type,
        demand=demand,
        query=f"SELECT {more} FROM {quoted(table.name.table)}",
        runs_no_code=True,
        error=error.error if isinstance(error, RowQuestion) else error,
    )


def _of_change(
    table: LiveTable, held: Column, spec: sql.ColumnSpec, work: Work
) -> Iterator[RowQuestion]:
    before, after = (one_type(it, work.product) for it in (held.type, spec.type))
    if (spec.null is False or spec.primary) and not held.not_null:
        yield _not_null(table, held, work)
    if not takes(before, after):
        yield _conversion(table, held, before, after, work)
    alone = sql.Key(kind=sql.KeyKind.UNIQUE, name=spec.name, parts=(sql.Part(held.name),))
    if spec.unique:
        yield _unique(table, alone, (held.name,))


def _not_null(table: LiveTable, column: Column, work: Work) -> RowQuestion:
    name = column.name
    error = _error(1138, "22004", "Invalid use of NULL value")
    if work.product.is_mariadb:
        error = _error(1265, "01000", f"Data truncated for column '{name}'")
    return RowQuestion(
        kind=RowKind.NOT_NULL,
        table=table.name,
        columns=(name,),
        demand=f"no row of {table.name} has NULL in {name}",
        query=f"SELECT COUNT(*) FROM {quoted(table.name.table)} WHERE {quoted(name)} IS NULL",
        runs_no_code=True,
        error=error,
        exact=work.product.strict,
        instead=(
            f"UPDATE {quoted(table.name.table)} SET {quoted(name)} = /* the value for rows that "
            f"have none */ WHERE {quoted(name)} IS NULL",
        ),
    )


def _conversion(
    table: LiveTable, column: Column, before: str, after: str, work: Work
) -> RowQuestion:
    violated, error = _violated(column.name, before, after)
    own = quoted(table.name.table)
    return RowQuestion(
        kind=RowKind.CONVERSION,
        table=table.name,
        columns=(column.name,),
        type=after,
        demand=f"every {column.name} of {table.name} fits into {after}",
        query=f"SELECT COUNT(*) FROM {own} WHERE {violated}" if violated else "",
        runs_no_code=True,
        exact=bool(violated) and work.product.strict,
        error=error,
    )


def _violated(name: str, before: str, after: str) -> tuple[str, TrueError]:
    """What a value that does not fit is like, where that can be said; and what the server says."""
    column, words = quoted(name), (word_of(before), word_of(after))
    if words[1] == "enum":
        labels = ", ".join(_labels(after))
        error = _error(1265, "01000", f"Data truncated for column '{name}'")
        return (f"{column} NOT IN ({labels})" if words[0] == "enum" else "", error)
    if words[1] in ("char", "varchar"):
        length = arguments_of(after)
        error = _error(1406, "22001", f"Data too long for column '{name}'")
        textual = words[0] in ("char", "varchar", *TEXTS)
        return (f"CHAR_LENGTH({column}) > {length}" if textual else "", error)
    if words[0] in INTEGERS and words[1] in INTEGERS:
        low, high = _range(after)
        error = _error(1264, "22003", f"Out of range value for column '{name}'")
        return f"{column} < {low} OR {column} > {high}", error
    return "", _error(1366, "22007", "Incorrect ")


def _range(type_: str) -> tuple[int, int]:
    bits = (8, 16, 24, 32, 64)[INTEGERS.index(word_of(type_))]
    if "unsigned" in type_:
        return 0, 2**bits - 1
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1


def takes(before: str, after: str) -> bool:
    """Whether a type takes every value of another."""
    if before == after:
        return True
    words = word_of(before), word_of(after)
    if words[0] in INTEGERS and words[1] in INTEGERS:
        ours, theirs = _range(after), _range(before)
        return ours[0] <= theirs[0] and ours[1] >= theirs[1]
    if words == ("enum", "enum"):
        return set(_labels(before)) <= set(_labels(after))
    for family in (TEXTS, BLOBS):
        if words[0] in family and words[1] in family:
            return family.index(words[0]) <= family.index(words[1])
    if words[0] in ("char", "varchar") and words[1] in ("varchar", *TEXTS):
        return _holds(before, after)
    same = words[0] == words[1] and words[0] in ("varbinary", "decimal", "datetime", "timestamp")
    return same and _grows(before, after)


def _holds(before: str, after: str) -> bool:
    """Whether a text takes as many characters, of four bytes each."""
    length = int(arguments_of(before) or 1)
    if word_of(after) == "varchar":
        return int(arguments_of(after) or 0) >= length
    return _LENGTHS[TEXTS.index(word_of(after))] >= 4 * length


def _grows(before: str, after: str) -> bool:
    one, two = ([int(n or 0) for n in arguments_of(it).split(",")] for it in (before, after))
    if word_of(before) == "decimal" and len(one) == len(two) == 2:
        return two[1] >= one[1] and two[0] - two[1] >= one[0] - one[1]
    return two >= one


def _labels(type_: str) -> tuple[str, ...]:
    return tuple(it.raw for it in tokens(arguments_of(type_)) if it.kind is Kind.STRING)


def _error(number: int, sqlstate: str, text: str) -> TrueError:
    return TrueError(text=text, sqlstate=sqlstate, detail=numbered(number))
