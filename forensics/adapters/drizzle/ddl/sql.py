"""The SQL of one change each, byte for byte as drizzle-kit's generator writes it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET

from forensics.adapters.drizzle.ddl.style import Style
from forensics.adapters.drizzle.ddl.types import column_type
from forensics.adapters.drizzle.folder.breakpoint import BREAKPOINT_LINE
from forensics.adapters.drizzle.snapshots.postgres_shapes import (
    PgColumn,
    PgForeignKey,
    PgIdentity,
    PgIndex,
    PgIndexColumn,
    PgPolicy,
    PgSequence,
    PgTable,
    PgUnique,
)
from forensics.adapters.drizzle.snapshots.schema import given
from forensics.adapters.drizzle.snapshots.shared_shapes import Check, NamedColumns

_OF_VECTORS = frozenset(
    {"vector_l2_ops", "vector_ip_ops", "vector_cosine_ops", "vector_l1_ops"}
    | {"bit_hamming_ops", "bit_jaccard_ops", "halfvec_l2_ops", "sparsevec_l2_ops"}
)


def quoted(schema: str | None, name: str) -> str:
    """A name as the tool writes it: nothing inside is escaped."""
    return f'"{schema}"."{name}"' if schema else f'"{name}"'


def listed(names: Iterable[str]) -> str:
    """Quoted names between commas."""
    return '"' + '","'.join(names) + '"'


def literal(value: object) -> str:
    """What a JavaScript template makes of a JSON value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return "null" if value is None else str(value)


def default(column: PgColumn) -> str:
    """The DEFAULT clause, or nothing."""
    return "" if column.default is UNSET else f" DEFAULT {literal(column.default)}"


def identity(schema: str | None, found: PgIdentity) -> str:
    """The clause of an identity column."""
    kind = "ALWAYS" if found.type == "always" else "BY DEFAULT"
    sequence = quoted(schema, found.name)
    return f" GENERATED {kind} AS IDENTITY (sequence name {sequence}{sequence_options(found)})"


def sequence_options(found: PgIdentity | PgSequence) -> str:
    """The options of a sequence, each with a space before it."""
    words = (
        ("INCREMENT BY", found.increment),
        ("MINVALUE", found.minValue),
        ("MAXVALUE", found.maxValue),
        ("START WITH", found.startWith),
        ("CACHE", found.cache),
    )
    told = "".join(f" {word} {value}" for word, value in words if given(value))
    return told + (" CYCLE" if given(found.cycle) else "")


def generated(column: PgColumn) -> str:
    """The clause of a generated column."""
    found = given(column.generated)
    return f" GENERATED ALWAYS AS ({found.as_}) STORED" if found else ""


# --- Tables -------------------------------------------------------------------------------------


def create_table(style: Style, table: PgTable) -> list[str]:
    """CREATE TABLE, and what switches row level security on."""
    lines = [
        *(_declared(style, table, column) for column in table.columns.values()),
        *map(_key, list(table.compositePrimaryKeys.values())[:1]),
        *map(_unique, (given(table.uniqueConstraints) or {}).values()),
        *map(_check, (given(table.checkConstraints) or {}).values()),
    ]
    guard = "IF NOT EXISTS " if style.guards else ""
    body = ",\n".join(f"\t{line}" for line in lines)
    created = f"CREATE TABLE {guard}{quoted(table.schema, table.name)} (\n{body}\n);\n"
    secured = given(table.policies) or given(table.isRLSEnabled)
    return [created, *([row_security("ENABLE", table)] if secured else [])]


def _declared(style: Style, table: PgTable, column: PgColumn) -> str:
    found = given(column.identity)
    not_null = " NOT NULL" if column.notNull and not found else ""
    unique = ""
    if given(column.isUnique):
        nulls = " NULLS NOT DISTINCT" if given(column.nullsNotDistinct) else ""
        unique = f' CONSTRAINT "{given(column.uniqueName)}" UNIQUE{nulls}'
    return (
        f'"{column.name}" {column_type(style, column)}{" PRIMARY KEY" * column.primaryKey}'
        f"{default(column)}{generated(column)}{not_null}{unique}"
        f"{identity(table.schema, found) if found else ''}"
    )


