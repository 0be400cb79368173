"""MySQL and MariaDB as a dialect. Its parts are imported when they are asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from forensics.dialects.base import AskedRows, Dialect, Span, Statement
from forensics.dialects.effect import Effect
from forensics.dialects.things import State
from forensics.facts import Difference, LiveSchema
from forensics.model import DeletedRow, InsertRows, RunSql, Seen, Step, TableName, UpdateRow


class Mysql(Dialect):
    """MySQL 8, and MariaDB where it is the same; the catalogue says which of them it is."""

    name = "mysql"
    names = frozenset({name, "mariadb"})
    home = ""
    title = "MySQL"
    schemes = frozenset({"mysql", "mysql2", "mariadb"})
    variable = "DATABASE_URL"
    examined = True
    unexamined = ""
    transactional_ddl = False
    skips_mark = False
    idle = "SELECT 1;"
    nulls_first = False
    has_schemas = False

    def product(self, version: str) -> str:
        """`MariaDB` or `MySQL`."""
        from forensics.dialects.mysql.product import name_of

        return name_of(version)

    def server(self, version: str) -> str:
        """`MariaDB 10.11.18` or `MySQL 8.4.3`: its version says which."""
        from forensics.dialects.mysql.product import called

        return called(version)

    @property
    def promise(self) -> str:
        """What a script checks, and what it cannot take back."""
        from forensics.dialects.mysql.script import PROMISE

        return PROMISE

    @property
    def manner(self) -> str:
        """Each change stands alone: there is one transaction for each."""
        return "each change is made only if what it needs is as the evidence has it"

    @property
    def repairs(self) -> None:
        """Nothing that is written in place of a statement is known to be better."""
        return None

    def client(self, script: str, address: str = "") -> str:
        """`mysql`, or `mariadb`, which stops at the first error; neither takes an address."""
        return f"mysql --host=HOST --user=USER --password DATABASE < {script}"

    def backup(self, tables: Sequence[TableName], file: str) -> tuple[str, ...]:
        """`mysqldump`, which takes no address: database and account are left to its user."""
        return ()

    def acting(self, steps: Iterable[Step]) -> str:
        """Those of `fix_script`."""
        from forensics.dialects.mysql.fix_script import acting

        return acting(steps)

    def statements(self, text: str) -> tuple[Statement, ...]:
        """By our reader, which cuts every text."""
        from forensics.dialects.mysql.text import statements

        return statements(text)

    def spans(self, text: str) -> tuple[Span, ...]:
        """By the same reader."""
        from forensics.dialects.mysql.text import spans

        return spans(text)

    def same(self, before: str, after: str) -> bool:
        """By their tokens."""
        from forensics.dialects.mysql.text import same

        return same(before, after)

    def run(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """By our model of both products."""
        from forensics.dialects.mysql.run import run

        return run(schema, texts)

    def run_counted(
        self, schema: LiveSchema, texts: Iterable[str], counts: Mapping[str, int]
    ) -> Effect:
        """The same."""
        from forensics.dialects.mysql.run import run

        return run(schema, texts, counts)

    def assumed(self, schema: LiveSchema, texts: Iterable[str]) -> Effect:
        """By the same model."""
        from forensics.dialects.mysql.run import assumed

        return assumed(schema, texts)

    def row_questions(self, schema: LiveSchema, texts: Iterable[str]) -> tuple[AskedRows, ...]:
        """By the statements, and what their tables are then."""
        from forensics.dialects.mysql.run import row_questions

        return row_questions(schema, texts)

    def state_of(self, schema: LiveSchema) -> State:
        """Tables, views, columns, keys, indexes and triggers."""
        from forensics.dialects.mysql.state import state_of

        return state_of(schema)

    def unproven(self, schema: LiveSchema, texts: Sequence[str]) -> tuple[str, ...] | None:
        """By the comparison of one migration with the catalogue."""
        from forensics.dialects.mysql.standing import judge, single_step

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
        """Checks before each change; it refuses tables with triggers, whatever was accepted."""
        from forensics.dialects.mysql.fix_script import fix_script

        return fix_script(steps, header, database)

    def take_back(self, done: Sequence[str], schema: LiveSchema) -> RunSql | None:
        """The last first; no table or column that has rows by then is dropped."""
        from forensics.dialects.mysql.halfway import take_back

        return take_back(done, schema)

    def carry_on(
        self, done: Sequence[str], rest: Sequence[str], schema: LiveSchema, record: InsertRows
    ) -> RunSql | None:
        """Each statement after what it demands of rows was counted."""
        from forensics.dialects.mysql.halfway import carry_on

        return carry_on(done, rest, schema, record)

    def put_right(
        self, fault: Difference, schema: LiveSchema, statement: str
    ) -> tuple[RunSql, ...]:
        """In MySQL everything that exists is valid."""
        return ()

    def overwriting(self, step: UpdateRow) -> str:
        """One UPDATE without guards."""
        from forensics.dialects.mysql.fix_script import overwriting

        return overwriting(step)

    def dropping(self, table: TableName) -> tuple[str, ...]:
        """DROP TABLE; there is no schema to drop it with."""
        from forensics.dialects.mysql.fix_script import dropping

        return (dropping(table),)

    def record(self, step: InsertRows, only_if_valid: TableName) -> RunSql | None:
        """Nothing waits for an index to become valid."""
        return None

    def forget(self, row: DeletedRow, why: str) -> RunSql | None:
        """One DELETE that names all that is known of the row."""
        from forensics.dialects.mysql.fix_script import deleting

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
        from forensics.dialects.mysql.fix_script import undo_script

        return undo_script(steps, header, database)
