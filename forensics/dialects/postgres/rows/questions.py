"""What one statement demands of the rows that are there, read against the catalogue before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from forensics.dialects.base import UnsafeName
from forensics.dialects.postgres import commands as sql
from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.effects.catalogue import Catalogue, column_of
from forensics.dialects.postgres.effects.constraints import key_columns
from forensics.dialects.postgres.effects.types import Type, find_type, printed_type
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.rows import queries
from forensics.dialects.postgres.tokens import Kind, words
from forensics.facts import Column, ConstraintKind, LiveTable, RowKind, RowQuestion
from forensics.model import TableName, TrueError

_PLAIN_WORDS = words("and or not is null in between like ilike true false")
_NOT_VALID = ("not", "valid")
_TEXTUAL = re.compile(r"text|character varying(?:\(\d+\))?|character(?:\(\d+\))?")
_LENGTH = re.compile(r"character varying\((\d+)\)")
_SIZES = ("smallint", "integer", "bigint")


def questions(command: sql.Command, catalogue: Catalogue) -> tuple[RowQuestion, ...]:
    """What decides it, in the order in which PostgreSQL looks; none where rows do not matter."""
    try:
        match command:
            case sql.AlterTable():
                there = _there(command.name, catalogue)
                return tuple(it for action in command.actions for it in _action(action, there))
            case sql.CreateIndex(unique=True):
                return tuple(_index(command, _there(command.table, catalogue)))
            case _:
                return ()
    except (PostgresError, Unsure, UnsafeName):
        return ()


@dataclass(frozen=True, slots=True)
class _There:
    """A table as the statement meets it, and as it is before anything pending has run."""

    now: LiveTable
    before: LiveTable | None
    """`None` where it has another name by now: then no query of ours can name it."""
    catalogue: Catalogue

    @property
    def name(self) -> TableName:
        return self.now.name

    @property
    def new(self) -> bool:
        """Whether this run made it, so that it has no rows."""
        return self.name in self.catalogue.empty

    def has(self, columns: Sequence[str]) -> bool:
        """Whether the columns are there before anything pending has run."""
        held = self.before
        return held is not None and all(column_of(held, it) is not None for it in columns)

    def is_null(self, column: str) -> bool:
        """Whether this run added the column, so that it is NULL in every row."""
        return (self.name, column) in self.catalogue.null

    def plain(self, columns: Sequence[str]) -> bool:
        """Whether comparing the columns runs no code but the system's."""
        held = [column_of(self.now, it) for it in columns]
        return all(it is not None and printed_type(it.type, self.catalogue).ordered for it in held)


def _there(name: Name, catalogue: Catalogue) -> _There:
    table = catalogue.table(name)
    before = next((it for it in catalogue.given.tables if it.name == table.name), None)
    return _There(table, before, catalogue)


def _action(action: sql.Action, there: _There) -> Iterator[RowQuestion]:
    if there.new:
        return
    match action:
        case sql.AddColumn():
            yield from _new_column(action, there)
        case sql.AddConstraint():
            yield from _constraint(action.constraint, there)
        case sql.AlterColumn(change=sql.Change.SET_NOT_NULL):
            yield from _set_not_null(action.name, there)
        case sql.AlterColumn(change=sql.Change.TYPE):
            yield from _conversion(action, there)


# --- Columns ------------------------------------------------------------------------------------


def _new_column(action: sql.AddColumn, there: _There) -> Iterator[RowQuestion]:
    column = action.column
    if column_of(there.now, column.name) is not None:
        return
    type_ = find_type(column.type, there.catalogue)
    filled = column.default is not None or column.generated is not None or type_.serial
    keys = {it.kind for it in column.constraints}
    demands = column.not_null or ConstraintKind.PRIMARY_KEY in keys
    if demands and not filled:
        yield RowQuestion(
            kind=RowKind.NEW_COLUMN,
            table=there.name,
            columns=(column.name,),
            type=type_.printed,
            demand=f"{there.name} has no rows: the new column would be NULL in each",
            query=queries.rows(there.name) if there.before else "",
            runs_no_code=True,
            error=_null_values(there.name, column.name),
        )
    unique = {ConstraintKind.UNIQUE, ConstraintKind.PRIMARY_KEY} & keys
    if unique and column.default is not None:
        yield RowQuestion(
            kind=RowKind.UNIQUE,
            table=there.name,
            columns=(column.name,),
            demand=f"{there.name} has at most one row: each would have the same default",
            query=queries.rows_but_one(there.name) if there.before else "",
            runs_no_code=True,
            error=_duplicate(f"{there.name.table}_{column.name}_key"),
        )