def drop_table(style: Style, table: PgTable) -> list[str]:
    """DROP TABLE, its policies first."""
    policies = (given(table.policies) or {}).values()
    cascade = " CASCADE" if style.cascade else ""
    dropped = f"DROP TABLE {quoted(table.schema, table.name)}{cascade};"
    return [*(drop_policy(table, policy) for policy in policies), dropped]


def alter_table(table: PgTable, what: str) -> str:
    """ALTER TABLE, with the rest of the statement."""
    return f"ALTER TABLE {quoted(table.schema, table.name)} {what};"


def row_security(what: str, table: PgTable) -> str:
    """Switch row level security on or off."""
    return alter_table(table, f"{what} ROW LEVEL SECURITY")


def add_column(style: Style, table: PgTable, column: PgColumn) -> str:
    """ALTER TABLE ... ADD COLUMN."""
    key = " PRIMARY KEY" * (column.primaryKey and style.inline_keys)
    found = given(column.identity)
    return alter_table(
        table,
        f'ADD COLUMN "{column.name}" {column_type(style, column)}{key}{default(column)}'
        f"{generated(column)}{' NOT NULL' * column.notNull}"
        f"{identity(table.schema, found) if found else ''}",
    )


def drop_column(style: Style, table: PgTable, column: PgColumn) -> str:
    """ALTER TABLE ... DROP COLUMN."""
    guard = "IF EXISTS " if style.guards else ""
    return alter_table(table, f'DROP COLUMN {guard}"{column.name}"')


def alter_column(table: PgTable, column: PgColumn, what: str) -> str:
    """ALTER TABLE ... ALTER COLUMN, with the rest of the statement."""
    return alter_table(table, f'ALTER COLUMN "{column.name}" {what}')


_NO_NAME = """\
/* 
    Unfortunately in current drizzle-kit version we can't automatically get name for primary key.
    We are working on making it available!

    Meanwhile you can:
        1. Check pk name in your database, by running
            SELECT constraint_name FROM information_schema.table_constraints
            WHERE table_schema = '{schema}'
                AND table_name = '{table}'
                AND constraint_type = 'PRIMARY KEY';
        2. Uncomment code below and paste pk name manually
        
    Hope to release this update as soon as possible
*/

-- ALTER TABLE "{table}" DROP CONSTRAINT "<constraint_name>";"""  # noqa: W291, W293 - its bytes


def drop_column_key(table: PgTable) -> str:
    """What the tool writes where a column is no longer the primary key: a comment."""
    return _NO_NAME.replace("{schema}", table.schema or "public").replace("{table}", table.name)


# --- Constraints and indexes --------------------------------------------------------------------


def drop_constraint(table: PgTable, name: str, end: str = "") -> str:
    """ALTER TABLE ... DROP CONSTRAINT."""
    return alter_table(table, f'DROP CONSTRAINT "{name}"') + end


def add_key(table: PgTable, key: NamedColumns) -> str:
    """ALTER TABLE ... ADD CONSTRAINT ... PRIMARY KEY."""
    return alter_table(table, f"ADD {_key(key)}")


def _key(key: NamedColumns) -> str:
    return f'CONSTRAINT "{key.name}" PRIMARY KEY({listed(key.columns)})'


def alter_key(style: Style, table: PgTable, old: NamedColumns, new: NamedColumns) -> str:
    """A primary key of the same name over other columns: two statements in one."""
    if style.quoted_keys:
        return f"{drop_constraint(table, old.name)}\n{BREAKPOINT_LINE}{add_key(table, new)}"
    dropped = alter_table(table, f"DROP CONSTRAINT {old.name}")
    added = f"ADD CONSTRAINT {new.name} PRIMARY KEY({','.join(new.columns)})"
    return f"{dropped}\n{BREAKPOINT_LINE}{alter_table(table, added)}"


