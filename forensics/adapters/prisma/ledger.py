"""The table in which Prisma Migrate records what it applied, and what failed."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.adapters.base import Ledger
from forensics.facts import LedgerShape, Match
from forensics.model import NewColumn

TABLE = "_prisma_migrations"

# As the schema engines of CLI 6.19.3 and 7.10.1 make it on PostgreSQL.
SHAPE = LedgerShape(
    columns=(
        NewColumn(
            name="id", type="character varying(36)", definition="VARCHAR(36) PRIMARY KEY NOT NULL"
        ),
        NewColumn(name="checksum", type="character varying(64)", definition="VARCHAR(64) NOT NULL"),
        NewColumn(name="finished_at", type="timestamp with time zone", definition="TIMESTAMPTZ"),
        NewColumn(
            name="migration_name",
            type="character varying(255)",
            definition="VARCHAR(255) NOT NULL",
        ),
        NewColumn(name="logs", type="text", definition="TEXT"),
        NewColumn(name="rolled_back_at", type="timestamp with time zone", definition="TIMESTAMPTZ"),
        NewColumn(
            name="started_at",
            type="timestamp with time zone",
            definition="TIMESTAMPTZ NOT NULL DEFAULT now()",
        ),
        NewColumn(
            name="applied_steps_count",
            type="integer",
            definition="INTEGER NOT NULL DEFAULT 0",
        ),
    ),
    identified_by=(Match.BY_KEY,),
    row_id="id",
    key="migration_name",
    checksum="checksum",
    finished="finished_at",
    undone="rolled_back_at",
    log="logs",
    begun="started_at",
    steps="applied_steps_count",
)


class _Ledger(Ledger):
    names = frozenset({TABLE})
    shape = SHAPE
    order = "started_at"

    def recognises(self, name: str, types: Mapping[str, str], *, asked_for: bool) -> bool:
        """By its name, which no setting changes, and by the columns without which it is none."""
        if asked_for:
            return types.keys() >= {*SHAPE.identity}
        return name == TABLE and types.keys() >= {"checksum", "migration_name", "started_at"}


LEDGER = _Ledger()
