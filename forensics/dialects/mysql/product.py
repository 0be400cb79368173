"""Which of the two products a server is, and what it takes that the other does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from forensics.facts import LiveSchema

MARIADB = "MariaDB"
MYSQL = "MySQL"
VERSION = "version"
"""The setting with the version, as the server says it."""
SETTINGS = (
    VERSION,
    "database",
    "sql_mode",
    "lower_case_table_names",
    "character_set_database",
    "collation_database",
)
"""What decides how a statement is read, and what it makes."""

Version = tuple[int, int, int]
_NUMBER = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_UNKNOWN: Version = (99, 0, 0)
"""Of a server that did not say: then nothing is too new for it."""


@dataclass(frozen=True, slots=True)
class Product:
    """A server, by what it said of itself."""

    name: str
    version: Version
    settings: Mapping[str, str]

    @property
    def is_mariadb(self) -> bool:
        """Whether it is MariaDB."""
        return self.name == MARIADB

    def has(self, *, mysql: Version | None, mariadb: Version | None) -> bool:
        """Whether it is the release of its product that first has something, or a later one."""
        first = mariadb if self.is_mariadb else mysql
        return first is not None and self.version >= first

    @property
    def database(self) -> str:
        """The name of the database whose catalogue it is."""
        return self.settings.get("database", "")

    @property
    def modes(self) -> frozenset[str]:
        """The parts of `sql_mode`."""
        return frozenset(self.settings.get("sql_mode", "").upper().split(","))

    @property
    def strict(self) -> bool:
        """Whether a value that does not fit is an error, and no warning."""
        return bool({"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "TRADITIONAL"} & self.modes)

    @property
    def folds_tables(self) -> bool:
        """Whether names of tables have no case."""
        return self.settings.get("lower_case_table_names", "0") != "0"


def product_of(schema: LiveSchema) -> Product:
    """The server whose catalogue it is."""
    settings = dict(schema.settings)
    return Product(
        name_of(settings.get(VERSION, "")), version_of(settings.get(VERSION, "")), settings
    )


def name_of(version: str) -> str:
    """`MariaDB` or `MySQL`, by the version that a server says."""
    return MARIADB if MARIADB.lower() in version.lower() else MYSQL


def called(version: str) -> str:
    """Name and number: `MariaDB 10.11.18`."""
    number = ".".join(map(str, version_of(version)))
    return f"{name_of(version)} {number}"


def version_of(text: str) -> Version:
    """Its number; MariaDB may put 5.5.5 in front for old clients."""
    found = _NUMBER.search(text.removeprefix("5.5.5-"))
    if found is None:
        return _UNKNOWN
    return int(found[1]), int(found[2]), int(found[3] or 0)
