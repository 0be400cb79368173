"""Constraints of tables: how they are written, and the errors that PostgreSQL has for them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from forensics.dialects.postgres.columns import read_constraint
from forensics.dialects.postgres.commands import TableConstraint
from forensics.dialects.postgres.cursor import Cursor, Name
from forensics.dialects.postgres.effects.catalogue import Catalogue, column_of
from forensics.dialects.postgres.effects.exclusion import definition, elements
from forensics.dialects.postgres.effects.types import printed_type, qualified, quoted
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.tokens import Kind, spelled, statements, words
from forensics.facts import KEY_KINDS, Constraint, ConstraintKind, LiveTable
from forensics.model import TableName

_ORDER = (
    ConstraintKind.EXCLUSION,
    ConstraintKind.CHECK,
    ConstraintKind.PRIMARY_KEY,
    ConstraintKind.UNIQUE,
    ConstraintKind.FOREIGN_KEY,
)
_CHECK_WORDS = words("and or not is null in between like ilike true false")


def in_order(written: Iterable[TableConstraint]) -> list[TableConstraint]:
    """Those of one statement in the order in which PostgreSQL makes them: checks, then keys."""
    return sorted(written, key=lambda it: _ORDER.index(it.kind))


def add_constraint(catalogue: Catalogue, table: TableName, written: TableConstraint) -> None:
    """Add it, with its index, or raise what PostgreSQL raises, in its order."""
    match written.kind:
        case ConstraintKind.PRIMARY_KEY | ConstraintKind.UNIQUE:
            _add_key(catalogue, table, written)
        case ConstraintKind.FOREIGN_KEY:
            _add_foreign_key(catalogue, table, written)
        case ConstraintKind.CHECK:
            _add_check(catalogue, table, written)
        case _:
            _add_exclusion(catalogue, table, written)
            return
    if written.options:
        raise Unsure(f"what {written.options[0].raw} does to a constraint")


def _add_key(catalogue: Catalogue, table: TableName, written: TableConstraint) -> None:
    held = catalogue.tables[table]
    for name in written.columns:
        if column_of(held, name) is None:
            raise PostgresError("42703", f'column "{name}" named in key does not exist')
    if written.kind is ConstraintKind.PRIMARY_KEY and any(
        c.kind is ConstraintKind.PRIMARY_KEY for c in held.constraints
    ):
        message = f'multiple primary keys for table "{table.table}" are not allowed'
        raise PostgresError("42P16", message)
    index = _index_name(catalogue, table, written)
    _require_ordered(catalogue, held, written.columns)
    catalogue.add_index(index, table)
    catalogue.require_free_constraint(table, index.table)
    if not within_key(held, written.columns, nulls_fit=_nulls_fit(written)):
        require_rows_fit(catalogue, table, written.columns, nulls_fit=_nulls_fit(written))
    listed = ", ".join(quoted(name) for name in written.columns)
    word = "PRIMARY KEY" if written.kind is ConstraintKind.PRIMARY_KEY else "UNIQUE"
    word += "" if written.nulls_distinct else " NULLS NOT DISTINCT"
    catalogue.add_constraint(table, index.table, written.kind, f"{word} ({listed})")
    if written.kind is ConstraintKind.PRIMARY_KEY:
        _set_not_null(catalogue, table, written.columns)


def _add_exclusion(catalogue: Catalogue, table: TableName, written: TableConstraint) -> None:
    printed = definition(catalogue, catalogue.tables[table], written)
    columns = tuple(column for column, _ in elements(written))
    name = (
        written.name
        or catalogue.free_name(table.schema, table.table, "_".join(columns), "excl").table
    )
    catalogue.add_index(TableName(schema=table.schema, table=name), table)
    catalogue.require_free_constraint(table, name)
    require_rows_fit(catalogue, table, columns, nulls_fit=True)
    catalogue.add_constraint(table, name, ConstraintKind.EXCLUSION, printed)


def _nulls_fit(written: TableConstraint) -> bool:
    return written.kind is ConstraintKind.UNIQUE and written.nulls_distinct


def _index_name(catalogue: Catalogue, table: TableName, written: TableConstraint) -> TableName:
    if written.name is not None:
        return TableName(schema=table.schema, table=written.name)
    second, label = (
        ("", "pkey")
        if written.kind is ConstraintKind.PRIMARY_KEY
        else ("_".join(written.columns), "key")
    )
    return catalogue.free_name(table.schema, table.table, second, label)


def _require_ordered(catalogue: Catalogue, table: LiveTable, names: tuple[str, ...]) -> None:
    for name in names:
        column = column_of(table, name)
        if column is None or not printed_type(column.type, catalogue).ordered:
            raise Unsure(f"whether {table.name}.{name} can be indexed")


def within_key(table: LiveTable, columns: tuple[str, ...], *, nulls_fit: bool) -> bool:
    """Whether a key of fewer columns makes the rows differ; `nulls_fit` as for the rows."""
    kept = {it.name for it in table.columns if it.not_null}
    return (nulls_fit or kept.issuperset(columns)) and any(
        set(key) <= set(columns) for it in table.constraints if (key := _key_of(it))
    )


def _key_of(constraint: Constraint) -> tuple[str, ...]:
    """The columns of a key that is checked with every row; empty of other constraints."""
    if constraint.kind not in KEY_KINDS or "DEFERRABLE" in constraint.definition.upper():
        return ()
    return key_columns(constraint)


def require_rows_fit(
    catalogue: Catalogue, table: TableName, columns: tuple[str, ...], *, nulls_fit: bool
) -> None:
    """`Unsure` where the rows decide; a table or column of this run is known to be empty."""
    if table in catalogue.empty:
        return
    if nulls_fit and any((table, column) in catalogue.null for column in columns):
        return
    raise Unsure(f"whether the rows of {table} allow it")


def _set_not_null(catalogue: Catalogue, table: TableName, names: tuple[str, ...]) -> None:
    columns = tuple(
        replace(column, not_null=True) if column.name in names else column
        for column in catalogue.tables[table].columns
    )
    catalogue.change(table, columns=columns)


def _add_foreign_key(catalogue: Catalogue, table: TableName, written: TableConstraint) -> None:
    assert written.target is not None
    name = written.name or catalogue.free_foreign_key_name(table, written.columns)
    catalogue.require_free_constraint(table, name)
    target = catalogue.table(written.target)
    held = catalogue.tables[table]
    columns = _types(catalogue, held, written.columns)
    targets = written.target_columns or _primary_key(target)
    target_types = _types(catalogue, target, targets)
    if len(columns) != len(target_types):
        message = "number of referencing and referenced columns for foreign key disagree"
        raise PostgresError("42830", message)
    if not any(
        c.kind in KEY_KINDS and set(key_columns(c)) == set(targets) for c in target.constraints
    ):
        # A unique index without a constraint would do as well; its columns are not collected.
        raise Unsure(f"whether {target.name} has a unique index on {', '.join(targets)}")
    if columns != target_types:
        raise Unsure("whether the two types of a foreign key can be compared")
    require_rows_fit(catalogue, table, written.columns, nulls_fit=True)
    printed = _foreign_key(written.columns, target.name, targets)
    catalogue.add_constraint(table, name, ConstraintKind.FOREIGN_KEY, printed)


def _foreign_key(columns: tuple[str, ...], target: TableName, targets: tuple[str, ...]) -> str:
    one, two = (", ".join(map(quoted, names)) for names in (columns, targets))
    return f"FOREIGN KEY ({one}) REFERENCES {qualified(target)}({two})"


def _types(catalogue: Catalogue, table: LiveTable, names: tuple[str, ...]) -> list[str]:
    found = []
    for name in names:
        column = column_of(table, name)
        if column is None:
            message = f'column "{name}" referenced in foreign key constraint does not exist'
            raise PostgresError("42703", message)
        found.append(printed_type(column.type, catalogue).base)
    return found


def _primary_key(table: LiveTable) -> tuple[str, ...]:
    found = next((c for c in table.constraints if c.kind is ConstraintKind.PRIMARY_KEY), None)
    if found is None:
        message = f'there is no primary key for referenced table "{table.name.table}"'
        raise PostgresError("42704", message)
    return key_columns(found)


def _add_check(catalogue: Catalogue, table: TableName, written: TableConstraint) -> None:
    if written.name is None:
        raise Unsure("a check without a name")
    held = catalogue.tables[table]
    for before, token in zip((None, *written.condition), written.condition, strict=False):
        known = token.value in (table.table, table.schema) or column_of(held, token.value)
        if token.kind is Kind.QUOTED and not known:
            own = before is not None and before.value == "."
            shown = f"{table.table}.{token.value}" if own else f'"{token.value}"'
            raise PostgresError("42703", f"column {shown} does not exist")
        if token.word and not known and token.word not in _CHECK_WORDS:
            raise Unsure(f"what {token.raw} is in a check")
    catalogue.require_free_constraint(table, written.name)
    require_rows_fit(catalogue, table, (), nulls_fit=False)
    text = spelled(written.condition)
    catalogue.add_constraint(table, written.name, ConstraintKind.CHECK, f"CHECK (({text}))")


# --- Reading what pg_get_constraintdef printed ---------------------------------------------------


def key_columns(constraint: Constraint) -> tuple[str, ...]:
    """The table's own columns that a constraint is on; for a check, every name in it."""
    found = read_definition(constraint)
    if found.kind is ConstraintKind.EXCLUSION:
        raise Unsure(f"what the constraint {constraint.name} is on")
    if found.kind is ConstraintKind.CHECK:
        return tuple(t.value for t in found.condition if t.kind in (Kind.WORD, Kind.QUOTED))
    return found.columns


def referenced(constraint: Constraint) -> tuple[Name, tuple[str, ...]] | None:
    """The table and columns that a foreign key points to; `None` for other constraints."""
    if constraint.kind is not ConstraintKind.FOREIGN_KEY:
        return None
    found = read_definition(constraint)
    return None if found.target is None else (found.target, found.target_columns)


def read_definition(constraint: Constraint) -> TableConstraint:
    """A constraint from what pg_get_constraintdef printed; raises `Unsure`."""
    return read_constraint(Cursor(next(statements(constraint.definition), ())))