def add_unique(table: PgTable, unique: PgUnique) -> str:
    """ALTER TABLE ... ADD CONSTRAINT ... UNIQUE."""
    return alter_table(table, f"ADD {_unique(unique)}")


def _unique(unique: PgUnique) -> str:
    nulls = " NULLS NOT DISTINCT" if unique.nullsNotDistinct else ""
    return f'CONSTRAINT "{unique.name}" UNIQUE{nulls}({listed(unique.columns)})'


def add_check(table: PgTable, check: Check) -> str:
    """ALTER TABLE ... ADD CONSTRAINT ... CHECK."""
    return alter_table(table, f"ADD {_check(check)}")


def _check(check: Check) -> str:
    """Its condition cut at a semicolon, as by `unsquashCheck`."""
    return f'CONSTRAINT "{check.name}" CHECK ({check.value.partition(";")[0]})'


def add_foreign_key(style: Style, table: PgTable, key: PgForeignKey) -> str:
    """ALTER TABLE ... ADD CONSTRAINT ... FOREIGN KEY."""
    deleted = f" ON DELETE {key.onDelete}" if given(key.onDelete) else ""
    updated = f" ON UPDATE {key.onUpdate}" if given(key.onUpdate) else ""
    altered = (
        f'ALTER TABLE {quoted(table.schema, key.tableFrom)} ADD CONSTRAINT "{key.name}" '
        f"FOREIGN KEY ({listed(key.columnsFrom)}) REFERENCES "
        f"{quoted(given(key.schemaTo), key.tableTo)}({listed(key.columnsTo)}){deleted}{updated}"
    )
    return guarded(altered) if style.guards else f"{altered};"


def guarded(statement: str) -> str:
    """A statement that does nothing where its object is there already."""
    return f"DO $$ BEGIN\n {statement};\nEXCEPTION\n WHEN duplicate_object THEN null;\nEND $$;\n"


def create_index(style: Style, table: PgTable, index: PgIndex) -> str:
    """CREATE INDEX."""
    kind = "UNIQUE INDEX" if index.isUnique else "INDEX"
    guard = "IF NOT EXISTS " if style.guards else ""
    on = quoted(table.schema, table.name)
    if not style.index_methods:
        names = listed(column.expression for column in index.columns)
        return f'CREATE {kind} {guard}"{index.name}" ON {on} ({names});'
    columns = ",".join(_index_column(style, column) for column in index.columns)
    options = ",".join(f"{key}={literal(it)}" for key, it in (given(index.with_) or {}).items())
    concurrently = "CONCURRENTLY " if given(index.concurrently) else ""
    where = given(index.where)
    return (
        f'CREATE {kind} {concurrently}{guard}"{index.name}" ON {on} USING {given(index.method)} '
        f"({columns}){f' WITH ({options})' if options else ''}{f' WHERE {where}' if where else ''};"
    )


def _index_column(style: Style, column: PgIndexColumn) -> str:
    what = column.expression if column.isExpression else f'"{column.expression}"'
    opclass = given(column.opclass)
    if opclass and (style.all_operator_classes or opclass in _OF_VECTORS):
        return f"{what} {opclass}"
    nulls = given(column.nulls) or "undefined"
    order = "" if column.asc else " DESC"
    return f"{what}{order}{'' if column.asc and nulls == 'last' else f' NULLS {nulls.upper()}'}"


def drop_index(style: Style, table: PgTable, index: PgIndex) -> str:
    """DROP INDEX."""
    schema = table.schema if style.index_schemas else None
    guard = "IF EXISTS " if style.guards else ""
    return f"DROP INDEX {guard}{quoted(schema, index.name)};"


def drop_policy(table: PgTable, policy: PgPolicy) -> str:
    """DROP POLICY."""
    return f'DROP POLICY "{policy.name}" ON {quoted(table.schema, table.name)} CASCADE;'