def _set_not_null(name: str, there: _There) -> Iterator[RowQuestion]:
    column = column_of(there.now, name)
    if column is None or column.not_null:
        return
    query = queries.nulls(there.name, (name,)) if there.has((name,)) else ""
    if there.is_null(name) and there.before is not None:
        query = queries.rows(there.name)
    yield RowQuestion(
        kind=RowKind.NOT_NULL,
        table=there.name,
        columns=(name,),
        type=column.type,
        demand=f"no row of {there.name} has NULL in {name}",
        query=query,
        runs_no_code=True,
        error=_null_values(there.name, name),
    )


def _conversion(action: sql.AlterColumn, there: _There) -> Iterator[RowQuestion]:
    column = column_of(there.now, action.name)
    if column is None or action.type is None:
        return
    wanted = find_type(action.type, there.catalogue)
    if wanted.printed == column.type or wanted.array or not _may_lose(column.type, wanted.printed):
        return
    plain = _is_cast(action.rest, action.name)
    if (
        plain
        and wanted.enum is not None
        and _labels(there, action.name) <= _all(there, wanted.enum)
    ):
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
        exact=wanted.enum is not None or not _TEXTUAL.fullmatch(column.type),
        error=TrueError(text=said, sqlstate=state),
    )


def _labels(there: _There, column: str) -> set[str | None]:
    """The values that a column can have by its type; `None` among them where that is not known."""
    held = column_of(there.before, column) if there.before else None
    enums = {it.name: it.labels for it in there.catalogue.given.enums}
    of = printed_type(held.type, there.catalogue) if held else None
    known = enums.get(of.enum) if of and of.enum and not of.array else None
    return set(known) if known is not None else {None}


def _all(there: _There, enum: TableName) -> set[str | None]:
    return set(there.catalogue.enums[enum])


def _conversion_query(
    column: Column, wanted: str, enum: TableName | None, there: _There, *, plain: bool
) -> str:
    """What counts values that the new type does not take; `plain` is the cast and nothing else."""
    if not there.has((column.name,)):
        return ""
    textual = _TEXTUAL.fullmatch(column.type) is not None
    if enum is not None and plain:
        return queries.outside(there.name, column.name, there.catalogue.enums[enum])
    if (length := _LENGTH.fullmatch(wanted)) and textual:
        return queries.longer(there.name, column.name, int(length[1]))
    if column.type in _SIZES and wanted in _SIZES:
        return queries.too_large(there.name, column.name, wanted)
    return queries.unlike(there.name, column.name, wanted) if textual and plain else ""


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


# --- Constraints and indexes --------------------------------------------------------------------


def _constraint(written: sql.TableConstraint, there: _There) -> Iterator[RowQuestion]:
    spelled = tuple(token.word for token in written.options)
    if _NOT_VALID in zip(spelled, spelled[1:], strict=False):
        return
    match written.kind:
        case ConstraintKind.UNIQUE | ConstraintKind.PRIMARY_KEY:
            if "using" not in spelled:
                yield from _key(written, there)
        case ConstraintKind.FOREIGN_KEY:
            yield from _foreign_key(written, there)
        case ConstraintKind.CHECK:
            yield from _check(written, there)
        case ConstraintKind.EXCLUSION:
            yield _exclusion(written, there)


def _key(written: sql.TableConstraint, there: _There) -> Iterator[RowQuestion]:
    held = [column_of(there.now, it) for it in written.columns]
    primary = written.kind is ConstraintKind.PRIMARY_KEY
    if primary:
        for column in held:
            if column is not None:
                yield from _set_not_null(column.name, there)
    if any(there.is_null(it) for it in written.columns):
        return
    listed = ", ".join(written.columns)
    label = "pkey" if primary else "_".join((*written.columns, "key"))
    name = written.name or f"{there.name.table}_{label}"
    keys = [queries.column_sql(it) for it in written.columns]
    distinct = written.nulls_distinct
    yield RowQuestion(
        kind=RowKind.PRIMARY_KEY if primary else RowKind.UNIQUE,
        table=there.name,
        columns=written.columns,
        name=name,
        demand=f"no two rows of {there.name} have the same {listed}",
        query=queries.duplicates(there.name, keys, nulls_distinct=distinct)
        if there.has(written.columns)
        else "",
        runs_no_code=there.plain(written.columns),
        error=_duplicate(name),
    )


