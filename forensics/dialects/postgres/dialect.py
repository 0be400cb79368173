"""PostgreSQL as a dialect. Its parts are imported when they are asked: they take 0.1 s."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from forensics.dialects.base import AskedRows, Dialect, Repairs, Span, Statement, on_one_line, whole
from forensics.dialects.effect import Effect
from forensics.dialects.things import State
from forensics.facts import Difference, LiveSchema
from forensics.model import DeletedRow, InsertRows, RunSql, Seen, Step, TableName, UpdateRow


class Postgres(Dialect):
    """PostgreSQL, from version 9.6."""

    name = "postgresql"
    names = frozenset({name})
    home = "public"
    title = "PostgreSQL"
    schemes = frozenset({"postgres", "postgresql"})
    variable = "DATABASE_URL"
    examined = True
    unexamined = ""
    transactional_ddl = True
    skips_mark = False
    idle = ""
    nulls_first = True
    has_schemas = True

    @cached_property
    def repairs(self) -> Repairs:
        """What we know to write instead of statements that fail."""
        from forensics.dialects.postgres.repairs import PostgresRepairs

        return PostgresRepairs()

    def client(self, script: str, address: str = "") -> str:
        """`psql`, which stops at the first error."""
        return f"psql --set=ON_ERROR_STOP=1 --file={script} {address}".rstrip()

    def backup(self, tables: Sequence[TableName], file: str) -> tuple[str, ...]:
        """`pg_dump` of these tables alone, whose names it takes for patterns unless quoted."""
        names = (".".join(map(_pattern, (it.schema, it.table))) for it in tables)
        return ("pg_dump", *(word for name in names for word in ("-t", name)), "-f", file)

    def acting(self, steps: Iterable[Step]) -> str:
        """Those of `fix_script`."""
        from forensics.dialects.postgres.fix_script import acting

        return acting(steps)

    def statements(self, text: str) -> tuple[Statement, ...]:
        """Raises `PostgresError` where PostgreSQL would parse none of it, and `Unsure`."""
        from forensics.dialects.postgres.statements import statements

        return statements(text)

    def on_one_line(self, text: str) -> str:
        """With its comments where it cannot be read."""
        from forensics.dialects.postgres.errors import Unsure
        from forensics.dialects.postgres.statements import statements

        try:
            found = statements(text, check=False)
        except Unsure:
            found = ()
        return on_one_line(found[0].tokens) if len(found) == 1 else " ".join(text.split())

    def spans(self, text: str) -> tuple[Span, ...]:
        """By the lexer; it does not matter whether PostgreSQL would parse them."""
        from forensics.dialects.postgres.errors import Unsure
        from forensics.dialects.postgres.statements import statements

        try:
            found = statements(text, check=False)
        except Unsure:
            return whole(text)
        return tuple((it.place.start, it.place.end) for it in found)

    def same(self, before: str, after: str) -> bool:
        """By their tokens."""
        from forensics.dialects.postgres.tokens import same

        return same(before, after)

    def run(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """By the model in `effects`."""
        from forensics.dialects.postgres.effects import run

        return run(schema, texts)

    def run_counted(
        self, schema: LiveSchema, texts: Iterable[str], counts: Mapping[str, int]
    ) -> Effect:
        """By the model, and by `rows`."""
        from forensics.dialects.postgres.rows import run_counted

        return run_counted(schema, texts, counts)

    def row_questions(self, schema: LiveSchema, texts: Iterable[str]) -> tuple[AskedRows, ...]:
        """By the statements and the catalogue that each meets."""
        from forensics.dialects.postgres.rows import row_questions

        return row_questions(schema, texts)

    def assumed(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """By our model, with rows that violate nothing."""
        from forensics.dialects.postgres.rows import assumed

        return assumed(schema, texts)

    def state_of(self, schema: LiveSchema) -> State:
        """By the reader in `standing`."""
        from forensics.dialects.postgres.standing import state_of

        return state_of(schema)

    def unproven(self, schema: LiveSchema, texts: Sequence[str]) -> tuple[str, ...] | None:
        """By the comparison of one migration with the catalogue."""
        from forensics.dialects.postgres.standing import judge, single_step

        (found,) = judge(schema, [single_step(texts)]).migrations
        return found.unproven if found.known and found.statements else None

    def fix_script(
        self,
        steps: Iterable[Step],
        header: Sequence[str] = (),
        *,
        seen: Seen | None = None,
        accepted: bool = False,
        database: str = "",
    ) -> str | None:
        """One transaction of guarded statements, in ASCII."""
        from forensics.dialects.postgres.fix_script import fix_script

        return fix_script(steps, header, seen=seen, accepted=accepted, database=database)

    def put_right(
        self, fault: Difference, schema: LiveSchema, statement: str
    ) -> tuple[RunSql, ...]:
        """By what the catalogue says of the object."""
        from forensics.dialects.postgres.put_right import put_right

        return put_right(fault, schema, statement)

    def overwriting(self, step: UpdateRow) -> str:
        """One UPDATE without guards."""
        from forensics.dialects.postgres.by_hand import overwriting

        return overwriting(step)

    def dropping(self, table: TableName) -> tuple[str, ...]:
        """DROP TABLE, and DROP SCHEMA with CASCADE."""
        from forensics.dialects.postgres.by_hand import dropping

        return dropping(table)

    def record(self, step: InsertRows, only_if_valid: TableName) -> RunSql | None:
        """One INSERT that asks pg_index first."""
        from forensics.dialects.postgres.put_right import record

        return record(step, only_if_valid)

    def forget(self, row: DeletedRow, why: str) -> RunSql | None:
        """One DELETE that names all that is known of the row."""
        from forensics.dialects.postgres.by_hand import delete_row

        return RunSql(text=delete_row(row), why=why, deletes=row)

    def undo_script(
        self,
        steps: Iterable[Step],
        header: Sequence[str] = (),
        *,
        seen: Seen | None = None,
        database: str = "",
    ) -> str | None:
        """The steps backwards, each undone."""
        from forensics.dialects.postgres.fix_script import undo_script

        return undo_script(steps, header, seen=seen, database=database)


def _pattern(name: str) -> str:
    """A name as a pattern of `pg_dump` that means it alone."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        return name
    return '"' + name.replace('"', '""') + '"'
