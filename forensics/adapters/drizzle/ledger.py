"""The table in which drizzle-orm's `migrate()`, and so drizzle-kit, records what it applied."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from forensics.adapters.base import Ledger
from forensics.adapters.drizzle.dialects import is_sqlite
from forensics.facts import LedgerShape, Match, ToolUse
from forensics.model import NewColumn

TABLE = "__drizzle_migrations"
_NUMBERS = frozenset({"integer", "bigint", "numeric", "serial"})
_TEXTS = frozenset({"text", "character varying"})
_KINDS = {"id": _NUMBERS, "hash": _TEXTS, "created_at": _NUMBERS}

# The columns as PgDialect.migrate of drizzle-orm makes them; those of 1.0 as its
# `up-migrations/pg.js` adds them. That also matches rows by timestamp and hash, timestamp, or hash,
# never by id or position.
SHAPE = LedgerShape(
    columns=(
        NewColumn(name="id", type="integer", definition="SERIAL PRIMARY KEY"),
        NewColumn(name="hash", type="text", definition="text NOT NULL"),
        NewColumn(name="created_at", type="bigint", definition="bigint"),
    ),
    identified_by=(Match.BY_STAMP, Match.BY_CHECKSUM),
    id="id",
    key="name",
    checksum="hash",
    at="created_at",
    later=("name", "applied_at"),
)

# As SQLiteSyncDialect.migrate and the migrator of libsql make it: an id is NULL in every row.
ON_SQLITE = replace(
    SHAPE,
    columns=(
        NewColumn(name="id", type="serial", definition="SERIAL PRIMARY KEY"),
        NewColumn(name="hash", type="text", definition="text NOT NULL"),
        NewColumn(name="created_at", type="numeric", definition="numeric"),
    ),
)
# As MySqlDialect.migrate makes it.
ON_MYSQL = replace(
    SHAPE,
    columns=(
        NewColumn(name="id", type="bigint", definition="serial PRIMARY KEY"),
        NewColumn(name="hash", type="text", definition="text NOT NULL"),
        NewColumn(name="created_at", type="bigint", definition="bigint"),
    ),
)
NAMED = replace(
    SHAPE,
    columns=(
        *SHAPE.columns,
        NewColumn(name="name", type="text", definition="text"),
        NewColumn(
            name="applied_at",
            type="timestamp with time zone",
            definition="timestamp with time zone DEFAULT now()",
        ),
    ),
    identified_by=(Match.BY_KEY,),
    later=(),
)
"""The table of 1.0, which goes by names alone."""
# As `migrateSync` and the migrator of libsql make it in 1.0, where an id is a number again.
NAMED_ON_SQLITE = replace(
    NAMED,
    columns=(
        NewColumn(name="id", type="integer", definition="INTEGER PRIMARY KEY"),
        NewColumn(name="hash", type="text", definition="text NOT NULL"),
        NewColumn(name="created_at", type="numeric", definition="numeric"),
        NewColumn(name="name", type="text", definition="text"),
        NewColumn(name="applied_at", type="text", definition="TEXT"),
    ),
)


def named(tool: ToolUse) -> LedgerShape:
    """The table of 1.0 in the database that a tool is set up for."""
    return NAMED_ON_SQLITE if is_sqlite(tool) else NAMED


class _Ledger(Ledger):
    names = frozenset({TABLE})
    shape = SHAPE
    order = "id"
    any_name = True
    kinds = _KINDS

    def recognises(self, name: str, types: Mapping[str, str], *, asked_for: bool) -> bool:
        """By its name alone, which is nobody else's, or by columns of the right types.

        Other tables have an id, a hash and a time too.
        """
        if asked_for:
            return types.keys() >= {*SHAPE.identity}
        return name == TABLE or _has_its_columns(types)


def _has_its_columns(types: Mapping[str, str]) -> bool:
    columns = types.keys()
    return (
        columns >= SHAPE.made
        and columns <= {*SHAPE.made, *SHAPE.later}
        and all(types[column].partition("(")[0] in kinds for column, kinds in _KINDS.items())
    )


LEDGER = _Ledger()