def _index(command: sql.CreateIndex, there: _There) -> Iterator[RowQuestion]:
    if there.new:
        return
    columns = tuple(key.column for key in command.keys if key.column is not None)
    if any(there.is_null(it) for it in columns):
        return
    plain = len(columns) == len(command.keys) and command.where is None
    keys = [
        queries.column_sql(key.column) if key.column is not None else _spelled(key.expression)
        for key in command.keys
    ]
    rest = tuple(token.word for token in command.rest)
    distinct = rest[:3] != ("nulls", "not", "distinct")
    name = command.name or f"{there.name.table}_{'_'.join(columns)}_idx"
    listed = ", ".join(key.column or _spelled(key.expression) for key in command.keys)
    yield RowQuestion(
        kind=RowKind.UNIQUE,
        table=there.name,
        columns=columns,
        name=name,
        demand=f"no two rows of {there.name} have the same {listed}",
        query=queries.duplicates(
            there.name, keys, _spelled(command.where or ()), nulls_distinct=distinct
        )
        if there.has(columns)
        else "",
        runs_no_code=plain and there.plain(columns),
        error=_duplicate(name),
    )


def _foreign_key(written: sql.TableConstraint, there: _There) -> Iterator[RowQuestion]:
    if written.target is None or any(there.is_null(it) for it in written.columns):
        return
    target = _there(written.target, there.catalogue)
    targets = written.target_columns or _primary_key(target.now)
    known = there.has(written.columns) and len(targets) == len(written.columns)
    if target.new:
        query = queries.not_null(there.name, written.columns) if known else ""
    elif known and target.has(targets):
        query = queries.orphans(there.name, written.columns, target.name, targets)
    else:
        query = ""
    name = written.name or f"{there.name.table}_{'_'.join(written.columns)}_fkey"
    yield RowQuestion(
        kind=RowKind.FOREIGN_KEY,
        table=there.name,
        other=target.name,
        columns=written.columns,
        name=name,
        demand=f"every {', '.join(written.columns)} of {there.name} is in {target.name}",
        query=query,
        runs_no_code=there.plain(written.columns) and target.plain(targets),
        error=TrueError(
            text=f'insert or update on table "{there.name.table}" violates foreign key constraint '
            f'"{name}"',
            sqlstate="23503",
        ),
    )


def _check(written: sql.TableConstraint, there: _There) -> Iterator[RowQuestion]:
    named = [it for it in written.condition if it.kind in (Kind.WORD, Kind.QUOTED)]
    columns = tuple(
        dict.fromkeys(it.value for it in named if column_of(there.now, it.value) is not None)
    )
    own = (*columns, there.name.table, there.name.schema)
    others = [it for it in named if it.value not in own and it.word not in _PLAIN_WORDS]
    signs = {it.raw for it in written.condition if it.kind is Kind.SIGN}
    calls = any(
        one in named and one.word not in _PLAIN_WORDS and other.raw == "("
        for one, other in pairwise(written.condition)
    )
    name = written.name or f"{there.name.table}_check"
    condition = _spelled(written.condition)
    yield RowQuestion(
        kind=RowKind.CHECK,
        table=there.name,
        columns=columns,
        name=name,
        demand=f"every row of {there.name} satisfies {condition}",
        query=queries.failing(there.name, condition) if there.has(columns) else "",
        runs_no_code=not (others or calls or "::" in signs) and there.plain(columns),
        error=TrueError(
            text=f'check constraint "{name}" of relation "{there.name.table}" is violated by some '
            "row",
            sqlstate="23514",
        ),
    )


def _exclusion(written: sql.TableConstraint, there: _There) -> RowQuestion:
    name = written.name or f"{there.name.table}_excl"
    return RowQuestion(
        kind=RowKind.EXCLUSION,
        table=there.name,
        name=name,
        demand=f"no two rows of {there.name} exclude each other",
        error=TrueError(text=f'could not create exclusion constraint "{name}"', sqlstate="23P01"),
    )


def _primary_key(table: LiveTable) -> tuple[str, ...]:
    found = (it for it in table.constraints if it.kind is ConstraintKind.PRIMARY_KEY)
    return next((key_columns(it) for it in found), ())


def _spelled(tokens: sql.Tokens) -> str:
    return " ".join(token.raw for token in tokens)


def _null_values(table: TableName, column: str) -> TrueError:
    said = f'column "{column}" of relation "{table.table}" contains null values'
    return TrueError(text=said, sqlstate="23502")


def _duplicate(index: str) -> TrueError:
    return TrueError(text=f'could not create unique index "{index}"', sqlstate="23505")
