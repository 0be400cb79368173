"""EXISTS on the system catalogues, which the catalogue decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from forensics.dialects.postgres.commands import Exists
from forensics.dialects.postgres.cursor import Cursor
from forensics.dialects.postgres.effects.catalogue import OTHER_TYPES, Catalogue
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.tokens import statements, words
from forensics.facts import TABLE_KINDS, RelationKind

Row = dict[str, object]

_SYSTEM = words(
    "aclitem any bit bool box bpchar bytea char cid cidr circle cstring date float4 float8 inet "
    "int2 int4 int8 internal interval json jsonb jsonpath line lseg macaddr macaddr8 money name "
    "numeric "
    "oid path point polygon record refcursor text tid time timestamp timestamptz timetz trigger "
    "tsquery tsvector unknown uuid varbit varchar void xid xid8 xml event_trigger txid_snapshot "
    "administrable_role_authorizations applicable_roles attributes cardinal_number character_data "
    "character_sets check_constraints collations columns domain_constraints domains element_types "
    "enabled_roles key_column_usage parameters referential_constraints routines schemata sequences "
    "table_constraints tables time_stamp transforms triggers views yes_or_no"
)
_SYSTEM_PARTS = (
    *("pg_", "_", "sql_", "reg", "any", "foreign_", "user_", "role_", "_usage", "_privileges"),
    *("_options", "_grants", "range", "_handler", "vector", "_columns", "_authorizations"),
)
"""What names of system objects begin or end with (pg_type of PostgreSQL 15 and newer)."""
_TYPES_OF_EXTENSIONS = {
    **dict.fromkeys(("pgcrypto", "uuid-ossp", "unaccent", "fuzzystrmatch", "btree_gin"), ""),
    "pg_trgm": "gtrgm",
    "citext": "citext",
    "hstore": "hstore ghstore",
    "vector": "vector halfvec sparsevec",
}


def exists(condition: Exists, catalogue: Catalogue) -> bool:
    """Whether a row of a system catalogue has all the wanted values."""
    if condition.source not in _SOURCES:
        raise Unsure(f"what is in {condition.source}")
    known, rows = _SOURCES[condition.source]
    wanted = {column: _value(column, value, catalogue) for column, value in condition.wanted}
    if not wanted.keys() <= set(known.split()) or len(wanted) < len(condition.wanted):
        raise Unsure(f"what of {condition.source} the columns {', '.join(wanted)} tell")
    if any(name.table in wanted.values() for name in catalogue.doubtful):
        raise Unsure("whether something that may be gone is there")
    if any(wanted.items() <= row.items() for row in rows(catalogue)):
        return True
    names = [value for value in wanted.values() if isinstance(value, str)]
    if any(map(_is_systems, names)):
        raise Unsure(f"whether PostgreSQL itself has {', '.join(names)}")
    if any(_may_be_elsewhere(condition.source, name, catalogue) for name in names):
        raise Unsure(f"whether there is {', '.join(names)}: not everything was collected")
    return False


def _value(column: str, value: str, catalogue: Catalogue) -> object:
    """A name, or the relation that `'name'::regclass` means."""
    if not column.endswith("::regclass"):
        return value
    cursor = Cursor(next(statements(value), ()))
    written = cursor.qualified()
    cursor.end()
    if (found := catalogue.find_relation(written)) is None:
        raise PostgresError("42P01", f'relation "{written}" does not exist')
    return found


def _is_systems(name: str) -> bool:
    return (
        name in _SYSTEM
        or name == "information_schema"
        or any(name.startswith(it) or name.endswith(it) for it in _SYSTEM_PARTS)
    )


def _may_be_elsewhere(source: str, name: str, catalogue: Catalogue) -> bool:
    """Of domains and constraint triggers the constraints are not collected, of extensions types."""
    given = catalogue.given
    if source in ("pg_constraint", "information_schema.table_constraints"):
        return name.endswith("_not_null") or any(
            it.kind == "domain" or (it.kind == "trigger" and it.name.table == name)
            for it in given.others
        )
    return source == "pg_type" and any(
        name in _TYPES_OF_EXTENSIONS.get(it.name, name).split() for it in given.extensions
    )


def _constraints(catalogue: Catalogue) -> Iterator[Row]:
    for table in catalogue.tables.values():
        for it in table.constraints:
            yield {"conname": it.name, "contype": it.kind.value, "conrelid::regclass": table.name}


def _standard_constraints(catalogue: Catalogue) -> Iterator[Row]:
    for table in catalogue.tables.values():
        for it in table.constraints:
            yield {"constraint_name": it.name, **_standard(table.name.schema, table.name.table)}


def _types(catalogue: Catalogue) -> Iterator[Row]:
    others = (it.name for it in catalogue.given.others if it.kind in OTHER_TYPES)
    for name in (*catalogue.enums, *catalogue.tables, *others):
        yield {"typname": name.table}


def _standard(schema: str, table: str) -> Row:
    return {"table_schema": schema, "table_name": table}


def _tables(catalogue: Catalogue) -> Iterator[Row]:
    for table in catalogue.tables.values():
        if table.kind is not RelationKind.MATERIALIZED_VIEW:
            yield _standard(table.name.schema, table.name.table)


def _columns(catalogue: Catalogue) -> Iterator[Row]:
    for table in catalogue.tables.values():
        for column in table.columns if table.kind is not RelationKind.MATERIALIZED_VIEW else ():
            yield {"column_name": column.name, **_standard(table.name.schema, table.name.table)}


def _plain_tables(catalogue: Catalogue) -> Iterator[Row]:
    for table in catalogue.tables.values():
        if table.kind in TABLE_KINDS:
            yield {"schemaname": table.name.schema, "tablename": table.name.table}


def _indexes(catalogue: Catalogue) -> Iterator[Row]:
    for index, table in catalogue.indexes.items():
        yield {"schemaname": index.schema, "tablename": table.table, "indexname": index.table}


_SOURCES: dict[str, tuple[str, Callable[[Catalogue], Iterable[Row]]]] = {
    "pg_constraint": ("conname contype conrelid::regclass", _constraints),
    "pg_type": ("typname", _types),
    "pg_tables": ("schemaname tablename", _plain_tables),
    "pg_indexes": ("schemaname tablename indexname", _indexes),
    "information_schema.columns": ("table_schema table_name column_name", _columns),
    "information_schema.tables": ("table_schema table_name", _tables),
    "information_schema.table_constraints": (
        "table_schema table_name constraint_name",
        _standard_constraints,
    ),
}
"""System catalogue -> the columns that we know of it, and its rows."""
