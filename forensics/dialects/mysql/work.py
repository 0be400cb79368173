"""A catalogue that statements change: tables by name, and what the server would refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from forensics.dialects.mysql.errors import Words
from forensics.dialects.mysql.keys import ForeignKey, foreign_keys
from forensics.dialects.mysql.product import Product, product_of
from forensics.facts import VIEW_KINDS, Column, LiveSchema, LiveTable, RelationKind
from forensics.model import TableName

HOME = ""
"""A database has no schemas: nothing stands before the name of a table."""
LONGEST_NAME = 64


class Doubt(Exception):
    """It is not known what a statement does; the text says why."""


class Work:
    """The tables of one database, while statements change them."""

    def __init__(self, schema: LiveSchema) -> None:
        self._schema = schema
        self.product: Product = product_of(schema)
        self.words = Words(self.product)
        self.tables: dict[str, LiveTable] = {self.key(it.name.table): it for it in schema.tables}
        self.touched: set[str] = set()
        """Keys of the tables that were changed, made or dropped."""
        self.fresh: set[str] = set()
        """Keys of those that were made here, and have no rows."""
        self.watched = True
        """Whether foreign keys are watched: `foreign_key_checks`."""

    @property
    def schema(self) -> LiveSchema:
        """The catalogue as it is now."""
        return replace(self._schema, tables=tuple(self.tables.values()))

    def key(self, name: str) -> str:
        """By what a table is known: its name, or that in lower case where names have no case."""
        return name.lower() if self.product.folds_tables else name

    def get(self, name: str) -> LiveTable | None:
        """A table or view, if it is there."""
        return self.tables.get(self.key(name))

    def table(self, name: str) -> LiveTable:
        """A table that is altered. Raises `Refused` where there is none, `Doubt` for a view."""
        found = self.get(name)
        if found is None:
            raise self.words.no_table(name)
        if found.kind in VIEW_KINDS:
            raise Doubt(f"{name} is a view")
        return found

    def put(self, table: LiveTable) -> None:
        """Add a table, or the table as it is now."""
        key = self.key(table.name.table)
        self.tables[key] = table
        self.touched.add(key)

    def remove(self, name: str) -> None:
        """Drop a table."""
        self.touched.add(self.key(name))
        del self.tables[self.key(name)]

    def change(self, name: str, change: Callable[[LiveTable], LiveTable]) -> None:
        """Replace a table by what a function makes of it."""
        self.put(change(self.table(name)))

    def rename(self, name: str, to: str) -> None:
        """Give a table another name; foreign keys go with it."""
        held = self.get(name)
        if held is None:
            raise self.words.no_table(name)
        if self.get(to) is not None and self.key(name) != self.key(to):
            raise self.words.table_exists(to)
        self._check_table(to)
        self.remove(name)
        self.put(replace(held, name=TableName(schema=HOME, table=to)))
        for child, key in list(self.referring(name)):
            self.put(_pointing(child, key, to))

    def referring(self, name: str) -> Iterator[tuple[LiveTable, ForeignKey]]:
        """Tables with a foreign key to one."""
        for child in tuple(self.tables.values()):
            for key in foreign_keys(child):
                if self.key(key.table) == self.key(name):
                    yield child, key

    def foreign_key_names(self) -> Iterator[str]:
        """The names of all foreign keys, in lower case."""
        return (it.name.lower() for table in self.tables.values() for it in foreign_keys(table))

    def check_name(self, name: str) -> None:
        """Raises `Refused` for a name that is too long."""
        if len(name) > LONGEST_NAME:
            raise self.words.too_long(name)

    def _check_table(self, name: str) -> None:
        if len(name) > LONGEST_NAME:
            raise self.words.bad_table(name)

    def new_table(self, name: str, kind: RelationKind = RelationKind.TABLE) -> LiveTable:
        """An empty table. Raises `Refused` where there is one."""
        if self.get(name) is not None:
            raise self.words.table_exists(name)
        self._check_table(name)
        return LiveTable(name=TableName(schema=HOME, table=name), kind=kind, row_security=False)


def column_of(table: LiveTable, name: str) -> Column | None:
    """A column of a table; names of columns have no case."""
    return next((it for it in table.columns if it.name.lower() == name.lower()), None)


def _pointing(child: LiveTable, key: ForeignKey, to: str) -> LiveTable:
    from forensics.dialects.mysql.text import quoted

    before, after = f" REFERENCES {quoted(key.table)} ", f" REFERENCES {quoted(to)} "
    return replace(
        child,
        constraints=tuple(
            replace(it, definition=it.definition.replace(before, after))
            if it.name == key.name
            else it
            for it in child.constraints
        ),
    )
