"""PostgreSQL as a dialect. Its parts are imported when they are asked: they take 0.1 s."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from forensics.dialects.base import Hint, on_one_line
from forensics.dialects.effect import Effect
from forensics.dialects.examined import Catalogue, Examined, Model, Reader, Scripts
from forensics.dialects.losses import Swallowed, TakenAlong, Texts
from forensics.dialects.repairing import Repairs
from forensics.dialects.sessions import Sessions
from forensics.facts import Difference, LiveSchema
from forensics.model import InsertRows, RunSql, TableName


class Postgres(Examined):
    """PostgreSQL, from version 9.6."""

    name = "postgresql"
    names = frozenset({name})
    home = "public"
    title = "PostgreSQL"
    schemes = frozenset({"postgres", "postgresql"})
    variable = "DATABASE_URL"
    transactional_ddl = True
    idle = ""
    nulls_first = True
    has_schemas = True

    @property
    def reader(self) -> Reader:
        """Our own; `statements` raises `PostgresError` where the server would parse none of it."""
        from forensics.dialects.postgres import statements

        return statements

    @property
    def model(self) -> Model:
        """Our own, with what rows decide."""
        from forensics.dialects.postgres import rows

        return rows

    @property
    def catalogue(self) -> Catalogue:
        """By snapshots and SQL."""
        from forensics.dialects.postgres import standing

        return standing

    @property
    def scripts(self) -> Scripts:
        """One transaction of guarded statements, in ASCII."""
        from forensics.dialects.postgres import fix_script

        return fix_script

    @cached_property
    def repairs(self) -> Repairs:
        """What we know to write instead of statements that fail."""
        from forensics.dialects.postgres.repairs import PostgresRepairs

        return PostgresRepairs()

    @property
    def sessions(self) -> Sessions:
        """Locks, time limits and search paths."""
        from forensics.dialects.postgres import sessions

        return sessions

    def hints(self, written: str, said: str) -> Iterable[Hint]:
        """Of a role that is missing, and of a placeholder."""
        from forensics.dialects.postgres.repairs.hints import hints

        return hints(written, said)

    def swallowed(self, texts: Texts, schema: LiveSchema | None) -> Iterable[Swallowed]:
        """It keeps 63 bytes of a name."""
        from forensics.dialects.postgres.cut_names import swallowed

        return swallowed(texts, schema)

    def taken_along(self, texts: Texts, newest: str | None) -> Iterable[TakenAlong]:
        """What is on a column goes with it."""
        from forensics.dialects.postgres.taken_along import taken_along

        return taken_along(texts, newest) if newest is not None else ()

    def elements(self, array: str) -> Sequence[str]:
        """Of a one-dimensional array; none where it was cut."""
        from forensics.dialects.postgres.arrays import elements

        return elements(array)

    def client(self, script: str, address: str = "") -> str:
        """`psql`, which stops at the first error."""
        return f"psql --set=ON_ERROR_STOP=1 --file={script} {address}".rstrip()

    def backup(self, tables: Sequence[TableName], file: str) -> tuple[str, ...]:
        """`pg_dump` of these tables alone, whose names it takes for patterns unless quoted."""
        from forensics.dialects.postgres.effects.types import qualified

        names = map(qualified, tables)
        return ("pg_dump", *(word for name in names for word in ("-t", name)), "-f", file)

    def on_one_line(self, text: str) -> str:
        """With its comments where it cannot be read."""
        from forensics.dialects.postgres.errors import Unsure
        from forensics.dialects.postgres.statements import statements

        try:
            found = statements(text, check=False)
        except Unsure:
            found = ()
        return on_one_line(found[0].tokens) if len(found) == 1 else " ".join(text.split())

    def run(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """By the model in `effects`, which takes as little time as it can to import."""
        from forensics.dialects.postgres.effects import run

        return run(schema, texts)

    def assumed(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """By our model, with rows that violate nothing."""
        from forensics.dialects.postgres.rows import assumed

        return assumed(schema, texts)

    def put_right(
        self, fault: Difference, schema: LiveSchema, statement: str
    ) -> tuple[RunSql, ...]:
        """By what the catalogue says of the object."""
        from forensics.dialects.postgres.put_right import put_right

        return put_right(fault, schema, statement)

    def record(self, step: InsertRows, only_if_valid: TableName) -> RunSql | None:
        """One INSERT that asks pg_index first."""
        from forensics.dialects.postgres.put_right import record

        return record(step, only_if_valid)
