"""Stands for every kind of database that we do not know: it claims nothing, and says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from forensics.dialects.base import ANY, AskedRows, Dialect, ScriptOptions, Span, Statement, whole
from forensics.dialects.effect import Undecided
from forensics.dialects.things import State
from forensics.facts import Difference, LiveSchema
from forensics.model import DeletedRow, InsertRows, RunSql, Step, TableName, UpdateRow


class Unexamined(Dialect):
    """A dialect of which no more than the name is known."""

    schemes: frozenset[str] = frozenset()
    variable = "DATABASE_URL"
    home = ""
    examined = False
    transactional_ddl = False
    skips_mark = False
    idle = ""
    nulls_first = False
    has_schemas = False

    def __init__(self, name: str) -> None:
        self.name = self.title = name
        self.names = frozenset({name})
        self.unexamined = f"databases of this kind ({name}) are not examined"

    @property
    def repairs(self) -> None:
        """Nothing is known."""
        return None

    def client(self, script: str, address: str = "") -> str:
        """No program is known to run it with."""
        return ""

    def backup(self, tables: Sequence[TableName], file: str) -> tuple[str, ...]:
        """No program is known that does."""
        return ()

    def acting(self, steps: Iterable[Step]) -> str:
        """None can be written."""
        return ""

    def statements(self, text: str) -> tuple[Statement, ...]:
        """None can be told apart."""
        return ()

    def spans(self, text: str) -> tuple[Span, ...]:
        """The text as a whole."""
        return whole(text)

    def same(self, before: str, after: str) -> bool:
        """Only of equal texts is that known."""
        return before == after

    def run(self, schema: LiveSchema, texts: Iterable[str]) -> Undecided:
        """Whatever it is, we do not know what it does."""
        return Undecided(statement=next(iter(texts), "").strip(), why=self.unexamined, changed=True)

    def run_counted(
        self, schema: LiveSchema, texts: Iterable[str], counts: Mapping[str, int]
    ) -> Undecided:
        """Whatever it is, we do not know what it does."""
        return self.run(schema, texts)

    def row_questions(self, schema: LiveSchema, texts: Iterable[str]) -> tuple[AskedRows, ...]:
        """None can be told."""
        return ()

    def state_of(self, schema: LiveSchema) -> State:
        """Anything may be there."""
        return State(anything=True)

    def unproven(self, schema: LiveSchema, texts: Sequence[str]) -> tuple[str, ...] | None:
        """Nothing is known of any effect."""
        return None

    def fix_script(self, steps: Iterable[Step], options: ScriptOptions = ANY) -> str | None:
        """No guard can be written."""
        return None

    def put_right(
        self, fault: Difference, schema: LiveSchema, statement: str
    ) -> tuple[RunSql, ...]:
        """That is not known."""
        return ()

    def overwriting(self, step: UpdateRow) -> str:
        """We do not know its SQL."""
        return ""

    def dropping(self, table: TableName) -> tuple[str, ...]:
        """We do not know its SQL."""
        return ()

    def record(self, step: InsertRows, only_if_valid: TableName) -> RunSql | None:
        """Nothing is recorded in what we cannot look into."""
        return None

    def forget(self, row: DeletedRow, why: str) -> RunSql | None:
        """Nor removed."""
        return None

    def undo_script(self, steps: Iterable[Step], options: ScriptOptions = ANY) -> str | None:
        """Nor its inverse."""
        return None
