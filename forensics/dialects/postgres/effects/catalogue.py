"""The catalogue while SQL runs over it: cheap to copy, its tables are never changed in place."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from forensics.dialects.postgres.cursor import Name
from forensics.dialects.postgres.errors import PostgresError, Unsure
from forensics.dialects.postgres.tokens import NAME_BYTES
from forensics.facts import (
    INDEXED_KINDS,
    TABLE_KINDS,
    VIEW_KINDS,
    Column,
    Constraint,
    ConstraintKind,
    EnumType,
    LiveSchema,
    LiveTable,
    RelationKind,
)
from forensics.model import TableName

OTHER_TYPES = ("domain", "composite type", "range type", "type")
"""Kinds of types other than enums, of which no more than the name was collected."""


class Catalogue(msgspec.Struct):
    """Schemas, relations and enums, and what we know of rows because this run made them so."""

    given: LiveSchema
    """What it started from; holds what no statement here changes."""
    search_path: tuple[str, ...]
    schemas: set[str]
    tables: dict[TableName, LiveTable]
    indexes: dict[TableName, TableName]
    """Index -> its table."""
    sequences: dict[TableName, tuple[TableName, str] | None]
    """Sequence -> the table and column that own it, as far as this run made it so."""
    enums: dict[TableName, tuple[str, ...]]
    empty: set[TableName] = set()
    """Tables made by this run: they have no rows."""
    null: set[tuple[TableName, str]] = set()
    """Columns added by this run without a default: NULL in every row."""
    unsafe_labels: set[tuple[TableName, str]] = set()
    """Labels added by this run to a type that was there before: not usable before COMMIT."""
    new_enums: set[TableName] = set()
    doubtful: set[TableName] = set()
    """Names that may or may not be gone."""
    committed: bool = False
    """Whether a COMMIT ended the transaction."""
    in_block: bool = True
    """Whether a statement now runs in a transaction with others: several texts that are sent at
    once do, too."""

    @classmethod
    def of(cls, schema: LiveSchema) -> Catalogue:
        """A working copy of what was collected."""
        indexes = {
            TableName(schema=table.name.schema, table=index): table.name
            for table in schema.tables
            for index in (
                *table.indexes,
                *(c.name for c in table.constraints if c.kind in INDEXED_KINDS),
            )
        }
        return cls(
            given=schema,
            search_path=schema.search_path,
            schemas=set(schema.schemas) | {table.name.schema for table in schema.tables},
            tables={table.name: table for table in schema.tables},
            indexes=indexes,
            sequences=dict.fromkeys(schema.sequences),
            enums={enum.name: enum.labels for enum in schema.enums},
        )

    def frozen(self) -> LiveSchema:
        """The catalogue as a fact again, everything sorted by name."""
        return replace(
            self.given,
            schemas=tuple(sorted(self.schemas)),
            tables=tuple(self.tables[name] for name in sorted(self.tables)),
            enums=tuple(EnumType(name=n, labels=self.enums[n]) for n in sorted(self.enums)),
            sequences=tuple(sorted(self.sequences)),
        )

    def copy(self) -> Catalogue:
        """A savepoint."""
        return replace(
            self,
            schemas=set(self.schemas),
            tables=dict(self.tables),
            indexes=dict(self.indexes),
            sequences=dict(self.sequences),
            enums=dict(self.enums),
            empty=set(self.empty),
            null=set(self.null),
            unsafe_labels=set(self.unsafe_labels),
            new_enums=set(self.new_enums),
            doubtful=set(self.doubtful),
        )

    # --- names ----------------------------------------------------------------------------------

    def has_relation(self, name: TableName) -> bool:
        """Whether a table, view, index or sequence has this name: they share one name space."""
        if name in self.doubtful:
            raise Unsure(f"whether {name} is still there")
        return name in self.tables or name in self.indexes or name in self.sequences

    def kind_of(self, name: TableName) -> str:
        """`table`, `index`, `sequence`, or what pg_class calls it."""
        if name in self.tables:
            kind = self.tables[name].kind
            return "table" if kind in TABLE_KINDS else kind
        return "index" if name in self.indexes else "sequence"

    def has_type(self, name: TableName) -> bool:
        """Whether an enum or the row type of a table or view has this name."""
        return name in self.enums or name in self.tables

    def require_free_type(self, name: TableName, where: str = "") -> None:
        """PostgreSQL's error for a type that is there already; `where` is what it adds."""
        if self.has_type(name):
            raise PostgresError("42710", f'type "{name.table}" already exists{where}')

    def to_create(self, name: Name) -> TableName:
        """Where a new object of this name goes."""
        if name.schema is not None:
            self.require_schema(name.schema)
            return TableName(schema=name.schema, table=name.name)
        for schema in self.search_path:
            if schema in self.schemas:
                return TableName(schema=schema, table=name.name)
        raise PostgresError("3F000", "no schema has been selected to create in")

    def require_schema(self, schema: str) -> None:
        """PostgreSQL's error for a schema that is not there."""
        if schema not in self.schemas:
            raise PostgresError("3F000", f'schema "{schema}" does not exist')

    def find_relation(self, name: Name) -> TableName | None:
        """The relation that a name means, through the search path."""
        return next((n for n in self._candidates(name) if self.has_relation(n)), None)

    def require_enum(self, name: Name) -> TableName:
        """The enum that a name means, or PostgreSQL's error; `Unsure` for types of other kinds."""
        if name.schema is not None:
            self.require_schema(name.schema)
        if (enum := self.find_enum(name)) is not None:
            return enum
        if self.is_other_type(name):
            raise Unsure(f"what is done to the type {name}, which is not an enum")
        raise PostgresError("42704", f'type "{name}" does not exist')

    def is_other_type(self, name: Name) -> bool:
        """Whether there is a domain, a composite type or the like of this name."""
        found = {other.name for other in self.given.others if other.kind in OTHER_TYPES}
        return any(candidate in found for candidate in self._candidates(name))

    def find_enum(self, name: Name) -> TableName | None:
        """The enum that a name means, through the search path."""
        return next((n for n in self._candidates(name) if n in self.enums), None)

    def _candidates(self, name: Name) -> tuple[TableName, ...]:
        schemas = self.search_path if name.schema is None else (name.schema,)
        return tuple(TableName(schema=schema, table=name.name) for schema in schemas)

    def table(self, name: Name) -> LiveTable:
        """The ordinary table that a name means, or PostgreSQL's error."""
        if name.schema is not None:
            self.require_schema(name.schema)
        if (found := self.find_relation(name)) is None:
            raise PostgresError("42P01", f'relation "{name}" does not exist')
        if found not in self.tables or self.tables[found].kind is not RelationKind.TABLE:
            raise Unsure(f"{found} is not an ordinary table")
        return self.tables[found]

    def column(self, table: TableName, name: str) -> Column:
        """A column of a table, or PostgreSQL's error."""
        found = column_of(self.tables[table], name)
        if found is None:
            message = f'column "{name}" of relation "{table.table}" does not exist'
            raise PostgresError("42703", message)
        return found

    def require_free_column(self, table: TableName, name: str) -> None:
        """PostgreSQL's error for a column that is there already."""
        if column_of(self.tables[table], name) is not None:
            message = f'column "{name}" of relation "{table.table}" already exists'
            raise PostgresError("42701", message)

    def require_free_constraint(self, table: TableName, name: str) -> None:
        """PostgreSQL's error for a constraint that is there already."""
        if constraint_of(self.tables[table], name) is not None:
            message = f'constraint "{name}" for relation "{table.table}" already exists'
            raise PostgresError("42710", message)

    def free_name(self, schema: str, first: str, second: str, label: str) -> TableName:
        """The name that PostgreSQL chooses for an index or a sequence (ChooseRelationName)."""
        for number in range(1000):
            chosen = object_name(first, second, label + (str(number) if number else ""))
            name = TableName(schema=schema, table=chosen)
            if not self.has_relation(name):
                return name
        raise Unsure("a thousand names are taken")

    def free_foreign_key_name(self, table: TableName, columns: tuple[str, ...]) -> str:
        """The name that PostgreSQL chooses for a foreign key (ChooseConstraintName)."""
        taken = {
            constraint.name
            for name, held in self.tables.items()
            for constraint in held.constraints
            if name.schema == table.schema
        }
        labels = ("fkey" + (str(number) if number else "") for number in range(1000))
        chosen = (object_name(table.table, "_".join(columns), it) for it in labels)
        return next(name for name in chosen if name not in taken)

    # --- changes --------------------------------------------------------------------------------

    def add_index(self, name: TableName, table: TableName) -> None:
        """A new index; 42P07 where the name is taken by any relation."""
        if self.has_relation(name):
            raise taken(name)
        self.indexes[name] = table
        indexes = {*self.tables[table].indexes, name.table}
        self.change(table, indexes=tuple(sorted(indexes)))

    def remove_index(self, name: TableName) -> None:
        """Forget an index that is there."""
        table = self.indexes.pop(name)
        if table in self.tables:
            held = self.tables[table]
            self.change(
                table,
                indexes=tuple(it for it in held.indexes if it != name.table),
                index_definitions=tuple(
                    it for it in held.index_definitions if it.name != name.table
                ),
            )

    def change(self, table: TableName, **changes: object) -> None:
        """Another table of that name, with other columns or the like."""
        self.tables[table] = replace(self.tables[table], **changes)

    def set_column(self, table: TableName, column: Column) -> None:
        """Add a column at the end, or change the one of that name."""
        columns = {c.name: c for c in self.tables[table].columns} | {column.name: column}
        self.change(table, columns=tuple(columns.values()))

    def add_constraint(
        self, table: TableName, name: str, kind: ConstraintKind, definition: str
    ) -> None:
        """A new constraint, sorted in by name."""
        added = Constraint(name=name, kind=kind, definition=definition)
        self.set_constraints(table, (*self.tables[table].constraints, added))

    def set_constraints(self, table: TableName, constraints: tuple[Constraint, ...]) -> None:
        """Replace all constraints."""
        self.change(table, constraints=tuple(sorted(constraints, key=lambda c: c.name)))

    def has_views(self) -> bool:
        """Whether any view could hang on a column; on which one, the catalogue does not tell."""
        return any(table.kind in VIEW_KINDS for table in self.tables.values())


def column_of(table: LiveTable, name: str) -> Column | None:
    """A column by its name."""
    return next((column for column in table.columns if column.name == name), None)


def constraint_of(table: LiveTable, name: str) -> Constraint | None:
    """A constraint by its name."""
    return next((c for c in table.constraints if c.name == name), None)


def taken(name: TableName) -> PostgresError:
    """The relation is there already."""
    return PostgresError("42P07", f'relation "{name.table}" already exists')


def object_name(first: str, second: str, label: str) -> str:
    """Join names with underscores, the longer one cut until all fits (makeObjectName)."""
    one, two = first.encode(), second.encode()
    room = NAME_BYTES - (len(label) + 1 if label else 0) - (1 if two else 0)
    while len(one) + len(two) > room:
        if len(one) > len(two):
            one = one[:-1]
        else:
            two = two[:-1]
    parts = [part.decode("utf-8", "ignore") for part in (one, two) if part]
    return "_".join([*parts, label] if label else parts)
