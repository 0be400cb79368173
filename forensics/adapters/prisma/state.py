"""What a command meets: the rows that count, what is pending, and what stops it first."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from forensics.adapters.prisma.detect import POSTGRES
from forensics.dialects.effect import Done
from forensics.dialects.postgres.effects import run
from forensics.facts import TABLE_KINDS, Facts, LiveSchema, Migration, TrackingRow, TrackingTable
from forensics.model import Outcome, TableName


@dataclass(frozen=True, slots=True)
class State:
    """Folder and database as collected; `table` is `None` where it does not exist."""

    facts: Facts
    name: TableName
    schema: LiveSchema
    table: TrackingTable | None

    @property
    def here(self) -> list[Migration]:
        """The directories."""
        return here(self.facts)

    @property
    def rows(self) -> tuple[TrackingRow, ...]:
        """All rows, oldest first."""
        return self.table.rows if self.table else ()

    @property
    def applied(self) -> frozenset[str]:
        """The names that are recorded as applied."""
        rows = self.table.applied if self.table else ()
        return frozenset(row.key for row in rows if row.key)

    @property
    def unfinished(self) -> tuple[TrackingRow, ...]:
        """The rows of runs that failed or never ended, and were not declared undone."""
        return self.table.unfinished if self.table else ()

    @property
    def pending(self) -> list[Migration]:
        """What `deploy` would run: the directories whose name no row has that counts."""
        known = self.applied | {row.key for row in self.unfinished}
        return [migration for migration in self.here if migration.key not in known]

    @property
    def not_empty(self) -> bool | None:
        """Whether the schema holds what the engine minds; `None` where that is not known."""
        home = self.name.schema
        tables = (it for it in self.schema.tables if it.kind in TABLE_KINDS)
        if any(it.name.schema == home and it.name != self.name for it in tables):
            return True
        types = any(it.name.schema == home for it in self.schema.enums)
        others = any(it.name.schema == home for it in self.schema.others)
        return None if types or others else False


def here(facts: Facts) -> list[Migration]:
    """The directories of the folder."""
    listed = facts.history.migrations if facts.history else ()
    return [migration for migration in listed if migration.listed]


def state(facts: Facts) -> State | str:
    """The state, or why it is not known."""
    if facts.tool.dialect != POSTGRES:
        return "the provider is not PostgreSQL, which alone was measured"
    if facts.history is None or facts.files is None or facts.history.outcome not in _SEEN:
        return "the migration folder was not seen"
    if facts.schema is None or facts.tracking is None or facts.tool.tracking is None:
        return "the database was not seen"
    name = facts.tool.tracking
    if name.schema not in facts.schema.schemas:
        return f"the schema {name.schema} does not exist, and what the tool then does is not known"
    table = facts.tracking.get(name)
    if table is None and any(it.name == name for it in facts.schema.tables):
        return f"the rows of {name} were not seen"
    if table is not None and (table.outcome is not Outcome.COLLECTED or table.raw_rows):
        return f"the rows of {name} were not seen"
    schema = replace(facts.schema, search_path=(name.schema,))
    return State(facts=facts, name=name, schema=schema, table=table)


_SEEN = frozenset({Outcome.COLLECTED, Outcome.ABSENT})


def without_file(facts: Facts, migrations: list[Migration]) -> Migration | None:
    """The first of the directories that has no `migration.sql`."""
    assert facts.files is not None
    files = {file.path: file.outcome for file in facts.files.files}
    return next((it for it in migrations if files.get(it.path) is Outcome.ABSENT), None)


def made_table(found: State) -> LiveSchema | None:
    """The catalogue with the tool's own table; `None` where that is not known."""
    from forensics.adapters.prisma.ledger import SHAPE, TABLE

    if any(it.name == found.name for it in found.schema.tables):
        return found.schema
    columns = ", ".join(f"{column.name} {column.definition}" for column in SHAPE.columns)
    effect = run(found.schema, (f'CREATE TABLE "{TABLE}" ({columns})',))
    return effect.schema if isinstance(effect, Done) else None
