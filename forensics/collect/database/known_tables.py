"""The tables in which migration tools record what they applied, by name and shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DRIZZLE = "drizzle-kit"
DRIZZLE_TABLE = "__drizzle_migrations"
DRIZZLE_COLUMNS = ("id", "hash", "created_at")
DRIZZLE_LATER_COLUMNS = ("name", "applied_at")
"""What drizzle 1.0 added (`drizzle-orm/up-migrations/pg.js`)."""
_NUMBERS = frozenset({"integer", "bigint", "numeric"})
_TEXTS = frozenset({"text", "character varying"})


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table of a tool by its default name; rows are read in the order of one column."""

    tool: str
    name: str
    columns: frozenset[str]
    """Columns it must have to be that tool's, since names such as `migrations` are anybody's."""
    order: str


def _known(tool: str, name: str, columns: str, order: str | None = None) -> KnownTable:
    names = columns.split()
    return KnownTable(tool, name, frozenset(names), order or names[0])


# Of several that fit the first counts: a shape with more columns stands before one with fewer.
KNOWN_TABLES = (
    _known("prisma", "_prisma_migrations", "id checksum migration_name started_at", "started_at"),
    _known("alembic", "alembic_version", "version_num"),
    _known("django", "django_migrations", "id app name applied"),
    _known("flyway", "flyway_schema_history", "installed_rank version description script checksum"),
    _known("flyway", "schema_version", "installed_rank version description script checksum"),
    _known("liquibase", "databasechangelog", "orderexecuted id author filename md5sum"),
    _known("liquibase", "databasechangeloglock", "id locked lockgranted lockedby"),
    _known("knex", "knex_migrations", "id name batch migration_time"),
    _known("knex", "knex_migrations_lock", "index is_locked"),
    _known("typeorm", "migrations", "id timestamp name"),
    _known("sequelize", "SequelizeMeta", "name"),
    _known("mikro-orm", "mikro_orm_migrations", "id name executed_at"),
    _known("node-pg-migrate", "pgmigrations", "id name run_on"),
    _known("supabase", "schema_migrations", "version statements"),
    _known("golang-migrate", "schema_migrations", "version dirty"),
    _known("rails or dbmate", "schema_migrations", "version"),
    _known("rails", "ar_internal_metadata", "key value"),
    _known("goose", "goose_db_version", "id version_id is_applied tstamp"),
    _known("sqlx", "_sqlx_migrations", "version description checksum success"),
    _known("atlas", "atlas_schema_revisions", "version description applied hash"),
    _known("sql-migrate", "gorp_migrations", "id applied_at"),
)

NAMES = tuple(sorted({DRIZZLE_TABLE} | {known.name for known in KNOWN_TABLES}))
"""The names to search for, in every schema."""


def recognise(name: str, types: Mapping[str, str], *, asked_for: bool) -> KnownTable | None:
    """Whose tracking table a relation is; `types` are its columns in order.

    Only drizzle's may have any name, since its config can give it one; then the types must fit
    too, for other tables have an id, a hash and a time. One that the user named is always read.
    """
    if name == DRIZZLE_TABLE or _is_drizzle_shaped(types):
        return KnownTable(DRIZZLE, name, frozenset(DRIZZLE_COLUMNS), "id")
    for known in KNOWN_TABLES:
        if known.name == name and known.columns <= types.keys():
            return known
    if not asked_for:
        return None
    tool = DRIZZLE if {"hash", "created_at"} <= types.keys() else "unknown"
    return KnownTable(tool, name, frozenset(types), next(iter(types), ""))


def _is_drizzle_shaped(types: Mapping[str, str]) -> bool:
    columns = types.keys()
    return (
        set(DRIZZLE_COLUMNS) <= columns
        and columns <= {*DRIZZLE_COLUMNS, *DRIZZLE_LATER_COLUMNS}
        and types["id"] in _NUMBERS
        and types["hash"].partition("(")[0] in _TEXTS
        and types["created_at"].partition("(")[0] in _NUMBERS
    )
