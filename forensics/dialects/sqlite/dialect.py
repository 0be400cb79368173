"""SQLite as a dialect. Its parts are imported when they are asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from forensics.dialects.base import AskedRows, Dialect, Span, Statement
from forensics.dialects.effect import Effect
from forensics.dialects.things import State
from forensics.facts import Difference, LiveSchema
from forensics.model import DeletedRow, InsertRows, RunSql, Seen, Step, TableName, UpdateRow


class Sqlite(Dialect):
    """SQLite 3, and libSQL where it is the same."""

    name = "sqlite"
    names = frozenset({name, "turso"})
    home = "main"
    title = "SQLite"
    schemes = frozenset({"sqlite", "sqlite3", "file"})
    variable = "DATABASE_FILE"
    examined = True
    unexamined = ""
    transactional_ddl = True
    skips_mark = True
    idle = "SELECT 1;"
    nulls_first = False
    has_schemas = False

    @property
    def repairs(self) -> None:
        """Nothing that is written in place of a statement is known to be better."""
        return None

    def client(self, script: str, address: str = "") -> str:
        """`sqlite3`; the script itself tells it to stop at the first error."""
        return f"sqlite3 {address or 'FILE'} < {script}"

    def backup(self, tables: Sequence[TableName], file: str) -> tuple[str, ...]:
        """The database is a file: a copy of it is the backup, and no program is needed."""
        return ()

    def acting(self, steps: Iterable[Step]) -> str:
        """Those of `fix_script`."""
        from forensics.dialects.sqlite.fix_script import acting

        return acting(steps)

    def statements(self, text: str) -> tuple[Statement, ...]:
        """By our reader, which reads every text."""
        from forensics.dialects.sqlite.text import statements

        return statements(text)

    def spans(self, text: str) -> tuple[Span, ...]:
        """By the same reader."""
        from forensics.dialects.sqlite.text import spans

        return spans(text)

    def same(self, before: str, after: str) -> bool:
        """By their tokens."""
        from forensics.dialects.sqlite.text import same

        return same(before, after)

    def run(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """By SQLite itself, in memory, on the schema without rows."""
        from forensics.dialects.sqlite.run import run

        return run(schema, texts)

    def run_counted(
        self, schema: LiveSchema, texts: Iterable[str], counts: Mapping[str, int]
    ) -> Effect:
        """The same."""
        from forensics.dialects.sqlite.run import run

        return run(schema, texts, counts)

    def row_questions(self, schema: LiveSchema, texts: Iterable[str]) -> tuple[AskedRows, ...]:
        """By the statements, and by what SQLite does where each table has one row."""
        from forensics.dialects.sqlite.run import row_questions

        return row_questions(schema, texts)

    def state_of(self, schema: LiveSchema) -> State:
        """Tables, views, columns, keys, indexes and triggers."""
        from forensics.dialects.sqlite.state import state_of

        return state_of(schema)

    def unproven(self, schema: LiveSchema, texts: Sequence[str]) -> tuple[str, ...] | None:
        """By the comparison of one migration with the catalogue."""
        from forensics.dialects.sqlite.standing import judge, single_step

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
        """One transaction; it refuses tables with triggers, whatever was seen or accepted."""
        from forensics.dialects.sqlite.fix_script import fix_script

        return fix_script(steps, header)

    def put_right(
        self, fault: Difference, schema: LiveSchema, statement: str
    ) -> tuple[RunSql, ...]:
        """SQLite has no invalid objects."""
        return ()

    def instead_of(self, written: str, said: str, schema: LiveSchema) -> tuple[str, ...]:
        """A rebuild, for a column that SQLite does not drop."""
        from forensics.dialects.sqlite.remedies import without_column

        return without_column(written, said, schema)

    def overwriting(self, step: UpdateRow) -> str:
        """One UPDATE without guards."""
        from forensics.dialects.sqlite.fix_script import overwriting

        return overwriting(step)

    def dropping(self, table: TableName) -> tuple[str, ...]:
        """DROP TABLE; there is no schema to drop it with."""
        from forensics.dialects.sqlite.fix_script import dropping

        return (dropping(table),)

    def record(self, step: InsertRows, only_if_valid: TableName) -> RunSql | None:
        """Nothing waits for an index to become valid."""
        return None

    def forget(self, row: DeletedRow, why: str) -> RunSql | None:
        """One DELETE that names all that is known of the row; an id that is NULL as NULL."""
        from forensics.dialects.sqlite.fix_script import deleting

        return RunSql(text=deleting(row), why=why, deletes=row)

    def undo_script(
        self,
        steps: Iterable[Step],
        header: Sequence[str] = (),
        *,
        seen: Seen | None = None,
        database: str = "",
    ) -> str | None:
        """The steps backwards, each undone."""
        from forensics.dialects.sqlite.fix_script import undo_script

        return undo_script(steps, header)
