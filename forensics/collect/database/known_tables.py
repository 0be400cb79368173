"""The tables in which migration tools record what they applied, by name and shape."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from forensics.adapters import ADAPTERS
from forensics.adapters.base import Ledger


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table of a tool by its default name; rows are read in the order of one column."""

    tool: str
    name: str
    columns: frozenset[str]
    """Columns it must have to be that tool's, since names such as `migrations` are anybody's."""
    order: str
    ledger: Ledger | None = None
    """Reads the rows of a tool that has an adapter, where the columns allow it."""
    lock: bool = False
    """Whether it is not a table of migrations but the lock that keeps two runs apart."""

    def reader_of(self, columns: Collection[str]) -> Ledger | None:
        """Its reader, where the columns were read that tell one row from the others."""
        readable = self.ledger is not None and {*self.ledger.shape.identity} <= {*columns}
        return self.ledger if readable else None


def _known(
    tool: str, name: str, columns: str, order: str | None = None, *, lock: bool = False
) -> KnownTable:
    names = columns.split()
    return KnownTable(tool, name, frozenset(names), order or names[0], lock=lock)


# Of tools that have no adapter. Of several that fit the first counts: a shape with more columns
# stands before one with fewer.
KNOWN_TABLES = (
    _known("alembic", "alembic_version", "version_num"),
    _known("django", "django_migrations", "id app name applied"),
    _known("flyway", "flyway_schema_history", "installed_rank version description script checksum"),
    _known("flyway", "schema_version", "installed_rank version description script checksum"),
    _known("liquibase", "databasechangelog", "orderexecuted id author filename md5sum"),
    _known("liquibase", "databasechangeloglock", "id locked lockgranted lockedby", lock=True),
    _known("knex", "knex_migrations", "id name batch migration_time"),
    _known("knex", "knex_migrations_lock", "index is_locked", lock=True),
    _known("typeorm", "migrations", "id timestamp name"),
    _known("sequelize", "SequelizeMeta", "name"),
    _known("mikro-orm", "mikro_orm_migrations", "id name executed_at"),
    _known("node-pg-migrate", "pgmigrations", "id name run_on"),
    _known("golang-migrate", "schema_migrations", "version dirty"),
    _known("rails or dbmate", "schema_migrations", "version"),
    _known("rails", "ar_internal_metadata", "key value"),
    _known("goose", "goose_db_version", "id version_id is_applied tstamp"),
    _known("sqlx", "_sqlx_migrations", "version description checksum success"),
    _known("atlas", "atlas_schema_revisions", "version description applied hash"),
    _known("wrangler d1", "d1_migrations", "id name applied_at"),
    _known("sql-migrate", "gorp_migrations", "id applied_at"),
)

LEDGERS = {adapter.name: adapter.ledger for adapter in ADAPTERS}
"""Tool -> its tracking table, of the tools that have an adapter."""

NAMES = tuple(
    sorted(
        {known.name for known in KNOWN_TABLES}.union(
            *(it.names | it.locks for it in LEDGERS.values())
        ),
    )
)
"""The names to search for, in every schema."""


def recognise(name: str, types: Mapping[str, str], *, asked_for: bool) -> KnownTable | None:
    """Whose tracking table a relation is; `types` are its columns in order.

    One that the user named is always read, also where no tool's columns are there.
    """
    if own := _of_an_adapter(name, types, asked_for=False):
        return own
    for known in KNOWN_TABLES:
        if known.name == name and known.columns <= types.keys():
            return known
    if not asked_for:
        return None
    unknown = KnownTable("unknown", name, frozenset(types), next(iter(types), ""))
    return _of_an_adapter(name, types, asked_for=True) or unknown


def _of_an_adapter(name: str, types: Mapping[str, str], *, asked_for: bool) -> KnownTable | None:
    for tool, ledger in LEDGERS.items():
        if ledger.recognises(name, types, asked_for=asked_for):
            return KnownTable(tool, name, ledger.shape.made, ledger.order, ledger)
        if name in ledger.locks:
            return KnownTable(tool, name, frozenset(types), next(iter(types), ""), lock=True)
    return None
