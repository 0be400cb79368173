"""What the server says where a statement fails: number, SQLSTATE and words of either product.

Those of MariaDB were seen on 10.11; those of MySQL stand in the message file of 8.0 (`errmsg`).
"""

from __future__ import annotations

from forensics.dialects.mysql.product import Product
from forensics.errors import ForensicsError

TABLE_EXISTS = 1050
COLUMN_EXISTS = 1060
KEY_EXISTS = 1061
EMPTY_QUERY = 1065
PRIMARY_EXISTS = 1068
FOREIGN_KEY_EXISTS = 1826
EXISTS = frozenset({TABLE_EXISTS, COLUMN_EXISTS, KEY_EXISTS, PRIMARY_EXISTS, FOREIGN_KEY_EXISTS})
"""What is made is there already."""
_ON_WRITE = 'Duplicate key on write or update"'


class Refused(ForensicsError):
    """An error of the server."""

    def __init__(self, number: int, sqlstate: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.number = number
        self.sqlstate = sqlstate
        self.message = message
        self.hint = hint
        """What the other product, or a newer release, would have taken, and what to write instead;
        the server says none."""

    @property
    def exists(self) -> bool:
        """Whether what is made is there already."""
        return self.number in EXISTS or _ON_WRITE in self.message

    @property
    def detail(self) -> str:
        """The number, by which manuals and tickets know it."""
        return numbered(self.number)


def numbered(number: int) -> str:
    """How a report shows the number of an error."""
    return f"errno {number}"


class Words:
    """The errors, in the words of one product."""

    def __init__(self, product: Product) -> None:
        self._product = product

    def table_exists(self, name: str) -> Refused:
        """Also of a view."""
        return Refused(TABLE_EXISTS, "42S01", f"Table '{name}' already exists")

    def no_table(self, name: str) -> Refused:
        """Where it is altered, renamed or read."""
        return Refused(1146, "42S02", f"Table '{self._in_database(name)}' doesn't exist")

    def unknown_table(self, name: str) -> Refused:
        """Where it is dropped."""
        return Refused(1051, "42S02", f"Unknown table '{self._in_database(name)}'")

    def unknown_view(self, name: str) -> Refused:
        """Where it is dropped."""
        if not self._product.is_mariadb:
            return self.unknown_table(name)
        return Refused(4092, "42S02", f"Unknown VIEW: '{self._in_database(name)}'")

    def column_exists(self, name: str) -> Refused:
        """In the same table."""
        return Refused(COLUMN_EXISTS, "42S21", f"Duplicate column name '{name}'")

    def no_column(self, name: str, table: str) -> Refused:
        """Where it is changed or renamed."""
        return Refused(1054, "42S22", f"Unknown column '{name}' in '{table}'")

    def no_selected(self, name: str) -> Refused:
        """Where it is selected."""
        place = "SELECT" if self._product.has(mysql=None, mariadb=(10, 11, 0)) else "field list"
        return Refused(1054, "42S22", f"Unknown column '{name}' in '{place}'")

    def key_exists(self, name: str) -> Refused:
        """In the same table."""
        return Refused(KEY_EXISTS, "42000", f"Duplicate key name '{name}'")

    def primary_exists(self) -> Refused:
        """A table has one."""
        return Refused(PRIMARY_EXISTS, "42000", "Multiple primary key defined")

    def no_key(self, name: str, table: str) -> Refused:
        """Where it is renamed."""
        return Refused(1176, "42000", f"Key '{name}' doesn't exist in table '{table}'")

    def no_key_column(self, name: str) -> Refused:
        """A key on it is made."""
        return Refused(1072, "42000", f"Key column '{name}' doesn't exist in table")

    def cannot_drop(self, what: str, name: str) -> Refused:
        """What is dropped is not there; `what` is `COLUMN`, `INDEX`, `FOREIGN KEY` ..."""
        said = f"Can't DROP '{name}'; check that column/key exists"
        if self._product.is_mariadb:
            said = f"Can't DROP {what} `{name}`; check that it exists"
        return Refused(1091, "42000", said)

    def no_constraint(self, name: str) -> Refused:
        """DROP CONSTRAINT, where none is called so."""
        if self._product.is_mariadb:
            return self.cannot_drop("CONSTRAINT", name)
        return Refused(3940, "HY000", f"Constraint '{name}' does not exist.")

    def foreign_key_exists(self, name: str, table: str) -> Refused:
        """Such names are unique in a database."""
        if self._product.is_mariadb:
            return self._cannot_create(table, f'errno: 121 "{_ON_WRITE}')
        return Refused(
            FOREIGN_KEY_EXISTS, "HY000", f"Duplicate foreign key constraint name '{name}'"
        )

    def no_referenced_table(self, name: str, table: str) -> Refused:
        """A foreign key points to nothing."""
        if self._product.is_mariadb:
            return self._badly_formed(table)
        return Refused(1824, "HY000", f"Failed to open the referenced table '{name}'")

    def no_referenced_key(self, constraint: str, other: str, table: str) -> Refused:
        """A foreign key points to columns without an index."""
        if self._product.is_mariadb:
            return self._badly_formed(table)
        return Refused(
            1822,
            "HY000",
            "Failed to add the foreign key constraint. Missing index for constraint "
            f"'{constraint}' in the referenced table '{other}'",
        )

    def incompatible(self, column: str, other: str, constraint: str, table: str) -> Refused:
        """A foreign key between columns of two types."""
        if self._product.is_mariadb:
            return self._badly_formed(table)
        return Refused(
            3780,
            "HY000",
            f"Referencing column '{column}' and referenced column '{other}' in foreign key "
            f"constraint '{constraint}' are incompatible.",
        )

    def needed_index(self, name: str) -> Refused:
        """A foreign key uses the index that is dropped."""
        said = f"Cannot drop index '{name}': needed in a foreign key constraint"
        return Refused(1553, "HY000", said)

    def referenced(self, table: str, constraint: str, by: str) -> Refused:
        """The table that is dropped is referred to."""
        if self._product.is_mariadb:
            said = "Cannot delete or update a parent row: a foreign key constraint fails"
            return Refused(1451, "23000", said)
        return Refused(
            3730,
            "HY000",
            f"Cannot drop table '{table}' referenced by a foreign key constraint '{constraint}' "
            f"on table '{by}'.",
        )

    def too_long(self, name: str) -> Refused:
        """A name of more than 64 characters."""
        hint = "a name has 64 characters at most: give it a shorter one in the schema code"
        return Refused(1059, "42000", f"Identifier name '{name}' is too long", hint)

    def bad_table(self, name: str) -> Refused:
        """The same of a table, in MariaDB."""
        if not self._product.is_mariadb:
            return self.too_long(name)
        return Refused(1103, "42000", f"Incorrect table name '{name}'")

    def auto_without_key(self) -> Refused:
        """AUTO_INCREMENT needs a key, and there is one in a table."""
        return Refused(
            1075,
            "42000",
            "Incorrect table definition; there can be only one auto column and it must be defined "
            "as a key",
        )

    def invalid_default(self, name: str, hint: str = "") -> Refused:
        """NULL where no NULL is allowed, or a moment with other digits."""
        return Refused(1067, "42000", f"Invalid default value for '{name}'", hint)

    def no_default_allowed(self, name: str) -> Refused:
        """A literal as the default of a text, in MySQL."""
        return Refused(
            1101,
            "42000",
            f"BLOB, TEXT, GEOMETRY or JSON column '{name}' can't have a default value",
            "MySQL takes one in brackets since 8.0.13, MariaDB any: DEFAULT ('...')",
        )

    def no_key_length(self, name: str) -> Refused:
        """An index on a whole text, in MySQL."""
        return Refused(
            1170,
            "42000",
            f"BLOB/TEXT column '{name}' used in key specification without a key length",
            "MariaDB takes as much as fits: write a length behind the column",
        )

    def key_too_long(self, limit: int) -> Refused:
        """An index on more bytes than one may have."""
        return Refused(
            1071,
            "42000",
            f"Specified key was too long; max key length is {limit} bytes",
            "a character of utf8mb4 has four bytes: write a length behind the column",
        )

    def unknown_collation(self, name: str) -> Refused:
        """A collation of the other product."""
        hint = (
            "it is one of MySQL 8, which MariaDB has since 11.4.5: utf8mb4_unicode_520_ci is close"
            if self._product.is_mariadb
            else "it is one of MariaDB: utf8mb4_0900_ai_ci is close"
        )
        return Refused(1273, "HY000", f"Unknown collation: '{name}'", hint)

    def check_on_auto(self, constraint: str, column: str) -> Refused:
        """A check may not look at what counts up."""
        if self._product.is_mariadb:
            said = "Function or expression 'AUTO_INCREMENT' cannot be used in the CHECK clause of "
            return Refused(1901, "HY000", f"{said}`{column}`")
        said = f"Check constraint '{constraint}' cannot refer to an auto-increment column."
        return Refused(3818, "HY000", said)

    def last_column(self) -> Refused:
        """A table without columns."""
        return Refused(
            1090, "42000", "You can't delete all columns with ALTER TABLE; use DROP TABLE instead"
        )

    def syntax(self, hint: str = "") -> Refused:
        """What the release does not read; where in the text is left out."""
        return Refused(
            1064,
            "42000",
            "You have an error in your SQL syntax; check the manual that corresponds to your "
            f"{self._product.name} server version for the right syntax to use",
            hint,
        )

    def empty(self) -> Refused:
        """A text without a statement."""
        return Refused(EMPTY_QUERY, "42000", "Query was empty")

    def _cannot_create(self, table: str, why: str) -> Refused:
        where = f"`{self._product.database}`.`{table}`"
        return Refused(1005, "HY000", f"Can't create table {where} ({why})")

    def _badly_formed(self, table: str) -> Refused:
        return self._cannot_create(
            table, 'errno: 150 "Foreign key constraint is incorrectly formed"'
        )

    def _in_database(self, name: str) -> str:
        return f"{self._product.database}.{name}" if self._product.database else name
